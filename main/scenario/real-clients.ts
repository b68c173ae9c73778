/** The clients of a run on real processes: the node's own HTTP, and what each answer or failure means. */
import { z } from "zod";
import { LabError } from "../../shared/contract/errors.ts";
import type { CallAnswer, ClientCall, NodeView } from "../../shared/scenario/run.types.ts";
import { type Key, type NodeId, asKey, asNodeId, asRequestId } from "../../shared/ids.ts";
import type { KeyState } from "../../shared/clock/dotted.ts";
import { emptyClock } from "../../shared/clock/vector-clock.ts";
import type { MemberStatus } from "../../shared/trace/names.ts";
import { dataExchange } from "../lab/data.ts";
import { errorSchema, exchange, type ExchangeTarget } from "../lab/exchange.ts";

const clock = z.record(z.string(), z.number());
const dataSchema = z.object({
  versions: z.array(z.object({ value: z.string() })),
  dots: z.array(z.string()),
  context: clock,
  coordinator: z.string(),
  request_id: z.string().transform(asRequestId),
});
const actSchema = z.object({
  ok: z.literal(true),
  id: z.string().optional(),
  request_id: z.string().transform(asRequestId),
});

/** Always resolves. `target` is null when there is no such node. */
export async function askNode(target: ExchangeTarget | null, call: ClientCall): Promise<CallAnswer> {
  const { request, node } = call;
  if (target === null) return failed("unreachable", `There is no node "${node}" here.`, true);
  const isRead = request.kind === "data" && request.op === "get";
  try {
    const body = await exchange(target, exchangeOf(request));
    const answer = request.kind === "data" ? readData(body, request.op) : readAct(body);
    if (answer !== null) return answer;
    const refusal = errorSchema.safeParse(body);
    if (!refusal.success) {
      return failed("internal", `${node} answered something that is no answer.`, isRead);
    }
    const { code, message, definite } = refusal.data.error;
    return failed(code, message, definite || isRead);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return failed(error.code, error.message, error.definite || isRead);
  }
}

const failed = (code: string, message: string, definite: boolean): CallAnswer => ({
  ok: false,
  definite,
  code,
  message,
});

function exchangeOf(request: ClientCall["request"]) {
  if (request.kind === "act") return { method: "POST", path: "/api/v1/act", body: request.act } as const;
  const { op, key, value, context, quorum } = request;
  return dataExchange({ op, key, ...(value !== undefined && { value }), context, ...quorum });
}

function readData(body: unknown, op: string): CallAnswer | null {
  const parsed = dataSchema.safeParse(body);
  if (!parsed.success) return null;
  const { versions, dots, context, coordinator, request_id: request } = parsed.data;
  // Of a write: the newest of its coordinator, whose state this was right after it.
  const shown = op === "get" ? dots : [`${coordinator}:${context[coordinator] ?? 0}`];
  return { ok: true, values: versions.map(({ value }) => value), dots: shown, context, request };
}

function readAct(body: unknown): CallAnswer | null {
  const parsed = actSchema.safeParse(body);
  if (!parsed.success) return null;
  const { id, request_id: request } = parsed.data;
  return {
    ok: true,
    values: [],
    dots: [],
    context: emptyClock,
    ...(id === undefined ? {} : { minted: id }),
    request,
  };
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
const dot = z.string().transform((text) => {
  const colon = text.lastIndexOf(":");
  return { node: asNodeId(text.slice(0, colon)), counter: Number(text.slice(colon + 1)) };
});
const keysSchema = z.object({
  keys: z.array(
    z.object({
      key: z.string().transform(asKey),
      context: clock,
      versions: z.array(z.object({ dot, value: z.string().nullable(), at: z.number() })),
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
