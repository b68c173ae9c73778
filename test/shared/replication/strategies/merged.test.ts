/** What all mergeable values promise. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { counter } from "../../../../shared/replication/strategies/counter.ts";
import { map } from "../../../../shared/replication/strategies/map.ts";
import { max } from "../../../../shared/replication/strategies/max.ts";
import { set } from "../../../../shared/replication/strategies/set.ts";
import { text } from "../../../../shared/replication/strategies/text.ts";
import { anySteps, type Edit, firstVersion, holdsTheLaws, type Known, nothing, Replicas } from "./run.ts";

describe("every mergeable value", () => {
  it.each([
    ["set", set, `["a"]`],
    ["map", map, `{"a":1}`],
    ["counter", counter, "1"],
    ["max", max, "1"],
    ["text", text, "one\ntwo"],
  ] as const)("%s merges in any order to the same", (_, behaviour, value) => {
    const edit: Edit = () => ({ value, meant: null });
    fc.assert(
      fc.property(anySteps(25), fc.tuple(fc.nat(), fc.nat(), fc.nat()), (steps, picks) => {
        const { seen } = new Replicas(behaviour).play(steps, edit);
        holdsTheLaws(behaviour, seen, picks);
        const [a, b] = picks.map((pick) => seen[pick % Math.max(1, seen.length)]) as [Known?, Known?];
        if (!a || !b) return;
        const [ab, ba] = [behaviour.merge(a.state, b.state), behaviour.merge(b.state, a.state)];
        expect(behaviour.values(ab)).toEqual(behaviour.values(ba));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["set", set, `["a"]`],
    ["map", map, `{"a":1}`],
    ["counter", counter, "1"],
    ["text", text, "one"],
  ] as const)("%s says so when it has not heard of what the context covers", (_, behaviour, value) => {
    const context = { B: 3 };
    expect(behaviour.write(nothing.state, firstVersion(value), context)).toMatchObject({ code: "not_yet" });
  });

  it("shows a version of another strategy beside the merged value when it cannot be read", () => {
    const run = new Replicas(set);
    run.write(0, nothing, `["a"]`, null);
    const { state } = run.replicas[0]!;
    const old = { dot: { node: "B" as never, counter: 9 }, value: "not a list", at: 1 };
    const both = { context: { ...state.context, B: 9 }, versions: [...state.versions, old] };
    expect(set.values(both)).toEqual([`["a"]`, "not a list"]);
    const plain = { ...old, value: `["b"]` };
    expect(set.values({ ...both, versions: [...state.versions, plain] })).toEqual([`["a","b"]`]);
  });

  it("reads nothing out of what another strategy has kept with a version but its plain value", () => {
    const kinds = { set, map, counter, text };
    const values = { set: `["ab"]`, map: `{"ab":1}`, counter: "12", text: `one\n["ab"]` };
    const lists = [`["ab"]`, `{"ab":1}`];
    for (const [from, value] of Object.entries(values) as [keyof typeof kinds, string][]) {
      const run = new Replicas(kinds[from]);
      run.write(0, nothing, value, null);
      for (const [to, kind] of Object.entries(kinds)) {
        expect(kind.values(run.replicas[0]!.state), `${from} read as ${to}`).toEqual([value]);
      }
      // Removed items are another's, too: of a set that was emptied, nothing is a field.
      if (!lists.includes(value)) continue;
      run.write(0, run.replicas[0]!, from === "set" ? "[]" : "{}", null);
      const { state } = run.replicas[0]!;
      const asText = text.write(
        state,
        { ...firstVersion("x"), dot: { node: "B" as never, counter: 1 } },
        state.context,
      );
      expect(asText).not.toHaveProperty("code");
      expect(text.values(asText as never)).toEqual(["x"]);
    }
  });

  it.each([
    ["set", set, (inner: string) => `[${inner}]`],
    ["map", map, (inner: string) => `{"a":${inner}}`],
  ] as const)("a %s refuses what is nested without end, and the node lives", (_, behaviour, around) => {
    const deep = (levels: number) => around("[".repeat(levels) + "]".repeat(levels));
    expect(behaviour.write(nothing.state, firstVersion(deep(20)), {})).not.toHaveProperty("code");
    expect(behaviour.write(nothing.state, firstVersion(deep(400_000)), {})).toMatchObject({
      code: "bad_value",
    });
    expect(max.write(nothing.state, firstVersion(deep(400_000)), {})).toMatchObject({ code: "bad_value" });
    const old = { context: { A: 1 }, versions: [firstVersion(deep(400_000))] };
    expect(behaviour.values(old)).toEqual([deep(400_000)]);
  });

  it("a text of too many lines is refused, and shown as it is where it was kept under another strategy", () => {
    const lines = "\n".repeat(200_000);
    expect(text.write(nothing.state, firstVersion(lines), {})).toMatchObject({
      code: "bad_value",
      message: "A text has at most 10000 lines; this one has 200001.",
    });
    expect(text.values({ context: { A: 1 }, versions: [firstVersion(lines)] })).toEqual([lines]);
  });

  it("a name of a field that is not Unicode is refused: it would not be the same after a journey", () => {
    expect(map.write(nothing.state, firstVersion(`{"\\ud800": 1}`), {})).toMatchObject({ code: "bad_value" });
    expect(map.write(nothing.state, firstVersion(`{"\\ud83d\\ude00": "\\ud800"}`), {})).not.toHaveProperty(
      "code",
    );
  });

  it("takes the names that objects answer to for names like any other", () => {
    const value = `{"__proto__":{"constructor":1},"constructor":2,"toString":[]}`;
    const written = map.write(nothing.state, firstVersion(value), {});
    expect(map.values(written as never).map((each) => JSON.stringify(JSON.parse(each)))).toEqual([
      `{"__proto__":{"constructor":1},"constructor":2,"toString":[]}`,
    ]);
  });
});
