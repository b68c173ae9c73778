/** Expectations on the three clocks of the application: what each can say about order, and what it cannot. */
import { format, type VectorClock } from "../../clock/vector-clock.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { lamportOf, vectorOf, wallOf } from "./application.ts";
import { counted, rangeOf, verdictOn } from "./ranges.ts";
import { result, type Judge, type Subject } from "./subject.ts";

const sumOf = (clock: VectorClock) => Object.values(clock).reduce((sum, counter) => sum + counter, 0);

export const judgeStamps: Judge<"stamps"> = (wanted, subject) => {
  const { nodes } = subject.record;
  const names = Object.keys(wanted);
  const words = names.map((name) => `${name}⟨${wanted[name]!.join(",")}⟩`).join(" ");
  const events = subject.allLabelled(names);
  if ("found" in events) return result(words, events.verdict, events.found);
  const wrong: string[] = [];
  const proof: RecordedEvent[] = [];
  for (const [index, event] of events.entries()) {
    const name = names[index]!;
    const vector = vectorOf(event);
    if (vector === null) return result(words, "unknown", `${name} has no stamp of the application.`, [event]);
    const isListed = Object.keys(vector).every((node) => (nodes as readonly string[]).includes(node));
    if (
      isListed &&
      sameCounters(
        nodes.map((node) => vector[node] ?? 0),
        wanted[name]!,
      )
    )
      continue;
    wrong.push(`${name} has ${format(vector, nodes)}`);
    proof.push(event);
  }
  if (wrong.length > 0) return result(words, "violated", `${wrong.join("; ")}.`, proof);
  return result(words, "holds", "Every stamp is as expected.", events);
};

const sameCounters = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((counter, index) => counter === b[index]);

export const judgeEarlierByWallClock: Judge<"earlier-by-wall-clock"> = (names, subject) => {
  const [first, second] = names;
  const words = `the timestamp of ${first} is below that of ${second}`;
  const events = subject.allLabelled(names);
  if ("found" in events) return result(words, events.verdict, events.found);
  const [a, b] = events.map(wallOf);
  if (a === null || b === null || a === undefined || b === undefined) {
    const bare = a === null || a === undefined ? first : second;
    return result(words, "unknown", `${bare} bears no timestamp of its node.`, events);
  }
  const ms = Math.abs(b - a).toFixed(1);
  const side = a < b ? "below" : b < a ? "above" : "equal to";
  const found = a === b ? "They are equal." : `It is ${side} it, by ${ms} ms.`;
  return result(words, a < b ? "holds" : "violated", found, events);
};

const keysOf: Readonly<Record<"wall" | "lamport" | "vector", (event: RecordedEvent) => number | null>> = {
  wall: wallOf,
  lamport: lamportOf,
  /** Sorting by the sum of the entries is one of the ways to lay vectors in a line: a larger vector has a larger sum. */
  vector(event) {
    const vector = vectorOf(event);
    return vector === null ? null : sumOf(vector);
  },
};

const clockWords = { wall: "wall clock", lamport: "Lamport clock", vector: "vector clock" } as const;

export const judgeSortedBy: Judge<"sorted-by"> = ({ clock, reversals }, subject) => {
  const range = rangeOf(reversals);
  const words = `sorted by ${clockWords[clock]}, ${range.words} pairs of cause and effect stand the wrong way round`;
  const pairs = pairsWhere(
    subject,
    keysOf[clock],
    (earlier, later) => subject.application.causality.relation(later.id, earlier.id) === "before",
  );
  if (typeof pairs === "string") return result(words, "unknown", pairs);
  const found = `${counted(pairs.count, "pair")} of ${counted(pairs.examined, "pair")} of events.`;
  return result(words, verdictOn(range, pairs.count), found, pairs.proof);
};

export const judgeLamportWithoutCause: Judge<"lamport-without-cause"> = (numbers, subject) => {
  const range = rangeOf(numbers);
  const words = `${range.words} pairs with L(a) < L(b) although a is no cause of b`;
  const pairs = pairsWhere(
    subject,
    lamportOf,
    (lower, higher) => subject.application.causality.relation(lower.id, higher.id) === "concurrent",
  );
  if (typeof pairs === "string") return result(words, "unknown", pairs);
  const found = `${counted(pairs.count, "pair")} of ${counted(pairs.examined, "pair")} of events.`;
  return result(words, verdictOn(range, pairs.count), found, pairs.proof);
};

interface Pairs {
  readonly count: number;
  readonly examined: number;
  /** The first pair found. */
  readonly proof: readonly RecordedEvent[];
}

/**
 * Pairs of application events with different keys for which `isMeant(smaller key, larger key)`. O(n²); a sentence when
 * events have no key, or when it takes too long.
 */
function pairsWhere(
  { application: { events }, limits }: Subject,
  keyOf: (event: RecordedEvent) => number | null,
  isMeant: (smaller: RecordedEvent, larger: RecordedEvent) => boolean,
): Pairs | string {
  const keyed: { event: RecordedEvent; key: number }[] = [];
  for (const event of events) {
    const key = keyOf(event);
    if (key === null) return `Event ${event.id} (${event.name} on ${event.node}) bears no such stamp.`;
    keyed.push({ event, key });
  }
  if (keyed.length < 2) return `The application did nothing that could be compared.`;
  const examined = (keyed.length * (keyed.length - 1)) / 2;
  if (examined > limits.states) return `${keyed.length} events make ${examined} pairs, too many to compare.`;
  keyed.sort((a, b) => a.key - b.key);
  let count = 0;
  let proof: readonly RecordedEvent[] = [];
  for (const [index, smaller] of keyed.entries()) {
    if (limits.isTimeUp()) return `Comparing ${counted(examined, "pair")} of events takes too long.`;
    for (const larger of keyed.slice(index + 1)) {
      if (larger.key === smaller.key || !isMeant(smaller.event, larger.event)) continue;
      if (count === 0) proof = [smaller.event, larger.event];
      count += 1;
    }
  }
  return { count, examined, proof };
}
