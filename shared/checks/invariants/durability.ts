/**
 * No acknowledged write is lost: at the end it is on some replica, or was overwritten by a write that had seen it.
 *
 * Looking at final values alone is not enough: with concurrent versions a write may rightly be gone, but only when a
 * write that had seen it took its place, and then that one (or what took its place) must be there. A replica's context
 * does not excuse anything either: a bug that drops a version and keeps its dot as "seen" is just what is looked for.
 * A write of unknown outcome owes nothing, but may have overwritten others. When nobody can say which, because it was
 * sent without a context and never answered, the verdict on what it may have replaced is unknown.
 */
import type { VectorClock } from "../../clock/vector-clock.ts";
import { type Dot, formatDot } from "../../clock/dotted.ts";
import type { Json } from "../../trace/event.ts";
import type { FinalState } from "../convergence.ts";
import { inShort } from "../json.ts";
import type { Operation, Verdict } from "../types.ts";
import { asked, did, invalid, plural, sentence, unknown, valid } from "../words.ts";

const checker = "durability";

/** What a client knows of one of its puts or deletes. */
export interface WrittenVersion {
  readonly operation: Operation;
  /** `node:counter` as the reply says; null when no reply came. */
  readonly dot: string | null;
  /**
   * What it overwrote: the context it was sent with; sent without one, the context of its reply. Null when neither is
   * known: if it is there at the end, it may have overwritten whatever its holders say they have seen, or not.
   */
  readonly overwrote: VectorClock | null;
}

/** `writes`: every put and delete of the run, failed ones may be left out. `states`: of the nodes that run at the end. */
export function checkDurability(writes: readonly WrittenVersion[], states: readonly FinalState[]): Verdict {
  const acknowledged = writes.filter(({ operation }) => operation.outcome === "ok");
  if (states.length === 0)
    return unknown(checker, writes.length, "No replica runs at the end, so nothing can be found.");
  const twins = withOneDot(acknowledged);
  if (twins !== null) return reused(writes, twins);
  let doubtful: WrittenVersion | null = null;
  for (const { write, ofKey, fate, alive } of missing(writes, states)) {
    if (fate === "returned") return returned(writes, write, ofKey, alive!);
    if (fate === "lost") return lost(writes, write, ofKey, states);
    doubtful ??= write;
  }
  if (doubtful !== null) {
    return unknown(
      checker,
      writes.length,
      sentence(
        `${did(doubtful.operation)} and is gone; a write that was sent without a context and never answered may have overwritten it, or it is lost`,
      ),
    );
  }
  const silent = acknowledged.filter(({ dot }) => dot === null).length;
  if (silent > 0) {
    return unknown(
      checker,
      writes.length,
      `${plural(silent, "acknowledged write")} came back without a dot, so nothing can be said of them.`,
    );
  }
  return valid(
    checker,
    writes.length,
    `All ${plural(acknowledged.length, "acknowledged write")} are there or were overwritten.`,
  );
}

/** Acknowledged puts that are gone though nothing that had seen them took their place. */
export function lostWrites(
  writes: readonly WrittenVersion[],
  states: readonly FinalState[],
): readonly Operation[] {
  return [...missing(writes, states)].flatMap(({ write, fate }) =>
    fate === "lost" ? [write.operation] : [],
  );
}

interface Missing {
  readonly write: WrittenVersion;
  readonly ofKey: readonly WrittenVersion[];
  /** "doubtful": an unanswered write may have overwritten it. "returned": what it deleted is `alive`. */
  readonly fate: "lost" | "doubtful" | "returned";
  readonly alive?: Held;
}

/** The acknowledged writes that no replica holds, and that nothing certain excuses. */
function* missing(writes: readonly WrittenVersion[], states: readonly FinalState[]): Generator<Missing> {
  for (const [key, ofKey] of Map.groupBy(writes, ({ operation }) => operation.key ?? "")) {
    const held = heldVersions(key, states);
    const kept = keptDots(ofKey, held, false);
    const perhaps = keptDots(ofKey, held, true);
    const deletes = ofKey.filter(({ operation }) => isDelete(operation) && operation.outcome !== "fail");
    for (const write of ofKey) {
      if (write.operation.outcome !== "ok" || write.dot === null || kept.has(write.dot)) continue;
      if (isDelete(write.operation)) {
        const alive = [...held.values()].find(({ dot, value }) => value !== null && covers(write, dot));
        if (alive !== undefined) yield { write, ofKey, fate: "returned", alive };
        continue;
      }
      if (deletes.some((deleted) => isHonoured(deleted, write, held))) continue;
      const isExcused = perhaps.has(write.dot) || deletes.some(({ overwrote }) => overwrote === null);
      yield { write, ofKey, fate: isExcused ? "doubtful" : "lost" };
    }
  }
}

/** Two acknowledged writes that got one dot: the counter was used again, and one of them replaces the other unseen (P1). */
function withOneDot(writes: readonly WrittenVersion[]): readonly [WrittenVersion, WrittenVersion] | null {
  const byDot = new Map<string, WrittenVersion>();
  for (const write of writes) {
    if (write.dot === null) continue;
    const other = byDot.get(write.dot);
    if (other !== undefined) return [other, write];
    byDot.set(write.dot, write);
  }
  return null;
}

interface Held {
  readonly dot: Dot;
  readonly value: string | null;
  readonly nodes: string[];
  /** Of each replica that holds it. */
  readonly contexts: (VectorClock | undefined)[];
}

function heldVersions(key: string, states: readonly FinalState[]): Map<string, Held> {
  const held = new Map<string, Held>();
  for (const { node, keys } of states) {
    const state = keys.find(([name]) => name === key)?.[1];
    for (const { dot, value } of state?.versions ?? []) {
      const name = formatDot(dot);
      const known = held.get(name) ?? { dot, value, nodes: [], contexts: [] };
      known.nodes.push(node);
      known.contexts.push(state?.context);
      held.set(name, known);
    }
  }
  return held;
}

const isDelete = ({ f }: Operation) => f === "delete";

/** True when `write` was sent by somebody who had seen the version. */
const covers = ({ overwrote, dot: own }: WrittenVersion, dot: Dot) =>
  formatDot(dot) !== own && overwrote !== null && isSeen(dot, overwrote);

const isSeen = (dot: Dot, context: VectorClock) => dot.counter <= (context[dot.node] ?? 0);

function parseDot(text: string): Dot {
  const colon = text.lastIndexOf(":");
  return { node: text.slice(0, colon) as Dot["node"], counter: Number(text.slice(colon + 1)) };
}

/**
 * The dots that are held, and those overwritten by a write that is held or was itself overwritten so. With `believe`,
 * a held write that may have overwritten anything has overwritten all that its holders have seen.
 */
function keptDots(
  writes: readonly WrittenVersion[],
  held: ReadonlyMap<string, Held>,
  believe: boolean,
): Set<string> {
  const kept = new Set(held.keys());
  const dots = new Map(writes.flatMap(({ dot }) => (dot === null ? [] : [[dot, parseDot(dot)] as const])));
  // A version that no reply has named may be that of a write nobody was answered.
  const unnamed = Map.groupBy(
    [...held].filter(([name]) => !dots.has(name)).map(([, version]) => version),
    ({ value }): Json => value,
  );
  const heldAs = ({ operation }: WrittenVersion) =>
    unnamed.get(isDelete(operation) ? null : operation.input) ?? [];
  const isThere = (write: WrittenVersion) =>
    write.dot === null ? heldAs(write).length > 0 : kept.has(write.dot);
  const hasOverwritten = (write: WrittenVersion, dot: Dot) =>
    write.overwrote !== null || write.dot !== null
      ? covers(write, dot)
      : believe &&
        heldAs(write).some(({ contexts }) => contexts.some((context) => !context || isSeen(dot, context)));
  const counted = new Set<WrittenVersion>();
  for (let hasGrown = true; hasGrown;) {
    hasGrown = false;
    for (const write of writes) {
      if (write.operation.outcome === "fail" || counted.has(write) || !isThere(write)) continue;
      counted.add(write);
      hasGrown = true;
      for (const [name, dot] of dots) if (hasOverwritten(write, dot)) kept.add(name);
    }
  }
  return kept;
}

/** A tombstone may be gone by now. Its delete still explains what it had seen, unless something of that is alive. */
function isHonoured(
  deleted: WrittenVersion,
  write: WrittenVersion,
  held: ReadonlyMap<string, Held>,
): boolean {
  if (!covers(deleted, parseDot(write.dot!))) return false;
  return ![...held.values()].some(({ dot, value }) => value !== null && covers(deleted, dot));
}

function reused(
  writes: readonly WrittenVersion[],
  twins: readonly [WrittenVersion, WrittenVersion],
): Verdict {
  const [first, second] = twins;
  return invalid(
    checker,
    writes.length,
    `Two writes were acknowledged as ${first.dot}.`,
    [first.operation, second.operation],
    [
      sentence(`${did(first.operation)}, acknowledged as ${first.dot}`),
      sentence(`${did(second.operation)}, acknowledged as ${second.dot} as well`),
      "A dot names one write; replicas take the two for the same, and one of them is lost.",
    ],
  );
}

function lost(
  writes: readonly WrittenVersion[],
  write: WrittenVersion,
  ofKey: readonly WrittenVersion[],
  states: readonly FinalState[],
): Verdict {
  const { operation, dot } = write;
  const key = operation.key ?? "";
  const overwriters = ofKey.filter((other) => other !== write && covers(other, parseDot(dot!)));
  const found = states.map(({ node, keys }) => {
    const versions = keys.find(([name]) => name === key)?.[1].versions ?? [];
    return `${node} ${versions.length === 0 ? "nothing" : versions.map(({ value }) => inShort(value)).join(", ")}`;
  });
  return invalid(
    checker,
    writes.length,
    sentence(`${did(operation)}, was acknowledged, and is lost`),
    [operation],
    [
      sentence(`${did(operation)}; it was acknowledged as ${dot}`),
      `At the end the replicas hold for ${key}: ${found.join("; ")}.`,
      overwriters.length === 0
        ? "No write that had seen it took its place."
        : `What had overwritten it is gone as well: ${overwriters.map(({ operation }) => asked(operation)).join(", ")}.`,
    ],
  );
}

function returned(
  writes: readonly WrittenVersion[],
  deleted: WrittenVersion,
  ofKey: readonly WrittenVersion[],
  { dot, value, nodes }: Held,
): Verdict {
  const source = ofKey.find((write) => write.dot === formatDot(dot));
  const proof = [...(source ? [source.operation] : []), deleted.operation];
  return invalid(checker, writes.length, `${inShort(value)} was deleted and is back.`, proof, [
    ...(source ? [sentence(did(source.operation))] : []),
    sentence(`${did(deleted.operation)}, having seen ${formatDot(dot)}, and was acknowledged`),
    `At the end ${nodes.join(", ")} ${nodes.length === 1 ? "holds" : "hold"} ${inShort(value)} all the same, and the tombstone is gone.`,
  ]);
}
