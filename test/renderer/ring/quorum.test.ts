import { describe, expect, it } from "vitest";
import { quorumWarning, verdictsOn } from "../../../renderer/ring/quorum.ts";

const owners = ["a", "b", "c"];
const quorum = { n: 3, r: 2, w: 2 };
const all = [["a", "b", "c", "d"]];
const warn = (down: readonly string[], sides = all, wanted = quorum) =>
  verdictsOn(owners, (node) => !down.includes(node), sides, wanted).map((side) =>
    quorumWarning(side, wanted),
  );

describe("the quorum of a key", () => {
  it("holds while enough owners run, others do not count", () => {
    expect(warn([])).toEqual([null]);
    expect(warn(["a"])).toEqual([null]);
  });

  it("warns when the owners that run fall below it", () => {
    expect(warn(["a", "b"])[0]).toBe(
      "1 of 3 owners can answer: reads need 2 and writes need 2, so both are refused.",
    );
    expect(warn(["a"], all, { n: 3, r: 1, w: 3 })[0]).toMatch(
      /writes need 3 and are refused; reads still work/,
    );
    expect(warn(["a"], all, { n: 3, r: 3, w: 1 })[0]).toMatch(
      /reads need 3 and are refused; writes still work/,
    );
  });

  it("is counted on each side of a partition by itself", () => {
    const [left, right] = warn(
      [],
      [
        ["a", "d"],
        ["b", "c"],
      ],
    );
    expect(left).toMatch(/^1 of 3/);
    expect(right).toBeNull();
  });
});
