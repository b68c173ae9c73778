/** P1: with which clock a node begins, whatever its store says. */
import { expect, it } from "vitest";
import { MemoryClockStore } from "../../../main/storage/clocks/memory-clock-store.ts";
import { clockAtStart } from "../../../main/worker/clock-at-start.ts";
import { asNodeId } from "../../../shared/ids.ts";

const node = asNodeId("node-1");
const known = () => [{ "node-1": 20, "node-2": 5 }];

it("is never behind the log, as where the clock was in another store for a while", async () => {
  const clocks = new MemoryClockStore();
  clocks.save(node, { "node-1": 10, "node-3": 7 });
  const { clock, lines } = await clockAtStart(node, clocks, "strict", known);
  expect(clock).toEqual({ "node-1": 20, "node-2": 5, "node-3": 7 });
  expect(lines).toEqual([
    "The vector clock was older than the log: the node goes on from the newest of both, with its own counter at 20.",
  ]);
});

it("is the one that was saved where that is the newest", async () => {
  const clocks = new MemoryClockStore();
  clocks.save(node, { "node-1": 30, "node-2": 5 });
  const { clock, lines } = await clockAtStart(node, clocks, "strict", known);
  expect(clock).toEqual({ "node-1": 30, "node-2": 5 });
  expect(lines).toEqual([]);
});

it("is none where none was saved", async () => {
  expect(await clockAtStart(node, new MemoryClockStore(), "strict", known)).toEqual({
    clock: null,
    lines: [],
  });
});
