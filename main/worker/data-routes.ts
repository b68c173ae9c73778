/**
 * `PUT`, `GET` and `DELETE /api/v1/data/{key}`: the hot path.
 *
 * The causal context travels in the body of a PUT (`context`), and for every method in the header
 * `X-Lightcone-Context`: the base64url form of the context as JSON. Every answer carries it both ways, one too long
 * for a header in its body only. A write without
 * a context overwrites what its coordinator has seen; one with a context overwrites exactly what that had seen; the
 * empty context `{}` overwrites nothing.
 */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { formatDot, liveVersions } from "../../shared/clock/dotted.ts";
import { isVectorClock, type VectorClock } from "../../shared/clock/vector-clock.ts";
import { asKey, type Key, keyBytesMax, type RequestId, valueBytesMax } from "../../shared/ids.ts";
import type {
  ClientRequest,
  DataOperation,
  OperationError,
  OperationOutcome,
  OperationResult,
  Quorum,
} from "../../shared/replication/types.ts";
import { errorBody, HttpError, readBody, sendJson, statusOf } from "./http.ts";

export const dataPath = "/api/v1/data/";
const contextHeader = "x-lightcone-context";
/** A longer context stands in the body only: many clients refuse an answer whose headers are over 16 KiB. */
const contextHeaderCharsMax = 8 * 1024;
/** A value may be six times as long in JSON (every character escaped), and a context comes with it. */
const bodyBytesMax = 6 * valueBytesMax + 64 * 1024;

const operationOfMethod: Readonly<Record<string, DataOperation>> = {
  PUT: "put",
  GET: "get",
  DELETE: "delete",
};

export type RunOperation = (
  request: Omit<ClientRequest, "id">,
  reply: (outcome: OperationOutcome, request: RequestId) => void,
) => void;

/** Answers every request below `dataPath`. Throws HttpError for what is wrong with the request. */
export async function handleData(
  request: IncomingMessage,
  response: ServerResponse,
  run: RunOperation,
): Promise<void> {
  const url = request.url!;
  const queryAt = url.indexOf("?");
  const key = parseKey(url.slice(dataPath.length, queryAt === -1 ? url.length : queryAt));
  const op = operationOfMethod[request.method!];
  if (op === undefined) {
    throw new HttpError("method_not_allowed", "A key takes PUT, GET and DELETE.", [
      "Allow",
      "GET, PUT, DELETE",
    ]);
  }
  const quorum = queryAt === -1 ? undefined : parseQuorum(new URLSearchParams(url.slice(queryAt + 1)));
  const header = request.headers[contextHeader];
  let context = typeof header === "string" ? parseContextHeader(header) : undefined;
  let value: string | undefined;
  if (op === "put") {
    const body = parseBody(await readBody(request, bodyBytesMax));
    value = body.value;
    context = body.context ?? context;
  }
  run(
    {
      op,
      key,
      ...(value === undefined ? {} : { value }),
      ...(context === undefined ? {} : { context }),
      ...(quorum === undefined ? {} : { quorum }),
    },
    (outcome, id) => {
      if (outcome.ok) sendResult(response, outcome.result, id, value);
      else sendFailure(response, key, outcome.error);
    },
  );
}

function parseKey(encoded: string): Key {
  let key: string;
  try {
    key = decodeURIComponent(encoded);
  } catch {
    throw new HttpError("bad_input", "The key in the path is not valid percent-encoded UTF-8.");
  }
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > keyBytesMax) {
    throw new HttpError("bad_input", `A key has 1 to ${keyBytesMax} bytes of UTF-8; this one has ${bytes}.`);
  }
  return asKey(key);
}

function parseQuorum(query: URLSearchParams): Partial<Quorum> {
  const quorum: { n?: number; r?: number; w?: number } = {};
  for (const [name, text] of query) {
    if (name !== "n" && name !== "r" && name !== "w") {
      throw new HttpError("bad_input", `There is no parameter "${name}"; a key takes n, r and w.`);
    }
    if (!/^[1-9]\d{0,2}$/.test(text)) {
      throw new HttpError("bad_quorum", `${name} must be a whole number from 1 to 999, not "${text}".`);
    }
    quorum[name] = Number(text);
  }
  return quorum;
}

function parseContextHeader(header: string): VectorClock {
  let context: unknown;
  try {
    context = JSON.parse(Buffer.from(header, "base64url").toString("utf8"));
  } catch {
    context = null;
  }
  if (isVectorClock(context)) return context;
  throw new HttpError(
    "bad_input",
    "X-Lightcone-Context is not a context; send back what an earlier answer had in this header.",
  );
}

function parseBody(bytes: Buffer): { value: string; context?: VectorClock } {
  let body: unknown;
  try {
    body = isUtf8(bytes) ? JSON.parse(bytes.toString("utf8")) : null;
  } catch {
    body = null;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new HttpError("bad_input", `The body must be a JSON object like {"value": "text"}.`);
  }
  const { value, context, ...others } = body as Record<string, unknown>;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    throw new HttpError("bad_input", `The body has "${unknown}"; it takes "value" and "context".`);
  }
  if (typeof value !== "string" || !value.isWellFormed()) {
    throw new HttpError("bad_input", `"value" must be a string of well-formed Unicode.`);
  }
  if (value.length > valueBytesMax / 3 && Buffer.byteLength(value) > valueBytesMax) {
    throw new HttpError("too_large", `A value has at most ${valueBytesMax} bytes of UTF-8.`);
  }
  if (context === undefined) return { value };
  if (!isVectorClock(context)) {
    throw new HttpError(
      "bad_input",
      `"context" must map node names to positive whole numbers, as an earlier answer gave it.`,
    );
  }
  return { value, context };
}

function sendResult(
  response: ServerResponse,
  result: OperationResult,
  request: RequestId,
  written: string | undefined,
): void {
  const { op, state, replicas } = result;
  const live = liveVersions(state);
  const encoded = Buffer.from(JSON.stringify(state.context)).toString("base64url");
  const context = encoded.length > contextHeaderCharsMax ? [] : ["X-Lightcone-Context", encoded];
  const common = {
    responsible_node: replicas[0] ?? result.coordinator,
    replication_nodes: replicas,
    replication_result: {
      successful_nodes: result.successful,
      failed_nodes: result.failed,
      quorum_achieved: true,
    },
    vector_clock: { clocks: result.clock },
    event_count: result.eventCount,
    coordinator: result.coordinator,
    causal_hash: result.hash,
    context: state.context,
    conflict: live.length > 1,
    versions: live.map(({ dot, value, at }) => ({ value, dot: formatDot(dot), at })),
    /** Of every version, tombstones included. */
    dots: state.versions.map(({ dot }) => formatDot(dot)),
    request_id: request,
  };
  if (op === "get" && live.length === 0) {
    const absent = errorBody("not_found", `There is no value under the key "${result.key}".`);
    sendJson(response, 404, { ...absent, key: result.key, ...common }, context);
    return;
  }
  const shown =
    op === "put"
      ? { value: written }
      : op === "get"
        ? { value: live[0]?.value, values: live.map(({ value }) => value) }
        : { deleted: true };
  sendJson(response, 200, { key: result.key, ...shown, ...common }, context);
}

function sendFailure(response: ServerResponse, key: Key, error: OperationError): void {
  sendJson(response, statusOf[error.code], {
    ...errorBody(error.code, error.message, error.definite),
    key,
    replication_nodes: error.replicas,
    replication_result: {
      successful_nodes: error.successful,
      failed_nodes: error.failed,
      quorum_achieved: false,
    },
  });
}
