/** Version vectors without dots: they merge like any other strategy, and lose what dots keep. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absentKey, formatDot } from "../../../../shared/clock/dotted.ts";
import { serverVectors } from "../../../../shared/replication/strategies/server-vectors.ts";
import { anySteps, type Edit, holdsTheLaws, nothing, Replicas } from "./run.ts";

let values = 0;
const edit: Edit = () => ({ value: `v${++values}`, meant: null });
const picks = fc.tuple(fc.nat(), fc.nat(), fc.nat());

describe("server vectors", () => {
  it("merge in any order to the same, and never to nothing", () => {
    fc.assert(
      fc.property(anySteps(30), picks, (steps, picks) => {
        holdsTheLaws(serverVectors, new Replicas(serverVectors).play(steps, edit).seen, picks);
      }),
      { numRuns: 500 },
    );
  });

  it("keep concurrent versions in the order of their dots, whoever was first", () => {
    const run = new Replicas(serverVectors);
    run.write(1, nothing, "through B", null);
    run.receive(0, run.replicas[1]!);
    run.write(0, nothing, "through A", null);
    const { versions } = run.replicas[0]!.state;
    expect(versions.map(({ dot }) => formatDot(dot))).toEqual(["A:2", "B:1"]);
  });

  it("take an old copy for what it is: nothing new", () => {
    const run = new Replicas(serverVectors);
    run.write(0, nothing, "first", null);
    const old = run.replicas[0]!;
    run.write(0, old, "second", null);
    const { state } = run.replicas[0]!;
    expect(serverVectors.merge(state, old.state)).toBe(state);
    expect(serverVectors.merge(old.state, state)).toBe(state);
    expect(serverVectors.merge(state, absentKey)).toBe(state);
  });

  it("lesson 8: leave one of ten blind writes through one server", () => {
    const run = new Replicas(serverVectors);
    for (let i = 1; i <= 10; i++) run.write(0, nothing, `write ${i}`, null);
    expect(serverVectors.values(run.replicas[0]!.state)).toEqual(["write 10"]);
  });

  it("keep blind writes through several servers, and end them when they were read", () => {
    const run = new Replicas(serverVectors);
    for (const at of [0, 1, 2]) run.write(at, nothing, `through ${at}`, null);
    for (const at of [1, 2]) run.receive(0, run.replicas[at]!);
    expect(serverVectors.values(run.replicas[0]!.state)).toHaveLength(3);
    run.write(0, run.replicas[0]!, "resolved", null);
    expect(serverVectors.values(run.replicas[0]!.state)).toEqual(["resolved"]);
  });
});
