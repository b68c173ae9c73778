/** Last write wins beside a twin that knows all writes: the winner is the highest stamp heard of, and never nothing. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absentKey, formatDot, type Version } from "../../../../shared/clock/dotted.ts";
import { compareTimes } from "../../../../shared/clock/hybrid.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { isLost, lastWriteWins } from "../../../../shared/replication/strategies/last-write-wins.ts";
import { anySteps, holdsTheLaws, nothing, Replicas, type Written } from "./run.ts";

const skews = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50));
let values = 0;
const edit = () => ({ value: `v${++values}`, meant: null });

const highest = (writes: readonly Written[]) =>
  writes.reduce<Written | undefined>(
    (top, each) =>
      top === undefined || (compareTimes(each, top) || (each.dot < top.dot ? -1 : 1)) > 0 ? each : top,
    undefined,
  );

/** A key with one version, stamped 7. */
const write = (node: string, value: string) =>
  lastWriteWins.write(absentKey, { dot: { node: asNodeId(node), counter: 1 }, value, at: 7 }, {});

describe("last write wins", () => {
  it("P5: shows the highest stamp of all writes heard of, whatever the clocks and contexts", () => {
    fc.assert(
      fc.property(anySteps(40), skews, (steps, skews) => {
        const run = new Replicas(lastWriteWins, skews).play(steps, edit);
        for (const known of run.seen) {
          const dots = known.state.versions.map(({ dot }) => formatDot(dot));
          expect(dots).toEqual([highest(run.heard(known))?.dot].filter((dot) => dot !== undefined));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("merges in any order to the same, and never to nothing", () => {
    fc.assert(
      fc.property(anySteps(30), skews, fc.tuple(fc.nat(), fc.nat(), fc.nat()), (steps, skews, picks) => {
        holdsTheLaws(lastWriteWins, new Replicas(lastWriteWins, skews).play(steps, edit).seen, picks);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps a value where a later write bears the lower stamp: context alone drops no version", () => {
    const run = new Replicas(lastWriteWins, [1_000, 0, 0]);
    run.write(0, nothing, "first", null);
    // B has read it elsewhere and does not hold it, and its wall is behind.
    run.write(1, run.replicas[0]!, "second", null);
    run.receive(0, run.replicas[1]!);
    run.receive(1, run.seen[0]!);
    for (const at of [0, 1]) expect(lastWriteWins.values(run.replicas[at]!.state)).toEqual(["first"]);
  });

  it("P5: equal stamps are decided alike on both sides", () => {
    const [a, b] = [write("a", "zebra"), write("b", "ant")];
    if ("code" in a || "code" in b) throw new Error("refused");
    expect(lastWriteWins.values(lastWriteWins.merge(a, b))).toEqual(["ant"]);
    expect(lastWriteWins.merge(b, a)).toEqual(lastWriteWins.merge(a, b));
  });

  it("calls lost what the winner's writer had not seen, and nothing else", () => {
    const winner: Version = {
      dot: { node: asNodeId("a"), counter: 5 },
      value: "w",
      at: 9,
      facts: { seen: { a: 4, b: 2 } },
    };
    const loser = (node: string, counter: number) => ({ ...winner, dot: { node: asNodeId(node), counter } });
    expect(isLost(loser("b", 3), winner)).toBe(true);
    expect(isLost(loser("b", 2), winner)).toBe(false);
    expect(isLost(loser("a", 5), winner)).toBe(false);
    const { facts: _, ...bare } = winner;
    expect(isLost(loser("b", 3), bare)).toBe(false);
  });
});
