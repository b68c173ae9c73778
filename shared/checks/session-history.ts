/**
 * The history of client operations in a recorded session: "request" and "reply" on the node a client spoke to.
 *
 * An event can say more than every recording does. Where `detail` holds `value` (of a put), `values` (of the reply to a
 * get) and `client`, they are used; a model that needs what is not there is not guessed at but refused.
 * Positions follow the time the node gave each event; at equal times the invocation comes first, because two
 * operations that touch may have overlapped, and calling them ordered could accuse a sound system.
 */
import { text, texts } from "../trace/detail.ts";
import type { TraceEvent } from "../trace/event.ts";
import { HistoryError } from "./history-error.ts";
import { isList } from "./json.ts";
import type { EventRef, History, Operation } from "./types.ts";

/** Refused before anything was done. After any other error the operation may have had an effect. */
const definiteErrors = new Set(["bad_quorum", "bad_context", "leaving"]);

interface Call {
  readonly request: TraceEvent;
  reply: TraceEvent | null;
}

const isClientOperation = ({ op }: TraceEvent) => op === "put" || op === "get" || op === "delete";
const refOf = ({ node, life, seq }: TraceEvent): EventRef => ({ node, life, seq });

/** Collects from the events of a session in any portions, in the order of recording. */
export class SessionHistory {
  readonly #file: string;
  readonly #calls = new Map<string, Call>();

  constructor(file: string) {
    this.#file = file;
  }

  add(event: TraceEvent): void {
    if (event.type !== "local" || event.request === undefined || !isClientOperation(event)) return;
    if (event.name === "request") this.#calls.set(event.request, { request: event, reply: null });
    else if (event.name === "reply") {
      const call = this.#calls.get(event.request);
      if (call !== undefined) call.reply = event;
    }
  }

  /**
   * Throws HistoryError when the session holds no client operation, or not what was written and read, or, where it
   * `needsSessions`, not which client asked.
   */
  finish(needsSessions: boolean): History {
    const calls = [...this.#calls.values()];
    if (calls.length === 0) {
      throw new HistoryError(
        this.#file,
        null,
        "nothing was asked of the cluster in this session, so there is nothing to check",
      );
    }
    const silent = calls.find((call) => !saysValues(call));
    if (silent !== undefined) {
      const { op, key } = silent.request;
      throw new HistoryError(
        this.#file,
        null,
        `the events of this session do not say which value the ${op} of ${key ?? "a key"} ${op === "put" ? "wrote" : "returned"}; check the history.jsonl of the run instead`,
      );
    }
    if (needsSessions && calls.some(({ request }) => text(request.detail?.["client"]) === null)) {
      throw new HistoryError(
        this.#file,
        null,
        "the events of this session do not say which client asked, which this model needs to know; check the history.jsonl of the run instead",
      );
    }
    return inOrder(calls);
  }
}

function saysValues({ request, reply }: Call): boolean {
  if (request.op === "put") return text(request.detail?.["value"]) !== null;
  return request.op === "delete" || reply?.detail?.["ok"] !== true || isList(reply.detail["values"] ?? null);
}

function inOrder(calls: readonly Call[]): History {
  const moments = calls.flatMap((call, order) => [
    { at: call.request.at, isReturn: false, order, call },
    ...(call.reply ? [{ at: call.reply.at, isReturn: true, order, call }] : []),
  ]);
  moments.sort((a, b) => a.at - b.at || Number(a.isReturn) - Number(b.isReturn) || a.order - b.order);
  const start = moments[0]!.at;
  const positions = new Map<Call, { invoked: number; returned: number }>();
  for (const [position, { call, isReturn }] of moments.entries()) {
    const known = positions.get(call) ?? { invoked: position, returned: Number.POSITIVE_INFINITY };
    if (isReturn) known.returned = position;
    positions.set(call, known);
  }
  return [...positions]
    .sort(([, a], [, b]) => a.invoked - b.invoked)
    .map(([call, position], id) => operationOf(call, position, id, start));
}

function operationOf(
  { request, reply }: Call,
  { invoked, returned }: { invoked: number; returned: number },
  id: number,
  start: number,
): Operation {
  const outcome = outcomeOf(reply);
  const values = texts(reply?.detail?.["values"]);
  return {
    id,
    // Without a client's name each request stands alone: nothing is claimed about sessions.
    process: text(request.detail?.["client"]) ?? request.request!,
    f: request.op,
    key: request.key ?? null,
    input: text(request.detail?.["value"]),
    output:
      outcome === "ok" && request.op === "get" ? (values.length > 1 ? values : (values[0] ?? null)) : null,
    outcome,
    invoked,
    returned: outcome === "unknown" ? Number.POSITIVE_INFINITY : returned,
    invokedNs: nanoseconds(request.at - start),
    returnedNs: reply === null ? null : nanoseconds(reply.at - start),
    node: request.node,
    events: [refOf(request), ...(reply ? [refOf(reply)] : [])],
  };
}

const nanoseconds = (ms: number) => Math.round(ms * 1e6);

function outcomeOf(reply: TraceEvent | null): Operation["outcome"] {
  if (reply?.detail?.["ok"] === true) return "ok";
  return definiteErrors.has(text(reply?.detail?.["error"]) ?? "") ? "fail" : "unknown";
}
