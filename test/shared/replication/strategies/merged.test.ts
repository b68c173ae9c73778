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
});
