import { describe, expect, it } from "vitest";
import {
  changedSettings,
  countText,
  describeLink,
  isResting,
  settingsProblem,
  settingTexts,
  withLatencyKind,
} from "../../../renderer/cluster/link-words.ts";
import { type LinkSettings, linkSettingsSchema, restingLink } from "../../../shared/contract/state.ts";

const link = (settings: Partial<LinkSettings>): LinkSettings => ({ ...restingLink, ...settings });

describe("a link in words", () => {
  it("says nothing of a link at rest", () => {
    expect(isResting(restingLink)).toBe(true);
    expect(settingTexts(restingLink)).toEqual([]);
  });

  it("names every setting with its unit", () => {
    const slow = link({
      latency: { kind: "uniform", minMs: 20, maxMs: 80 },
      loss: 0.125,
      duplicate: 0.01,
      reorder: 0.5,
    });
    expect(settingTexts(slow)).toEqual(["20–80 ms", "12.5 % lost", "1 % twice", "50 % overtaken"]);
    expect(isResting(slow)).toBe(false);
  });

  it("tells the whole link in one sentence", () => {
    const counts = { sent: 4127, blocked: 12, lost: 0, duplicated: 0, delayed: 0, reordered: 0 };
    expect(describeLink("node-1", "node-2", link({ blocked: true }), counts)).toBe(
      "node-1 to node-2: blocked; 4.13 k sent, 12 blocked, 0 lost",
    );
    expect(describeLink("node-1", "node-2", restingLink, null)).toBe("node-1 to node-2: open");
  });

  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1.00 k"],
    [34_560, "34.6 k"],
    [2_500_000, "2.50 M"],
  ])("writes %d as %s", (count, text) => expect(countText(count)).toBe(text));
});

describe("edits of a link", () => {
  it("keep the typical delay when its shape changes, and stay within the contract", () => {
    const constant = withLatencyKind(null, "constant");
    expect(constant).toEqual({ kind: "constant", ms: 50 });
    const uniform = withLatencyKind({ kind: "constant", ms: 100 }, "uniform");
    expect(uniform).toEqual({ kind: "uniform", minMs: 50, maxMs: 150 });
    const exponential = withLatencyKind(uniform, "exponential");
    expect(exponential).toEqual({ kind: "exponential", meanMs: 100 });
    expect(withLatencyKind(exponential, "none")).toBeNull();
    for (const latency of [constant, uniform, exponential])
      expect(linkSettingsSchema.parse(link({ latency }))).toEqual(link({ latency }));
  });

  it("send only what changed", () => {
    expect(changedSettings(restingLink, link({ loss: 0.2 }))).toEqual({ loss: 0.2 });
    const delayed = link({ latency: { kind: "constant", ms: 5 } });
    expect(changedSettings(delayed, { ...delayed, latency: { kind: "constant", ms: 5 } })).toEqual({});
    expect(changedSettings(delayed, restingLink)).toEqual({ latency: null });
  });

  it("are refused with a sentence when they make no sense", () => {
    expect(settingsProblem(restingLink)).toBeNull();
    expect(settingsProblem(link({ latency: { kind: "constant", ms: -1 } }))).toMatch(
      /between 0 and 60,000 ms/,
    );
    expect(settingsProblem(link({ latency: { kind: "uniform", minMs: 9, maxMs: 3 } }))).toMatch(/longer/);
    expect(settingsProblem(link({ loss: 1.2 }))).toMatch(/between 0 and 100 %/);
    expect(settingsProblem(link({ reorder: Number.NaN }))).toMatch(/between 0 and 100 %/);
  });
});
