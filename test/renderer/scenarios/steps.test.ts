import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neighbourStep, presentStep, type ShownStep, stepsOf } from "../../../renderer/scenarios/steps.ts";
import { labLane } from "../../../shared/trace/event.ts";
import { eventOf } from "../fake-lab.ts";

const step = (event: number, at: number): ShownStep => ({ event, at, words: `step ${event}`, number: event });
const three = [step(1, 100), step(2, 200), step(3, 200)];

describe("the steps of a run", () => {
  it("are the lab's events of that name", () => {
    const lab = [
      eventOf(1, { node: labLane, op: "lab", name: "kill" }),
      eventOf(2, { node: labLane, op: "lab", name: "step", at: 7, detail: { number: 1, words: "kill A" } }),
      eventOf(3, { node: labLane, op: "lab", name: "step", at: 9, detail: { words: 5 } }),
    ];
    expect(stepsOf(lab)).toEqual([
      { event: 2, at: 7, words: "kill A", number: 1 },
      { event: 3, at: 9, words: "", number: 2 },
    ]);
  });

  it("has the one passed last as the present one, of one moment the selected one", () => {
    expect(presentStep(three, 99, null)).toBe(-1);
    expect(presentStep(three, 150, null)).toBe(0);
    expect(presentStep(three, 200, null)).toBe(2);
    expect(presentStep(three, 200, 2)).toBe(1);
    expect(presentStep(three, 250, 2)).toBe(2);
    expect(presentStep(three, null, 1)).toBe(2);
    expect(presentStep([], null, null)).toBe(-1);
  });

  it("goes back to the step passed, and from it to the one before", () => {
    expect(neighbourStep(three, 150, null, -1)).toBe(three[0]);
    expect(neighbourStep(three, 100, 1, -1)).toBe("before");
    expect(neighbourStep(three, null, null, -1)).toBe(three[2]);
    expect(neighbourStep(three, 50, null, -1)).toBe("before");
    expect(neighbourStep([], null, null, -1)).toBe("before");
  });

  it("meets every step once on the way through, and again on the way back, whatever moments they share", () => {
    const moments = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 });
    fc.assert(
      fc.property(moments, (times) => {
        const steps = times.toSorted((a, b) => a - b).map((at, index) => step(index + 1, at));
        const walk = (direction: 1 | -1, from: number | null) => {
          const met: ShownStep[] = [];
          let [cursor, selected]: [number | null, number | null] = [from, null];
          for (;;) {
            const next = neighbourStep(steps, cursor, selected, direction);
            if (typeof next === "string") return { met, end: next };
            met.push(next);
            [cursor, selected] = [next.at, next.event];
          }
        };
        expect(walk(1, 0)).toEqual({ met: steps, end: "end" });
        expect(walk(-1, null)).toEqual({ met: steps.toReversed(), end: "before" });
      }),
    );
  });
});
