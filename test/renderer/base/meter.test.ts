import { expect, it } from "vitest";
import { createMeter } from "../../../renderer/base/meter.ts";
import { eventOf } from "../fake-lab.ts";

it("counts replies and events per second, and the longest lag, then begins anew", () => {
  const meter = createMeter();
  meter.count([eventOf(1, { at: 990 }), eventOf(2, { name: "reply", at: 995 })], 1_000);
  meter.count([eventOf(3, { name: "reply", at: 1_400 })], 1_440);
  expect(meter.read(1_500)).toEqual({ operationsPerSecond: 4, eventsPerSecond: 6, lagMs: 40 });
  expect(meter.read(2_500)).toEqual({ operationsPerSecond: 0, eventsPerSecond: 0, lagMs: 0 });
});
