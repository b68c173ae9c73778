/** What clients saw, as checkers read it. */
import type { NodeId, RequestId } from "../ids.ts";
import type { Json, RecordedEvent } from "../trace/event.ts";
import type { EventRef, History, Operation } from "../checks/types.ts";
import type { CallRecord, RunRecord } from "./run.types.ts";

const nsPerMs = 1e6;

/**
 * The calls of a run in the order of invocation: put, get and delete of a key, and mint. Other acts of the application
 * (local, tell, broadcast) are no operations on an object and are left out. A get that found nothing answers null, one
 * that found concurrent values a list of them. Where `events` hold the request and its reply, the operation names them.
 */
export function historyOf({ calls, events }: Pick<RunRecord, "calls" | "events">): History {
  const places = placesOf(calls, events);
  const operations = calls.filter(({ call }) => functionOf(call.request) !== null);
  return [...operations]
    .sort((a, b) => a.invoked - b.invoked)
    .map((record, id): Operation => {
      const { call, outcome, invoked, returned, invokedAt, returnedAt, answer } = record;
      const { request, node } = call;
      const place =
        answer?.ok === true && answer.request !== undefined ? places.get(answer.request) : undefined;
      return {
        id,
        process: call.client,
        f: functionOf(request)!,
        key: request.kind === "data" ? request.key : null,
        input: request.kind === "data" ? (request.value ?? null) : null,
        output: outputOf(record),
        outcome,
        invoked,
        // A write that nobody was told of may still take effect.
        returned: outcome === "unknown" ? Number.POSITIVE_INFINITY : returned,
        invokedNs: Math.round(invokedAt * nsPerMs),
        returnedNs: returnedAt === null ? null : Math.round(returnedAt * nsPerMs),
        node,
        ...(place === undefined ? {} : { events: place }),
      };
    });
}

function functionOf(request: CallRecord["call"]["request"]): string | null {
  if (request.kind === "data") return request.op;
  return request.act.kind === "mint" ? "mint" : null;
}

function outputOf({ call: { request }, outcome, answer }: CallRecord): Json {
  if (outcome !== "ok" || answer?.ok !== true) return null;
  if (request.kind === "act") return answer.minted ?? null;
  if (request.op !== "get") return null;
  return answer.values.length > 1 ? answer.values : (answer.values[0] ?? null);
}

/** By request: its "request" and "reply" on the node that the client spoke to. */
function placesOf(
  calls: readonly CallRecord[],
  events: readonly RecordedEvent[],
): ReadonlyMap<RequestId, readonly EventRef[]> {
  const asked = new Map<RequestId, NodeId>();
  for (const { call, answer } of calls) {
    if (answer?.ok === true && answer.request !== undefined) asked.set(answer.request, call.node);
  }
  const places = new Map<RequestId, EventRef[]>();
  for (const { request, type, name, node, life, seq } of events) {
    if (request === undefined || type !== "local" || (name !== "request" && name !== "reply")) continue;
    if (asked.get(request) !== node) continue;
    const place = { node, life, seq };
    const known = places.get(request);
    if (known === undefined) places.set(request, [place]);
    else known.push(place);
  }
  return places;
}
