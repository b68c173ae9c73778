/**
 * Eventual convergence: when writing has stopped and every message has arrived, the replicas of a key are equal.
 *
 * Equal means the same versions, by dot and by value. Two replicas with equal values under different dots have not
 * converged: the next write would overwrite one and not the other.
 */
import { type Dot, formatDot } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import { inShort } from "./json.ts";
import type { Verdict } from "./types.ts";
import { invalid, plural, unknown, valid } from "./words.ts";

const checker = "convergence";

/** What one replica holds at the end; a null value is a tombstone. */
export interface FinalState {
  readonly node: string;
  readonly keys: readonly (readonly [key: string, state: FinalKey])[];
}

interface FinalKey {
  readonly versions: readonly FinalVersion[];
  /** All writes of the key that the replica says it has seen; absent where that is not known. */
  readonly context?: VectorClock;
}

interface FinalVersion {
  readonly dot: Dot;
  readonly value: string | null;
}

/**
 * `replicas` names who should hold a key; absent: every node given. A replica that was not given (it does not run) is
 * not compared. The counter-example has no operations, only sentences.
 */
export function checkConvergence(
  states: readonly FinalState[],
  replicas?: (key: string) => readonly string[],
): Verdict {
  const byNode = new Map(states.map(({ node, keys }) => [node, new Map(keys)]));
  const keys = new Set(states.flatMap((state) => state.keys.map(([key]) => key)));
  let compared = 0;
  for (const key of [...keys].sort()) {
    const wanted = replicas?.(key) ?? [...byNode.keys()];
    const holders = wanted.filter((node) => byNode.has(node));
    const versions = holders.map((node) => byNode.get(node)!.get(key)?.versions ?? []);
    if (holders.length > 1) compared += 1;
    const first = fingerprint(versions[0] ?? []);
    const other = versions.findIndex((held) => fingerprint(held) !== first);
    if (other < 0) continue;
    return invalid(
      checker,
      keys.size,
      `Replicas of ${key} differ at the end.`,
      [],
      [
        ...[0, other].map((index) => `${holders[index]} holds ${inWords(versions[index]!)} for ${key}.`),
        "Nothing is written any more, so they should hold the same.",
      ],
    );
  }
  if (compared === 0) {
    return unknown(checker, keys.size, "No key has two replicas that run, so there is nothing to compare.");
  }
  return valid(checker, keys.size, `All replicas agree on ${plural(keys.size, "key")}.`);
}

const fingerprint = (versions: readonly FinalVersion[]) =>
  versions
    .map(({ dot, value }) => `${formatDot(dot)}=${JSON.stringify(value)}`)
    .sort()
    .join();

const inWords = (versions: readonly FinalVersion[]) =>
  versions.length === 0
    ? "nothing"
    : versions
        .map(({ dot, value }) => `${value === null ? "a tombstone" : inShort(value)} (${formatDot(dot)})`)
        .join(" and ");
