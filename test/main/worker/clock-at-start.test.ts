/** P1: with which clock a node begins, whatever its store says. */
import { expect, it } from "vitest";
import { MemoryClockStore } from "../../../main/storage/clocks/memory-clock-store.ts";
import { around } from "../../../main/storage/clocks/wrapper.ts";
import type { VectorClockStore } from "../../../main/storage/clocks/vector-clock-store.ts";
import { clockAtStart } from "../../../main/worker/clock-at-start.ts";
import { asNodeId } from "../../../shared/ids.ts";

const node = asNodeId("node-1");
const known = () => [{ "node-1": 20, "node-2": 5 }];
const start = (store: VectorClockStore, former: VectorClockStore | null = null) =>
  clockAtStart(node, "strict", { store, former, known, keep: (clock) => store.save(node, clock) });

it("is never behind the log, as where the clock was in another store for a while", async () => {
  const clocks = new MemoryClockStore();
  clocks.save(node, { "node-1": 10, "node-3": 7 });
  const { clock, lines } = await start(clocks);
  expect(clock).toEqual({ "node-1": 20, "node-2": 5, "node-3": 7 });
  expect(lines).toEqual([
    "The vector clock was older than the log: the node goes on from the newest of both, with its own counter at 20.",
  ]);
});

it("is the one that was saved where that is the newest", async () => {
  const clocks = new MemoryClockStore();
  clocks.save(node, { "node-1": 30, "node-2": 5 });
  const { clock, lines } = await start(clocks);
  expect(clock).toEqual({ "node-1": 30, "node-2": 5 });
  expect(lines).toEqual([]);
});

it("is none where none was saved", async () => {
  expect(await start(new MemoryClockStore())).toEqual({
    clock: null,
    lines: [],
  });
});

it("is taken over from the store that was configured before, which has it until the new one does", async () => {
  const calls: string[] = [];
  const noting = (name: string) =>
    around(new MemoryClockStore(), ({ operation }, action) => {
      calls.push(`${operation} ${name}`);
      return action();
    });
  const [store, former] = [noting("new"), noting("former")];
  await former.save(node, { "node-1": 30, "node-3": 7 });
  calls.length = 0;
  const { clock, lines } = await start(store, former);
  expect(clock).toEqual({ "node-1": 30, "node-2": 5, "node-3": 7 });
  expect(calls).toEqual(["load new", "load former", "save new", "delete former"]);
  expect(await store.load(node)).toEqual(clock);
  expect(await former.has(node)).toBe(false);
  expect(lines).toEqual([
    "The vector clock lay in another store: it was taken over from there, with the node's own counter at 30.",
  ]);
});
