/** Disks of real nodes, broken through the contract as a window would. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandResults } from "../../../shared/contract/contract.ts";
import type { RecordView } from "../../../shared/contract/storage.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { eventually, isRunning, RunningLab } from "./running-lab.ts";

const three = ["node-1", "node-2", "node-3"];

describe("a cluster whose disks are broken on purpose", () => {
  let lab: RunningLab;
  beforeAll(async () => {
    lab = await RunningLab.start();
  });
  afterAll(() => lab.close());

  /** The first event of the node's present life, once it has arrived. */
  async function startOf(id: string): Promise<RecordedEvent> {
    return eventually(async () => {
      const { life } = await lab.node(id);
      const start = (await lab.recorded()).find((event) => event.node === id && event.life === life);
      expect(start).toMatchObject({ seq: 1, name: "start" });
      return start!;
    });
  }

  const put = (key: string, value: string, w = 3) => lab.call("data.put", { node: "node-1", key, value, w });
  const get = async (key: string, node: string) =>
    (await lab.call("data.get", { node, key, r: 3 })).values.map(({ value }) => value);

  /** Every record of a node's log. */
  async function recordsOf(node: string): Promise<RecordView[]> {
    const { log } = await lab.call("node.storage", { node });
    const all: RecordView[] = [];
    for (const { file } of log.segments) {
      let after: { offset: number; ordinal: number } | null = null;
      do {
        const page: CommandResults["node.records"] = await lab.call("node.records", {
          node,
          file,
          limit: 50,
          ...(after !== null && { after }),
        });
        all.push(...page.records);
        after = page.next;
      } while (after !== null);
    }
    return all;
  }

  /** Breaks the record of this key that is not the last in the log. */
  async function breakRecordOf(node: string, key: string): Promise<void> {
    const record = (await recordsOf(node)).findLast((one) => one.key === key && one.table === "keys");
    expect(record, `${key} in the log of ${node}`).toBeDefined();
    const { file, offset } = record!;
    await lab.call("disk.damage", { node, damage: { kind: "record", file, offset } });
  }

  it("tells of the storage of a node that runs and of one that does not", async () => {
    await put("shown", "1");
    const live = await lab.call("node.storage", { node: "node-2" });
    expect(live).toMatchObject({ node: "node-2", source: "live", copies: [], faults: [] });
    expect(live.kinds).toMatchObject({
      log: "sqlite",
      sync: "commit",
      recovery: "rebuild",
      clocks: "sqlite",
    });
    expect(live.log.damage).toEqual([]);
    expect(live.log.durable).toBeLessThanOrEqual(live.log.last);
    await lab.call("node.kill", { node: "node-2" });
    const files = await lab.call("node.storage", { node: "node-2" });
    expect(files).toMatchObject({ source: "files", log: { damage: [], durable: null } });
    expect(files.log.last).toBeGreaterThanOrEqual(live.log.last);
    expect(files.clock.value).toMatchObject({ "node-2": expect.any(Number) });
    const record = (await recordsOf("node-2")).findLast(({ key }) => key === "shown");
    expect(record).toMatchObject({ module: "kv", table: "keys", origin: expect.any(String), problem: null });
    await lab.call("undo", {});
    await lab.untilAlive(three);
  });

  it("a record that is broken is found at the start, and the data comes from the others", async () => {
    await put("broken", "sound");
    await put("after", "1");
    await lab.call("node.kill", { node: "node-3" });
    await breakRecordOf("node-3", "broken");
    expect((await lab.acts("damage")).at(-1)!.detail).toMatchObject({ node: "node-3", kind: "record" });
    const { log } = await lab.call("node.storage", { node: "node-3" });
    expect(log.damage).toHaveLength(1);

    await lab.call("node.restart", { node: "node-3" });
    expect((await startOf("node-3")).detail).toMatchObject({ keys: 0, clock: "restored" });
    const { life } = await lab.node("node-3");
    await eventually(async () =>
      expect(
        (await lab.recorded()).some(
          ({ node, name, detail, life: of }) =>
            node === "node-3" &&
            of === life &&
            name === "move" &&
            detail!["kind"] === "rebuild" &&
            detail!["phase"] === "done",
        ),
      ).toBe(true),
    );
    expect(await get("broken", "node-3")).toEqual(["sound"]);
    const after = await lab.call("node.storage", { node: "node-3" });
    expect(after.log.damage).toEqual([]);
    expect(after.setAside.length).toBeGreaterThan(0);
    expect(after.recovery.join(" ")).not.toBe("");
    await lab.untilAlive(three);
  });

  it("a strict node says where the damage is and does not start; the bytes put back, it does", async () => {
    await put("strict", "sound");
    await put("after", "3");
    await lab.call("node.kill", { node: "node-3" });
    const before = await recordsOf("node-3");
    await breakRecordOf("node-3", "strict");
    await expect(
      lab.call("node.restart", { node: "node-3", storage: { recovery: "strict" } }),
    ).rejects.toMatchObject({ code: "node_failed" });
    const failed = await lab.node("node-3");
    expect(failed).toMatchObject({ status: "failed", storage: { recovery: "strict" } });
    expect(failed.error).toMatch(/transaction/);
    expect((await lab.call("undo", {})).undone).toMatch(/^Put .* of node-3 right$/);
    expect(await recordsOf("node-3")).toEqual(before);
    await lab.call("node.restart", { node: "node-3" });
    expect(await lab.node("node-3")).toMatchObject({ status: "running", storage: { recovery: "strict" } });
    await lab.call("node.restart", { node: "node-3", storage: { recovery: "rebuild" } });
    await lab.untilAlive(three);
  });

  it("an old disk is put back while the node is down, and taken out again by undo", async () => {
    await put("old", "1");
    expect(await lab.call("disk.copy", { node: "node-3" })).toEqual({ label: "copy-1" });
    expect((await lab.node("node-3")).status).toBe("running");
    await put("new", "1");
    await expect(lab.call("disk.putBack", { node: "node-3", label: "copy-1" })).rejects.toMatchObject({
      code: "wrong_state",
    });
    await lab.call("node.kill", { node: "node-3" });
    const newest = await recordsOf("node-3");
    await lab.call("disk.putBack", { node: "node-3", label: "copy-1" });
    expect((await recordsOf("node-3")).some(({ key }) => key === "new")).toBe(false);
    expect((await lab.acts("old-disk")).at(-1)!.detail).toEqual({ node: "node-3", of: "copy-1" });
    expect(await lab.call("undo", {})).toEqual({ undone: "Give node-3 its newest disk back" });
    expect(await recordsOf("node-3")).toEqual(newest);
    await lab.call("disk.putBack", { node: "node-3", label: "copy-1" });
    await lab.call("node.restart", { node: "node-3" });
    expect((await lab.call("node.storage", { node: "node-3" })).copies).toMatchObject([{ label: "copy-1" }]);
    expect(await get("new", "node-3")).toEqual(["1"]);
    await lab.untilAlive(three);
  });

  it("a slow disk is slow until it is healed, and says so meanwhile", async () => {
    await lab.call("disk.fault", { node: "node-2", fault: { kind: "slow", ms: 30 } });
    expect((await lab.acts("disk")).at(-1)!.detail).toEqual({ node: "node-2", slow: 30 });
    expect((await lab.call("node.storage", { node: "node-2" })).faults).toHaveLength(1);
    expect(await lab.call("undo", {})).toEqual({ undone: "Heal the disk of node-2" });
    expect((await lab.call("node.storage", { node: "node-2" })).faults).toEqual([]);
    expect((await lab.acts("disk")).at(-1)!.detail).toEqual({ node: "node-2", heal: true });
  });

  it.each([
    ["a flush fails", { kind: "fail", operation: "sync", nth: 1, lasts: "once" }],
    ["the disk is full", { kind: "full" }],
  ] as const)("when %s the node acknowledges nothing more, says so and ends", async (_, fault) => {
    const pid = await lab.pidOf("node-3");
    await lab.call("disk.fault", { node: "node-3", fault });
    await put("while broken", "1", 2);
    await eventually(async () => expect((await lab.node("node-3")).status).toBe("failed"));
    expect((await lab.node("node-3")).error).toMatch(/nothing more is acknowledged/);
    expect(isRunning(pid)).toBe(false);
    expect((await lab.acts("exited")).at(-1)!.detail).toMatchObject({
      node: "node-3",
      code: 1,
      expected: false,
    });
    await lab.call("node.restart", { node: "node-3" });
    await lab.untilAlive(three);
    expect(await get("while broken", "node-3")).toEqual(["1"]);
  });

  it("a power cut takes nothing that was acknowledged; undo starts the node again", async () => {
    await put("flushed", "1");
    await lab.call("disk.fault", { node: "node-3", fault: { kind: "power-cut" } });
    expect(await lab.node("node-3")).toMatchObject({ status: "killed", pid: null });
    expect((await lab.acts("exited")).at(-1)!.detail).toMatchObject({ node: "node-3", expected: true });
    expect((await recordsOf("node-3")).some(({ key }) => key === "flushed")).toBe(true);
    expect(await lab.call("undo", {})).toEqual({ undone: "Restart node-3" });
    await lab.untilAlive(three);
  });

  it("says what to do where nothing can be broken", async () => {
    await lab.call("node.kill", { node: "node-2" });
    const { dataDir } = await lab.node("node-2");
    const size = readFileSync(join(dataDir, "node.db")).length;
    const flip = (file: string, offset: number) =>
      lab.call("disk.damage", { node: "node-2", damage: { kind: "flip-bit", file, offset, bit: 0 } });
    await expect(flip("node.db", size)).rejects.toThrow(`node.db has ${size} bytes`);
    await expect(flip("../node-1/node.db", 0)).rejects.toThrow("is not in the data directory");
    await expect(flip("nothing", 0)).rejects.toThrow("look at the storage again");
    await expect(lab.call("disk.fault", { node: "node-2", fault: { kind: "full" } })).rejects.toThrow(
      "node-2 is killed: only a running node's disk can be broken this way.",
    );
    await expect(lab.call("disk.putBack", { node: "node-2", label: "never" })).rejects.toThrow(
      "take one first",
    );
    await expect(lab.call("node.records", { node: "node-2", file: "node.db", limit: 5 })).rejects.toThrow(
      "holds no log",
    );
    await expect(lab.lab.dispatch("disk.copy", { node: "node-2", label: "../x" })).rejects.toMatchObject({
      code: "bad_input",
    });
    expect(await lab.acts("damage")).toHaveLength(2);
    await lab.call("node.restart", { node: "node-2" });
    await lab.untilAlive(three);
  });
});

it("a cluster keeps what it knows as it is told, and each node as it is told after that", async () => {
  const lab = await RunningLab.start({ nodes: 1, storage: { log: "file" } });
  try {
    expect((await lab.node("node-1")).storage).toMatchObject({ log: "file", snapshots: "sqlite" });
    await lab.call("cluster.new", {
      nodes: 1,
      preset: "lab",
      clockStore: "file",
      storage: { snapshots: "file", sync: "off" },
    });
    expect(await lab.node("node-1")).toMatchObject({
      clockStore: "file",
      storage: { log: "file", snapshots: "file", sync: "off", recovery: "rebuild" },
    });
    await lab.call("data.put", { node: "node-1", key: "k", value: "v" });
    const { log, kinds } = await lab.call("node.storage", { node: "node-1" });
    expect(kinds).toEqual({
      log: "file",
      snapshots: "file",
      sync: "off",
      recovery: "rebuild",
      clocks: "file",
    });
    expect(log.segments.map(({ file }) => file)).toEqual(["log/00000001.log"]);
    await lab.call("node.restart", { node: "node-1", storage: { sync: "group" } });
    expect((await lab.node("node-1")).storage).toMatchObject({ log: "file", sync: "group" });
    expect((await lab.call("data.get", { node: "node-1", key: "k" })).values).toMatchObject([{ value: "v" }]);
  } finally {
    await lab.close();
  }
});
