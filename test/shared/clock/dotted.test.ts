/**
 * Siblings against a twin that forgets nothing: it knows each write, and for each write the whole set of writes its
 * client had seen. What must be kept is exactly the writes that no other known write has seen.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  absentKey,
  type Dot,
  formatDot,
  gainedVersions,
  type KeyState,
  liveVersions,
  sync,
  write,
} from "../../../shared/clock/dotted.ts";
import { descends, emptyClock, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../../shared/ids.ts";

const nodes = ["A", "B", "C"].map(asNodeId);

/** Everything the twin knows of a replica: the writes it has heard of. */
type History = ReadonlySet<string>;
interface Known {
  readonly state: KeyState;
  readonly history: History;
}

class Twin {
  readonly replicas: Known[] = nodes.map(() => ({ state: absentKey, history: new Set<string>() }));
  /** What some client has read, or some message on its way carries: any of it may be used at any later time. */
  readonly seen: Known[] = [];
  /** The writes that the client of each write had seen. */
  readonly sawBefore = new Map<string, History>();
  #counter = 0;

  write(at: number, context: { clock: VectorClock; history: History }, value: string | null): void {
    const dot: Dot = { node: nodes[at]!, counter: ++this.#counter };
    const { state, history } = this.replicas[at]!;
    this.sawBefore.set(formatDot(dot), context.history);
    this.#set(at, {
      state: write(state, { dot, value, at: 0 }, context.clock),
      history: new Set([...history, ...context.history, formatDot(dot)]),
    });
  }

  receive(at: number, message: Known): void {
    const { state, history } = this.replicas[at]!;
    this.#set(at, { state: sync(state, message.state), history: new Set([...history, ...message.history]) });
  }

  /** Writes in `history` that no write in it has seen. */
  concurrent(history: History): string[] {
    return [...history]
      .filter((dot) => ![...history].some((other) => this.sawBefore.get(other)!.has(dot)))
      .sort();
  }

  #set(at: number, known: Known): void {
    this.replicas[at] = known;
    this.seen.push(known);
  }
}

const step = fc.record({
  kind: fc.constantFrom("write", "blind", "stale", "delete", "receive", "receive"),
  at: fc.nat(2),
  pick: fc.nat(1000),
});

function run(steps: readonly { kind: string; at: number; pick: number }[]): Twin {
  const twin = new Twin();
  for (const { kind, at, pick } of steps) {
    const here = twin.replicas[at]!;
    const earlier = twin.seen.length > 0 ? twin.seen[pick % twin.seen.length]! : here;
    if (kind === "receive") twin.receive(at, earlier);
    else if (kind === "blind") twin.write(at, { clock: emptyClock, history: new Set() }, "blind");
    else {
      const read = kind === "stale" ? earlier : here;
      twin.write(
        at,
        { clock: read.state.context, history: read.history },
        kind === "delete" ? null : "value",
      );
    }
  }
  return twin;
}

const dotsOf = (state: KeyState) => state.versions.map((version) => formatDot(version.dot)).sort();

describe("siblings", () => {
  it("P3: are exactly the concurrent writes, whatever the pattern of contexts", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const twin = run(steps);
        for (const { state, history } of twin.seen) expect(dotsOf(state)).toEqual(twin.concurrent(history));
      }),
      { numRuns: 500 },
    );
  });

  it("lesson 8: ten blind writes stay ten, and one write that has read them ends them", () => {
    const twin = run(Array.from({ length: 10 }, (_, i) => ({ kind: "blind", at: i % 3, pick: 0 })));
    const messages = twin.seen.slice();
    for (const known of messages) twin.receive(0, known);
    expect(twin.replicas[0]!.state.versions).toHaveLength(10);
    const { state, history } = twin.replicas[0]!;
    twin.write(0, { clock: state.context, history }, "resolved");
    expect(twin.replicas[0]!.state.versions).toHaveLength(1);
    expect(descends(twin.replicas[0]!.state.context, state.context)).toBe(true);
  });

  it("sequential writes through different replicas leave one version, before and after replication", () => {
    const twin = new Twin();
    for (const at of [0, 1, 2, 1, 0]) {
      if (twin.seen.length > 0) twin.receive(at, twin.seen.at(-1)!);
      const { state, history } = twin.replicas[at]!;
      twin.write(at, { clock: state.context, history }, `through ${nodes[at]}`);
    }
    const messages = twin.seen.slice();
    for (const known of messages) twin.receive(2, known);
    expect(twin.replicas[2]!.state.versions.map((version) => version.value)).toEqual(["through A"]);
  });
});

describe("sync", () => {
  it("is commutative, associative, idempotent, and returns what adds nothing as it was", () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        (steps, ...at) => {
          const { seen } = run(steps);
          if (seen.length === 0) return;
          const [a, b, c] = at.map((index) => seen[index % seen.length]!.state) as [
            KeyState,
            KeyState,
            KeyState,
          ];
          const joined = sync(a, b);
          expect(sync(b, a)).toEqual(joined);
          expect(sync(sync(a, b), c)).toEqual(sync(a, sync(b, c)));
          expect(sync(a, a)).toBe(a);
          expect(sync(joined, b)).toBe(joined);
          expect(sync(a, joined)).toEqual(joined);
          expect(gainedVersions(joined, joined)).toEqual([]);
        },
      ),
    );
  });

  it("merges with a copy that came over the wire as with the original", () => {
    const state = write(absentKey, { dot: { node: nodes[0]!, counter: 3 }, value: "x", at: 1 }, emptyClock);
    const copy = JSON.parse(JSON.stringify(state)) as KeyState;
    expect(sync(state, copy)).toBe(state);
    expect(sync(absentKey, copy)).toBe(copy);
  });
});

const dot = (counter: number) => ({ node: nodes[0]!, counter });

describe("write", () => {
  const first = write(absentKey, { dot: dot(5), value: "x", at: 0 }, emptyClock);

  it("P1: refuses a dot that was issued before", () => {
    expect(() => write(first, { dot: dot(5), value: "y", at: 0 }, emptyClock)).toThrow("A:5 is not new: A:5");
  });

  it("P1: refuses a dot the client's context already covers", () => {
    expect(() => write(absentKey, { dot: dot(5), value: "y", at: 0 }, first.context)).toThrow("is not new");
  });

  it("keeps a tombstone out of what a reader is shown", () => {
    const deleted = write(first, { dot: dot(6), value: null, at: 0 }, first.context);
    expect(deleted.versions).toHaveLength(1);
    expect(liveVersions(deleted)).toEqual([]);
  });
});
