/** Client operations through a chosen node, over the same HTTP that any other client uses. */
import type { Agent } from "node:http";
import { z } from "zod";
import type { DataAnswer } from "../../shared/contract/contract.ts";
import { LabError, type LabErrorCode } from "../../shared/contract/errors.ts";
import { errorSchema, type Exchange, exchange, type ExchangeTarget } from "./exchange.ts";

export interface DataRequest {
  readonly op: "put" | "get" | "delete";
  readonly key: string;
  readonly value?: string;
  readonly context?: Readonly<Record<string, number>> | undefined;
  readonly n?: number | undefined;
  readonly r?: number | undefined;
  readonly w?: number | undefined;
}

const methods = { put: "PUT", get: "GET", delete: "DELETE" } as const;

const answerSchema = z.object({
  key: z.string(),
  versions: z.array(z.object({ value: z.string(), dot: z.string() })),
  context: z.record(z.string(), z.number()),
  coordinator: z.string(),
  replication_nodes: z.array(z.string()),
  replication_result: z.object({
    successful_nodes: z.array(z.string()),
    failed_nodes: z.array(z.string()),
  }),
});

/** Codes of the node that mean the same here; any other refusal is "refused". */
const codes: Readonly<Record<string, LabErrorCode>> = {
  bad_input: "bad_input",
  bad_quorum: "bad_input",
  bad_context: "bad_input",
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
    const { key, versions, context, coordinator, replication_nodes, replication_result } = answer.data;
    const { successful_nodes: successful, failed_nodes: failed } = replication_result;
    return {
      key,
      values: versions,
      context,
      coordinator,
      replicas: replication_nodes,
      successful,
      failed,
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

/** The request as the node takes it. */
export function dataExchange({ op, key, value, context, n, r, w }: DataRequest): Exchange {
  const quorum = Object.entries({ n, r, w }).filter(([, count]) => count !== undefined);
  const query = quorum.map(([name, count]) => `${name}=${count}`).join("&");
  return {
    method: methods[op],
    path: `/api/v1/data/${encodeURIComponent(key)}${query && `?${query}`}`,
    ...(op === "put" && { body: { value } }),
    ...(context !== undefined && {
      headers: { "X-Lightcone-Context": Buffer.from(JSON.stringify(context)).toString("base64url") },
    }),
  };
}
