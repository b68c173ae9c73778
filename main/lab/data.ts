/**
 * Client operations through a chosen node, over the same HTTP that any other client uses.
 *
 * The hard part of a client is to say honestly what a failure means. A connection that was refused, or an error that
 * the node calls definite, had no effect; a time-out or a line that broke after the request left may have had one.
 */
import { type Agent, request as httpRequest } from "node:http";
import { z } from "zod";
import type { DataAnswer } from "../../shared/contract/contract.ts";
import { LabError, type LabErrorCode } from "../../shared/contract/errors.ts";

export interface DataRequest {
  readonly op: "put" | "get" | "delete";
  readonly key: string;
  readonly value?: string;
  readonly context?: Readonly<Record<string, number>> | undefined;
  readonly n?: number | undefined;
  readonly r?: number | undefined;
  readonly w?: number | undefined;
}

export interface DataTarget {
  readonly id: string;
  /** host:port. */
  readonly address: string;
}

/** Longer than a coordinator waits for its replicas, so that its own answer is heard. */
const answerMs = 8_000;
const answerBytesMax = 64 * 1024 * 1024;

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

const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), definite: z.boolean() }),
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
export async function sendData(target: DataTarget, request: DataRequest, agent?: Agent): Promise<DataAnswer> {
  const started = performance.now();
  const body = await exchange(target, request, agent);
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

function pathOf({ key, n, r, w }: DataRequest): string {
  const quorum = Object.entries({ n, r, w }).filter(([, count]) => count !== undefined);
  const query = quorum.map(([name, count]) => `${name}=${count}`).join("&");
  return `/api/v1/data/${encodeURIComponent(key)}${query && `?${query}`}`;
}

/** The JSON body of the node's answer, whatever its status. */
function exchange(target: DataTarget, request: DataRequest, agent: Agent | undefined): Promise<unknown> {
  const [host, port] = target.address.split(":");
  const body = request.op === "put" ? JSON.stringify({ value: request.value }) : null;
  // A read has no effect whatever happens to it.
  const harmless = request.op === "get";
  return new Promise((resolve, reject) => {
    let hasConnected = false;
    const fail = (code: LabErrorCode, message: string, definite: boolean) =>
      reject(new LabError(code, message, definite || harmless));
    const outgoing = httpRequest({
      host,
      port,
      method: methods[request.op],
      path: pathOf(request),
      agent: agent ?? false,
      signal: AbortSignal.timeout(answerMs),
      headers: {
        ...(body !== null && {
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
        }),
        ...(request.context !== undefined && {
          "X-Lightcone-Context": Buffer.from(JSON.stringify(request.context)).toString("base64url"),
        }),
      },
    });
    const failed = (error: Error) => {
      if (error.name === "AbortError" || error.name === "TimeoutError") {
        fail("timed_out", `${target.id} did not answer within ${answerMs / 1000} s.`, false);
      } else if (hasConnected) {
        fail("unreachable", `The connection to ${target.id} broke before it answered.`, false);
      } else {
        fail(
          "unreachable",
          `${target.id} cannot be reached at ${target.address}: choose another node.`,
          true,
        );
      }
    };
    outgoing.on("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => (hasConnected = true));
      else hasConnected = true;
    });
    outgoing.on("error", failed);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("error", failed);
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerBytesMax) response.destroy(new Error("too long"));
        else chunks.push(chunk);
      });
      response.on("end", () => resolve(parseJson(Buffer.concat(chunks).toString("utf8"))));
    });
    outgoing.end(body ?? undefined);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
