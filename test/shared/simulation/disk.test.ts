/** What a crash, a full disk, rot and an old disk do to a node, and what its next start says of it. */
import { describe, expect, it } from "vitest";
import type { Output, Restored } from "../../../shared/replica/types.ts";
import { createRandom as seeded } from "../../../shared/replica/random.ts";
import type { ScenarioSource } from "../../../shared/scenario/schema.ts";
import { SimulatedDisk } from "../../../shared/simulation/disk.ts";
import { node, SimulatedLab } from "./lab.ts";

/** Ready, and done with meeting each other. */
function cluster(
  options: Pick<ScenarioSource["cluster"], "clocks" | "storage"> & { readonly seed?: number } = {},
): SimulatedLab {
  const { seed = 1, ...more } = options;
  const lab = SimulatedLab.ready(3, { seed, scenario: { cluster: { nodes: ["A", "B", "C"], ...more } } });
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
      const isStored = lab.world.machines.get(node("C")).disk.tables.row("kv", "keys", "k") !== undefined;
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
    expect(lab.world.machines.get(node("C")).disk.tables.row("kv", "keys", "k") !== undefined).toBe(false);
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

function restored(store: SimulatedDisk): Restored {
  const found = store.restore(true, { mode: "rebuild", hasPeers: true });
  if (typeof found === "string") throw new Error(found);
  return found.restored;
}

describe("what was flushed", () => {
  it("survives a power cut; clock and operations since then do not", () => {
    const store = new SimulatedDisk(() => 0.9);
    store.commit([output(1)], { A: 5 }, true);
    store.commit([output(null)], { A: 9 }, false);
    store.willTear = true;
    expect(store.crash(null, { A: 9 })).toBeNull();
    expect(restored(store)).toMatchObject({ clock: { A: 5 }, incarnation: 1 });
  });

  it("is in the page cache when only the process dies", () => {
    const store = new SimulatedDisk(() => 0.9);
    store.commit([], { A: 9 }, false);
    store.crash(null, { A: 9 });
    expect(restored(store)).toMatchObject({ clock: { A: 9 } });
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

/** C has what A and B have of "k", and then it rots. */
function rotten(recovery?: "strict" | "salvage" | "truncate"): SimulatedLab {
  const storage = recovery === undefined ? {} : { storage: { recovery } };
  const lab = cluster(storage);
  for (const key of ["j", "k", "l"]) lab.put("A", key, "v");
  lab.run(100);
  lab.act(disk("C", { rot: 1 }));
  return lab;
}
const heldBy = (lab: SimulatedLab, name: string) =>
  Array.from(lab.world.machines.get(node(name)).disk.tables.rows("kv", "keys"), ({ key }) => key);
const notes = (lab: SimulatedLab) =>
  lab.lane("lab").flatMap(({ name, detail }) => (name === "note" ? [detail!["text"]] : []));

describe("bit rot", () => {
  it("is found at the next start: what the node had is fetched from the others before it counts again", () => {
    const lab = rotten();
    expect(lab.get("C", "k")).toMatchObject({ ok: true, values: ["v"] });
    lab.act(kill("C"));
    lab.act({ name: "partition", value: { groups: [[node("C")], [node("A"), node("B")]] } });
    expect(lab.act(restart("C"))).toBeUndefined();
    expect(notes(lab)).toEqual([
      expect.stringMatching(
        /^C found damage \(the value of key ".*"\), dropped its data and fetches it from the others\.$/,
      ),
    ]);
    expect(startOf(lab, "C")).toMatchObject({ clock: "restored", keys: 0 });
    expect(lab.get("C", "k")).toMatchObject({ ok: false });
    lab.act({ name: "heal", value: "all" });
    const { replica } = lab.world.machines.get(node("C")).process!;
    lab.until(() => replica.topology.nodes.every(({ phase }) => phase === "serving"));
    expect(heldBy(lab, "C").sort()).toEqual(["j", "k", "l"]);
    expect(lab.get("C", "k")).toMatchObject({ ok: true, values: ["v"] });
  });

  it("is refused in mode strict, until the node is wiped", () => {
    const lab = rotten("strict");
    expect(lab.act(restart("C"))).toMatch(
      /^C did not start: node.db is damaged \(the value of key ".*"\); restore a copy, or wipe the node and let it start empty.$/,
    );
    expect(lab.act({ name: "wipe", value: node("C") })).toBeUndefined();
    expect(lab.act(restart("C"))).toBeUndefined();
    expect(startOf(lab, "C")).toMatchObject({ clock: "new", keys: 0 });
  });

  it("is refused, too, where nobody could be asked", () => {
    const lab = SimulatedLab.ready(["A"]);
    lab.put("A", "k", "v");
    lab.act(disk("A", { rot: 1 }));
    expect(lab.act(restart("A"))).toMatch(/A did not start: node.db is damaged/);
  });

  it("is left out in mode salvage, and cut off with all that came after in mode truncate", () => {
    const salvaged = rotten("salvage");
    salvaged.act(restart("C"));
    expect(notes(salvaged)).toEqual([expect.stringMatching(/left that out and goes on\.$/)]);
    expect(startOf(salvaged, "C")).toMatchObject({ clock: "restored", keys: 2 });

    const cut = rotten("truncate");
    const before = heldBy(cut, "C");
    cut.act(kill("C"));
    cut.act(disk("C", { rot: 3 }));
    cut.act(restart("C"));
    expect(notes(cut)).toEqual([expect.stringMatching(/goes on with what was written before it\.$/)]);
    expect(before).toHaveLength(3);
    expect(startOf(cut, "C")).toMatchObject({ keys: 0 });
  });

  it("cannot befall more values than there are", () => {
    expect(cluster().act(disk("A", { rot: 1 }))).toMatch(/A stores fewer than 1 values/);
  });
});

/** Five tries to write, of which the third meets a fault. */
function tries(lasts: "once" | "always"): (string | null)[] {
  const store = new SimulatedDisk(() => 0.5);
  store.fail({ operation: "write", nth: 3, lasts });
  store.fail({ operation: "rename", nth: 1, lasts });
  return Array.from({ length: 5 }, () => store.problemOf("write"));
}

/** How many of ten acknowledged writes are there after a restart, without flushes. */
function survivors(tear: boolean): number {
  const lab = SimulatedLab.ready(["A"], {
    scenario: { cluster: { nodes: ["A"], storage: { sync: "off" } } },
  });
  for (let i = 0; i < 10; i += 1) expect(lab.put("A", `k${i}`, "v").ok).toBe(true);
  if (tear) lab.act(disk("A", { tear }));
  lab.act(restart("A"));
  return heldBy(lab, "A").length;
}

describe("an operation that fails", () => {
  it("ends the node with nothing said, and nothing acknowledged is lost", () => {
    for (const operation of ["write", "sync"] as const) {
      for (let nth = 1; nth <= 8; nth += 1) {
        const lab = cluster({ seed: nth });
        lab.act(disk("C", { fail: { operation, nth, lasts: "once" } }));
        const written: string[] = [];
        for (let i = 0; i < 20 && lab.world.machines.get(node("C")).status === "running"; i += 1) {
          const { id } = lab.call("C", { op: "put", key: `k${i}`, value: "v" });
          lab.run(300);
          if (lab.answers.get(id)?.ok === true) written.push(`k${i}`);
        }
        expect(exitOf(lab, "C"), `${operation} ${nth}`).toMatchObject({ code: 1, expected: false });
        expect(lab.act(restart("C"))).toBeUndefined();
        lab.until(() => lab.settled(["A", "B", "C"]));
        for (const key of written) expect(lab.get("C", key)).toMatchObject({ ok: true, values: ["v"] });
      }
    }
  });

  it("leaves a commit whole or not at all when it was the flush: nobody can say which", () => {
    const seen = new Set<boolean>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const store = new SimulatedDisk(seeded(seed));
      store.fail({ operation: "sync", nth: 1, lasts: "always" });
      expect(store.problemOf("write")).toBeNull();
      expect(store.problemOf("sync")).toBe("a flush failed");
      store.ended([output(7)], { A: 1 });
      seen.add(restored(store).incarnation === 7);
      expect(store.problemOf("sync"), "the fault ends with the process").toBeNull();
    }
    expect(seen).toEqual(new Set([true, false]));
  });

  it("fails once, or from then on", () => {
    expect(tries("once")).toEqual([null, null, "a write failed", null, null]);
    expect(tries("always")).toEqual([null, null, "a write failed", "a write failed", "a write failed"]);
  });
});

describe("a disk that is not flushed", () => {
  it("loses acknowledged writes to a power cut, and none to a kill", () => {
    expect(survivors(false)).toBe(10);
    expect(survivors(true)).toBeLessThan(10);
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
    expect(Array.from(store.tables.rows("kv", "keys"), ({ key }) => key)).toEqual(["old"]);
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
