/** What replicas hold at the end: equal, and nothing acknowledged missing. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkConvergence, type FinalState } from "../../../../shared/checks/convergence.ts";
import { checkDurability, type WrittenVersion } from "../../../../shared/checks/invariants/durability.ts";
import {
  absentKey,
  type Dot,
  formatDot,
  type KeyState,
  sync,
  write,
} from "../../../../shared/clock/dotted.ts";
import { emptyClock, type VectorClock } from "../../../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { sequential } from "../histories.ts";

const dotOf = (text: string): Dot => ({
  node: asNodeId(text.split(":")[0]!),
  counter: Number(text.split(":")[1]),
});

/** `{ A: { x: { "A:1": "milk" } } }`: node, key, dot, value. */
const states = (nodes: Record<string, Record<string, Record<string, string | null>>>): FinalState[] =>
  Object.entries(nodes).map(([node, keys]) => ({
    node,
    keys: Object.entries(keys).map(
      ([key, versions]) =>
        [
          key,
          { versions: Object.entries(versions).map(([dot, value]) => ({ dot: dotOf(dot), value })) },
        ] as const,
    ),
  }));

describe("convergence", () => {
  it("is reached when versions are equal, in any order", () => {
    const found = checkConvergence(
      states({
        A: { x: { "A:1": "a", "B:1": "b" }, y: { "A:2": null } },
        B: { y: { "A:2": null }, x: { "B:1": "b", "A:1": "a" } },
      }),
    );
    expect(found).toMatchObject({ verdict: "valid", summary: "All replicas agree on 2 keys." });
  });

  it.each([
    [
      "another value",
      { A: { x: { "A:1": "a" } }, B: { x: { "B:1": "b" } } },
      ['A holds "a" (A:1) for x.', 'B holds "b" (B:1) for x.'],
    ],
    [
      "equal values of different writes",
      { A: { x: { "A:1": "a" } }, B: { x: { "B:1": "a" } } },
      ['A holds "a" (A:1) for x.', 'B holds "a" (B:1) for x.'],
    ],
    ["nothing", { A: { x: { "A:1": "a" } }, B: {} }, ['A holds "a" (A:1) for x.', "B holds nothing for x."]],
    [
      "a tombstone",
      { A: { x: { "A:1": "a" } }, B: { x: { "A:2": null } } },
      ['A holds "a" (A:1) for x.', "B holds a tombstone (A:2) for x."],
    ],
  ])("is not when one holds %s", (_, nodes, why) => {
    const found = checkConvergence(states(nodes));
    expect(found).toMatchObject({ verdict: "invalid", summary: "Replicas of x differ at the end." });
    expect(found.counterExample!.why.slice(0, 2)).toEqual(why);
  });

  it("asks only the replicas of a key that run", () => {
    const held = states({ A: { x: { "A:1": "a" } }, B: {}, C: { x: { "A:1": "a" } } });
    expect(checkConvergence(held, () => ["A", "C", "D"]).verdict).toBe("valid");
    expect(checkConvergence(held, () => ["A", "D"]).verdict).toBe("unknown");
    expect(checkConvergence([]).verdict).toBe("unknown");
  });
});

/** `put 1 A:1`, with what it overwrote; no dot: no answer came. */
function writesOf(
  ...lines: readonly (readonly [what: string, dot: string | null, overwrote?: VectorClock])[]
): WrittenVersion[] {
  const operations = sequential(
    lines.map(([what, dot]) => {
      const [f = "", value] = what.split(" ");
      return {
        process: "c",
        f,
        key: "x",
        input: value ?? null,
        outcome: dot === null ? ("unknown" as const) : ("ok" as const),
      };
    }),
  );
  return lines.map(([, dot, overwrote = emptyClock], index) => ({
    operation: operations[index]!,
    dot,
    overwrote,
  }));
}

describe("durability", () => {
  it.each([
    ["a write that is there", writesOf(["put a", "A:1"]), { A: {}, B: { x: { "A:1": "a" } } }],
    [
      "one overwritten by one that is there",
      writesOf(["put a", "A:1"], ["put b", "B:1", { A: 1 }]),
      { A: { x: { "B:1": "b" } } },
    ],
    [
      "a chain",
      writesOf(["put a", "A:1"], ["put b", "A:2", { A: 1 }], ["put c", "B:1", { A: 2 }]),
      { A: { x: { "B:1": "c" } } },
    ],
    [
      "one overwritten by a write nobody was answered",
      writesOf(["put a", "A:1"], ["put b", null, { A: 1 }]),
      { A: { x: { "A:2": "b" } } },
    ],
    ["an unanswered write that never came", writesOf(["put a", null]), { A: {} }],
    [
      "one deleted, the tombstone there",
      writesOf(["put a", "A:1"], ["delete", "A:2", { A: 1 }]),
      { A: { x: { "A:2": null } } },
    ],
    ["one deleted, the tombstone reaped", writesOf(["put a", "A:1"], ["delete", "A:2", { A: 1 }]), { A: {} }],
  ])("accepts %s", (_, writes, held) => {
    expect(checkDurability(writes, states(held))).toMatchObject({ verdict: "valid" });
  });

  it.each([
    [
      "a write that is nowhere",
      writesOf(["put a", "A:1"]),
      { A: {} },
      /wrote "a" to x, was acknowledged, and is lost/,
    ],
    [
      "one side of a conflict",
      writesOf(["put a", "A:1"], ["put b", "B:1"]),
      { A: { x: { "B:1": "b" } } },
      /wrote "a" to x, was acknowledged, and is lost/,
    ],
    [
      "both a write and what overwrote it",
      writesOf(["put a", "A:1"], ["put b", "A:2", { A: 1 }]),
      { A: { x: {} } },
      /wrote "a" to x, was acknowledged, and is lost/,
    ],
    [
      "a write whose overwriter failed for sure",
      writesOf(["put a", "A:1"], ["put b", null, { A: 1 }]).map((one, i) =>
        i === 0 ? one : { ...one, operation: { ...one.operation, outcome: "fail" as const } },
      ),
      { A: { x: { "C:5": "b" } } },
      /wrote "a" to x/,
    ],
    [
      "a deletion",
      writesOf(["put a", "A:1"], ["delete", "A:2", { A: 1 }]),
      { A: { x: { "A:1": "a" } } },
      /"a" was deleted and is back/,
    ],
  ])("misses %s", (_, writes, held, summary) => {
    const found = checkDurability(writes, states(held));
    expect(found.verdict).toBe("invalid");
    expect(found.summary).toMatch(summary);
    expect(found.counterExample!.why.length).toBeGreaterThan(1);
  });

  it("cannot tell what a write overwrote that was sent without context and never answered", () => {
    const [first, second] = writesOf(["put a", "A:1"], ["put b", null]);
    const writes = [first!, { ...second!, overwrote: null }];
    const [held] = states({ A: { x: { "B:7": "b" } } });
    const seen = (context: VectorClock): FinalState[] => [
      { node: "A", keys: held!.keys.map(([key, state]) => [key, { ...state, context }]) },
    ];
    expect(checkDurability(writes, seen({ A: 1, B: 7 })).verdict).toBe("unknown");
    expect(checkDurability(writes, [held!]).verdict).toBe("unknown");
    expect(checkDurability(writes, seen({ B: 7 })).verdict).toBe("invalid");
  });

  it("finds a counter that was used again (P1)", () => {
    const writes = writesOf(["put a", "A:1"], ["put b", "A:1"]);
    const found = checkDurability(writes, states({ A: { x: { "A:1": "b" } } }));
    expect(found).toMatchObject({ verdict: "invalid", summary: "Two writes were acknowledged as A:1." });
    expect(found.counterExample!.operations).toHaveLength(2);
  });

  it("does not call valid what it cannot judge", () => {
    const [one] = writesOf(["put a", "A:1"]);
    expect(checkDurability([{ ...one!, dot: null }], states({ A: {} }))).toMatchObject({
      verdict: "unknown",
    });
    expect(checkDurability([one!], [])).toMatchObject({ verdict: "unknown" });
  });

  it("accepts replicas that keep the rules, and misses any version that is taken away", () => {
    const plan = fc.array(
      fc.record({
        at: fc.nat(2),
        kind: fc.constantFrom("write", "blind", "stale", "delete", "sync", "sync"),
        other: fc.nat(2),
        pick: fc.nat(50),
      }),
      { maxLength: 25, size: "max" },
    );
    fc.assert(
      fc.property(plan, fc.nat(), (steps, pick) => {
        const { writes, replicas } = play(steps);
        const merged = replicas.reduce((a, b) => sync(a, b));
        expect(checkDurability(writes, held(merged)).verdict).toBe("valid");
        expect(checkDurability(writes, held(...replicas)).verdict).toBe("valid");
        const live = merged.versions.filter(({ value }) => value !== null);
        if (live.length === 0) return;
        const gone = live[pick % live.length]!;
        const without = { ...merged, versions: merged.versions.filter((version) => version !== gone) };
        const found = checkDurability(writes, held(without));
        expect(found.verdict).toBe("invalid");
      }),
      { numRuns: 300 },
    );
  });
});

const held = (...replicas: readonly KeyState[]): FinalState[] =>
  replicas.map((state, index) => ({ node: `n${index}`, keys: [["x", state]] }));

/** Three replicas that write and synchronise by the rules of shared/clock/dotted. */
function play(steps: readonly { at: number; kind: string; other: number; pick: number }[]) {
  const replicas: KeyState[] = [absentKey, absentKey, absentKey];
  const contexts: VectorClock[] = [emptyClock];
  const lines: [string, string | null, VectorClock][] = [];
  const counters = [0, 0, 0];
  for (const { at, kind, other, pick } of steps) {
    const here = replicas[at]!;
    if (kind === "sync") {
      replicas[at] = sync(here, replicas[other]!);
      continue;
    }
    const context =
      kind === "blind" ? emptyClock : kind === "stale" ? contexts[pick % contexts.length]! : here.context;
    const dot: Dot = { node: asNodeId("ABC"[at]!), counter: ++counters[at]! };
    const value = kind === "delete" ? null : String(lines.length);
    // A replica never issues a dot that the client has seen.
    replicas[at] = write(here, { dot, value, at: 0 }, context);
    contexts.push(replicas[at].context);
    lines.push([value === null ? "delete" : `put ${value}`, formatDot(dot), context]);
  }
  return { writes: writesOf(...lines), replicas };
}
