/**
 * Causal consistency: whoever sees an effect sees its causes.
 *
 * On histories where no value is written twice to a key, a history is causally consistent exactly when four patterns
 * are absent. With co the causal order (program order and reads-from, transitively):
 * - CyclicCO: co has a cycle, an operation is its own cause;
 * - ThinAirRead: a read returns what nobody wrote;
 * - WriteCOInitRead: a read finds nothing although a write of the key is in its past;
 * - WriteCORead: a read returns a write that another write, itself in the read's past, came causally after.
 * A read of several concurrent versions is wrong only when every one of them is so outdated.
 *
 * Source: Bouajjani, Enea, Guerraoui, Hamza 2017, "On Verifying Causal Consistency", §3 and table 2 (CC).
 */
import { type Access, type Accesses, accessesOf } from "./accesses.ts";
import { CausalOrder, type Cyclic, pathBetween, shortestCycle } from "./causal-order.ts";
import { shrink } from "./shrink.ts";
import { StaleReads } from "./stale-reads.ts";
import type { History, Limits, Operation, Verdict } from "./types.ts";
import { asked, deed, did, invalid, outOfTime, plural, sentence, unknown, valid } from "./words.ts";

const checker = "causal";

type Kind = "CyclicCO" | "WriteCOInitRead" | "WriteCORead";

interface Pattern {
  readonly kind: Kind;
  /** A cycle, or the read that is wrong. */
  readonly cycle: readonly Access[];
  readonly read: Access | null;
  /** Per write that was returned, the newer one in the read's past; a null `source` where nothing was returned. */
  readonly newer: readonly Newer[];
}

interface Newer {
  readonly source: Access | null;
  readonly write: Access;
}

/** Cost: accesses × sessions in time and memory. `limits.states` bounds the memory. */
export function checkCausal(history: History, limits: Limits): Verdict {
  const accesses = accessesOf(history);
  const { thinAir, repeated } = accesses;
  if (thinAir) {
    const { operation, value, failed } = thinAir;
    return invalid(
      checker,
      history.length,
      "A read returned a value that nobody wrote (ThinAirRead).",
      [operation],
      [
        sentence(did(operation)),
        failed
          ? sentence(`${value} was only written by an operation that failed for sure: ${did(failed)}`)
          : `No operation of the history writes ${value} there.`,
      ],
    );
  }
  if (repeated) {
    return unknown(
      checker,
      history.length,
      `Two operations ${asked(repeated[0])} (${repeated.map(placeOf).join(" and ")}), so it is not certain which one a read returned; write every value once.`,
    );
  }
  const order = CausalOrder.of(accesses, limits);
  if (order === null) return outOfTime(checker, history.length);
  const stale = order instanceof CausalOrder ? new StaleReads(accesses, order, null) : null;
  const pattern = findPattern(accesses, limits, order, stale);
  if (pattern === "limit") return outOfTime(checker, history.length);
  if (pattern === null) {
    return valid(
      checker,
      history.length,
      `Every read agrees with its causal past (${plural(history.length, "operation")}).`,
    );
  }
  return refute(history, accesses.writes, pattern, stale);
}

const placeOf = ({ line, process }: Operation) =>
  line === undefined ? `process ${process}` : `line ${line}`;

/** `stale` is null when there is no order but a cycle. */
function findPattern(
  accesses: Accesses,
  limits: Limits,
  order: CausalOrder | Cyclic,
  stale: StaleReads | null,
): Pattern | "limit" | null {
  if (!(order instanceof CausalOrder)) {
    const cycle = shortestCycle(order.cyclic, limits);
    return cycle === null ? "limit" : { kind: "CyclicCO", cycle, read: null, newer: [] };
  }
  if (stale === null) return null;
  let count = 0;
  for (const read of accesses.all) {
    if (read.kind !== "read") continue;
    if ((++count & 255) === 0 && limits.isTimeUp()) return "limit";
    const past = [...stale.lastWrites(read.key, (lane) => order.reach(read, lane))];
    if (read.isAbsent) {
      if (past.some((write) => stale.isOlder(read, write))) {
        return { kind: "WriteCOInitRead", cycle: [], read, newer: [nearest(read, null, order, stale)] };
      }
      continue;
    }
    const { sources } = read;
    if (
      sources.length > 0 &&
      sources.every((source) => past.some((write) => order.isBefore(source, write)))
    ) {
      const newer = sources.map((source) => nearest(read, source, order, stale));
      return { kind: "WriteCORead", cycle: [], read, newer };
    }
  }
  return null;
}

/** Of the writes that make the read outdated, the one whose story is the shortest. There is one. */
function nearest(read: Access, source: Access | null, order: CausalOrder, stale: StaleReads): Newer {
  const isNewer = (write: Access) => (source ? order.isBefore(source, write) : stale.isOlder(read, write));
  const told = [...stale.firstWrites(read.key, (lane) => order.reach(read, lane), isNewer)].map((write) => {
    const before = source ? pathBetween(source, write)! : [];
    return { write, length: before.length + pathBetween(write, read)!.length };
  });
  return { source, write: told.reduce((a, b) => (b.length < a.length ? b : a)).write };
}

/** For the few operations of one anomaly. */
export const unlimited: Limits = { states: Number.POSITIVE_INFINITY, isTimeUp: () => false };

/** The operations that make the pattern, and of them as few as still make one. */
function refute(
  history: History,
  writes: Accesses["writes"],
  pattern: Pattern,
  whole: StaleReads | null,
): Verdict {
  const involved = new Set<Operation>();
  for (const access of pattern.cycle) involved.add(access.operation);
  for (const { source, write } of pattern.newer) {
    for (const access of source ? (pathBetween(source, write) ?? []) : []) involved.add(access.operation);
    for (const access of pathBetween(write, pattern.read!) ?? []) involved.add(access.operation);
  }
  const shows = (operations: readonly Operation[]) => {
    const part = accessesOf(operations, writes);
    const order = CausalOrder.of(part, unlimited)!;
    const stale = whole !== null && order instanceof CausalOrder ? new StaleReads(part, order, whole) : null;
    const found = findPattern(part, unlimited, order, stale);
    return found === "limit" ? null : found;
  };
  const operations = shrink(
    [...involved].sort((a, b) => a.invoked - b.invoked),
    (part) => shows(part) !== null,
  );
  const minimal = shows(operations) ?? pattern;
  return invalid(checker, history.length, summaryOf(minimal), operations, explain(minimal));
}

function summaryOf({ kind, read }: Pattern): string {
  switch (kind) {
    case "CyclicCO":
      return "An operation is its own cause (CyclicCO).";
    case "WriteCOInitRead":
      return sentence(`${did(read!.operation)}, although a write is in its causal past (WriteCOInitRead)`);
    case "WriteCORead":
      return sentence(`${did(read!.operation)}, which had been overwritten in its causal past (WriteCORead)`);
  }
}

function explain({ kind, cycle, read, newer }: Pattern): string[] {
  if (kind === "CyclicCO") {
    return [
      ...along([...cycle, cycle[0]!]),
      "So each of them happened before itself, which no execution can do.",
    ];
  }
  const why = newer.flatMap(({ source, write }) => [
    ...(source ? along(pathBetween(source, write) ?? []) : []),
    ...along(pathBetween(write, read!) ?? []),
  ]);
  const last = read!.operation;
  const newest = newer.map(({ write }) => `"${asked(write.operation)}"`).join(" and ");
  return [
    ...new Set(why),
    kind === "WriteCORead"
      ? `So process ${last.process} had ${newest} in its past, yet was given what came before.`
      : `So process ${last.process} had ${newest} in its past, yet found nothing.`,
  ];
}

/** Each step of a path in words: in one process, or from a write to the read that returned it. */
export function along(path: readonly Access[]): string[] {
  return path.slice(1).map((to, index) => {
    const from = path[index]!;
    return to.sources.includes(from)
      ? sentence(`${did(to.operation)}, which process ${from.operation.process} had written`)
      : sentence(`${did(from.operation)} before it ${deed(to.operation)}`);
  });
}
