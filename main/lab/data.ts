/** Client operations through a chosen node, over the same HTTP that any other client uses. */
import type { Agent } from "node:http";
import { z } from "zod";
import type { DataAnswer } from "../../shared/contract/contract.ts";
import { LabError, type LabErrorCode } from "../../shared/contract/errors.ts";
import type { Consistency } from "../../shared/replication/types.ts";
import { errorSchema, type Exchange, exchange, type ExchangeTarget } from "./exchange.ts";

export interface DataRequest {
  readonly op: "put" | "get" | "delete";
  readonly key: string;
  readonly value?: string;
  readonly context?: Readonly<Record<string, number>> | undefined;
  readonly n?: number | undefined;
  readonly r?: number | undefined;
  readonly w?: number | undefined;
  readonly sloppy?: boolean | undefined;
  /** The client's own name for a write: a retry under it is not carried out twice. */
  readonly token?: string | undefined;
  readonly consistency?: Consistency | undefined;
  /** Of a causal request: the session of the answer before, as the node sealed it. */
  readonly session?: string | undefined;
}

const methods = { put: "PUT", get: "GET", delete: "DELETE" } as const;

/** The body of a node's answer to a data request, as far as it is used here and by clients of scenarios. */
export const answerSchema = z.object({
  key: z.string(),
  values: z.array(z.string()),
  siblings: z.array(z.object({ value: z.string(), dot: z.string() })),
  dots: z.array(z.string()),
  /** Of a put or delete: of what was written. */
  dot: z.string().optional(),
  context: z.record(z.string(), z.number()),
  coordinator: z.string(),
  replication_nodes: z.array(z.string()),
  replication_result: z.object({
    successful_nodes: z.array(z.string()),
    failed_nodes: z.array(z.string()),
  }),
  request_id: z.string(),
  session: z.string().optional(),
  repeated: z.literal(true).optional(),
  merge_error: z.string().optional(),
});

/** Codes of the node that mean the same here; any other refusal is "refused". */
const codes: Readonly<Record<string, LabErrorCode>> = {
  bad_input: "bad_input",
  bad_quorum: "bad_input",
  bad_context: "bad_input",
  bad_value: "bad_input",
  session_too_large: "bad_input",
  too_large: "bad_input",
  timed_out: "timed_out",
  internal: "internal",
};

/** Resolves with the answer as the contract has it; rejects with LabError. */
export async function sendData(
  target: ExchangeTarget,
  request: DataRequest,
  agent?: Agent,
): Promise<DataAnswer> {
  const started = performance.now();
  const body = await exchange(target, dataExchange(request), agent);
  const latencyMs = performance.now() - started;
  const answer = answerSchema.safeParse(body);
  if (answer.success) {
    const { key, values, siblings, context, coordinator, session, repeated, merge_error } = answer.data;
    const { successful_nodes: successful, failed_nodes: failed } = answer.data.replication_result;
    return {
      key,
      values: siblings,
      ...(!areSame(values, siblings) && { shown: values }),
      ...(merge_error !== undefined && { mergeError: merge_error }),
      context,
      coordinator,
      replicas: answer.data.replication_nodes,
      successful,
      failed,
      ...(session !== undefined && { session }),
      ...(repeated && { repeated }),
      latencyMs,
    };
  }
  const refusal = errorSchema.safeParse(body);
  if (refusal.success) {
    const { code, message, definite } = refusal.data.error;
    throw new LabError(codes[code] ?? "refused", message, definite);
  }
  throw new LabError("internal", `${target.id} answered something this lab does not understand.`, false);
}

const areSame = (values: readonly string[], siblings: readonly { readonly value: string }[]) =>
  values.length === siblings.length && siblings.every(({ value }, index) => value === values[index]);

/** The request as the node takes it. */
export function dataExchange(request: DataRequest): Exchange {
  const { op, key, value, context, n, r, w, sloppy, token, consistency, session } = request;
  const asked = Object.entries({ n, r, w, sloppy, consistency }).filter(([, word]) => word !== undefined);
  const query = asked.map(([name, word]) => `${name}=${word}`).join("&");
  return {
    method: methods[op],
    path: `/api/v1/data/${encodeURIComponent(key)}${query && `?${query}`}`,
    ...(op === "put" && { body: { value, context } }),
    ...(op === "delete" && context !== undefined && { body: { context } }),
    headers: {
      ...(token !== undefined && { "Idempotency-Key": token }),
      ...(session !== undefined && { "X-Lightcone-Session": session }),
    },
  };
}
