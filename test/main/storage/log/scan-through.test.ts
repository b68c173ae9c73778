/** A start reads a log once, checking and applying as it goes: it must find what a scan and a second reading find. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import type { LogScan, LogSource } from "../../../../main/storage/log/transaction-log.ts";
import type { Committed } from "../../../../shared/runtime/types.ts";
import { cutOff, logOf, overwrite, pathOf, sourceOn } from "./damage-tools.ts";

const count = 60;
const small = { segmentBytes: 5_000 };
const whole = logOf(count, small);
const segments = sourceOn(whole, small).scan(0).segments.length;

const segment = fc.integer({ min: 1, max: segments });
/** Behind the magic number: without it the file is none of ours. */
const offset = fc.integer({ min: 8, max: small.segmentBytes - 1 });
const damage = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("overwrite"), segment, offset, bytes: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ kind: fc.constant("zero"), segment, offset, bytes: fc.constant(new Uint8Array(700)) }),
    fc.record({ kind: fc.constant("cut"), segment, offset, bytes: fc.constant(new Uint8Array(0)) }),
    fc.record({ kind: fc.constant("remove"), segment, offset, bytes: fc.constant(new Uint8Array(0)) }),
  ),
  { maxLength: 3 },
);

type Damage = { kind: string; segment: number; offset: number; bytes: Uint8Array };

function damaged(all: readonly Damage[]): MemoryDisk {
  const disk = whole.crash(() => 0);
  for (const { kind, segment: number, offset: at, bytes } of all) {
    if (!disk.exists(pathOf(number))) continue;
    if (kind === "cut") cutOff(disk, number, at);
    else if (kind === "remove") disk.remove(pathOf(number));
    else overwrite(disk, number, at, bytes);
  }
  return disk;
}

function readThrough(source: LogSource, after: number): { scan: LogScan; transactions: Committed[] } {
  const steps = source.scanThrough(after);
  const transactions: Committed[] = [];
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { scan: step.value, transactions };
    transactions.push(step.value);
  }
}

it("finds in one reading what a scan and a second reading find, whatever is damaged", () => {
  const after = fc.integer({ min: 0, max: count });
  const property = fc.property(damage, after, (all, position) => {
    const source = sourceOn(damaged(all), small);
    const scan = source.scan(position);
    const { segments, damage: found, first, last } = scan;
    const through = readThrough(source, position);
    expect(through.scan).toMatchObject({ segments, damage: found, first, last });
    expect(through.transactions).toEqual([...scan.sound()]);
    expect([...through.scan.sound()]).toEqual(through.transactions);
  });
  fc.assert(property, { numRuns: 150 });
});
