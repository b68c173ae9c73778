import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Disk } from "../../../../main/storage/disk/disk.ts";
import { FaultyDisk } from "../../../../main/storage/disk/faulty-disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { readWhole } from "../../../../main/storage/disk/whole-file.ts";
import type { LiveDiskFault } from "../../../../shared/contract/storage.ts";
import { keepsNothing } from "./choices.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (disk: Disk, path: string) => new TextDecoder().decode(readWhole(disk, path));
const fail = (
  operation: "write" | "sync" | "rename",
  nth: number,
  lasts: "once" | "always",
): LiveDiskFault => ({
  kind: "fail",
  operation,
  nth,
  lasts,
});

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
  return "done";
};

let memory: MemoryDisk;
let disk: FaultyDisk;
beforeEach(() => {
  memory = new MemoryDisk();
  memory.makeDirectory("/d");
  disk = new FaultyDisk(memory);
});

describe("a fault", () => {
  it("fails the nth write from now, once", () => {
    const file = disk.open("/d/f", "create");
    disk.arm(fail("write", 3, "once"));
    expect(disk.faults()).toEqual(["The 3rd write from now fails."]);
    const write = () => codeOf(() => file.write(bytes("four"), 0));
    expect(write()).toBe("done");
    expect(disk.faults()).toEqual(["The 2nd write from now fails."]);
    expect(write()).toBe("done");
    expect(disk.faults()).toEqual(["The next write fails."]);
    expect(write()).toBe("EIO");
    expect(disk.faults()).toEqual([]);
    expect(write()).toBe("done");
    expect(disk.counts).toEqual({ write: 5, sync: 0, rename: 0 });
  });

  it("lasts until it is healed", () => {
    const file = disk.open("/d/f", "create");
    disk.arm(fail("sync", 2, "always"));
    expect(disk.faults()).toEqual(["The 2nd flush from now fails, and all after it."]);
    expect(codeOf(() => file.sync())).toBe("done");
    expect(codeOf(() => file.sync())).toBe("EIO");
    expect(disk.faults()).toEqual(["Every flush fails."]);
    expect(codeOf(() => disk.syncDirectory("/d"))).toBe("EIO");
    expect(codeOf(() => disk.gate("sync", "/d/node.db"))).toBe("EIO");
    disk.arm({ kind: "heal" });
    expect(codeOf(() => file.sync())).toBe("done");
  });

  it("leaves about half of a write that fails: whole sectors, as disks write them", () => {
    const file = disk.open("/d/f", "create");
    file.write(bytes("a".repeat(500)), 0);
    disk.arm(fail("write", 1, "once"));
    expect(codeOf(() => file.write(bytes("b".repeat(1_100)), 500))).toBe("EIO");
    expect(textOf(disk, "/d/f")).toBe("a".repeat(500) + "b".repeat(524));
    disk.arm(fail("write", 1, "once"));
    expect(codeOf(() => file.write(bytes("c".repeat(100)), 1_100))).toBe("EIO");
    expect(textOf(disk, "/d/f"), "less than a sector is not written at all").not.toContain("c");
  });

  it("leaves both names as they are when a rename or a removal fails", () => {
    disk.open("/d/f", "create").close();
    disk.arm(fail("rename", 1, "always"));
    expect(codeOf(() => disk.rename("/d/f", "/d/g"))).toBe("EIO");
    expect(codeOf(() => disk.remove("/d/f"))).toBe("EIO");
    expect(memory.list("/d")).toEqual(["f"]);
    expect(disk.faults()).toEqual(["Every rename or removal fails."]);
  });

  it("makes a disk full: only what needs no more room is written", () => {
    const file = disk.open("/d/f", "create");
    file.write(bytes("1234"), 0);
    disk.arm({ kind: "full" });
    expect(disk.faults()).toEqual(["The disk is full."]);
    expect(codeOf(() => file.write(bytes("ab"), 0))).toBe("done");
    expect(codeOf(() => file.write(bytes("xyz"), 3))).toBe("ENOSPC");
    expect(codeOf(() => file.truncate(5))).toBe("ENOSPC");
    expect(codeOf(() => disk.makeDirectory("/e"))).toBe("ENOSPC");
    expect(codeOf(() => disk.gate("write", "/d/node.db"))).toBe("ENOSPC");
    expect(codeOf(() => disk.makeDirectory("/d"))).toBe("done");
    expect(codeOf(() => disk.remove("/d/none"))).toBe("done");
    expect(textOf(disk, "/d/f")).toBe("ab3x");
    expect(codeOf(() => file.truncate(0))).toBe("done");
  });

  it("makes each write and each flush wait", () => {
    const file = disk.open("/d/f", "create");
    disk.arm({ kind: "slow", ms: 20 });
    expect(disk.faults()).toEqual(["Each write and each flush takes 20 ms longer."]);
    const began = performance.now();
    file.write(bytes("1"), 0);
    file.sync();
    disk.gate("write", "/d/node.db");
    expect(performance.now() - began).toBeGreaterThanOrEqual(59);
  });

  it("counts as a person does", () => {
    for (const nth of [2, 3, 4, 11, 12, 13, 21, 22, 111, 101]) disk.arm(fail("write", nth, "once"));
    const numbers = disk.faults().map((line) => line.split(" ")[1]);
    expect(numbers).toEqual(["2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th", "101st"]);
  });
});

describe("a failed flush", () => {
  it("forgets what it should have written, and the next one reports success all the same (P33)", () => {
    const file = disk.open("/d/f", "create");
    disk.syncDirectory("/d");
    file.write(bytes("lost"), 0);
    disk.arm(fail("sync", 1, "once"));
    expect(codeOf(() => file.sync())).toBe("EIO");
    expect(codeOf(() => file.sync())).toBe("done");
    expect(textOf(disk, "/d/f"), "still in the page cache").toBe("lost");
    expect(textOf(memory.crash(keepsNothing), "/d/f"), "and on no disk").toBe("");
    disk.powerCut();
    expect(textOf(memory, "/d/f")).toBe("");
  });

  it("leaves what the disk held where something was written over", () => {
    const file = disk.open("/d/f", "create");
    disk.syncDirectory("/d");
    file.write(bytes("kept"), 0);
    file.sync();
    file.write(bytes("lost"), 0);
    disk.arm(fail("sync", 1, "once"));
    expect(codeOf(() => file.sync())).toBe("EIO");
    file.sync();
    expect(textOf(memory.crash(keepsNothing), "/d/f")).toBe("kept");
    disk.powerCut();
    expect(textOf(memory, "/d/f")).toBe("kept");
  });

  it("is made good where the same pages are written and flushed again", () => {
    const file = disk.open("/d/f", "create");
    disk.syncDirectory("/d");
    file.write(bytes("lost"), 0);
    disk.arm(fail("sync", 1, "once"));
    expect(codeOf(() => file.sync())).toBe("EIO");
    file.write(bytes("kept"), 0);
    file.sync();
    disk.powerCut();
    expect(textOf(memory, "/d/f")).toBe("kept");
  });
});

describe("a power cut", () => {
  it("refuses everything after it, and tells whoever writes by other ways", () => {
    const told: string[] = [];
    disk.onPowerCut(() => told.push("cut"));
    const file = disk.open("/d/f", "create");
    disk.arm({ kind: "power-cut" });
    disk.arm({ kind: "power-cut" });
    expect(told).toEqual(["cut"]);
    expect(disk.faults()).toEqual(["The power is gone."]);
    for (const call of [
      () => file.write(bytes("1"), 0),
      () => file.read(new Uint8Array(1), 0),
      () => file.truncate(0),
      () => file.sync(),
      () => disk.open("/d/g", "create"),
      () => disk.open("/d/g", "read"),
      () => disk.rename("/d/f", "/d/g"),
      () => disk.remove("/d/f"),
      () => disk.syncDirectory("/d"),
      () => disk.gate("write", "/d/node.db"),
    ]) {
      expect(codeOf(call)).toBe("EIO");
    }
  });

  it("takes what another handle wrote, also when it was closed since", () => {
    const file = disk.open("/d/f", "create");
    file.write(bytes("kept"), 0);
    file.sync();
    file.close();
    disk.syncDirectory("/d");
    const again = disk.open("/d/f", "write");
    again.write(bytes("lost"), 0);
    again.close();
    disk.powerCut();
    expect(textOf(memory, "/d/f")).toBe("kept");
  });

  it("brings back a file that was moved away and replaced", () => {
    memory.makeDirectory("/e");
    const file = disk.open("/d/f", "create");
    file.write(bytes("old"), 0);
    file.sync();
    disk.syncDirectory("/d");
    disk.rename("/d/f", "/e/aside");
    disk.open("/d/f", "create").write(bytes("new"), 0);
    disk.powerCut();
    expect(memory.list("/e")).toEqual([]);
    expect(textOf(memory, "/d/f")).toBe("old");
  });
});

type Step =
  | { readonly kind: "write"; readonly name: string; readonly page: number; readonly fill: number }
  | { readonly kind: "truncate"; readonly name: string; readonly pages: number }
  | { readonly kind: "sync" | "failed-sync" | "create" | "remove"; readonly name: string }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly kind: "flush" };

const name = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    name,
    page: fc.nat(3),
    fill: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant("truncate" as const), name, pages: fc.nat(3) }),
  fc.record({
    kind: fc.constantFrom("sync" as const, "failed-sync" as const, "create" as const, "remove" as const),
    name,
  }),
  fc.record({ kind: fc.constant("rename" as const), name, to: name }),
  fc.record({ kind: fc.constant("flush" as const) }),
);

/** Whole pages: in what unit a disk forgets after a failed flush is its own affair, and the two need not agree. */
const pageBytes = 4096;

/** A file whose pages are on the disk, so that there is something to lose. */
const beginning: readonly Step[] = [
  { kind: "create", name: "a" },
  { kind: "write", name: "a", page: 0, fill: 8 },
  { kind: "write", name: "a", page: 1, fill: 8 },
  { kind: "sync", name: "a" },
  { kind: "flush" },
];

function play(on: FaultyDisk, dir: string, one: Step): void {
  if (one.kind === "flush") return on.syncDirectory(dir);
  const path = join(dir, one.name);
  if (one.kind === "remove") return on.remove(path);
  if (one.kind === "rename") return on.exists(path) ? on.rename(path, join(dir, one.to)) : undefined;
  if (one.kind === "create") return on.exists(path) ? undefined : on.open(path, "create").close();
  if (!on.exists(path)) return undefined;
  const file = on.open(path, "write");
  if (one.kind === "write") file.write(new Uint8Array(pageBytes).fill(one.fill), one.page * pageBytes);
  else if (one.kind === "truncate") file.truncate(one.pages * pageBytes);
  else if (one.kind === "sync") file.sync();
  else {
    on.arm(fail("sync", 1, "once"));
    expect(codeOf(() => file.sync())).toBe("EIO");
  }
  file.close();
  return undefined;
}

const contents = (on: Disk, dir: string) =>
  on.list(dir).map((file) => {
    const whole = readWhole(on, join(dir, file));
    return [file, whole.length, ...whole.filter((_, at) => at % pageBytes === 0)];
  });

it("leaves after a power cut what the disk in memory says is flushed, whatever was done before", () => {
  const real = mkdtempSync(join(tmpdir(), "lightcone-faulty-"));
  let run = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const twin = new MemoryDisk();
      twin.makeDirectory("/d");
      const faulty = new FaultyDisk(twin);
      const dir = join(real, String((run += 1)));
      new RealDisk().makeDirectory(dir);
      const machine = new FaultyDisk(new RealDisk());
      for (const one of [...beginning, ...steps]) {
        play(faulty, "/d", one);
        play(machine, dir, one);
      }
      expect(contents(machine, dir)).toEqual(contents(twin, "/d"));
      const expected = contents(twin.crash(keepsNothing), "/d");
      faulty.powerCut();
      machine.powerCut();
      expect(contents(twin, "/d")).toEqual(expected);
      expect(contents(new RealDisk(), dir)).toEqual(expected);
      rmSync(dir, { recursive: true });
    }),
    { numRuns: 300 },
  );
  rmSync(real, { recursive: true });
});
