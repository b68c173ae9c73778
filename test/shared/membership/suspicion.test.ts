import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import { confirmationsWanted, Suspicions } from "../../../shared/membership/suspicion.ts";

const config = membershipPresets.lan;
const x = asNodeId("x");
const origin = asNodeId("origin");
const witness = (index: number) => asNodeId(`w${index}`);
/** lan: 4 × 1 s at up to ten members, six times that unconfirmed. */
const min = 4_000;
const max = 24_000;

function suspect(members: number, confirmers = 0): Suspicions {
  const suspicions = new Suspicions(config);
  suspicions.start(0, x, origin, members);
  for (let index = 0; index < confirmers; index += 1) suspicions.confirm(x, witness(index));
  return suspicions;
}

describe("suspicion", () => {
  it("lasts the maximum without witnesses and the minimum with all that are wanted", () => {
    expect(suspect(10).deadline).toBe(max);
    expect(suspect(10, 1).deadline).toBeCloseTo(max - (Math.log(2) / Math.log(3)) * (max - min), 6);
    expect(suspect(10, 2).deadline).toBe(min);
    expect(suspect(10, 9).deadline).toBe(min);
  });

  it("lasts longer in a larger cluster, with its logarithm", () => {
    expect(suspect(1_000, 2).deadline).toBe(3 * min);
    expect(suspect(2, 0).deadline, "two members: nobody could confirm").toBe(min);
    expect(confirmationsWanted(4, 3)).toBe(0);
    expect(confirmationsWanted(4, 4)).toBe(2);
  });

  it("P21: counts witnesses once each, and the originator never", () => {
    const suspicions = suspect(10);
    expect(suspicions.confirm(x, origin)).toBe(false);
    expect(suspicions.deadline).toBe(max);
    expect(suspicions.confirm(x, witness(1))).toBe(true);
    expect(suspicions.confirm(x, witness(1))).toBe(false);
    expect(suspicions.deadline).toBeGreaterThan(min);
    expect(suspicions.confirm(x, witness(2))).toBe(true);
    expect(suspicions.deadline).toBe(min);
    expect(suspicions.confirm(x, witness(3)), "nothing is gained by a third").toBe(false);
  });

  it("P15: begins anew when started again", () => {
    const suspicions = suspect(10, 2);
    suspicions.start(3_000, x, witness(1), 10);
    expect(suspicions.takeDue(min + 500)).toEqual([]);
    expect(suspicions.deadline).toBe(3_000 + max);
    expect(suspicions.originator(x)).toBe(witness(1));
    expect(suspicions.confirm(x, origin), "the first originator is a witness now").toBe(true);
  });

  it("gives a verdict only after one more short turn, and only once", () => {
    const suspicions = suspect(10, 2);
    expect(suspicions.takeDue(min - 1)).toEqual([]);
    expect(suspicions.takeDue(min)).toEqual([]);
    const turn = suspicions.deadline;
    expect(turn).toBeGreaterThan(min);
    expect(suspicions.takeDue(turn - 1)).toEqual([]);
    expect(suspicions.takeDue(turn)).toEqual([x]);
    expect(suspicions.takeDue(turn + 1_000_000)).toEqual([]);
  });

  it("gives none when it ended meanwhile", () => {
    const suspicions = suspect(10, 2);
    suspicions.takeDue(min);
    suspicions.end(x);
    expect(suspicions.takeDue(max)).toEqual([]);
    expect(suspicions.deadline).toBe(Infinity);
    suspicions.start(max, x, origin, 10);
    expect(suspicions.deadline, "the old one has left nothing overdue").toBe(2 * max);
  });

  it("P18: moves with a pause, and lets a probe interval pass before any verdict", () => {
    const suspicions = suspect(10, 2);
    suspicions.takeDue(min);
    suspicions.delay(min + 60_000, 10);
    expect(suspicions.deadline).toBe(min + 60_000 + config.probeInterval);
    expect(suspicions.takeDue(min + 60_000)).toEqual([]);
  });
});
