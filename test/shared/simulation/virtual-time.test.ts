import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMs, usOf, VirtualTime } from "../../../shared/simulation/virtual-time.ts";

const msOf = (us: number) => (epochMs * 1_000 + us) / 1_000;

describe("virtual time", () => {
  it("does everything by its time, and what is due together in the order asked for", () => {
    const asked = fc.array(fc.record({ delay: fc.nat(20), follow: fc.option(fc.nat(20)) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(asked, (items) => {
        const time = new VirtualTime();
        const due: { at: number; order: number }[] = [];
        const done: { at: number; order: number }[] = [];
        let order = 0;
        const ask = (delay: number, follow: number | null) => {
          const entry = { at: time.us + delay, order: (order += 1) };
          due.push(entry);
          time.after(delay, () => {
            expect(time.us).toBe(entry.at);
            done.push(entry);
            if (follow !== null) ask(follow, null);
          });
        };
        for (const { delay, follow } of items) ask(delay, follow);
        while (time.next(1_000));
        expect(done).toEqual(due.sort((a, b) => a.at - b.at || a.order - b.order));
      }),
    );
  });

  it("stops at the limit and goes on from there", () => {
    const time = new VirtualTime();
    const done: number[] = [];
    for (const us of [10, 20, 30]) time.after(us, () => done.push(us));
    while (time.next(20));
    expect(done).toEqual([10, 20]);
    time.rest(25);
    expect(time.now).toBe(epochMs + 0.025);
    expect(() => time.rest(31)).toThrow(/something is due at 30 µs/);
  });

  it("finds the first microsecond that has reached a time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 86_400_000_000 }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (us, off) => {
          const ms = epochMs + us / 1_000 + off / 1_000;
          const found = usOf(ms);
          expect(msOf(found)).toBeGreaterThanOrEqual(ms);
          expect(msOf(found - 1)).toBeLessThan(ms);
        },
      ),
    );
  });
});
