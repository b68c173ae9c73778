import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTraceAfter } from "../../../main/storage/trace-blobs.ts";
import type { LabState } from "../../../shared/contract/state.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { aliveAt, eventually, isRunning, RunningLab } from "./running-lab.ts";

const three = ["node-1", "node-2", "node-3"];

describe("a cluster of three real nodes", () => {
  let lab: RunningLab;
  beforeAll(async () => {
    lab = await RunningLab.start();
  });
  afterAll(() => lab.close());

  /** Every recorded life of every lane is 1, 2, 3 … without gap or repetition. */
  async function expectNoGaps(): Promise<void> {
    const next = new Map<string, number>();
    for (const event of await lab.recorded()) {
      const lane = `${event.node}/${event.life}`;
      expect(event.seq, `${lane} in program order`).toBe((next.get(lane) ?? 0) + 1);
      next.set(lane, event.seq);
    }
  }

  /** The first event of the node's present life, once it has arrived. */
  async function startOf(id: string): Promise<RecordedEvent> {
    return eventually(async () => {
      const { life } = await lab.node(id);
      const start = (await lab.recorded()).find((event) => event.node === id && event.life === life);
      expect(start).toMatchObject({ seq: 1, name: "start" });
      return start!;
    });
  }

  it("runs as separate processes that find each other", async () => {
    const { nodes, cluster, session } = await lab.state();
    expect(nodes.map(({ id, status }) => `${id} ${status}`)).toEqual(three.map((id) => `${id} running`));
    expect(new Set(nodes.map(({ pid }) => pid)).size).toBe(3);
    for (const { pid } of nodes) expect(isRunning(pid!)).toBe(true);
    expect(cluster).toMatchObject({ preset: "lab", n: 3, r: 2, w: 2, virtualNodes: 150 });
    expect(session.recording).toBe(true);
    await lab.untilAlive(three);
  });

  it("records the cluster first, and each node's own start", async () => {
    for (const id of three) expect((await startOf(id)).detail).toMatchObject({ clock: "new" });
    const events = await lab.recorded();
    expect(events[0]).toMatchObject({ id: 1, node: "lab", name: "cluster", detail: { nodes: three, n: 3 } });
    for (const id of three) {
      const start = events.find((event) => event.node === id);
      expect(
        events.find((event) => event.name === "node-started" && event.detail?.["node"] === id),
      ).toMatchObject({
        detail: { pid: await lab.pidOf(id), life: start!.life },
      });
    }
  });

  it("puts through one node and gets through another", async () => {
    const put = await lab.call("data.put", { node: "node-1", key: "cart:ada", value: "tea" });
    expect(put).toMatchObject({ key: "cart:ada", values: [{ value: "tea" }] });
    expect(put.successful.length).toBeGreaterThanOrEqual(2);
    const got = await lab.call("data.get", { node: "node-3", key: "cart:ada" });
    expect(got.values).toEqual(put.values);
    expect(got.context).toEqual(put.context);
    await lab.call("data.delete", { node: "node-2", key: "cart:ada", context: got.context });
    expect((await lab.call("data.get", { node: "node-1", key: "cart:ada" })).values).toEqual([]);
  });

  it("two blind writes are siblings; a write that read both replaces both", async () => {
    await lab.call("data.put", { node: "node-1", key: "blind", value: "a", context: {} });
    await lab.call("data.put", { node: "node-2", key: "blind", value: "b", context: {} });
    const both = await lab.call("data.get", { node: "node-3", key: "blind" });
    expect(both.values.map(({ value }) => value).sort()).toEqual(["a", "b"]);
    await lab.call("data.put", { node: "node-1", key: "blind", value: "c", context: both.context });
    const one = await lab.call("data.get", { node: "node-3", key: "blind" });
    expect(one.values.map(({ value }) => value)).toEqual(["c"]);
  });

  it("pushes exactly what it records", async () => {
    await lab.call("note", { text: "Here." });
    const recorded = await lab.recorded();
    await eventually(() => expect(lab.pushed.length).toBeGreaterThanOrEqual(recorded.length));
    expect(lab.pushed.slice(-1)[0]!.id).toBe(lab.pushed.length + lab.pushed[0]!.id - 1);
    const first = lab.pushed[0]!.id;
    const shared = recorded.filter((event) => event.id >= first);
    expect(lab.pushed.slice(0, shared.length)).toEqual(shared);
    await expectNoGaps();
  });

  it("kill is SIGKILL; nothing the node had written is lost; undo restarts it with its clock", async () => {
    const before = await lab.node("node-2");
    await lab.call("node.kill", { node: "node-2" });
    expect(isRunning(before.pid!)).toBe(false);
    expect(await lab.node("node-2")).toMatchObject({ status: "killed", pid: null, error: null });
    const events = await lab.recorded();
    const kill = events.findIndex((event) => event.name === "kill");
    const exited = events.findIndex((event) => event.name === "exited");
    expect(events[exited]!.detail).toEqual({ node: "node-2", code: null, signal: "SIGKILL", expected: true });
    expect(exited).toBeGreaterThan(kill);
    const written = readTraceAfter(before.dataDir, before.life!, 0);
    expect(written.length).toBeGreaterThan(0);
    const lane = events.filter((event) => event.node === "node-2" && event.life === before.life);
    expect(lane.map(({ id: _id, ...event }) => event)).toEqual(written);

    expect((await lab.state()).undo).toBe("Restart node-2");
    expect(await lab.call("undo", {})).toEqual({ undone: "Restart node-2" });
    const after = await lab.node("node-2");
    expect(after).toMatchObject({ status: "running", address: before.address });
    expect(after.life).toBeGreaterThan(before.life!);
    expect((await startOf("node-2")).detail).toMatchObject({ clock: "restored" });
    await lab.untilAlive(three);
    await expectNoGaps();
  });

  it.each(["sqlite", "file"] as const)(
    "restarts without its clock when told to lose it (%s store)",
    async (clockStore) => {
      await lab.call("node.restart", { node: "node-3", clockStore });
      await lab.call("data.put", { node: "node-3", key: "x", value: "1" });
      await lab.call("node.restart", { node: "node-3", clockStore });
      expect((await startOf("node-3")).detail).toMatchObject({ clock: "restored", clockStore });
      await lab.call("node.restart", { node: "node-3", clock: "lose" });
      expect((await startOf("node-3")).detail).toMatchObject({ clock: "lost", clockStore });
      expect((await lab.acts("restart")).at(-1)!.detail).toEqual({ node: "node-3", clock: "lose" });
      expect((await lab.node("node-3")).clockStore).toBe(clockStore);
      await lab.untilAlive(three);
    },
  );

  it("pause stops the process itself, and resume and undo undo each other", async () => {
    const pid = await lab.pidOf("node-1");
    await lab.call("node.pause", { node: "node-1" });
    expect((await lab.node("node-1")).status).toBe("paused");
    if (process.platform === "linux") expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toMatch(/\) T /);
    await expect(lab.call("node.pause", { node: "node-1" })).rejects.toMatchObject({ code: "wrong_state" });
    await expect(lab.call("node.stop", { node: "node-1" })).rejects.toThrow(/resume it first/);
    expect(await lab.call("undo", {})).toEqual({ undone: "Resume node-1" });
    expect((await lab.node("node-1")).status).toBe("running");
    await lab.untilAlive(three);
  });

  it.runIf(process.platform === "linux")("notices what another terminal does with kill", async () => {
    const pid = await lab.pidOf("node-1");
    const notices: string[] = [];
    const stop = lab.connection.on("notice", ({ text }) => notices.push(text));
    process.kill(pid, "SIGSTOP");
    await eventually(async () => expect((await lab.node("node-1")).status).toBe("paused"));
    await eventually(async () =>
      expect((await lab.acts("pause")).at(-1)!.detail).toEqual({ node: "node-1", pid, expected: false }),
    );
    process.kill(pid, "SIGCONT");
    await eventually(async () => expect((await lab.node("node-1")).status).toBe("running"));
    process.kill(pid, "SIGKILL");
    await eventually(async () => expect((await lab.node("node-1")).status).toBe("killed"));
    await eventually(async () =>
      expect((await lab.acts("exited")).at(-1)!.detail).toMatchObject({ signal: "SIGKILL", expected: false }),
    );
    await eventually(() => expect(notices).toEqual(["node-1 was ended by SIGKILL from outside the lab."]));
    stop();
    await lab.call("node.restart", { node: "node-1" });
    await lab.untilAlive(three);
    await expectNoGaps();
  });

  it("stop is graceful: the node leaves, flushes and says so; undo starts it again", async () => {
    await lab.call("node.stop", { node: "node-3" });
    const { life } = (await lab.recorded()).findLast((event) => event.node === "node-3")!;
    expect((await lab.node("node-3")).status).toBe("stopped");
    const lane = (await lab.recorded()).filter((event) => event.node === "node-3" && event.life === life);
    expect(lane.at(-1)!.name).toBe("stop");
    expect((await lab.acts("exited")).at(-1)!.detail).toEqual({
      node: "node-3",
      code: 0,
      signal: null,
      expected: true,
    });
    await lab.untilAlive(["node-1", "node-2"]);
    expect(await lab.call("undo", {})).toEqual({ undone: "Start node-3 again" });
    await lab.untilAlive(three);
  });

  it("a partition cuts real messages, proves it, and heals", async () => {
    await lab.call("partition.make", { kind: "isolate", node: "node-3" });
    const { partition, links } = await lab.state();
    expect(partition).toMatchObject({ kind: "isolate", groups: [["node-3"], ["node-1", "node-2"]] });
    const blocked = links.filter(({ settings }) => settings.blocked).map(({ from, to }) => `${from}>${to}`);
    expect(blocked.sort()).toEqual([...partition!.cut].sort());
    const { address } = await lab.node("node-1");
    await eventually(async () => expect(await aliveAt(address)).toEqual(["node-1", "node-2"]));
    await eventually(async () => {
      const effect = (await lab.acts("effect")).at(-1)?.detail?.["blocked"] as
        | Record<string, number>
        | undefined;
      expect(effect?.["node-3>node-1"]).toBeGreaterThan(0);
      expect(Object.keys(effect ?? {}).every((pair) => pair.includes("node-3"))).toBe(true);
    });
    await eventually(async () => {
      const lost = (await lab.recorded()).filter((event) => event.type === "lost");
      expect(lost.some((event) => event.detail?.["reason"] === "blocked")).toBe(true);
    });
    await expect(lab.call("data.put", { node: "node-3", key: "y", value: "1", w: 3 })).rejects.toMatchObject({
      name: "LabError",
    });

    expect(await lab.call("undo", {})).toEqual({ undone: "Heal the partition" });
    expect((await lab.state()).partition).toBeNull();
    expect((await lab.acts("heal")).at(-1)!.detail).toEqual({ id: partition!.id });
    await lab.untilAlive(three);
  });

  it("a node restarted inside a partition stays inside it", async () => {
    await lab.call("partition.make", { kind: "isolate", node: "node-3" });
    await lab.call("node.restart", { node: "node-3" });
    const { life } = await lab.node("node-3");
    const ofThisLife = async () => (await lab.recorded()).filter((event) => event.life === life);
    await eventually(async () => {
      const lost = (await ofThisLife()).filter((event) => event.type === "lost");
      expect(lost.map((event) => event.peer)).toEqual(expect.arrayContaining(["node-1", "node-2"]));
    });
    const sent = new Set((await ofThisLife()).map((event) => event.message));
    const arrived = (await lab.recorded()).filter(
      (event) => event.type === "receive" && event.node !== "node-3" && sent.has(event.message),
    );
    expect(arrived).toEqual([]);
    await lab.call("partition.heal", {});
    expect(await lab.call("undo", {})).toEqual({ undone: "Cut the links again" });
    expect((await lab.state()).partition).toMatchObject({
      kind: "isolate",
      groups: [["node-3"], ["node-1", "node-2"]],
    });
    await lab.call("partition.heal", {});
    await lab.untilAlive(three);
  });

  it("a link is set, shown, recorded and set back", async () => {
    const slow = { latency: { kind: "constant", ms: 30 } } as const;
    await lab.call("link.set", { from: "node-1", to: "node-2", settings: slow });
    const link = async () =>
      (await lab.state()).links.find(({ from, to }) => from === "node-1" && to === "node-2")!;
    expect((await link()).settings).toMatchObject(slow);
    expect((await lab.acts("link")).at(-1)!.detail).toEqual({ from: "node-1", to: "node-2", settings: slow });
    await eventually(async () => expect((await link()).counts.delayed).toBeGreaterThan(0));
    expect(await lab.call("undo", {})).toEqual({ undone: "Set the link node-1 → node-2 back" });
    expect((await link()).settings.latency).toBeNull();
  });

  it("says of every link that it was unblocked by a heal, also of those no partition had cut", async () => {
    await lab.call("link.set", { from: "node-1", to: "node-2", settings: { blocked: true } });
    await lab.call("partition.heal", {});
    expect((await lab.acts("link")).at(-1)!.detail).toEqual({ from: "node-1", to: "node-2", settings: {} });
  });

  it("grows by a node and shrinks again without restarting the others", async () => {
    const { node } = await lab.call("node.add", {});
    expect(node).toBe("node-4");
    await lab.untilAlive([...three, node]);
    expect((await lab.state()).links).toHaveLength(12);
    expect(await lab.call("undo", {})).toEqual({ undone: "Remove node-4" });
    expect((await lab.state()).nodes.map(({ id }) => id)).toEqual(three);
    await lab.untilAlive(three);
    expect((await lab.acts("node-removed")).at(-1)!.detail).toEqual({ node });
    await expect(lab.call("node.kill", { node })).rejects.toMatchObject({ code: "unknown_node" });
  });

  it("takes a killed node out of the others' views when it is removed", async () => {
    const { node } = await lab.call("node.add", {});
    await lab.untilAlive([...three, node]);
    await lab.call("node.kill", { node });
    await lab.call("node.remove", { node });
    const left = () => {
      const beliefs = lab.pushed.filter(
        (event) =>
          event.name === "member" && event.detail!["about"] === node && event.detail!["status"] === "left",
      );
      return new Set(beliefs.map((event) => event.node)).size;
    };
    await eventually(() => expect(left()).toBe(3));
  });

  it("wipes a node that does not run, and only that", async () => {
    await expect(lab.call("node.wipe", { node: "node-2" })).rejects.toMatchObject({ code: "wrong_state" });
    await lab.call("node.kill", { node: "node-2" });
    await lab.call("node.wipe", { node: "node-2" });
    await lab.call("node.restart", { node: "node-2" });
    expect((await startOf("node-2")).detail).toMatchObject({ clock: "new", keys: 0 });
    await lab.untilAlive(three);
  });

  it("a node that cannot start says why and can be started later", async () => {
    await lab.call("node.kill", { node: "node-1" });
    const port = Number((await lab.node("node-1")).address.split(":")[1]);
    const squatter = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
    await new Promise((resolve) => squatter.once("listening", resolve));
    await expect(lab.call("node.restart", { node: "node-1" })).rejects.toMatchObject({ code: "node_failed" });
    const failed = await lab.node("node-1");
    expect(failed.status).toBe("failed");
    expect(failed.error).toMatch(new RegExp(`${port}`));
    await new Promise((resolve) => squatter.close(resolve));
    await lab.call("node.restart", { node: "node-1" });
    expect(await lab.node("node-1")).toMatchObject({ status: "running", error: null });
    await lab.untilAlive(three);
  });

  it("runs a load that can be set, counted and undone", async () => {
    await lab.call("load.set", { running: true, opsPerSecond: 50 });
    await eventually(async () => expect((await lab.state()).load.ok).toBeGreaterThan(10));
    await eventually(async () =>
      expect((await lab.recorded()).some((event) => event.name === "request")).toBe(true),
    );
    expect(await lab.call("undo", {})).toEqual({ undone: "Stop the load" });
    const { running, ok, failed } = (await lab.state()).load;
    expect(running).toBe(false);
    // On a machine that stands still for a while some of them time out.
    expect(failed).toBeLessThan(ok);
  });

  it("pushes the newest state whenever it changes", async () => {
    const states: LabState[] = [];
    const stop = lab.connection.on("state", (state) => states.push(state));
    await lab.call("partition.make", { kind: "halves" });
    await eventually(() => expect(states.at(-1)?.partition?.kind).toBe("halves"));
    await lab.call("partition.heal", {});
    await eventually(() => expect(states.at(-1)?.partition).toBeNull());
    stop();
  });

  it("keeps a recording under a name, and one can look at it", async () => {
    const saved = await lab.call("session.save", { name: "So far" });
    const opened = await lab.call("session.open", { session: saved.id });
    expect(opened).toMatchObject({ name: "So far", recording: false });
    const events = await lab.recorded(saved.id);
    expect(events).toHaveLength(saved.events);
    expect(events).toEqual((await lab.recorded()).slice(0, events.length));
    const live = (await lab.state()).session.id;
    await expect(lab.call("session.delete", { session: live })).rejects.toMatchObject({
      code: "wrong_state",
    });
    await lab.call("session.delete", { session: saved.id });
  });

  it("refuses in one sentence what it cannot do", async () => {
    const refusals: [string, unknown, string][] = [
      ["node.kill", { node: "node-9" }, "unknown_node"],
      ["node.kill", { node: "../x" }, "bad_input"],
      ["node.kill", {}, "bad_input"],
      ["node.fly", {}, "bad_input"],
      ["toString", {}, "bad_input"],
      ["node.resume", { node: "node-1" }, "wrong_state"],
      ["link.set", { from: "node-1", to: "node-1", settings: { blocked: true } }, "unknown_node"],
      ["link.set", { from: "node-1", to: "node-2", settings: { loss: 2 } }, "bad_input"],
      ["partition.make", { kind: "custom", groups: [["node-9"]] }, "unknown_node"],
      ["session.open", { session: "../lab" }, "unknown_session"],
      ["data.put", { node: "node-1", key: "k", value: "v", w: 9 }, "bad_input"],
      ["data.put", { node: "node-1", key: "k".repeat(1025), value: "v" }, "bad_input"],
      ["cluster.new", { nodes: 0, preset: "lab" }, "bad_input"],
      ["cluster.new", { nodes: 3, preset: "lab", n: 3, r: 1, w: 1 }, "bad_input"],
    ];
    for (const [name, params, code] of refusals) {
      await expect(lab.lab.dispatch(name, params), name).rejects.toMatchObject({ name: "LabError", code });
    }
    expect((await lab.state()).nodes.every(({ status }) => status === "running")).toBe(true);
  });

  it("starts a new cluster in a session of its own; the old one stays to be read", async () => {
    const before = await lab.state();
    const recorded = await lab.recorded();
    await lab.call("cluster.new", { nodes: 2, preset: "classroom" });
    const after = await lab.state();
    expect(after.cluster.preset).toBe("classroom");
    expect(after.nodes.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "node-1 running",
      "node-2 running",
    ]);
    expect(after.undo).toBeNull();
    for (const { pid } of before.nodes) expect(isRunning(pid!)).toBe(false);
    const { sessions } = await lab.call("session.list", {});
    expect(sessions.filter((session) => session.recording).map(({ id }) => id)).toEqual([after.session.id]);
    const old = await lab.recorded(before.session.id);
    expect(old.slice(0, recorded.length)).toEqual(recorded);
    // Each by itself, or killed where it took longer than a new cluster waits.
    const exits = old.filter((event) => event.name === "exited").slice(-3);
    expect(new Set(exits.map(({ detail }) => detail!["node"]))).toEqual(new Set(three));
    for (const { detail } of exits) {
      expect(detail!["expected"]).toBe(true);
      expect([0, "SIGKILL"]).toContain(detail!["code"] ?? detail!["signal"]);
    }
  });
});
