/**
 * One HTTP request to a node, and an honest account of what a failure means: a connection that was refused had no
 * effect; a time-out or a line that broke after the request left may have had one.
 */
import { type Agent, request as httpRequest } from "node:http";
import { z } from "zod";
import { LabError, type LabErrorCode } from "../../shared/contract/errors.ts";

export interface ExchangeTarget {
  readonly id: string;
  /** host:port. */
  readonly address: string;
}

export interface Exchange {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longer than a coordinator waits for its replicas, so that its own answer is heard. */
const answerMs = 8_000;
const answerBytesMax = 64 * 1024 * 1024;

/** The body of a node's refusal. */
export const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), definite: z.boolean() }),
});

/** The JSON body of the node's answer, whatever its status; null when it is none. Rejects with LabError. */
export function exchange(target: ExchangeTarget, request: Exchange, agent?: Agent): Promise<unknown> {
  const [host, port] = target.address.split(":");
  const body = request.body === undefined ? null : JSON.stringify(request.body);
  // A read has no effect whatever happens to it.
  const harmless = request.method === "GET";
  return new Promise((resolve, reject) => {
    let hasConnected = false;
    const fail = (code: LabErrorCode, message: string, definite: boolean) =>
      reject(new LabError(code, message, definite || harmless));
    const outgoing = httpRequest({
      host,
      port,
      method: request.method,
      path: request.path,
      agent: agent ?? false,
      signal: AbortSignal.timeout(answerMs),
      headers: {
        ...(body !== null && {
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(body),
        }),
        ...request.headers,
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
