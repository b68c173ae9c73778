import { describe, expect, it } from "vitest";
import { agoText, doubtText, isSplit, verdictOn, verdictText } from "../../../renderer/cluster/beliefs.ts";

describe("a belief beside the truth", () => {
  it.each([
    ["running", "alive", "agrees"],
    ["running", "suspect", "wrong"],
    ["running", "dead", "wrong"],
    ["killed", "alive", "behind"],
    ["killed", "suspect", "behind"],
    ["killed", "dead", "agrees"],
    ["stopped", "left", "agrees"],
    ["paused", "alive", "behind"],
    ["paused", "dead", "agrees"],
  ] as const)("of a node that is %s, %s %s", (truth, belief, verdict) => {
    expect(verdictOn(truth, belief)).toBe(verdict);
  });

  it("is told in words", () => {
    expect(verdictText("wrong", "dead")).toBe("taken for dead though it runs");
    expect(verdictText("behind", "alive")).toBe("not noticed yet");
    expect(verdictText("behind", "suspect")).toBe("not convicted yet");
  });
});

describe("several observers", () => {
  it("are split when they differ", () => {
    expect(isSplit(["alive", "alive"])).toBe(false);
    expect(isSplit(["alive", "suspect"])).toBe(true);
    expect(isSplit([])).toBe(false);
  });

  it("are counted under the node they doubt", () => {
    expect(doubtText({ suspect: 2, dead: 1 })).toBe("called dead by 1");
    expect(doubtText({ suspect: 2, dead: 0 })).toBe("suspected by 2");
    expect(doubtText({ suspect: 2, dead: 1 }, true)).toBe("dead to 1");
    expect(doubtText({ suspect: 0, dead: 0 })).toBeNull();
  });
});

it.each([
  [430, "0.4 s"],
  [12_400, "12 s"],
  [180_000, "3 min"],
  [7_300_000, "2 h"],
  [-5, "0 s"],
])("%d ms is %s", (ms, text) => expect(agoText(ms)).toBe(text));
