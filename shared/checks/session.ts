/**
 * The four session guarantees: what one client may rely on in a store that is only eventually consistent.
 *
 * - read your writes: after a session wrote, it reads that write or a newer one;
 * - monotonic reads: after a session read a version, it never reads an older one;
 * - monotonic writes: whoever has seen a session's later write sees its earlier ones;
 * - writes follow reads: whoever has seen a write sees what its session had read before.
 * Each asks, for some write a read must know of, that the read does not return something older. "Older" is the causal
 * order, which the four together imply; a write that is merely concurrent may always have been ordered later.
 *
 * Source: Terry, Demers, Petersen, Spreitzer, Theimer, Welch 1994, "Session Guarantees for Weakly Consistent Replicated
 * Data"; Brzezinski, Sobaniec, Wawrzyniak 2004, "From Session Causality to Causal Consistency" (the four are causality).
 */
import { lowerBound } from "../trace/history.ts";
import { type Access, type Accesses, accessesOf } from "./accesses.ts";
import { along, checkCausal, unlimited } from "./causal.ts";
import { CausalOrder, pathBetween } from "./causal-order.ts";
import { shrink } from "./shrink.ts";
import { StaleReads } from "./stale-reads.ts";
import type { History, Limits, Operation, Verdict } from "./types.ts";
import { asked, did, invalid, outOfTime, plural, sentence, valid } from "./words.ts";

const checker = "session";

const guarantees = [
  "read your writes",
  "monotonic reads",
  "monotonic writes",
  "writes follow reads",
] as const;
type Guarantee = (typeof guarantees)[number];

interface Breach {
  readonly guarantee: Guarantee;
  readonly read: Access;
  /** The write that the read must know of, or something newer. */
  readonly write: Access;
  /** How the reader came to owe it: from `write` to the read, each before the next or returned by it. */
  readonly because: readonly Access[];
}

/** Values must be written once to a key, as for {@link checkCausal}; otherwise the verdict is unknown. */
export function checkSession(history: History, limits: Limits): Verdict {
  const accesses = accessesOf(history);
  const order = CausalOrder.of(accesses, limits);
  // Without certain sources, or with an operation before itself, there is no older and newer to speak of.
  if (accesses.thinAir || accesses.repeated || (order !== null && !(order instanceof CausalOrder))) {
    return { ...checkCausal(history, limits), checker };
  }
  if (order === null) return outOfTime(checker, history.length);
  const stale = new StaleReads(accesses, order, null);
  const breach = findBreach(accesses, order, stale, limits);
  if (breach === "limit") return outOfTime(checker, history.length);
  if (breach === null) {
    return valid(
      checker,
      history.length,
      `All four session guarantees hold (${plural(history.length, "operation")}).`,
    );
  }
  return refute(history, accesses.writes, breach, stale);
}

/** What each session has seen so far, as its accesses are gone through in the order of invocation. */
class Sessions {
  readonly #order: CausalOrder;
  /** Per lane and key the newest writes returned by reads, and how far the lane was at each change. */
  readonly #read = new Map<string, { readonly at: number; readonly newest: readonly Seen[] }[]>();
  /** Per lane: the last write of every other lane it has read from, by any key. */
  readonly #seen = new Map<number, Map<number, Seen>>();

  constructor(order: CausalOrder) {
    this.#order = order;
  }

  took(read: Access): void {
    for (const write of read.sources) {
      const seen = { write, read };
      const lanes = this.#seen.get(read.lane) ?? new Map<number, Seen>();
      this.#seen.set(read.lane, lanes);
      if ((lanes.get(write.lane)?.write.at ?? 0) < write.at) lanes.set(write.lane, seen);
      const name = `${read.lane} ${read.key}`;
      const steps = this.#read.get(name) ?? [];
      this.#read.set(name, steps);
      const before = steps.at(-1)?.newest ?? [];
      if (before.some((other) => other.write === write || this.#order.isBefore(write, other.write))) continue;
      const newest = [...before.filter((other) => !this.#order.isBefore(other.write, write)), seen];
      steps.push({ at: read.at, newest });
    }
  }

  /** What the lane had read of `key` when it came to position `at`: the newest versions. */
  readBefore(lane: number, key: string, at: number): readonly Seen[] {
    const steps = this.#read.get(`${lane} ${key}`) ?? [];
    return steps[lowerBound(steps, (step) => step.at < at) - 1]?.newest ?? [];
  }

  /** The last write of each lane that this lane has read. */
  seenBy(lane: number): Iterable<Seen> {
    return this.#seen.get(lane)?.values() ?? [];
  }
}

interface Seen {
  readonly write: Access;
  readonly read: Access;
}

function findBreach(
  { all }: Accesses,
  order: CausalOrder,
  stale: StaleReads,
  limits: Limits,
): Breach | "limit" | null {
  const sessions = new Sessions(order);
  // All reads are taken first: what a session had read when it wrote is asked of sessions that may be further on.
  const reads = all.filter((access) => access.kind === "read");
  const taken = new Sessions(order);
  for (const read of reads) taken.took(read);
  for (const [count, read] of reads.entries()) {
    if ((count & 255) === 0 && limits.isTimeUp()) return "limit";
    for (const breach of owed(read, sessions, taken, stale)) {
      if (stale.isOlder(read, breach.write)) return breach;
    }
    sessions.took(read);
  }
  return null;
}

/** The writes a read must know of, each with the guarantee that says so. */
function* owed(read: Access, sessions: Sessions, taken: Sessions, stale: StaleReads): Generator<Breach> {
  const { key, lane, at } = read;
  for (const write of stale.lastWrites(key, (other) => (other === lane ? at : 0))) {
    yield { guarantee: "read your writes", read, write, because: [write, read] };
  }
  for (const seen of sessions.readBefore(lane, key, at)) {
    yield { guarantee: "monotonic reads", read, write: seen.write, because: [seen.write, seen.read, read] };
  }
  for (const seen of sessions.seenBy(lane)) {
    const last = seen.write;
    for (const write of earlierWrites(last, key, stale)) {
      yield { guarantee: "monotonic writes", read, write, because: [write, last, seen.read, read] };
    }
    const session = last.before;
    if (session === null) continue;
    for (const known of taken.readBefore(session.lane, key, session.at + 1)) {
      yield {
        guarantee: "writes follow reads",
        read,
        write: known.write,
        because: [known.write, known.read, last, seen.read, read],
      };
    }
  }
}

/** The last write of `key` in the session of `write`, before it. */
function* earlierWrites({ before }: Access, key: string, stale: StaleReads): Generator<Access> {
  if (before !== null) yield* stale.lastWrites(key, (lane) => (lane === before.lane ? before.at : 0));
}

function refute(history: History, writes: Accesses["writes"], breach: Breach, whole: StaleReads): Verdict {
  const { read, write } = breach;
  const involved = new Set(breach.because.map((access) => access.operation));
  for (const source of read.sources) {
    for (const access of pathBetween(source, write) ?? []) involved.add(access.operation);
  }
  const shows = (operations: readonly Operation[]) => {
    const part = accessesOf(operations, writes);
    const order = CausalOrder.of(part, unlimited);
    if (!(order instanceof CausalOrder)) return null;
    const found = findBreach(part, order, new StaleReads(part, order, whole), unlimited);
    return found === "limit" ? null : found;
  };
  const operations = shrink(
    [...involved].sort((a, b) => a.invoked - b.invoked),
    (part) => shows(part) !== null,
  );
  const minimal = shows(operations) ?? breach;
  return invalid(
    checker,
    history.length,
    sentence(`${did(minimal.read.operation)}, which breaks ${minimal.guarantee}`),
    operations,
    explain(minimal),
  );
}

function explain({ guarantee, read, write, because }: Breach): string[] {
  const older = read.sources.flatMap((source) => along(pathBetween(source, write) ?? []));
  const { process } = read.operation;
  return [
    ...new Set([...older, ...along(because)]),
    read.isAbsent
      ? `By ${guarantee}, process ${process} must find "${asked(write.operation)}" or something newer, yet it found nothing.`
      : `By ${guarantee}, process ${process} must read "${asked(write.operation)}" or something newer, yet it read what came before.`,
  ];
}
