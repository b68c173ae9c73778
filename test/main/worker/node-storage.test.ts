/** P1: a node that keeps its clock in another store than before goes on counting where it was. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loseClock } from "../../../main/lab/node-files.ts";
import { openNodeStorage } from "../../../main/worker/node-storage.ts";
import { parseNodeOptions } from "../../../main/worker/options.ts";
import { asNodeId } from "../../../shared/ids.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { Schema } from "../../../shared/runtime/schema.ts";

const node = asNodeId("node-1");
const nothing = () => undefined;
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "lightcone-node-storage-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** One life: with which clock it begins, what was said of it; it saves the one it is given, if any. */
async function live(clockStore: string, counter?: number, recovery = "rebuild") {
  const options = parseNodeOptions({ nodeId: node, dataDir, port: 0, clockStore, recovery });
  const storage = await openNodeStorage(
    options,
    node,
    new Schema(builtInModules),
    Date.now,
    nothing,
    nothing,
  );
  const { store, clocks, clock, lines } = storage;
  if (counter !== undefined) {
    const next = { ...clock, [node]: counter };
    if (clocks === null) store.commit({ transactions: [], events: [], operations: [], clock: next });
    else await clocks.save(node, next);
  }
  await storage.close();
  return { clock, said: lines.filter((line) => line.startsWith("The vector clock")) };
}

it("from node.db into a file and back, each time once", async () => {
  await live("sqlite", 12);
  expect(await live("file", 20)).toEqual({
    clock: { [node]: 12 },
    said: [
      "The vector clock lay in another store: it was taken over from there, with the node's own counter at 12.",
    ],
  });
  expect(await live("file", 30)).toEqual({ clock: { [node]: 20 }, said: [] });
  const back = await live("sqlite");
  expect(back.clock).toEqual({ [node]: 30 });
  expect(back.said).toHaveLength(1);
  expect(readdirSync(join(dataDir, "clocks")).filter((name) => name.includes("clock.json"))).toEqual([]);
  expect(await live("sqlite")).toEqual({ clock: { [node]: 30 }, said: [] });
});

it("where the one before is damaged, with a counter far ahead; `strict` refuses", async () => {
  await live("file", 12);
  writeFileSync(join(dataDir, "clocks", `${node}.clock.json`), "{");
  await expect(live("sqlite", undefined, "strict")).rejects.toThrow("nothing was changed");
  expect((await live("sqlite")).clock![node]).toBeGreaterThanOrEqual(1_000_000);
});

it("but without one where it was taken away, and where it is kept in memory only", async () => {
  await live("sqlite", 12);
  expect((await live("memory")).clock).toBeNull();
  loseClock(node, dataDir);
  expect((await live("file")).clock).toBeNull();
});
