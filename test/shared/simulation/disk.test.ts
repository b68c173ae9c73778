/** What a crash, a full disk, rot and an old disk do to a node, and what its next start says of it. */
import { describe, expect, it } from "vitest";
import type { Output } from "../../../shared/replica/types.ts";
import { SimulatedDisk } from "../../../shared/simulation/disk.ts";
import { asKey } from "../../../shared/ids.ts";
import { node, SimulatedLab } from "./lab.ts";

/** Ready, and done with meeting each other. */
function cluster(options: { readonly seed?: number; readonly clocks?: "memory" } = {}): SimulatedLab {
  const { seed = 1, clocks = "durable" } = options;
  const lab = SimulatedLab.ready(3, { seed, scenario: { cluster: { nodes: ["A", "B", "C"], clocks } } });
  lab.run(150);
  return lab;
}

const kill = (name: string) => ({ name: "kill", value: node(name) }) as const;
const restart = (name: string, clock: "keep" | "lose" = "keep") =>
  ({ name: "restart", value: { node: node(name), clock } }) as const;
const disk = (name: string, value: object) =>
  ({ name: "disk", value: { node: node(name), ...value } }) as const;
/** Detail of the "start" event of the life just begun. */
function startOf(lab: SimulatedLab, name: string) {
  lab.run(5);
  return lab.lane(name).findLast((event) => event.name === "start")?.detail;
}
const exitOf = (lab: SimulatedLab, name: string) =>
  lab.lane("lab").findLast((event) => event.name === "exited" && event.detail?.["node"] === name)?.detail;

/** Kills C while it is flushing its copy of a write, and starts it again. */
function crashInFlush(lab: SimulatedLab, key: string): void {
  lab.act(disk("C", { slow: 40 }));
  lab.call("A", { op: "put", key, value: "v" });
  // C has received the write and is busy with it: nothing of it may be in the trace yet.
  lab.run(15);
  expect(lab.lane("C").filter((event) => event.key === key)).toEqual([]);
  lab.act(kill("C"));
  lab.act(disk("C", { slow: 0 }));
}

describe("a crash in the middle of a commit", () => {
  it("keeps the commit whole or loses it whole, and never acknowledges it", () => {
    const seen = new Set<boolean>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const lab = cluster({ seed });
      const at = lab.events.length;
      crashInFlush(lab, "k");
      const isStored = lab.world.machines.get(node("C")).disk.keys.has(asKey("k"));
      const ofC = lab.events.slice(at).filter((event) => event.node === "C" && event.key === "k");
      expect(
        ofC.some((event) => event.name === "stored"),
        "kept means recorded",
      ).toBe(isStored);
      expect(
        lab
          .lane("A")
          .some((event) => event.type === "receive" && event.name === "REPLICATE_ACK" && event.peer === "C"),
      ).toBe(false);
      seen.add(isStored);
    }
    expect(seen).toEqual(new Set([true, false]));
  });

  it("tears the commit when the power goes; the next start finds it torn and drops it", () => {
    const lab = cluster();
    lab.act(disk("C", { tear: true }));
    crashInFlush(lab, "k");
    expect(lab.world.machines.get(node("C")).disk.keys.has(asKey("k"))).toBe(false);
    expect(lab.act(restart("C"))).toBeUndefined();
    const notes = lab.lane("lab").filter((event) => event.name === "note");
    expect(notes.map((event) => event.detail)).toEqual([
      { text: "C found its last commit torn in two and dropped it." },
    ]);
    expect(startOf(lab, "C")).toMatchObject({ clock: "restored", keys: 0 });
  });
});

const output = (index: number | null): Output => ({
  records: index === null ? [] : [{ kind: "incarnation", incarnation: index }],
  messages: [],
  replies: [],
  answers: [],
  calls: [],
  events: [],
  operations: [],
});

describe("what was flushed", () => {
  it("survives a power cut; clock and operations since then do not", () => {
    const store = new SimulatedDisk(() => 0.9);
    store.commit([output(1)], { A: 5 }, true);
    store.commit([output(null)], { A: 9 }, false);
    store.willTear = true;
    expect(store.crash(null, { A: 9 })).toBeNull();
    expect(store.restore(true)).toMatchObject({ clock: { A: 5 }, incarnation: 1 });
  });

  it("is in the page cache when only the process dies", () => {
    const store = new SimulatedDisk(() => 0.9);
    store.commit([], { A: 9 }, false);
    store.crash(null, { A: 9 });
    expect(store.restore(true)).toMatchObject({ clock: { A: 9 } });
  });
});

describe("a full disk", () => {
  it("ends the node at its next commit, with nothing said, and holds up its restart until there is space", () => {
    const lab = cluster();
    lab.act(disk("C", { full: true }));
    const before = lab.lane("C").length;
    lab.until(() => lab.world.machines.get(node("C")).status === "failed");
    expect(lab.lane("C").length).toBe(before);
    expect(exitOf(lab, "C")).toEqual({ node: "C", code: 1, signal: null, expected: false });
    expect(lab.put("A", "k", "v").ok).toBe(true);
    expect(lab.act(restart("C"))).toMatch(/C did not start: .*disk is full/);
    lab.act(disk("C", { full: false }));
    expect(lab.act(restart("C"))).toBeUndefined();
    lab.until(() => lab.settled(["A", "B", "C"]));
  });
});

describe("bit rot", () => {
  it("is found at the next start, which refuses and says so, until the node is wiped", () => {
    const lab = cluster();
    lab.put("A", "k", "v");
    lab.run(100);
    expect(lab.act(disk("C", { rot: 1 }))).toBeUndefined();
    expect(lab.get("C", "k")).toMatchObject({ ok: true, values: ["v"] });
    expect(lab.act(restart("C"))).toBe(
      'C did not start: node.db is damaged (the value of key "k"); restore a copy, or wipe the node and let it start empty.',
    );
    expect(lab.act({ name: "wipe", value: node("C") })).toBeUndefined();
    expect(lab.act(restart("C"))).toBeUndefined();
    expect(startOf(lab, "C")).toMatchObject({ clock: "new", keys: 0 });
  });

  it("cannot befall more values than there are", () => {
    expect(cluster().act(disk("A", { rot: 1 }))).toMatch(/A stores fewer than 1 values/);
  });
});

describe("a slow disk", () => {
  it("holds back what needs a flush for so long", () => {
    const lab = cluster();
    for (const name of ["A", "B", "C"]) lab.act(disk(name, { slow: 50 }));
    const { id } = lab.call("A", { op: "put", key: "k", value: "v" });
    expect(lab.until(() => lab.answers.has(id))).toBeGreaterThan(100);
    lab.run(500);
    const get = lab.call("A", { op: "get", key: "k" });
    expect(lab.until(() => lab.answers.has(get.id))).toBeLessThan(10);
  });
});

describe("an older disk", () => {
  it("comes back with what it held at the snapshot, and lives go on counting", () => {
    const lab = cluster();
    lab.put("A", "old", "1");
    lab.run(100);
    lab.world.keepDisks("before");
    lab.put("A", "new", "2");
    lab.run(100);
    const life = lab.world.machines.get(node("C")).process!.life;
    lab.act(kill("C"));
    expect(lab.act({ name: "old-disk", value: { node: node("C"), of: "never" } })).toMatch(
      /no snapshot "never"/,
    );
    expect(lab.act({ name: "old-disk", value: { node: node("C"), of: "before" } })).toBeUndefined();
    const { disk: store } = lab.world.machines.get(node("C"));
    expect([...store.keys.keys()]).toEqual(["old"]);
    lab.act(restart("C"));
    expect(lab.world.machines.get(node("C")).process!.life).toBeGreaterThan(life);
    expect(startOf(lab, "C")).toMatchObject({ clock: "restored", keys: 1 });
  });

  it("is not put under a running node", () => {
    const lab = cluster();
    lab.world.keepDisks("now");
    expect(lab.act({ name: "old-disk", value: { node: node("C"), of: "now" } })).toMatch(
      /C is running: stop or kill it/,
    );
    expect(lab.act({ name: "wipe", value: node("C") })).toMatch(/C is running/);
  });
});

describe("a clock", () => {
  it("is lost with the restart that says so, and in every crash when it lives in memory", () => {
    const lab = cluster();
    lab.put("A", "k", "v");
    lab.act(kill("A"));
    lab.act(restart("A", "lose"));
    expect(startOf(lab, "A")).toMatchObject({ clock: "lost", keys: 1 });

    const forgetful = cluster({ clocks: "memory" });
    forgetful.put("A", "k", "v");
    forgetful.act(restart("A"));
    expect(startOf(forgetful, "A")).toMatchObject({ clock: "lost", clockStore: "memory" });
  });
});
