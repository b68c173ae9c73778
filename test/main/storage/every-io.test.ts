/** A sample of the operations of a short workload; each of a long one: every-io.long.test.ts. */
import { afterAll, describe, expect, it } from "vitest";
import { cutPowerAtEach, failEach, removeEverything } from "./every-io.ts";

afterAll(removeEverything);

describe.each([
  { kind: "sqlite", every: 9 },
  { kind: "file", every: 97 },
] as const)("with everything of kind $kind", ({ kind, every }) => {
  const sample = { kind, life: 1, stepsInLife: 40, every };

  it("P28, P33: loses nothing it acknowledged, whatever fails, and acknowledges nothing after it", async () => {
    expect(await failEach(sample)).toBeGreaterThan(10);
  });

  it("has all it acknowledged after a power cut at any operation", async () => {
    expect(await cutPowerAtEach(sample)).toBeGreaterThan(10);
  });
});
