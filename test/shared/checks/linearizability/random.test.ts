/** Verdicts and counter-examples against twins that try every order of a small history. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../shared/checks/linearizability/check.ts";
import { linearizableModels } from "../../../../shared/checks/models/all.ts";
import type { LinearizableModelName } from "../../../../shared/checks/models/model.ts";
import { forgotten, histories, isExplainable } from "./histories.ts";
import { specs } from "./specs.ts";

const limits = { states: 1_000_000, isTimeUp: () => false };
const names = Object.keys(linearizableModels) as LinearizableModelName[];
const isKeyed = (name: LinearizableModelName) => name.startsWith("kv");

describe.each(names)("%s", (name) => {
  const spec = specs[name];
  const model = linearizableModels[name];

  it("agrees with the twin, on one object and on several", () => {
    const verdicts = { valid: 0, invalid: 0, unknown: 0 };
    const oneObject = histories(spec, [isKeyed(name) ? "x" : null], 7);
    const twoObjects = histories(spec, ["x", "y"], 7);
    fc.assert(
      fc.property(fc.oneof(oneObject, twoObjects), (history) => {
        const { verdict } = checkLinearizable(history, model, limits);
        verdicts[verdict]++;
        expect(verdict).toBe(isExplainable(history, spec) ? "valid" : "invalid");
      }),
      { numRuns: 800 },
    );
    expect(verdicts.valid).toBeGreaterThan(20);
    expect(verdicts.invalid).toBeGreaterThan(20);
  });

  it("never calls a long history of a sound object invalid", () => {
    const sound = histories(spec, ["x"], 80, { clients: 8, isSound: true, isLong: true });
    let decided = 0;
    fc.assert(
      fc.property(sound, (history) => {
        const { verdict } = checkLinearizable(history, model, { ...limits, states: 3000 });
        expect(verdict).not.toBe("invalid");
        if (verdict === "valid") decided++;
      }),
      { numRuns: 60 },
    );
    expect(decided).toBeGreaterThan(5);
  });

  it("finds a counter-example from which nothing more can be forgotten", () => {
    fc.assert(
      fc.property(histories(spec, [isKeyed(name) ? "x" : null], 6), (history) => {
        const { counterExample } = checkLinearizable(history, model, limits);
        fc.pre(counterExample !== undefined);
        const kept = new Set(counterExample.operations);
        expect(isExplainable([...kept], spec), "alone").toBe(false);
        const others = (without?: unknown) =>
          history
            .filter((operation) => operation.outcome !== "fail")
            .map((operation) =>
              kept.has(operation) && operation !== without ? operation : forgotten(operation),
            );
        expect(isExplainable(others(), spec), "whatever the others did").toBe(false);
        for (const operation of kept) {
          const isShown = [...kept].some((reader) => reader !== operation && model.shows(reader, operation));
          if (!isShown) expect(isExplainable(others(operation), spec), operation.f).toBe(true);
        }
        expect(counterExample.why.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});
