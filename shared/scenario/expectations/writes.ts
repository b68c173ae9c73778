/**
 * Every write of a run with what it overwrote: what clients know, and for writes nobody was answered, what the trace says.
 *
 * A put without a context overwrites whatever its coordinator has stored. Its client learns what that was from the
 * answer; when none comes, an acknowledged write may rightly be gone and nobody outside could know why. The trace does: the
 * dot of a version is the event that wrote it, and before it in the same lane stands what that node had stored.
 */
import type { WrittenVersion } from "../../checks/invariants/durability.ts";
import { emptyClock, merge, type VectorClock } from "../../clock/vector-clock.ts";
import { text } from "../../trace/detail.ts";
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

/** Every version that a coordinator wrote, with all of its key that it had stored before. */
function tracedWrites({ history }: Subject): WrittenVersion[] {
  const writes: WrittenVersion[] = [];
  for (const node of history.lanes) {
    const stored = new Map<string, VectorClock>();
    for (const event of history.lane(node)) {
      if (event.type !== "local") continue;
      if (event.name === "start" && event.detail?.["keys"] === 0) stored.clear();
      const dot = event.name === "stored" ? parseDot(text(event.detail?.["dot"])) : null;
      if (dot === null || event.key === undefined) continue;
      const overwrote = stored.get(event.key) ?? emptyClock;
      stored.set(event.key, merge(overwrote, { [dot.node]: dot.counter }));
      if (dot.node === node) writes.push(written(event, `${dot.node}:${dot.counter}`, overwrote));
    }
  }
  return writes;
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
