import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batched } from "../../../../main/storage/clocks/batched.ts";
import { FileClockStore } from "../../../../main/storage/clocks/file-clock-store.ts";
import { FaultyDisk } from "../../../../main/storage/disk/faulty-disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import type { VectorClock } from "../../../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { eventually } from "../../../eventually.ts";
import { keepsNothing } from "../disk/choices.ts";
import { ioError, ScriptedStore } from "./scripted-store.ts";
import { noLock } from "./stores.ts";

const node = asNodeId("node-1");
const other = asNodeId("node-2");

/** Becomes true when the promise has settled. */
function watched(promise: void | Promise<void>) {
  const state = { isOver: false };
  const over = () => {
    state.isOver = true;
  };
  Promise.resolve(promise).then(over, over);
  return state;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("batched", () => {
  it("writes only the newest of all that come in one turn, and tells all of them", async () => {
    const store = new ScriptedStore();
    const subject = batched(store);
    const saves = [1, 2, 3].map((counter) => subject.save(node, { a: counter }));
    saves.push(subject.save(other, { b: 9 }));
    expect(store.calls).toEqual([]);
    await Promise.all(saves);
    expect(store.calls).toEqual(["save 3", "save 9"]);
  });

  it("resolves no save before its clock is kept, and those that came meanwhile with the next", async () => {
    const store = new ScriptedStore();
    store.isSlow = true;
    const subject = batched(store);
    const first = watched(subject.save(node, { a: 1 }));
    await eventually(() => expect(store.calls).toEqual(["save 1"]));
    const second = watched(subject.save(node, { a: 2 }));
    const third = watched(subject.save(node, { a: 3 }));
    await turn();
    expect(first.isOver).toBe(false);
    store.let();
    await eventually(() => expect(store.calls).toEqual(["save 1", "save 3"]));
    expect(first.isOver).toBe(true);
    await turn();
    expect([second.isOver, third.isOver]).toEqual([false, false]);
    store.let();
    await eventually(() => expect([second.isOver, third.isOver]).toEqual([true, true]));
    expect(store.kept.load(node)).toEqual({ a: 3 });
  });

  it("loads what was saved, kept already or not, and asks the store once", async () => {
    const store = new ScriptedStore();
    store.kept.save(other, { b: 1 });
    const subject = batched(store);
    const saved = subject.save(node, { a: 1 });
    expect(await subject.load(node)).toEqual({ a: 1 });
    expect(await subject.has(node)).toBe(true);
    const deleted = subject.delete(node);
    expect(await subject.load(node)).toBeNull();
    expect(await subject.has(node)).toBe(false);
    await Promise.all([saved, deleted]);
    expect(store.kept.has(node)).toBe(false);
    expect([await subject.load(other), await subject.load(other)]).toEqual([{ b: 1 }, { b: 1 }]);
    expect(store.calls.filter((call) => call === "load")).toEqual(["load"]);
  });

  it("does not give out, or go on with, what was loaded while something newer was saved", async () => {
    const store = new ScriptedStore();
    const found = Promise.withResolvers<VectorClock | null>();
    store.load = () => found.promise as never;
    const subject = batched(store);
    const loading = subject.load(node);
    const saved = subject.save(node, { a: 2 });
    found.resolve({ a: 1 });
    expect(await loading).toEqual({ a: 2 });
    expect(await subject.load(node)).toEqual({ a: 2 });
    await saved;
  });

  it("tells a failure to all that waited and to everyone after them", async () => {
    const store = new ScriptedStore();
    store.isSlow = true;
    store.failures = [null, ioError("EIO")];
    const subject = batched(store);
    const kept = subject.save(node, { a: 1 });
    await eventually(() => expect(store.calls).toEqual(["save 1"]));
    const failing = subject.save(node, { a: 2 });
    store.let();
    await kept;
    await eventually(() => expect(store.calls).toEqual(["save 1", "save 2"]));
    const waiting = subject.save(node, { a: 3 });
    store.let();
    const ends = await Promise.allSettled([failing, waiting]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(() => subject.save(node, { a: 4 })).toThrow("EIO");
    await expect(subject.load(node)).rejects.toThrow("EIO");
    expect(store.calls).toEqual(["save 1", "save 2"]);
    expect(store.kept.load(node)).toEqual({ a: 1 });
    await subject.close();
    expect(store.calls.at(-1)).toBe("close");
  });

  it("keeps what was saved before it closes the store", async () => {
    const store = new ScriptedStore();
    const subject = batched(store);
    const saved = watched(subject.save(node, { a: 1 }));
    await subject.close();
    expect(store.calls).toEqual(["save 1", "close"]);
    expect(saved.isOver).toBe(true);
  });

  it("refuses what is no clock without harm to the others", async () => {
    const store = new ScriptedStore();
    const subject = batched(store);
    const saved = subject.save(node, { a: 1 });
    expect(() => subject.save(node, { a: -1 })).toThrow("Not a vector clock");
    await saved;
    expect(store.kept.load(node)).toEqual({ a: 1 });
  });
});

it("a power cut at any flush takes nothing that somebody was told is kept (P1)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 14 }),
      async (groups, nth) => {
        const memory = new MemoryDisk();
        const disk = new FaultyDisk(memory);
        const subject = batched(new FileClockStore("/clocks", { disk, lock: noLock }));
        disk.arm({ kind: "fail", operation: "sync", nth, lasts: "always" });
        let counter = 0;
        let told = 0;
        const attempt = async (mine: number) => {
          await subject.save(node, { "node-1": mine });
          told = Math.max(told, mine);
        };
        for (const size of groups) {
          await Promise.allSettled(Array.from({ length: size }, () => attempt((counter += 1))));
        }
        const after = new FileClockStore("/clocks", { disk: memory.crash(keepsNothing), lock: noLock });
        expect(after.load(node)?.["node-1"] ?? 0).toBeGreaterThanOrEqual(told);
      },
    ),
  );
});
