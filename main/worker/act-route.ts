/** `POST /api/v1/act`: what a client asks of the broadcast application. The body is the act, the answer has its stamp. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { type Act, type ActAnswer, broadcastOrders } from "../../shared/broadcast/types.ts";
import { isNodeId, type NodeId, type RequestId } from "../../shared/ids.ts";
import { HttpError, errorBody, readBody, sendJson, statusOf } from "./http.ts";

export type RunAct = (act: Act, answer: (answer: ActAnswer, request: RequestId) => void) => void;

/** A text of the longest kind, every character of it escaped. */
const bodyBytesMax = 32 * 1024;

const text = z.string();
const node = z
  .string()
  .refine((name): boolean => isNodeId(name), "it is no node id")
  .transform((name) => name as NodeId);
const actSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("local"), text }),
  z.strictObject({ kind: z.literal("tell"), to: node, text }),
  z.strictObject({
    kind: z.literal("broadcast"),
    text,
    order: z.enum(broadcastOrders).default("unordered"),
  }),
  z.strictObject({ kind: z.literal("mint") }),
]);

/** Throws HttpError "bad_input"; whatever the application refuses is answered with its code. */
export async function handleAct(
  request: IncomingMessage,
  response: ServerResponse,
  run: RunAct,
): Promise<void> {
  const act = parseAct((await readBody(request, bodyBytesMax)).toString("utf8"));
  run(act, (answer, request) => {
    if (answer.ok) sendJson(response, 200, { ...answer, request_id: request });
    else sendJson(response, statusOf[answer.code], errorBody(answer.code, answer.message));
  });
}

function parseAct(body: string): Act {
  let written: unknown;
  try {
    written = JSON.parse(body);
  } catch {
    throw new HttpError("bad_input", `The body must be JSON like ${example}.`);
  }
  const act = actSchema.safeParse(written);
  if (act.success) return act.data;
  const { path, message } = act.error.issues[0]!;
  const where = path.length === 0 ? "" : ` at "${path.join(".")}"`;
  throw new HttpError("bad_input", `This is no act${where} (${message}); send one like ${example}.`);
}

const example = `{"kind": "broadcast", "text": "hello", "order": "causal"}`;
