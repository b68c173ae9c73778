import { describe, expect, it } from "vitest";
import { retrying } from "../../../../main/storage/clocks/retrying.ts";
import { closedError, VectorClockStoreError } from "../../../../main/storage/clocks/vector-clock-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { eventually } from "../../../eventually.ts";
import { ioError, ScriptedStore } from "./scripted-store.ts";

const node = asNodeId("node-1");

function setUp(random = () => 1) {
  const store = new ScriptedStore();
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  return {
    store,
    waits,
    subject: retrying(store, { attempts: 4, firstWaitMs: 10, longestWaitMs: 30, random, wait }),
  };
}

describe("retrying", () => {
  it("answers at once where the store does and nothing fails", () => {
    const { store, subject, waits } = setUp();
    expect(subject.save(node, { a: 1 })).toBeUndefined();
    expect(subject.load(node)).toEqual({ a: 1 });
    expect(subject.has(node)).toBe(true);
    expect(subject.delete(node)).toBeUndefined();
    expect(store.calls).toEqual(["save 1", "load", "has", "delete"]);
    expect(waits).toEqual([]);
  });

  it("tries again with waits that double up to the longest, and are drawn below that", async () => {
    const { store, subject, waits } = setUp(() => 0.5);
    store.failures = [ioError("ENOSPC"), ioError("EIO"), ioError("SQLITE_BUSY")];
    await subject.save(node, { a: 1 });
    expect(waits).toEqual([5, 10, 15]);
    expect(store.kept.load(node)).toEqual({ a: 1 });
  });

  it("gives up, and says how often it tried", async () => {
    const { store, subject } = setUp();
    store.failures = Array.from({ length: 9 }, () => ioError("ENOSPC"));
    await expect(subject.save(node, { a: 1 })).rejects.toThrow("The disk refused. (ENOSPC) (tried 4 times)");
    expect(store.calls).toHaveLength(4);
    expect(store.kept.load(node)).toBeNull();
  });

  it.each([
    ["damage", new VectorClockStoreError("corrupt", "It is damaged.")],
    ["a closed store", closedError()],
    ["a programmer's error", new VectorClockStoreError("invalid", "Not a clock.")],
    ["another process", new VectorClockStoreError("locked", "It is in use.")],
    [
      "SQLite's disk: a second commit could report success for a first that is gone (P33)",
      ioError("SQLITE_IOERR_FSYNC"),
    ],
    ["what is no error of a store", new TypeError("x is undefined")],
  ])("does not try again after %s", (_, failure) => {
    const { store, subject, waits } = setUp();
    store.failures = [failure];
    expect(() => subject.save(node, { a: 1 })).toThrow(failure);
    expect(waits).toEqual([]);
  });

  it("stops trying when a later failure is none that may pass", async () => {
    const { store, subject } = setUp();
    store.failures = [ioError("EIO"), closedError()];
    await expect(subject.save(node, { a: 1 })).rejects.toMatchObject({ kind: "closed" });
    expect(store.calls).toHaveLength(2);
  });

  it("keeps the order: a newer clock waits behind an older one that is tried again", async () => {
    const { store, subject } = setUp();
    store.failures = [ioError("EIO"), ioError("EIO")];
    const first = subject.save(node, { a: 1 });
    const second = subject.save(node, { a: 2 });
    const loaded = subject.load(node);
    expect(store.calls).toEqual(["save 1"]);
    await Promise.all([first, second]);
    expect(await loaded).toEqual({ a: 2 });
    expect(store.calls).toEqual(["save 1", "save 1", "save 1", "save 2", "load"]);
  });

  it("keeps the order of a store that answers late", async () => {
    const { store, subject } = setUp();
    store.isSlow = true;
    store.failures = [ioError("EIO")];
    const first = subject.save(node, { a: 1 });
    const second = subject.save(node, { a: 2 });
    for (const calls of [["save 1"], ["save 1", "save 1"], ["save 1", "save 1", "save 2"]]) {
      await eventually(() => expect(store.calls).toEqual(calls));
      store.let();
    }
    await first;
    await second;
    expect(store.kept.load(node)).toEqual({ a: 2 });
  });

  it("a failure of one call is not told to the next", async () => {
    const { store, subject } = setUp();
    store.failures = [ioError("EIO"), ioError("EIO"), ioError("EIO"), ioError("EIO"), null];
    const saves = await Promise.allSettled([subject.save(node, { a: 1 }), subject.save(node, { a: 2 })]);
    expect(saves.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(subject.save(node, { a: 3 }), "and then it answers at once again").toBeUndefined();
  });

  it("never tries again after close, and closes the store when nothing is under way", async () => {
    const store = new ScriptedStore();
    const subject = retrying(store, { firstWaitMs: 60_000, longestWaitMs: 60_000, random: () => 1 });
    store.failures = [ioError("EIO")];
    const saved = subject.save(node, { a: 1 });
    const closed = subject.close();
    await expect(saved).rejects.toMatchObject({ kind: "closed" });
    await closed;
    expect(store.calls).toEqual(["save 1", "close"]);
  });
});
