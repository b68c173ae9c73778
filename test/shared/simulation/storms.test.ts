/**
 * Random storms over a sound core. The lab asserts a host's duties at every event (see ./lab.ts); here stands what must
 * hold of the whole: each call is answered once, and what was acknowledged is not lost.
 */
import { describe, expect, it } from "vitest";
import type { ClientCall } from "../../../shared/scenario/run.types.ts";
import type { SimulatedLab } from "./lab.ts";
import { storm } from "./storm.ts";

const seeds = Array.from({ length: 30 }, (_, i) => i + 1);

describe("a storm", () => {
  it("answers every call once and loses no acknowledged write, over 30 seeds", () => {
    let acknowledged = 0;
    let unsure = 0;
    for (const seed of seeds) {
      const lab = storm({ seed, nodes: 5, stormMs: 2_500, buggify: seed % 2 === 0 });
      expect(lab.answers.size, `seed ${seed}: every call is answered`).toBe(lab.calls.length);
      for (const call of lab.calls) {
        const answer = lab.answers.get(call.id)!;
        if (!answer.ok && !answer.definite) unsure += 1;
        if (!answer.ok || call.request.kind !== "data" || call.request.op !== "put") continue;
        acknowledged += 1;
        expect(survives(lab, call), `seed ${seed}: ${call.request.key} = ${call.request.value}`).toBe(true);
      }
    }
    // Else the storms were none, or nothing got through them.
    expect(acknowledged).toBeGreaterThan(300);
    expect(unsure).toBeGreaterThan(10);
  });
});

/** Some owner still has the value or knows that it was overwritten; nobody overwrites the keys written once. */
function survives(lab: SimulatedLab, { id, request }: ClientCall): boolean {
  const answer = lab.answers.get(id)!;
  if (!answer.ok || request.kind !== "data") return false;
  const [writer, counter] = answer.dots[0]!.split(":");
  const states = lab.world.views().map(({ keys }) => new Map(keys).get(request.key));
  if (request.key.startsWith("own-")) {
    return states.some((state) => state?.versions.some(({ value }) => value === request.value));
  }
  return states.some((state) => (state?.context[writer!] ?? 0) >= Number(counter));
}
