import { describe, expect, it } from "vitest";
import { simulateMembership } from "../../../shared/simulation/membership-world.ts";

const quiet = { members: 40, preset: "lan", minutes: 2, seed: 3 } as const;

describe("membership alone", () => {
  it("costs each member a probe and an answer a second, and little more, while nothing happens", () => {
    const result = simulateMembership(quiet);
    expect(result).toMatchObject({ detections: [], falseSuspicions: 0, falseConvictions: 0 });
    expect(result.messagesPerMemberPerSecond).toBeGreaterThan(1.9);
    expect(result.messagesPerMemberPerSecond).toBeLessThan(4);
  });

  it("finds every failure, first one member, then all", () => {
    const { detections, falseConvictions } = simulateMembership({ ...quiet, failures: 3 });
    expect(detections).toHaveLength(3);
    for (const { suspectedAfter, firstAfter, allAfter } of detections) {
      expect(suspectedAfter).toBeGreaterThan(0);
      expect(firstAfter).toBeGreaterThan(suspectedAfter!);
      expect(allAfter).toBeGreaterThan(firstAfter!);
      expect(allAfter).toBeLessThan(20_000);
    }
    expect(falseConvictions).toBe(0);
  });

  it("suspects wrongly when messages are lost, and is the same for the same seed", () => {
    const lossy = { ...quiet, loss: 0.25 };
    const first = simulateMembership(lossy);
    expect(first.falseSuspicions).toBeGreaterThan(0);
    expect(simulateMembership(lossy)).toEqual(first);
    expect(simulateMembership({ ...lossy, seed: 4 })).not.toEqual(first);
  });

  it("needs two members that go on", () => {
    expect(() => simulateMembership({ ...quiet, members: 3, failures: 2 })).toThrow(
      /at least two must go on/,
    );
  });
});
