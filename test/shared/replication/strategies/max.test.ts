import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { max } from "../../../../shared/replication/strategies/max.ts";
import { type Edit, firstVersion, isAbsent, nothing, Replicas, unseen, type Written } from "./run.ts";

const edit: Edit = (_, number) => ({ value: String(number % 50), meant: number % 50 });

/** Of every line of writes that saw one another the largest since the last delete. */
function twin(heard: readonly Written[]): string | undefined {
  const reach = (write: Written): number => {
    if (write.meant === null) return -Infinity;
    const before = unseen(heard.filter(({ dot }) => write.saw.has(dot)));
    return Math.max(write.meant as number, ...before.map(reach));
  };
  return isAbsent(heard, false) ? undefined : String(Math.max(...unseen(heard).map(reach)));
}

describe("a maximum", () => {
  it("is the largest since the last delete, where every client has read before it writes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(2), number: fc.nat(), kind: fc.nat(3) }), { maxLength: 12 }),
        (acts) => {
          const run = new Replicas(max);
          for (const { at, number, kind } of acts) {
            const { value, meant } = edit([], number);
            if (kind === 3) run.receive(at, run.replicas[number % 3]!);
            else run.write(at, run.replicas[at]!, kind === 0 ? null : value, kind === 0 ? null : meant);
          }
          for (const known of run.seen) expect(max.values(known.state)[0]).toBe(twin(run.heard(known)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("never falls but by a delete, whatever the contexts", () => {
    const steps = fc.array(fc.record({ at: fc.nat(2), number: fc.nat(), isOld: fc.boolean() }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(steps, (acts) => {
        const run = new Replicas(max);
        for (const { at, number, isOld } of acts) {
          const { value, meant } = edit([], number);
          run.write(at, isOld ? nothing : run.replicas[at]!, value, meant);
          run.receive((at + 1) % 3, run.replicas[at]!);
        }
        for (const known of run.seen) {
          const top = Math.max(...run.heard(known).map(({ meant }) => meant as number));
          expect(max.values(known.state)).toEqual(Number.isFinite(top) ? [String(top)] : []);
        }
      }),
    );
  });

  it.each(["x", "", "null", `"3"`, "1e999"])("refuses %j", (value) => {
    expect(max.write(nothing.state, firstVersion(value), {})).toMatchObject({ code: "bad_value" });
  });
});
