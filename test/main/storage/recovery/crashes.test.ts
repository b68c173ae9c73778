/** A start that is interrupted at any operation of the disk, at every damage and in every mode: the next one comes to the same. */
import { describe, expect, it } from "vitest";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { recoveryModes, type RecoveryMode } from "../../../../shared/contract/storage.ts";
import { choices, keepsAll, keepsNothing } from "../disk/choices.ts";
import { FailingDisk } from "../failing-disk.ts";
import { flip, flipInTransaction, removeFile, tearLastAppend } from "./damages.ts";
import { filesOf, start, write, written } from "./place.ts";

const damages: Record<string, (disk: MemoryDisk) => void> = {
  "a flipped bit in the middle": (disk) => flipInTransaction(disk, 6),
  "a segment that is not there": (disk) => removeFile(disk, "log/00000002.log"),
  "a snapshot, and a torn tail": (disk) => {
    flip(disk, "snapshots/000000000009.snapshot", 300);
    tearLastAppend(disk);
  },
  "a snapshot and the log it would have stood for": (disk) => {
    flip(disk, "snapshots/000000000009.snapshot", 300);
    flipInTransaction(disk, 7);
  },
};
const snapshotsOf: Record<string, readonly number[]> = {
  "a snapshot, and a torn tail": [4, 9],
  "a snapshot and the log it would have stood for": [4, 9],
};

/** Every byte that was there is somewhere still, but for a torn tail, which is zeros in its place and kept in a copy. */
function expectNothingLost(before: ReadonlyMap<string, string>, disk: MemoryDisk, isTorn: boolean): void {
  const after = [...filesOf(disk).values()];
  for (const [name, bytes] of before) {
    if (isTorn && name.startsWith("log/")) continue;
    expect(after.includes(bytes), name).toBe(true);
  }
}

function outcome(disk: MemoryDisk, mode: RecoveryMode): readonly unknown[] | null {
  try {
    const { tables, position, clock, rebuild, log } = start(disk, mode);
    log.close();
    return [tables.digest(), position, clock, rebuild];
  } catch {
    expect(mode).toBe("strict");
    return null;
  }
}

describe.each(Object.keys(damages))("%s", (name) => {
  const broken = written(12, snapshotsOf[name]);
  damages[name]!(broken);
  const isTorn = name.endsWith("torn tail");

  it.each(recoveryModes)("%s comes to the same after a crash at any operation", (mode) => {
    const before = filesOf(broken);
    const expected = outcome(broken.crash(keepsAll), mode);
    if (mode === "strict" && !isTorn) {
      expect(expected).toBeNull();
      return;
    }
    const counting = new FailingDisk(broken.crash(keepsAll), Infinity, "once");
    start(counting, mode).log.close();
    for (let nth = 1; nth <= counting.operations; nth += 1) {
      for (const choice of [keepsAll, keepsNothing, choices(nth)]) {
        const disk = broken.crash(keepsAll);
        expect(() => start(new FailingDisk(disk, nth, "for good"), mode), `operation ${nth}`).toThrow();
        const found = disk.crash(choice);
        expectNothingLost(before, found, isTorn);
        expect(outcome(found, mode), `operation ${nth}`).toEqual(expected);
        expectNothingLost(before, found, isTorn);
      }
    }
  });

  it.each(["truncate", "salvage", "rebuild"] as const)("%s: what is written afterwards is there", (mode) => {
    const disk = broken.crash(keepsAll);
    const node = start(disk, mode);
    write(node, 5);
    const after = disk.crash(keepsNothing);
    const again = start(after, "strict");
    expect(again.tables.digest()).toBe(node.tables.digest());
    expect(again.position).toBe(node.log.last);
    expect(again.damage).toEqual([]);
    expect(start(after, "strict").log.versions).toEqual(again.versions);
  });
});
