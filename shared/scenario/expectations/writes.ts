/**
 * Every write of a run with what it overwrote: what clients know, and for writes nobody was answered, what the trace says.
 *
 * A put without a context overwrites whatever its coordinator has stored. Its client learns what that was from the
 * answer; when none comes, an acknowledged write may rightly be gone and nobody outside could know why. The trace does: the
 * dot of a version is the event that wrote it, and before it in the same lane stands what that node had stored, or was
 * handed when the ring moved.
 */
import type { WrittenVersion } from "../../checks/invariants/durability.ts";
import { emptyClock, merge, type VectorClock } from "../../clock/vector-clock.ts";
import type { NodeId } from "../../ids.ts";
import { text, texts } from "../../trace/detail.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { historyOf } from "../history.ts";
import type { CallRecord } from "../run.types.ts";
import type { Subject } from "./subject.ts";

export const isWrite = ({ call: { request } }: CallRecord) => request.kind === "data" && request.op !== "get";

export function writtenVersions(subject: Subject): readonly WrittenVersion[] {
  const { record } = subject;
  const calls = record.calls.filter(isWrite).sort((a, b) => a.invoked - b.invoked);
  const told = historyOf({ calls, events: record.events }).map((operation, index): WrittenVersion => {
    const { call, answer } = calls[index]!;
    const context = call.request.kind === "data" ? call.request.context : undefined;
    const answered = answer?.ok === true ? answer : null;
    return { operation, dot: answered?.dots[0] ?? null, overwrote: context ?? answered?.context ?? null };
  });
  const known = new Set(told.map(({ dot }) => dot));
  // Which of the untold writes had a context of their own cannot be told: then none of its key excuses anything.
  const guarded = new Set(
    calls.flatMap(({ call: { request }, outcome }) =>
      request.kind === "data" && request.context !== undefined && outcome !== "ok" ? [request.key] : [],
    ),
  );
  const untold = tracedWrites(subject).filter(
    ({ dot, operation }) => !known.has(dot) && !(guarded as ReadonlySet<string | null>).has(operation.key),
  );
  return [...told, ...untold];
}

/** What each node had stored of each key, as a trace tells it event by event. */
class Holdings {
  /** By node and key, ascending by the node's own counter. */
  readonly #nodes = new Map<
    NodeId,
    Map<string, { readonly since: number; readonly context: VectorClock }[]>
  >();

  /** The node came back with an empty disk. */
  lost(node: NodeId): void {
    this.#nodes.delete(node);
  }

  /** When the node's own counter was `at`. */
  of(node: NodeId, key: string, at = Infinity): VectorClock {
    const held = this.#nodes.get(node)?.get(key);
    return held?.findLast(({ since }) => since <= at)?.context ?? emptyClock;
  }

  gained({ node, clock }: RecordedEvent, key: string, context: VectorClock): void {
    let keys = this.#nodes.get(node);
    if (!keys) this.#nodes.set(node, (keys = new Map()));
    let held = keys.get(key);
    if (!held) keys.set(key, (held = []));
    held.push({ since: clock?.[node] ?? 0, context: merge(held.at(-1)?.context ?? emptyClock, context) });
  }
}

/** Every version that a coordinator wrote, with all of its key that it had stored before or been handed by others. */
function tracedWrites({ inTime }: Subject): WrittenVersion[] {
  const writes: WrittenVersion[] = [];
  const holdings = new Holdings();
  for (const event of inTime) {
    const { type, name, node, key, detail } = event;
    if (type !== "local") continue;
    if (name === "start" && detail?.["keys"] === 0) holdings.lost(node);
    if (name === "handover") addHanded(holdings, event);
    const dot = name === "stored" ? parseDot(text(detail?.["dot"])) : null;
    if (dot === null || key === undefined) continue;
    if (dot.node === node) writes.push(written(event, `${dot.node}:${dot.counter}`, holdings.of(node, key)));
    holdings.gained(event, key, { [dot.node]: dot.counter });
  }
  return writes;
}

/** One event for many keys, which come as their giver held them when this node last heard of it. */
function addHanded(holdings: Holdings, event: RecordedEvent): void {
  const from = text(event.detail?.["from"]) as NodeId | null;
  if (from === null) return;
  for (const key of texts(event.detail?.["keys"])) {
    holdings.gained(event, key, holdings.of(from, key, event.clock?.[from]));
  }
}

function parseDot(dot: string | null): { readonly node: string; readonly counter: number } | null {
  const colon = dot?.lastIndexOf(":") ?? -1;
  if (dot === null || colon < 1) return null;
  return { node: dot.slice(0, colon), counter: Number(dot.slice(colon + 1)) };
}

/** As an operation whose client was told nothing: it owes nothing, and excuses what it overwrote. */
function written(event: RecordedEvent, dot: string, overwrote: VectorClock): WrittenVersion {
  const { id, node, op, key = null } = event;
  const operation = {
    id,
    process: node,
    f: op,
    key,
    input: null,
    output: null,
    outcome: "unknown",
    invoked: 0,
    returned: Infinity,
    invokedNs: 0,
    returnedNs: null,
  } as const;
  return { operation, dot, overwrote };
}
