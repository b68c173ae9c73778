/** Queues into which no value is put twice, against the twin: sound ones, and such with two answers exchanged. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { checkLinearizable } from "../../../../shared/checks/linearizability/check.ts";
import { queue } from "../../../../shared/checks/models/queue.ts";
import type { History } from "../../../../shared/checks/types.ts";
import { histories, isExplainable } from "./histories.ts";
import { specs } from "./specs.ts";

const values = Array.from({ length: 200 }, (_, index) => ["enqueue", index + 1] as const);
const spec = { ...specs.queue, requests: [...values, ...values.map(() => ["dequeue", null] as const)] };

function exchanged(history: History, first: number, second: number): History {
  const answers = history.filter(
    ({ f, outcome, output }) => f === "dequeue" && outcome === "ok" && output !== null,
  );
  const a = answers[first % answers.length];
  const b = answers[second % answers.length];
  return history.map((operation) => {
    if (operation === a) return { ...operation, output: b!.output };
    return operation === b ? { ...operation, output: a!.output } : operation;
  });
}

it("the order of the values says what the twin says", () => {
  const verdicts = { valid: 0, invalid: 0, unknown: 0 };
  const sound = histories(spec, [null], 8, { isSound: true, isLong: true });
  fc.assert(
    fc.property(sound, fc.nat(), fc.nat(), (history, first, second) => {
      const spoilt = exchanged(history, first, second);
      const { verdict } = checkLinearizable(spoilt, queue, { states: 1e5, isTimeUp: () => false });
      expect(verdict).toBe(isExplainable(spoilt, spec) ? "valid" : "invalid");
      verdicts[verdict]++;
    }),
    { numRuns: 1000 },
  );
  expect(verdicts.valid).toBeGreaterThan(20);
  expect(verdicts.invalid).toBeGreaterThan(20);
});
