/**
 * What a request to `/api/v1/data/{key}` asks for, read from its path, query, headers and body. Everything a client may
 * write wrongly is refused here, each with one sentence that says what to write instead.
 *
 * The causal context travels in the body of a PUT or DELETE (`context`: plain JSON, as answers show it), or for every
 * method sealed in the header `X-Lightcone-Context`; the body wins. A session travels sealed only, in the header
 * `X-Lightcone-Session` or the body's `session`.
 */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { isVectorClock, type VectorClock } from "../../shared/clock/vector-clock.ts";
import { asKey, type Key, keyBytesMax, valueBytesMax } from "../../shared/ids.ts";
import type { ClientRequest, DataOperation } from "../../shared/replication/types.ts";
import { parseQuery } from "./data-query.ts";
import { HttpError, readBody } from "./http.ts";
import type { Tokens } from "./tokens.ts";

export const dataPath = "/api/v1/data/";
/** A value may be six times as long in JSON (every character escaped), and a context comes with it. */
export const bodyBytesMax = 6 * valueBytesMax + 64 * 1024;
/** Of the client's own name for a request: visible ASCII. */
const tokenPattern = /^[\x21-\x7e]{1,100}$/;

const operationOfMethod: Readonly<Record<string, DataOperation>> = {
  PUT: "put",
  GET: "get",
  DELETE: "delete",
};

export type DataRequest = Omit<ClientRequest, "id">;

interface Body {
  readonly value?: string;
  readonly context?: VectorClock;
  /** Sealed. */
  readonly session?: string;
}

/** `replicas` of a key where the request does not say. Throws HttpError. */
export async function readDataRequest(
  request: IncomingMessage,
  tokens: Tokens,
  replicas: number,
): Promise<DataRequest> {
  const url = request.url!;
  const queryAt = url.indexOf("?");
  const key = keyIn(queryAt === -1 ? url : url.slice(0, queryAt), dataPath);
  const op = operationOfMethod[request.method!];
  if (op === undefined) {
    throw new HttpError("method_not_allowed", "A key takes PUT, GET and DELETE.", [
      "Allow",
      "GET, PUT, DELETE",
    ]);
  }
  const asked = queryAt === -1 ? {} : parseQuery(url.slice(queryAt + 1), replicas);
  const token = op === "get" ? undefined : headerOf(request, "idempotency-key");
  if (token !== undefined && !tokenPattern.test(token)) {
    throw new HttpError("bad_input", "Idempotency-Key must be 1 to 100 visible ASCII characters.");
  }
  const sealedContext = headerOf(request, "x-lightcone-context");
  let context = sealedContext === undefined ? undefined : tokens.readContext(sealedContext);
  let sealed = headerOf(request, "x-lightcone-session");
  const body = await readOwnBody(request, op);
  context = body.context ?? context;
  sealed = body.session ?? sealed;
  const session = sealed === undefined ? undefined : tokens.readSession(sealed);
  const consistency = asked.consistency ?? (session === undefined ? undefined : "causal");
  if (consistency !== "causal" && (session !== undefined || asked.waitFor !== undefined)) {
    const what = session === undefined ? "wait" : "a session";
    throw new HttpError("bad_input", `${what} is for consistency=causal; ask for that, or leave it out.`);
  }
  return {
    ...asked,
    op,
    key,
    ...(body.value !== undefined && { value: body.value }),
    ...(context !== undefined && { context }),
    ...(token !== undefined && { token }),
    ...(consistency !== undefined && { consistency }),
    ...(consistency === "causal" && { session: session ?? {} }),
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const header = request.headers[name];
  return typeof header === "string" ? header : undefined;
}

/** The key at the end of a path that begins with `before`. Throws HttpError. */
export function keyIn(path: string, before: string): Key {
  let key: string;
  try {
    key = decodeURIComponent(path.slice(before.length));
  } catch {
    throw new HttpError("bad_input", "The key in the path is not valid percent-encoded UTF-8.");
  }
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > keyBytesMax) {
    throw new HttpError("bad_input", `A key has 1 to ${keyBytesMax} bytes of UTF-8; this one has ${bytes}.`);
  }
  return asKey(key);
}

/** A PUT has a body, a DELETE may have one; that of a GET is not read. */
async function readOwnBody(request: IncomingMessage, op: DataOperation): Promise<Body> {
  if (op === "get") return {};
  const bytes = await readBody(request, bodyBytesMax);
  if (op === "delete" && bytes.length === 0) return {};
  return parseBody(bytes, op);
}

function parseBody(bytes: Buffer, op: "put" | "delete"): Body {
  let body: unknown;
  try {
    body = isUtf8(bytes) ? JSON.parse(bytes.toString("utf8")) : null;
  } catch {
    body = null;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    const example = op === "put" ? `{"value": "text"}` : `{"context": {"node-1": 7}}, or empty`;
    throw new HttpError("bad_input", `The body must be a JSON object like ${example}.`);
  }
  const { context, session, ...others } = body as Record<string, unknown>;
  if (context !== undefined && !isVectorClock(context)) {
    throw new HttpError(
      "bad_input",
      `"context" must map node names to positive whole numbers, as an earlier answer gave it.`,
    );
  }
  if (session !== undefined && typeof session !== "string") {
    throw new HttpError("bad_input", `"session" must be text, as an earlier answer gave it.`);
  }
  const { value, ...strange } = others;
  const names = Object.keys(op === "put" ? strange : others);
  if (names.length > 0) {
    const known = op === "put" ? `"value", "context" and "session"` : `"context" and "session"`;
    throw new HttpError("bad_input", `The body has "${names[0]}"; it takes ${known}.`);
  }
  return {
    ...(op === "put" && { value: checkValue(value) }),
    ...(context !== undefined && { context }),
    ...(session !== undefined && { session }),
  };
}

function checkValue(value: unknown): string {
  if (typeof value !== "string" || !value.isWellFormed()) {
    throw new HttpError("bad_input", `"value" must be a string of well-formed Unicode.`);
  }
  if (value.length > valueBytesMax / 3 && Buffer.byteLength(value) > valueBytesMax) {
    throw new HttpError("too_large", `A value has at most ${valueBytesMax} bytes of UTF-8.`);
  }
  return value;
}
