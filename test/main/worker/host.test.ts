/** The order in which a turn becomes durable and leaves, and what happens when it cannot. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Host, type HostOptions } from "../../../main/worker/host.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import type { VectorClockStore } from "../../../main/storage/clocks/vector-clock-store.ts";
import { absentKey, write } from "../../../shared/clock/dotted.ts";
import { asKey, asMessageId, asNodeId, asRequestId } from "../../../shared/ids.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import { Replica } from "../../../shared/replica/replica.ts";
import { nothingRestored } from "../../../shared/replica/types.ts";
import { storeOptions } from "../storage/store-options.ts";
import { eventually } from "./cluster.ts";

const node = asNodeId("node-1");
const peer = asNodeId("node-2");
const now = () => performance.timeOrigin + performance.now();

let dir: string;
let store: NodeStore;
let replica: Replica;
let host: Host;
let journal: string[];
let failures: Error[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-host-"));
  store = new NodeStore(storeOptions(dir));
  journal = [];
  failures = [];
});
afterEach(() => {
  host.stop();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

function makeHost(clocks: VectorClockStore | null = null, options: Partial<HostOptions> = {}): void {
  const commit = store.commit.bind(store);
  vi.spyOn(store, "commit").mockImplementation((batch) => {
    commit(batch);
    journal.push(`commit of ${batch.transactions.length} outputs`);
  });
  replica = new Replica(
    {
      node,
      address: "127.0.0.1:1",
      life: 1,
      seeds: [],
      gossip: false,
      virtualNodes: 8,
      membership: membershipPresets.lab,
      replication: { n: 1, r: 1, w: 1, requestTimeout: 1000 },
      seed: 1,
    },
    nothingRestored,
    now(),
  );
  host = new Host({
    node,
    life: 1,
    replica,
    store,
    clocks,
    outbox: { send: ({ envelope }) => journal.push(`send ${envelope.body.kind}`), flush: () => undefined },
    trace: true,
    groupMs: 0,
    now,
    failed: (error) => failures.push(error),
    ...options,
  });
  host.onEvents((events) => journal.push(`${events.length > 0 ? "events" : "nothing"} streamed`));
}

const put = (key: string) =>
  host.request({ op: "put", key: asKey(key), value: "x" }, (outcome) => {
    journal.push(`reply ${key} ${outcome.ok ? "ok" : outcome.error.code}`);
  });

describe("a turn", () => {
  it("is committed once, however many requests it has, and then answered and streamed", async () => {
    makeHost();
    host.input({ kind: "tick" });
    await host.flushed();
    journal = [];
    put("a");
    put("b");
    expect(journal, "nothing leaves while the turn lasts").toEqual([]);
    await host.flushed();
    expect(journal).toEqual(["commit of 2 outputs", "reply a ok", "reply b ok", "events streamed"]);
  });

  it("numbers its events without gaps", async () => {
    makeHost();
    put("a");
    await host.flushed();
    host.emit({ at: now(), type: "lost", op: "internal", name: "X", clock: null });
    await host.flushed();
    const seqs = store.eventsAfter(1, 0, 100).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(store.eventsAfter(1, 0, 100).at(-1)?.name).toBe("X");
  });

  it("P33: when its commit fails, nothing of it leaves, and nothing after it", async () => {
    makeHost();
    vi.spyOn(store, "commit").mockImplementation(() => {
      throw new Error("disk on fire");
    });
    put("a");
    await eventually("the failure", () => failures[0]);
    put("b");
    await host.flushed();
    expect(journal).toEqual([]);
    expect(failures.map(String)).toEqual(["Error: disk on fire"]);
  });
});

const turnOfTheLoop = () => new Promise((done) => setImmediate(done));

describe("a turn that lets nothing out", () => {
  /** An acknowledgement that comes when its write is over: an event, and no more. */
  const lateAcknowledgement = () => {
    late += 1;
    const body = {
      kind: "REPLICATE_ACK",
      request: asRequestId(`r${late}`),
      op: "put",
      key: asKey("a"),
    } as const;
    const from = { from: peer, address: "127.0.0.1:2", clock: { [peer]: late } };
    host.input({ kind: "message", envelope: { id: asMessageId(`m${late}`), ...from, body } });
  };
  let late = 0;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    makeHost();
    host.input({ kind: "tick" });
    await host.flushed();
    journal = [];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("lingers, and is committed by itself when nothing else comes", async () => {
    lateAcknowledgement();
    await turnOfTheLoop();
    await turnOfTheLoop();
    expect(journal).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(journal).toEqual(["commit of 0 outputs", "events streamed"]);
  });

  it("is committed with the next that lets something out", async () => {
    lateAcknowledgement();
    await turnOfTheLoop();
    lateAcknowledgement();
    await turnOfTheLoop();
    expect(journal).toEqual([]);
    put("a");
    await turnOfTheLoop();
    const once = ["commit of 1 outputs", "reply a ok", "events streamed"];
    expect(journal).toEqual(once);
    vi.advanceTimersByTime(100);
    await turnOfTheLoop();
    expect(journal).toEqual(once);
  });

  it("is not one with a copy in it: that is made durable and acknowledged at once", async () => {
    const key = asKey("a");
    const state = write(absentKey, { dot: { node: peer, counter: 1 }, value: "x", at: 0 }, {});
    const about = {
      request: asRequestId("r"),
      op: "put",
      key,
      state,
      origin: peer,
      replicas: [node],
      n: 1,
      epoch: replica.topology.epoch,
    } as const;
    const from = { from: peer, address: "127.0.0.1:2", clock: { [peer]: 1 } };
    const envelope = { id: asMessageId("copy"), ...from, body: { kind: "REPLICATE", ...about } as const };
    host.input({ kind: "message", envelope });
    await turnOfTheLoop();
    expect(journal).toEqual(["commit of 1 outputs", "send REPLICATE_ACK", "events streamed"]);
  });

  it("stays in a host that is frozen meanwhile, and is committed after the thaw", async () => {
    lateAcknowledgement();
    await turnOfTheLoop();
    host.freeze();
    vi.advanceTimersByTime(100);
    expect(journal).toEqual([]);
    host.thaw();
    await turnOfTheLoop();
    vi.advanceTimersByTime(10);
    expect(journal).toEqual(["commit of 0 outputs", "events streamed"]);
  });
});

/** Saves only when the test says so. */
const slowStore = () => {
  const saves: { clock: object; done: () => void; fail: (error: Error) => void }[] = [];
  const clocks: VectorClockStore = {
    save: (_, clock) => new Promise<void>((done, fail) => saves.push({ clock, done, fail })),
    load: () => null,
    has: () => false,
    delete: () => undefined,
    close: () => undefined,
  };
  return { saves, clocks };
};

describe("a clock store of its own", () => {
  it("V8: holds everything back until the clock is saved, and keeps the order", async () => {
    const { saves, clocks } = slowStore();
    makeHost(clocks);
    put("a");
    await eventually("the first save", () => saves[0]);
    put("b");
    expect(journal).toEqual([]);
    saves[0]!.done();
    await eventually("the second save", () => saves[1]);
    // With the write, the node's own place in the ring.
    expect(journal).toEqual(["commit of 1 outputs", "reply a ok", "events streamed"]);
    saves[1]!.done();
    await eventually("the second reply", () => journal.includes("reply b ok"));
    expect(saves).toHaveLength(2);
  });

  it("is waited for, also for what came while it saved, before all is said to have left", async () => {
    const { saves, clocks } = slowStore();
    makeHost(clocks);
    put("a");
    const first = await eventually("the first save", () => saves[0]);
    put("b");
    const flushed = host.flushed().then(() => journal.push("flushed"));
    first.done();
    (await eventually("the second save", () => saves[1])).done();
    await flushed;
    expect(journal.indexOf("flushed")).toBeGreaterThan(journal.indexOf("reply b ok"));
    expect(journal).toContain("reply b ok");
  });

  it("that fails stops the node before anything leaves", async () => {
    const { saves, clocks } = slowStore();
    makeHost(clocks);
    put("a");
    (await eventually("the save", () => saves[0])).fail(new Error("no space"));
    await eventually("the failure", () => failures[0]);
    expect(journal).toEqual([]);
    expect(host.counts).toEqual({ clockSaves: 1, clockErrors: 1 });
  });
});

describe("a frozen host", () => {
  it("takes nothing in and lets nothing out until it thaws", async () => {
    makeHost();
    put("a");
    host.freeze();
    put("b");
    await new Promise((done) => setImmediate(() => setImmediate(done)));
    expect(journal).toEqual([]);
    host.thaw();
    await eventually("both replies", () => journal.includes("reply a ok") && journal.includes("reply b ok"));
  });
});
