import { beforeEach, describe, expect, it } from "vitest";
import { firstShown, hasNewer, RecordPager, type Shown } from "../../../renderer/storage/pager.ts";
import { isBehind, pageSize } from "../../../renderer/storage/pages.ts";
import type { NodeStorage, RecordView } from "../../../shared/contract/storage.ts";
import { recordOf, segmentOf, storageOf } from "./sample.ts";

const [one, two] = ["log/00000001.log", "log/00000002.log"];
let files: Map<string, RecordView[]>;
let shown: Shown;
let asked: number;
let failing: string | null;
/** Answers wait here while a test wants them to. */
let gate: Promise<void>;
let pager: RecordPager;

beforeEach(() => {
  files = new Map();
  shown = firstShown;
  failing = null;
  asked = 0;
  gate = Promise.resolve();
  pager = new RecordPager(
    (file) => async (after, limit) => {
      asked += 1;
      await gate;
      if (failing !== null) throw new Error(failing);
      const rest = files.get(file)!.filter((record) => after === null || isBehind(record, after));
      const page = rest.slice(0, limit);
      return { records: page, next: rest.length > limit ? page.at(-1)! : null };
    },
    (now) => {
      shown = now;
    },
  );
});

const placeOf = (position: number) => ({ offset: 64 + ((position - 1) % 250) * 100 });

/** A log of two files: positions 1 to 250, and from 251 on. */
function logUntil(last: number, changes: Partial<NodeStorage["log"]> = {}): NodeStorage {
  const records = Array.from({ length: last }, (_, index) =>
    recordOf(index + 1, { ...placeOf(index + 1), file: index < 250 ? one : two }),
  );
  files.set(one, records.slice(0, 250));
  files.set(two, records.slice(250));
  const segments = [segmentOf(1, 1, 250, 25_064), segmentOf(2, 251, last, 64 + (last - 250) * 100)];
  return storageOf(segments, changes);
}

const positions = () => {
  const { records } = shown.page;
  return [records[0]?.position, records.at(-1)?.position];
};

describe("what is looked at in a log", () => {
  it("is its end, and stays there while it grows, through a new file too", async () => {
    await pager.look(storageOf([segmentOf(1, 1, 0, 64)], {}));
    expect(shown.page.records).toEqual([]);
    await pager.look(logUntil(400));
    expect([shown.file, ...positions()]).toEqual([two, 301, 400]);
    await pager.look(logUntil(420));
    expect(positions()).toEqual([321, 420]);
  });

  it("leads back to the beginning and forth to the end, across files", async () => {
    await pager.look(logUntil(400));
    const seen = [positions()];
    for (let page = 0; page < 4; page++) {
      await pager.older();
      seen.push(positions());
    }
    expect(seen).toEqual([
      [301, 400],
      [251, 300],
      [151, 250],
      [51, 150],
      [1, 50],
    ]);
    expect(shown.page.isFirst).toBe(true);
    await pager.older();
    expect(positions()).toEqual([1, 50]);
    await pager.newer();
    await pager.newer();
    await pager.newer();
    expect([shown.file, ...positions()]).toEqual([two, 251, 350]);
    await pager.newer();
    expect(positions()).toEqual([351, 400]);
    expect(shown.page.isLast).toBe(true);
  });

  it("stays where a person looks while the log grows", async () => {
    await pager.look(logUntil(400));
    await pager.at(one, 64 + 100 * 100);
    expect(positions()).toEqual([101, 100 + pageSize]);
    await pager.look(logUntil(450));
    expect(positions()).toEqual([101, 100 + pageSize]);
    await pager.toEnd();
    pager.stay();
    await pager.look(logUntil(460));
    expect(positions()).toEqual([351, 450]);
    expect(hasNewer(shown, logUntil(460))).toBe(true);
    await pager.newer();
    expect(positions()).toEqual([451, 460]);
    expect(hasNewer(shown, logUntil(460))).toBe(false);
  });

  it("is the last page when a place behind all records is asked for", async () => {
    await pager.look(logUntil(400));
    await pager.at(one, 25_064);
    expect([shown.file, ...positions()]).toEqual([one, 151, 250]);
  });

  it("is read again when damage is found in it", async () => {
    await pager.look(logUntil(400));
    await pager.at(one, 64);
    const damage = { kind: "corrupt", file: one, offset: 264, length: 100, after: 2, before: 4 } as const;
    const broken = logUntil(400, { damage: [{ ...damage, message: "Its checksum does not fit." }] });
    files.get(one)![2] = recordOf(3, { problem: "Its checksum does not fit." });
    await pager.look(broken);
    expect(shown.page.records[2]).toMatchObject({ position: 3, problem: "Its checksum does not fit." });
    expect(positions()).toEqual([1, 100]);
  });

  it("is asked for once at a time while answers are slow, and what came meanwhile is there after", async () => {
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    const first = pager.look(logUntil(300));
    void pager.look(logUntil(310));
    void pager.look(logUntil(320));
    expect(asked).toBe(1);
    held.resolve();
    await first;
    await expect.poll(positions).toEqual([251, 320]);
  });

  it("drops what arrives for an older wish, and says why nothing could be read", async () => {
    await pager.look(logUntil(400));
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    const slow = pager.older();
    const wanted = pager.toStart();
    held.resolve();
    await Promise.all([slow, wanted]);
    expect([shown.file, ...positions()]).toEqual([one, 1, 100]);
    failing = "The file cannot be read.";
    await pager.newer();
    expect(shown.error).toBe("The file cannot be read.");
    expect(positions()).toEqual([1, 100]);
  });
});
