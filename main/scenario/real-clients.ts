/** The clients of a run on real processes: the node's own HTTP, and what each answer or failure means. */
import { z } from "zod";
import { LabError } from "../../shared/contract/errors.ts";
import type { CallAnswer, ClientCall, NodeView } from "../../shared/scenario/run.types.ts";
import { type Key, type NodeId, asKey, asNodeId, asRequestId } from "../../shared/ids.ts";
import type { KeyState } from "../../shared/clock/dotted.ts";
import type { MemberStatus } from "../../shared/trace/names.ts";
import { actAnswered, dataAnswered, failed, harmless } from "../../shared/scenario/client-answers.ts";
import { answerSchema, dataExchange } from "../lab/data.ts";
import { errorSchema, exchange, type ExchangeTarget } from "../lab/exchange.ts";

const clock = z.record(z.string(), z.number());
const actSchema = z.object({
  ok: z.literal(true),
  id: z.string().optional(),
  request_id: z.string().transform(asRequestId),
});

/** Always resolves. `target` is null when there is no such node. */
export async function askNode(target: ExchangeTarget | null, call: ClientCall): Promise<CallAnswer> {
  if (target === null) return failed("unreachable", `There is no node "${call.node}" here.`, true);
  try {
    const body = await exchange(target, exchangeOf(call.request));
    return harmless(call, readAnswer(call, body));
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return harmless(call, failed(error.code, error.message, error.definite));
  }
}

function exchangeOf(request: ClientCall["request"]) {
  if (request.kind === "act") return { method: "POST", path: "/api/v1/act", body: request.act } as const;
  const { kind: _, quorum, session, ...asked } = request;
  return dataExchange({ ...asked, ...quorum, ...(typeof session === "string" && { session }) });
}

function readAnswer({ request, node }: ClientCall, body: unknown): CallAnswer {
  const answer = request.kind === "data" ? readData(body, request.op) : readAct(body);
  if (answer !== null) return answer;
  const refusal = errorSchema.safeParse(body);
  if (!refusal.success) return failed("internal", `${node} answered something that is no answer.`, false);
  const { code, message, definite } = refusal.data.error;
  return failed(code, message, definite);
}

function readData(body: unknown, op: string): CallAnswer | null {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return null;
  const { values, dots, dot, context, session, repeated, request_id } = parsed.data;
  return dataAnswered({
    values,
    dots: op === "get" || dot === undefined ? dots : [dot],
    context,
    session,
    repeated,
    request: asRequestId(request_id),
  });
}

function readAct(body: unknown): CallAnswer | null {
  const parsed = actSchema.safeParse(body);
  return parsed.success ? actAnswered(parsed.data.id, parsed.data.request_id) : null;
}

const statuses: Readonly<Record<string, MemberStatus>> = {
  alive: "alive",
  suspected: "suspect",
  dead: "dead",
  left: "left",
};
const membersSchema = z.object({
  cluster_members: z.record(
    z.string(),
    z.object({
      node_id: z.string().transform(asNodeId),
      status: z.string().transform((word) => statuses[word]!),
      incarnation: z.number(),
    }),
  ),
});
const ringSchema = z.object({ virtual_nodes: z.number(), nodes: z.record(z.string(), z.unknown()) });
const dotText = z.string().transform((text) => {
  const colon = text.lastIndexOf(":");
  return { node: asNodeId(text.slice(0, colon)), counter: Number(text.slice(colon + 1)) };
});
const keysSchema = z.object({
  keys: z.array(
    z.object({
      key: z.string().transform(asKey),
      context: clock,
      versions: z.array(z.object({ dot: dotText, value: z.string().nullable(), at: z.number() })),
    }),
  ),
  next: z.string().nullable(),
});
const keysLimit = 10_000;

/** What a running node shows. Rejects with LabError when it does not answer. */
export async function viewOf(target: ExchangeTarget): Promise<NodeView> {
  const get = (path: string) => exchange(target, { method: "GET", path });
  const [members, ring, keys] = await Promise.all([
    get("/gossip/members").then((body) => membersSchema.parse(body)),
    get("/api/v1/ring").then((body) => ringSchema.parse(body)),
    allKeys(get),
  ]);
  return {
    node: asNodeId(target.id),
    running: true,
    members: Object.values(members.cluster_members).map(({ node_id: node, status, incarnation }) => ({
      node,
      status,
      incarnation,
    })),
    ring: Object.keys(ring.nodes).map((node) => asNodeId(node)),
    virtualNodes: ring.virtual_nodes,
    keys,
  };
}

async function allKeys(get: (path: string) => Promise<unknown>): Promise<(readonly [Key, KeyState])[]> {
  const all: (readonly [Key, KeyState])[] = [];
  for (let after: string | null = ""; after !== null;) {
    const query: string = `limit=${keysLimit}&after=${encodeURIComponent(after)}`;
    const { keys, next } = keysSchema.parse(await get(`/api/v1/keys?${query}`));
    for (const { key, context, versions } of keys) all.push([key, { context, versions }]);
    after = next;
  }
  return all;
}

/** What a node shows that is not running. */
export const notRunning = (node: NodeId, virtualNodes: number): NodeView => ({
  node,
  running: false,
  members: [],
  ring: [],
  virtualNodes,
  keys: [],
});
