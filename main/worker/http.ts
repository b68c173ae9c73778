/**
 * The node's HTTP side: one raw server, a guard, and the two ways to answer.
 *
 * The guard keeps a web page from elsewhere away from the node: a browser always says where a page came from (Origin),
 * and a page that made its own name point to this machine gives itself away by that name (Host). Programs such as curl
 * send no Origin and are not held up.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { isLoopback, parseAddress } from "./address.ts";

export type ErrorCode =
  | "bad_input"
  | "bad_quorum"
  | "bad_context"
  | "forbidden"
  | "not_found"
  | "refused"
  | "no_such_member"
  | "method_not_allowed"
  | "too_large"
  | "not_implemented"
  | "quorum_not_met"
  | "unavailable"
  | "leaving"
  | "replaying"
  | "timed_out"
  | "needs_consensus"
  | "not_yet"
  | "session_too_large"
  | "bad_value"
  | "internal";

export const statusOf: Readonly<Record<ErrorCode, number>> = {
  bad_input: 400,
  bad_quorum: 400,
  bad_context: 400,
  forbidden: 403,
  not_found: 404,
  no_such_member: 404,
  method_not_allowed: 405,
  refused: 409,
  too_large: 413,
  internal: 500,
  not_implemented: 501,
  quorum_not_met: 503,
  unavailable: 503,
  leaving: 503,
  replaying: 503,
  timed_out: 504,
  needs_consensus: 501,
  not_yet: 503,
  session_too_large: 400,
  bad_value: 400,
};

/** An answer that is an error: `message` is one sentence that says what to do. */
export class HttpError extends Error {
  readonly code: ErrorCode;
  readonly headers: readonly string[];
  /** The code as the client is shown it: finer than what the status follows from. */
  readonly shown: string;
  constructor(code: ErrorCode, message: string, headers: readonly string[] = [], shown: string = code) {
    super(message);
    this.name = "HttpError";
    this.code = code;
    this.headers = headers;
    this.shown = shown;
  }
}

/** `definite`: the operation certainly had no effect. */
export const errorBody = (code: string, message: string, definite = true) => ({
  error: { code, message, definite },
});

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: readonly string[] = [],
): void {
  send(response, status, "application/json; charset=utf-8", `${JSON.stringify(body)}\n`, headers);
}

/** Head and body leave in one write, because the body is a string. Does nothing when the client has gone. */
export function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
  headers: readonly string[] = [],
): void {
  if (response.destroyed) return;
  response.writeHead(status, [
    "Content-Type",
    contentType,
    "Content-Length",
    String(Buffer.byteLength(text)),
    "Cache-Control",
    "no-store",
    "X-Content-Type-Options",
    "nosniff",
    ...headers,
  ]);
  response.end(text, "utf8");
}

export function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof HttpError) {
    sendJson(response, statusOf[error.code], errorBody(error.shown, error.message), error.headers);
  } else {
    sendJson(
      response,
      500,
      errorBody("internal", `The node failed at this request: ${String(error)}`, false),
    );
  }
}

/** How long the rest of a body that was refused is thrown away, so that the answer is read, before the line is cut. */
const discardMs = 2_000;

/** What the request says its body will be. */
export const announcedBytes = ({ headers }: IncomingMessage) => Number(headers["content-length"] ?? 0);

/** Refuses a body above the limit before it is read, and while it is read when it did not say its length. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = () => {
    discard(request);
    return new HttpError("too_large", `The body is over the limit of ${bytesMax} bytes.`);
  };
  if (announcedBytes(request) > bytesMax) throw tooLarge();
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= bytesMax) return;
      chunks = [];
      request.off("data", take);
      reject(tooLarge());
    };
    request.on("data", take);
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => {
      if (!request.complete) reject(new HttpError("bad_input", "The request ended before its body did."));
    });
  });
}

function discard(request: IncomingMessage): void {
  const timer = setTimeout(() => request.destroy(), discardMs);
  timer.unref();
  request.once("close", () => clearTimeout(timer));
  request.resume();
}

/** Decides who may speak HTTP to the node. */
export class Guard {
  readonly #isPublic: boolean;
  readonly #hosts: Set<string>;

  /** `hosts`: names under which the node is known besides those of this machine. */
  constructor(isPublic: boolean, hosts: readonly string[]) {
    this.#isPublic = isPublic;
    this.#hosts = new Set(hosts);
  }

  /** Throws HttpError "forbidden". */
  check(request: IncomingMessage): void {
    const { host, origin } = request.headers;
    if (!this.#isPublic && !isLoopback(request.socket.remoteAddress ?? "")) {
      throw new HttpError(
        "forbidden",
        "This node answers HTTP from its own machine only; start it with --http-public to open it.",
      );
    }
    if (host !== undefined && !this.#isPublic && !this.#isKnown(host)) {
      throw new HttpError("forbidden", `This node is not called ${host}; use its address.`);
    }
    if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host) {
      throw new HttpError("forbidden", `A page from ${origin} may not use this node.`);
    }
  }

  #isKnown(hostHeader: string): boolean {
    if (this.#hosts.has(hostHeader)) return true;
    const host = parseAddress(hostHeader)?.host ?? hostHeader.replace(/^\[|\]$/g, "");
    const known = this.#hosts.has(host) || isLoopback(host) || isIP(host) !== 0;
    if (known && this.#hosts.size < 1_000) this.#hosts.add(hostHeader);
    return known;
  }
}
