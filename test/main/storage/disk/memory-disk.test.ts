/** What a power cut leaves of the disk in memory: exactly what POSIX promises, and any of what it does not. */
import * as fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { DiskFile } from "../../../../main/storage/disk/disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { readWhole } from "../../../../main/storage/disk/whole-file.ts";
import { choices, keepsAll, keepsNothing } from "./choices.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const textOf = (disk: MemoryDisk, path: string) => new TextDecoder().decode(readWhole(disk, path));

const namesAndFile = (disk: MemoryDisk) => `${disk.list("/d").join(" ")}: ${textOf(disk, "/d/f")}`;
/** One sector for each letter. */
const sectors = (text: string) => bytes(text.replaceAll(/./g, (letter) => letter.repeat(512)));

/** Everything that is found over many power cuts at the same moment. */
function outcomes(disk: MemoryDisk, look: (after: MemoryDisk) => string): Set<string> {
  return new Set(Array.from({ length: 400 }, (_, seed) => look(disk.crash(choices(seed)))));
}

let disk: MemoryDisk;
let file: DiskFile;
beforeEach(() => {
  disk = new MemoryDisk();
  disk.makeDirectory("/d");
  file = disk.open("/d/f", "create");
});

describe("a power cut", () => {
  it("takes a file whose directory was never flushed, however often the file was (P34)", () => {
    file.write(bytes("data"), 0);
    file.sync();
    expect(disk.crash(keepsNothing).list("/d")).toEqual([]);
    disk.syncDirectory("/d");
    expect(textOf(disk.crash(keepsNothing), "/d/f")).toBe("data");
  });

  it("leaves a name without its bytes when only the directory was flushed", () => {
    file.write(bytes("data"), 0);
    disk.syncDirectory("/d");
    expect(textOf(disk.crash(keepsNothing), "/d/f")).toBe("");
    expect(textOf(disk.crash(keepsAll), "/d/f")).toBe("data");
    expect(outcomes(disk, (after) => textOf(after, "/d/f"))).toEqual(
      new Set(["", "data", "\u0000\u0000\u0000\u0000"]),
    );
  });

  it("leaves any state of each sector by itself", () => {
    disk.syncDirectory("/d");
    file.write(sectors("aa"), 0);
    file.sync();
    file.write(sectors("b"), 0);
    file.write(sectors("cc"), 0);
    const found = outcomes(disk, (after) => {
      const text = textOf(after, "/d/f");
      return `${text[0]}${text[512]}`;
    });
    expect(found).toEqual(new Set(["aa", "ba", "ca", "ac", "bc", "cc"]));
  });

  it("keeps what was synced, whatever else it takes", () => {
    file.write(bytes("kept"), 0);
    file.sync();
    disk.syncDirectory("/d");
    file.write(bytes("more".repeat(1_000)), 512);
    file.truncate(2_000);
    for (const found of outcomes(disk, (after) => textOf(after, "/d/f").slice(0, 4)))
      expect(found).toBe("kept");
    expect(outcomes(disk, (after) => String(textOf(after, "/d/f").length)).size).toBeGreaterThan(4);
  });

  it("undoes a rename, or does not; the file it replaced is whole again", () => {
    file.write(bytes("old"), 0);
    file.sync();
    const other = disk.open("/d/t", "create");
    other.write(bytes("new"), 0);
    other.sync();
    disk.syncDirectory("/d");
    disk.rename("/d/t", "/d/f");
    expect(outcomes(disk, namesAndFile)).toEqual(new Set(["f t: old", "f: new"]));
    disk.syncDirectory("/d");
    expect(outcomes(disk, namesAndFile)).toEqual(new Set(["f: new"]));
  });

  it("gives a removed file back, or does not", () => {
    file.write(bytes("old"), 0);
    file.sync();
    disk.syncDirectory("/d");
    disk.remove("/d/f");
    expect(outcomes(disk, (after) => after.list("/d").join())).toEqual(new Set(["", "f"]));
    disk.syncDirectory("/d");
    expect(outcomes(disk, (after) => after.list("/d").join())).toEqual(new Set([""]));
  });

  it("leaves a rename between two directories whole until both are flushed", () => {
    disk.makeDirectory("/e");
    disk.syncDirectory("/d");
    disk.rename("/d/f", "/e/f");
    const found = () => outcomes(disk, (after) => [...after.list("/d"), "|", ...after.list("/e")].join(""));
    disk.syncDirectory("/e");
    expect(found()).toEqual(new Set(["f|", "|f"]));
    disk.syncDirectory("/d");
    expect(found()).toEqual(new Set(["|f"]));
  });

  it("changes nothing on the disk it is asked of", () => {
    file.write(bytes("data"), 0);
    disk.crash(keepsNothing);
    expect(textOf(disk, "/d/f")).toBe("data");
  });

  it("after a failed flush takes what a later one reports as written (P33)", () => {
    disk.syncDirectory("/d");
    file.write(bytes("lost"), 0);
    file.dropUnsynced!();
    file.write(bytes("kept"), 512);
    file.sync();
    expect(textOf(disk, "/d/f"), "still read").toMatch(/^lost/);
    const after = textOf(disk.crash(keepsAll), "/d/f");
    expect(after.slice(0, 4)).toBe("\u0000".repeat(4));
    expect(after.slice(512)).toBe("kept");
  });
});

it("reads as an array of bytes does, and keeps it over a sync and a power cut", () => {
  const write = fc.record({
    at: fc.nat(2_000),
    length: fc.integer({ min: 1, max: 1_500 }),
    fill: fc.nat(255),
  });
  const step = fc.oneof(
    { weight: 4, arbitrary: write },
    { weight: 1, arbitrary: fc.record({ cut: fc.nat(3_000) }) },
    { weight: 1, arbitrary: fc.constant("sync" as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.integer(), (steps, seed) => {
      const tried = new MemoryDisk();
      const subject = tried.open("/f", "create");
      tried.syncDirectory("/");
      let twin: number[] = [];
      let synced: number[] = [];
      const resize = (size: number) => {
        twin.length = Math.min(size, twin.length);
        while (twin.length < size) twin.push(0);
      };
      for (const one of steps) {
        if (one === "sync") {
          subject.sync();
          synced = [...twin];
        } else if ("cut" in one) {
          subject.truncate(one.cut);
          resize(one.cut);
        } else {
          subject.write(new Uint8Array(one.length).fill(one.fill), one.at);
          resize(Math.max(twin.length, one.at + one.length));
          twin.fill(one.fill, one.at, one.at + one.length);
        }
      }
      expect([...readWhole(tried, "/f")]).toEqual(twin);
      expect([...readWhole(tried.crash(keepsNothing), "/f")]).toEqual(synced);
      expect([...readWhole(tried.crash(keepsAll), "/f")]).toEqual(twin);
      subject.sync();
      expect([...readWhole(tried.crash(choices(seed)), "/f")]).toEqual(twin);
    }),
  );
});
