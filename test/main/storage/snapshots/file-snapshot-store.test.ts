/** What disks and crashes do to snapshot files: P32, P34, P35. */
import { crc32 } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import type { Disk } from "../../../../main/storage/disk/disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { readWhole, replaceWhole } from "../../../../main/storage/disk/whole-file.ts";
import { FileSnapshotStore } from "../../../../main/storage/snapshots/file-snapshot-store.ts";
import { SnapshotError } from "../../../../main/storage/snapshots/snapshot-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import type { Mutation } from "../../../../shared/runtime/types.ts";
import { FailingDisk } from "../failing-disk.ts";
import { headAt, kindOf, snapshotOwner as owner, write } from "./snapshot-contract.ts";

const dataDir = "/data";
const file = (position: number) => `snapshots/${String(position).padStart(12, "0")}.snapshot`;
const path = (position: number) => `${dataDir}/${file(position)}`;
const openOn = (disk: Disk) => new FileSnapshotStore({ disk, dataDir, owner, now: () => 1_700_000_000_000 });

/** Two frames of rows, short on the disk because they compress well. */
const rows: Mutation[] = Array.from({ length: 12 }, (_, n) => ({
  module: "kv",
  table: "keys",
  key: `key ${n}`,
  row: { value: `${n} `.repeat(3_000) },
}));

const shortRow = (key: string): Mutation => ({ module: "kv", table: "keys", key, row: 1 });

let disk: MemoryDisk;
beforeEach(() => {
  disk = new MemoryDisk();
});

const isPrefix = (found: readonly Mutation[]) => expect(found).toEqual(rows.slice(0, found.length));

/** What a start finds of the snapshot: its rows as far as they are sound, and what is wrong. */
function look(
  on: Disk,
  position: number,
): { rows: Mutation[]; error: SnapshotError | null; message: string } {
  const found: Mutation[] = [];
  const store = openOn(on);
  const [listed] = store.damaged();
  if (listed !== undefined) {
    expect(store.list()).toEqual([]);
    expect(kindOf(() => store.open(position))).toBe("damaged");
  }
  try {
    for (const row of store.open(position).rows()) found.push(row);
  } catch (error) {
    expect(error).toBeInstanceOf(SnapshotError);
    return { rows: found, error: error as SnapshotError, message: listed?.message ?? "" };
  }
  return { rows: found, error: null, message: "" };
}

describe("a snapshot file that is not what was written", () => {
  let whole: Uint8Array;
  beforeEach(() => {
    write(openOn(disk), 5, rows);
    whole = readWhole(disk, path(5));
  });

  it("is found by every flipped bit, and where", () => {
    expect(whole.length).toBeGreaterThan(400);
    const handle = disk.open(path(5), "write");
    for (let byte = 0; byte < whole.length; byte += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        handle.write(Uint8Array.of(whole[byte]! ^ (1 << bit)), byte);
        const { rows: found, error } = look(disk, 5);
        expect(error?.kind, `bit ${bit} of byte ${byte}`).toBe("damaged");
        expect(error!.offset).toBeLessThanOrEqual(byte);
        expect(error!.offset! + 400, `bit ${bit} of byte ${byte}`).toBeGreaterThan(byte);
        expect(found.length).toBeLessThan(rows.length + 1);
      }
      handle.write(Uint8Array.of(whole[byte]!), byte);
    }
    expect(look(disk, 5)).toMatchObject({ rows, error: null });
  });

  it("is found at every length, and where it ends", () => {
    for (let length = 0; length < whole.length; length += 1) {
      replaceWhole(disk, path(5), whole.subarray(0, length));
      const { rows: found, error } = look(disk, 5);
      expect(error?.kind, `${length} bytes`).toBe("damaged");
      expect(error!.offset).toBe(length);
      isPrefix(found);
    }
    replaceWhole(disk, path(5), Buffer.concat([whole, Buffer.alloc(100)]));
    expect(look(disk, 5).error?.kind).toBe("damaged");
  });

  it("is found when a frame of another snapshot stands in it, sound as it is (P35)", () => {
    const others = rows.map((row) => ({ ...row, key: row.key.replace("key", "yek") }));
    write(openOn(disk), 6, others);
    const other = readWhole(disk, path(6));
    const headBytes = 16 + 20 + Buffer.from(whole).readUInt32LE(16 + 4) + 4;
    replaceWhole(disk, path(5), Buffer.concat([whole.subarray(0, headBytes), other.subarray(headBytes)]));
    openOn(disk).setAside(file(6));
    const { rows: found, error } = look(disk, 5);
    expect(error?.kind).toBe("damaged");
    isPrefix(found);
  });

  it("is found when one frame alone is another snapshot's, as long and with as many rows (P35)", () => {
    write(openOn(disk), 7, [shortRow("one")]);
    write(openOn(disk), 6, [shortRow("two")]);
    const [one, two] = [readWhole(disk, path(7)), readWhole(disk, path(6))];
    expect(two.length).toBe(one.length);
    const mixed = Buffer.from(one);
    const frame = 16 + 20 + mixed.readUInt32LE(16 + 4) + 4;
    const length = 20 + mixed.readUInt32LE(frame + 4) + 4;
    mixed.set(two.subarray(frame, frame + length), frame);
    replaceWhole(disk, path(7), mixed);
    expect(look(disk, 7)).toMatchObject({ rows: [], error: { kind: "damaged" } });
  });

  it("is not listed without its end, and never counts as one that is kept (P29)", () => {
    write(openOn(disk), 4, rows);
    write(openOn(disk), 3, rows);
    replaceWhole(disk, path(5), whole.subarray(0, whole.length - 48));
    const store = openOn(disk);
    expect(store.damaged().map(({ name }) => name)).toEqual([file(5)]);
    store.prune(2);
    expect(store.list().map(({ position }) => position)).toEqual([4, 3]);
    store.prune(1);
    expect(store.list().map(({ position }) => position)).toEqual([4]);
    expect(disk.exists(path(5)), "what is damaged is set aside, never dropped").toBe(true);
  });

  it("is found when it has the name of another", () => {
    disk.rename(path(5), path(7));
    expect(openOn(disk).damaged()).toEqual([
      {
        name: file(7),
        message: `The snapshot ${file(7)} is damaged at byte 0: it is one of position 5.`,
      },
    ]);
  });

  it("says in one sentence what it is", () => {
    const flipped = Uint8Array.from(whole);
    flipped[300]! ^= 1;
    const sentences = [
      new Uint8Array(0),
      Buffer.from("no snapshot at all"),
      whole.subarray(0, 100),
      flipped,
    ].map((bytes) => {
      replaceWhole(disk, path(5), bytes);
      return look(disk, 5).error?.message;
    });
    expect(sentences).toEqual([
      `The snapshot ${file(5)} is damaged at byte 0: it ends inside its head.`,
      `The snapshot ${file(5)} is damaged at byte 0: it does not begin as a snapshot does.`,
      `The snapshot ${file(5)} is damaged at byte 100: it ends inside a record.`,
      expect.stringMatching(/ is damaged at byte \d+: the checksum of a record does not fit\.$/),
    ]);
  });

  it("stays as it is, with all others, when it is another node's or a newer program's", () => {
    const foreign = [
      {
        owner: { ...owner, node: asNodeId("node-2") },
        kind: "foreign",
        words: "belongs to node-1, not to node-2",
      },
      { owner: { ...owner, cluster: "x" }, kind: "foreign", words: 'belongs to cluster "demo", not to "x"' },
    ];
    disk.open(`${path(9)}.tmp`, "create").close();
    const openAs = (owner: { node: ReturnType<typeof asNodeId>; cluster: string }) =>
      new FileSnapshotStore({ disk, dataDir, owner, now: () => 0 });
    for (const { owner, kind, words } of foreign) {
      expect(kindOf(() => openAs(owner))).toBe(kind);
      expect(() => openAs(owner)).toThrow(words);
    }
    const newer = Buffer.from(whole);
    newer.writeUInt32LE(2, 8);
    expect(look(disk, 5).error).toBe(null);
    replaceWhole(disk, path(5), withPrefixChecksum(newer));
    disk.open(`${path(9)}.tmp`, "create").close();
    expect(kindOf(() => openOn(disk))).toBe("newer_format");
    expect(() => openOn(disk)).toThrow(
      "has format 2 and this Lightcone reads up to 1; use the newer Lightcone",
    );
    expect(disk.list(`${dataDir}/snapshots`)).toEqual(["000000000005.snapshot", "000000000009.snapshot.tmp"]);
  });
});

function withPrefixChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
  return bytes;
}

/** One snapshot takes the place of another as the newest, and the older one goes. */
function replaceNewest(on: Disk): { finished: boolean } {
  const told = { finished: false };
  try {
    const store = openOn(on);
    const writer = store.begin(headAt(9));
    for (const row of rows) writer.add([row]);
    writer.finish();
    told.finished = true;
    store.prune(1);
  } catch (error) {
    expect(error).toBeInstanceOf(SnapshotError);
    expect((error as SnapshotError).kind).toBe("io");
  }
  return told;
}

const setAside = (on: Disk) => openOn(on).setAside(file(5));

function operationsOf(action: (disk: Disk) => unknown): number {
  const counting = new FailingDisk(
    disk.crash(() => 0),
    Infinity,
    "once",
  );
  action(counting);
  return counting.operations;
}

describe("a crash at any operation", () => {
  const before = rows.slice(0, 3);
  beforeEach(() => {
    write(openOn(disk), 5, before);
  });

  it("leaves the old snapshot or the new one, whole, and the new one once it was said to be there (P34)", () => {
    const total = operationsOf(replaceNewest);
    expect(total).toBeGreaterThan(9);
    for (let nth = 1; nth <= total; nth += 1) {
      for (const choice of [() => 0, () => 0.99, alternating(), alternating(1)]) {
        const start = disk.crash(() => 0);
        const { finished } = replaceNewest(new FailingDisk(start, nth, "for good"));
        const after = start.crash(choice);
        const store = openOn(after);
        const positions = store.list().map(({ position }) => position);
        expect(store.damaged()).toEqual([]);
        expect(positions.length).toBeGreaterThan(0);
        if (finished) expect(positions[0]).toBe(9);
        for (const position of positions)
          expect([...store.open(position).rows()]).toEqual(position === 9 ? rows : before);
        expect(after.list(`${dataDir}/snapshots`).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      }
    }
  });

  it("loses nothing of what is being set aside", () => {
    const total = operationsOf(setAside);
    for (let nth = 1; nth <= total; nth += 1) {
      for (const choice of [() => 0, () => 0.99, alternating(), alternating(1)]) {
        const start = disk.crash(() => 0);
        expect(kindOf(() => setAside(new FailingDisk(start, nth, "for good")))).toBe("io");
        const after = start.crash(choice);
        const aside = `${dataDir}/set-aside/2023-11-14T22-13-20Z-snapshot/000000000005.snapshot`;
        expect(after.exists(path(5)) || after.exists(aside)).toBe(true);
      }
    }
  });
});

describe("an operation that fails", () => {
  it("leaves no trace of the snapshot, and the next one succeeds", () => {
    write(openOn(disk), 5, rows);
    const total = operationsOf(replaceNewest);
    for (let nth = 1; nth <= total; nth += 1) {
      const on = disk.crash(() => 0);
      const { finished } = replaceNewest(new FailingDisk(on, nth, "once"));
      const store = openOn(on);
      if (!finished)
        expect(on.list(`${dataDir}/snapshots`), `operation ${nth}`).toEqual(["000000000005.snapshot"]);
      write(store, 9, rows);
      expect([...store.open(9).rows()]).toEqual(rows);
    }
  });
});

/** Every other thing that was not flushed survives. */
function alternating(from = 0): () => number {
  let n = from;
  return () => (n++ % 2 === 0 ? 0 : 0.99);
}
