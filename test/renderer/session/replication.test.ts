import { describe, expect, it } from "vitest";
import { firstReplication, replicationProblem, settingsFrom } from "../../../renderer/session/replication.ts";

describe("the replication part of a new cluster", () => {
  it("sends nothing while all is as usual", () => {
    expect(settingsFrom(firstReplication)).toEqual({});
    expect(replicationProblem(firstReplication)).toBeNull();
  });

  it("sends what differs, times in milliseconds, strategies by prefix", () => {
    const form = {
      ...firstReplication,
      sloppy: true,
      antiEntropy: "2.5",
      conflicts: [
        { prefix: "cart:", strategy: "set" },
        { prefix: "", strategy: "last-write-wins" },
      ],
    } as const;
    expect(settingsFrom(form)).toEqual({
      sloppy: true,
      antiEntropyInterval: 2_500,
      conflicts: { "cart:": "set", "": "last-write-wins" },
    });
  });

  it("says what is wrong before it is sent", () => {
    const twice = [
      { prefix: "a", strategy: "set" },
      { prefix: "a", strategy: "max" },
    ] as const;
    expect(replicationProblem({ ...firstReplication, conflicts: twice })).toMatch(/“a” has two strategies/);
    for (const antiEntropy of ["", "often", "-1", "Infinity"])
      expect(replicationProblem({ ...firstReplication, antiEntropy })).toMatch(/a number of seconds/);
  });
});
