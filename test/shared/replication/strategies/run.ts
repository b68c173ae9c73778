/**
 * Replicas of one key under a conflict strategy, for property tests beside a twin that keeps the whole history: what was
 * written, what each writer's context covered, and which writes each replica has heard of.
 */
import * as fc from "fast-check";
import {
  absentKey,
  type Dot,
  formatDot,
  type KeyState,
  type Version,
} from "../../../../shared/clock/dotted.ts";
import { HybridClock } from "../../../../shared/clock/hybrid.ts";
import { emptyClock } from "../../../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import type { Behaviour } from "../../../../shared/replication/strategies/behaviour.ts";

const nodes = ["A", "B", "C"].map(asNodeId);

/** One write, as the twin remembers it. */
export interface Written {
  readonly dot: string;
  readonly at: number;
  readonly tick: number;
  /** What the writer meant: the twin's own affair. */
  readonly meant: unknown;
  /** Writes that its context covered, by dot. */
  readonly saw: ReadonlySet<string>;
}

export interface Known {
  readonly state: KeyState;
  readonly heard: ReadonlySet<string>;
}

export interface Step {
  readonly kind: "write" | "blind" | "stale" | "delete" | "receive";
  readonly at: number;
  readonly pick: number;
  readonly edit: number;
}

export const anySteps = (maxLength: number) =>
  fc.array(
    fc.record({
      kind: fc.constantFrom<Step["kind"]>("write", "write", "blind", "stale", "delete", "receive", "receive"),
      at: fc.nat(2),
      pick: fc.nat(1_000),
      edit: fc.nat(1_000),
    }),
    { maxLength },
  );

/** How a client edits what it was shown: a new plain value, and what it meant by it. */
export type Edit = (shown: readonly string[], edit: number) => { value: string; meant: unknown };

export class Replicas {
  readonly replicas: Known[] = nodes.map(() => ({ state: absentKey, heard: new Set<string>() }));
  /** Whatever a client may have read, or a message carry. */
  readonly seen: Known[] = [];
  readonly writes = new Map<string, Written>();
  readonly #behaviour: Behaviour;
  readonly #clocks: { clock: HybridClock; skew: number }[];
  #events = 0;

  constructor(behaviour: Behaviour, skews: readonly number[] = [0, 0, 0]) {
    this.#behaviour = behaviour;
    this.#clocks = skews.map((skew) => ({ clock: new HybridClock(), skew }));
  }

  /** Null: refused, and nothing has happened. */
  write(at: number, read: Known, value: string | null, meant: unknown): Version | null {
    const { state, heard } = this.replicas[at]!;
    const dot: Dot = { node: nodes[at]!, counter: ++this.#events };
    const { clock, skew } = this.#clocks[at]!;
    const stamp = clock.next(this.#events + skew);
    const version = { dot, value, ...stamp };
    const written = this.#behaviour.write(state, version, read.state.context);
    if ("code" in written) return null;
    const saw = new Set(read.heard);
    this.writes.set(formatDot(dot), { dot: formatDot(dot), ...stamp, meant, saw });
    this.#set(at, { state: written, heard: new Set([...heard, formatDot(dot)]) });
    return version;
  }

  receive(at: number, message: Known): void {
    const { state, heard } = this.replicas[at]!;
    for (const { at: time, tick = 0 } of message.state.versions) {
      this.#clocks[at]!.clock.met({ at: time, tick }, this.#events);
    }
    this.#set(at, {
      state: this.#behaviour.merge(state, message.state),
      heard: new Set([...heard, ...message.heard]),
    });
  }

  /** The writes a replica has heard of, oldest first. */
  heard({ heard }: Known): Written[] {
    return [...this.writes.values()].filter(({ dot }) => heard.has(dot));
  }

  play(steps: readonly Step[], edit: Edit): this {
    for (const step of steps) {
      const here = this.replicas[step.at]!;
      const earlier = this.seen.length > 0 ? this.seen[step.pick % this.seen.length]! : here;
      if (step.kind === "receive") this.receive(step.at, earlier);
      else {
        const read = step.kind === "blind" ? nothing : step.kind === "stale" ? earlier : here;
        const { value, meant } = edit(this.#behaviour.values(read.state), step.edit);
        if (step.kind === "delete") this.write(step.at, read, null, null);
        else this.write(step.at, read, value, meant);
      }
    }
    return this;
  }

  #set(at: number, known: Known): void {
    this.replicas[at] = known;
    this.seen.push(known);
  }
}

export const nothing: Known = {
  state: { context: emptyClock, versions: [] },
  heard: new Set(),
};

/** Any three states of a run merge to the same in any order, twice is once, and what adds nothing is not copied. */
export function holdsTheLaws(behaviour: Behaviour, seen: readonly Known[], picks: readonly number[]): void {
  if (seen.length === 0) return;
  const [a, b, c] = picks.map((pick) => seen[pick % seen.length]!.state) as [KeyState, KeyState, KeyState];
  const { merge } = behaviour;
  const joined = merge(a, b);
  expectSame(merge(b, a), joined);
  expectSame(merge(merge(a, b), c), merge(a, merge(b, c)));
  expectSame(merge(a, joined), joined);
  if (merge(a, a) !== a || merge(joined, b) !== joined || merge(b, joined) !== joined)
    throw new Error("a copy of what adds nothing");
  if (joined.versions.length === 0 && a.versions.length > 0) throw new Error("nothing is left");
}

const canonicalText = (state: KeyState) => {
  const { context, ...rest } = state;
  return JSON.stringify([Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)), rest]);
};

function expectSame(x: KeyState, y: KeyState): void {
  if (canonicalText(x) !== canonicalText(y))
    throw new Error(`${canonicalText(x)} is not ${canonicalText(y)}`);
}

interface Comparison {
  readonly numRuns: number;
  readonly steps?: number;
  /** What of a value the twin can tell. */
  readonly of?: (value: string) => string;
}

/** Checks every state of random runs against what the twin makes of the writes heard of; undefined: no value. */
export function agrees(
  behaviour: Behaviour,
  edit: Edit,
  twin: (heard: readonly Written[]) => string | undefined,
  { numRuns, steps = 40, of = (value) => value }: Comparison,
): void {
  fc.assert(
    fc.property(anySteps(steps), (steps) => {
      const run = new Replicas(behaviour).play(steps, edit);
      for (const known of run.seen) {
        const values = behaviour.values(known.state).map(of);
        const wanted = twin(run.heard(known));
        if (values.length > 1 || values[0] !== wanted) {
          throw new Error(`${JSON.stringify(values)} where history says ${wanted}`);
        }
      }
    }),
    { numRuns },
  );
}

/** No value at all: all writes that no other has seen are deletes, or one is and nothing else is left. */
export function isAbsent(heard: readonly Written[], isEmpty: boolean): boolean {
  const latest = unseen(heard);
  const deletes = latest.filter(({ meant }) => meant === null).length;
  return deletes === latest.length || (deletes > 0 && isEmpty);
}

/** Those that none of the others has seen. */
export const unseen = (writes: readonly Written[]) =>
  writes.filter(({ dot }) => !writes.some(({ saw }) => saw.has(dot)));

/** The first version of a key, for what is refused whatever is there. */
export const firstVersion = (value: string): Version => ({
  dot: { node: nodes[0]!, counter: 1 },
  value,
  at: 1,
});
