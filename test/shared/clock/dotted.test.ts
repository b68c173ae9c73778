/**
 * Siblings against a twin that forgets nothing: it knows each write, and for each write the whole set of writes that its
 * context covers. What must be kept is exactly the writes that no other write heard of has seen.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  absentKey,
  type Dot,
  formatDot,
  gainedVersions,
  joinMarks,
  type KeyState,
  liveVersions,
  marksMax,
  standingVersions,
  sync,
  write,
} from "../../../shared/clock/dotted.ts";
import { descends, emptyClock, merge, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../../shared/ids.ts";

const nodes = ["A", "B", "C"].map(asNodeId);

/** The writes a replica has heard of. */
type History = ReadonlySet<string>;
interface Known {
  readonly state: KeyState;
  readonly history: History;
}

class Twin {
  readonly replicas: Known[] = nodes.map(() => ({ state: absentKey, history: new Set<string>() }));
  /** What some client has read, or some message on its way carries: any of it may be used at any later time. */
  readonly seen: Known[] = [];
  /** The writes that the context of each write covers. */
  readonly sawBefore = new Map<string, History>();
  readonly #dots: Dot[] = [];

  write(at: number, context: VectorClock, value: string | null, token?: string): void {
    const counter = this.#dots.length + 1;
    const dot: Dot = { node: nodes[at]!, counter };
    const { state, history } = this.replicas[at]!;
    const covered = this.#dots.filter(({ node, counter }) => counter <= (context[node] ?? 0));
    this.sawBefore.set(formatDot(dot), new Set(covered.map(formatDot)));
    this.#dots.push(dot);
    const written = write(state, { dot, value, at: counter }, context);
    const marks = token === undefined ? undefined : joinMarks(state.marks, [{ token, dot, at: counter }]);
    this.#set(at, {
      state: marks === undefined ? written : { ...written, marks },
      history: new Set([...history, formatDot(dot)]),
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

const kinds = ["write", "blind", "stale", "mixed", "cut off", "delete", "receive", "receive"] as const;
const step = fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(2), pick: fc.nat(1000) });
type Step = { kind: (typeof kinds)[number]; at: number; pick: number };

function run(steps: readonly Step[]): Twin {
  const twin = new Twin();
  for (const { kind, at, pick } of steps) {
    const here = twin.replicas[at]!;
    const earlier = twin.seen.length > 0 ? twin.seen[pick % twin.seen.length]! : here;
    const token = pick % 3 === 0 ? `t${pick % 5}` : undefined;
    if (kind === "receive") twin.receive(at, earlier);
    else twin.write(at, contextOf(kind, here, earlier), kind === "delete" ? null : "value", token);
  }
  return twin;
}

/** What clients send: what they have just read, nothing, an old answer, parts of two answers, part of one. */
function contextOf(kind: Step["kind"], here: Known, earlier: Known): VectorClock {
  const [own, old] = [here.state.context, earlier.state.context];
  if (kind === "blind") return emptyClock;
  if (kind === "stale") return old;
  if (kind === "mixed") return merge(own, old);
  if (kind === "cut off") return Object.fromEntries(Object.entries(old).slice(1));
  return own;
}

const dotsOf = (state: KeyState) => state.versions.map((version) => formatDot(version.dot)).sort();

describe("siblings", () => {
  it("P3: are exactly the concurrent writes, whatever the pattern of contexts", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const twin = run(steps);
        for (const { state, history } of twin.seen) expect(dotsOf(state)).toEqual(twin.concurrent(history));
      }),
      { numRuns: 3_000 },
    );
  });

  it("P4: a context that was cut off makes an ancestor concurrent for that one write, and loses nothing", () => {
    const twin = new Twin();
    twin.write(0, emptyClock, "first");
    twin.receive(1, twin.seen.at(-1)!);
    twin.write(1, twin.replicas[1]!.state.context, "second");
    const { A: _, ...cutOff } = twin.replicas[1]!.state.context;
    twin.write(1, cutOff, "third");
    expect(dotsOf(twin.replicas[1]!.state)).toEqual(["B:3"]);
    twin.receive(0, twin.seen.at(-1)!);
    expect(dotsOf(twin.replicas[0]!.state)).toEqual(["B:3"]);
    twin.write(2, cutOff, "elsewhere");
    twin.receive(2, twin.seen[0]!);
    expect(dotsOf(twin.replicas[2]!.state)).toEqual(["A:1", "C:4"]);
  });

  it("lesson 8: ten blind writes stay ten, and one write that has read them ends them", () => {
    const twin = run(Array.from({ length: 10 }, (_, i) => ({ kind: "blind", at: i % 3, pick: 1 })));
    const messages = twin.seen.slice();
    for (const known of messages) twin.receive(0, known);
    expect(twin.replicas[0]!.state.versions).toHaveLength(10);
    const { context } = twin.replicas[0]!.state;
    twin.write(0, context, "resolved");
    expect(twin.replicas[0]!.state.versions).toHaveLength(1);
    expect(descends(twin.replicas[0]!.state.context, context)).toBe(true);
  });

  it("sequential writes through different replicas leave one version, before and after replication", () => {
    const twin = new Twin();
    for (const at of [0, 1, 2, 1, 0]) {
      if (twin.seen.length > 0) twin.receive(at, twin.seen.at(-1)!);
      twin.write(at, twin.replicas[at]!.state.context, `through ${nodes[at]}`);
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

const mark = (token: string, at: number) => ({ token, dot: dot(at), at });

describe("requests with a token", () => {
  it("are remembered, the newest of them, in one order everywhere", () => {
    const all = Array.from({ length: marksMax + 4 }, (_, i) => mark(`t${i}`, i + 1));
    const oneByOne = all.reduce((marks, each) => joinMarks(marks, [each])!, [
      all[0]!,
    ] as readonly (typeof all)[0][]);
    expect(oneByOne).toEqual(all.slice(-marksMax));
    expect(joinMarks(all.slice(8), all.slice(0, 12))).toEqual(all.slice(-marksMax));
    expect(joinMarks(oneByOne, all.slice(0, 3))).toBe(oneByOne);
  });

  it("made twice by two coordinators are one value to a reader, on every replica", () => {
    const twin = new Twin();
    twin.write(0, emptyClock, "added", "t");
    twin.write(1, emptyClock, "added", "t");
    twin.receive(0, twin.seen[1]!);
    twin.receive(1, twin.seen[0]!);
    for (const at of [0, 1]) {
      const { state } = twin.replicas[at]!;
      expect(dotsOf(state)).toEqual(["A:1", "B:2"]);
      expect(liveVersions(state).map((version) => formatDot(version.dot))).toEqual(["B:2"]);
    }
  });

  it("lesson 19: a retry at a node that had not heard of the first does not bring back what was removed", () => {
    const twin = new Twin();
    twin.write(0, emptyClock, "added", "t");
    twin.write(0, twin.replicas[0]!.state.context, null);
    twin.write(1, emptyClock, "added", "t");
    twin.receive(0, twin.seen.at(-1)!);
    expect(dotsOf(twin.replicas[0]!.state)).toEqual(["A:2", "B:3"]);
    expect(liveVersions(twin.replicas[0]!.state)).toEqual([]);
  });

  it("two of them, each made twice and in opposite orders, leave a value", () => {
    const twin = new Twin();
    twin.write(0, emptyClock, "x", "t");
    twin.write(0, twin.replicas[0]!.state.context, "y", "u");
    twin.write(1, emptyClock, "y", "u");
    twin.write(1, twin.replicas[1]!.state.context, "x", "t");
    twin.receive(0, twin.seen.at(-1)!);
    expect(standingVersions(twin.replicas[0]!.state)).toHaveLength(2);
  });

  it("never leave a reader without a value, and never hide one that is alone in its request", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        for (const { state } of run(steps).seen) {
          const standing = standingVersions(state);
          expect(standing.length > 0).toBe(state.versions.length > 0);
          for (const version of state.versions) {
            const token = state.marks?.find((mark) => formatDot(mark.dot) === formatDot(version.dot))?.token;
            const others = state.marks?.filter((mark) => mark.token === token).length ?? 0;
            if (token === undefined || others === 1) expect(standing).toContain(version);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
