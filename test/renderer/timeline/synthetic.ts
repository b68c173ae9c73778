/** Sessions that no cluster has lived through: a story with every sign in it, and noise of any length. */
import { asKey, asRequestId } from "../../../shared/ids.ts";
import type { Operation, RecordedEvent } from "../../../shared/trace/event.ts";
import { TraceBuilder } from "../../shared/trace/events.ts";

const keys = ["user:1", "user:2", "cart:7", "a"];
const names = ["node-1", "node-2", "node-3", "node-4", "node-5"];

/** Same seed, same numbers: uniform in [0, 1). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Scribe {
  readonly trace = new TraceBuilder();
  readonly random: () => number;
  #messages = 0;
  #requests = 0;

  constructor(seed: number, start: number) {
    this.random = chance(seed);
    this.trace.now = start;
  }

  wait(ms: number): void {
    this.trace.now += ms;
  }

  open(nodes: readonly string[]): void {
    const { trace } = this;
    trace.lab("cluster", { name: "demo", preset: "lab", n: 3, r: 2, w: 2, virtualNodes: 150, nodes });
    for (const node of nodes) {
      trace.lab("node-started", { node, pid: 4_000, life: 1, clockStore: "sqlite" });
      this.wait(12);
      trace.local(node, "start", {
        detail: { address: `localhost:80${node.at(-1)}`, clock: "new", keys: 0, clockStore: "sqlite" },
      });
    }
    for (const node of nodes)
      for (const other of nodes) if (node !== other) this.belief(node, other, "alive");
  }

  belief(node: string, about: string, status: string): void {
    const detail = { about, status, previous: null, incarnation: 1, address: "localhost:1" };
    this.trace.local(node, "member", { op: "membership", detail });
  }

  /** One message, sent now and received a little later unless it is lost. */
  message(
    from: string,
    to: string,
    extra: { op: Operation; name: string; key?: string; request?: string },
    lost?: string,
  ) {
    const id = `m${(this.#messages += 1)}`;
    const about = {
      op: extra.op,
      name: extra.name,
      ...(extra.key === undefined ? {} : { key: asKey(extra.key) }),
      ...(extra.request === undefined ? {} : { request: asRequestId(extra.request) }),
    };
    this.trace.send(from, to, id, about);
    if (lost !== undefined) return void this.trace.lost(id, lost);
    this.wait(2 + this.random() * 14);
    this.trace.receive(to, id, about);
    if (this.random() < 0.02) {
      this.wait(9);
      this.trace.receive(to, id, about);
    }
  }

  /** A client operation with three replicas; those in `cut` are out of reach. */
  operation(
    op: "put" | "get" | "delete",
    coordinator: string,
    replicas: readonly string[],
    cut: readonly string[] = [],
  ) {
    const key = asKey(keys[Math.floor(this.random() * keys.length)] ?? "a");
    const request = asRequestId(`r${(this.#requests += 1)}`);
    const about = { op, key, request };
    const { trace } = this;
    trace.local(coordinator, "request", { ...about, detail: { coordinator, replicas } });
    this.wait(2);
    if (op !== "get") trace.local(coordinator, "stored", { ...about, detail: { dot: "x:1", siblings: 1 } });
    for (const replica of replicas) {
      if (replica === coordinator) continue;
      this.wait(1);
      const ask = op === "get" ? "READ" : "REPLICATE";
      const answer = op === "get" ? "READ_REPLY" : "REPLICATE_ACK";
      this.message(
        coordinator,
        replica,
        { ...about, name: ask },
        cut.includes(replica) ? "blocked" : undefined,
      );
      if (cut.includes(replica)) continue;
      if (op !== "get") trace.local(replica, "stored", { ...about, detail: { dot: "x:1", siblings: 1 } });
      this.wait(1);
      this.message(replica, coordinator, { ...about, name: answer });
    }
    trace.local(coordinator, "reply", { ...about, detail: { ok: cut.length < 2 } });
  }

  load(rounds: number, gap: number, alive: readonly string[], cut: readonly string[] = []): void {
    for (let round = 0; round < rounds; round++) {
      const coordinator = alive[Math.floor(this.random() * alive.length)]!;
      const start = names.indexOf(coordinator);
      const replicas = [...names, ...names].slice(start, start + 3);
      const roll = this.random();
      this.operation(roll < 0.45 ? "put" : roll < 0.9 ? "get" : "delete", coordinator, replicas, cut);
      if (this.random() < 0.5) {
        const [a, b] = [alive[0]!, alive[alive.length - 1]!];
        if (a !== b) this.message(a, b, { op: "membership", name: "PING" });
      }
      this.wait(gap * (0.4 + this.random()));
    }
  }
}

/** Partition with a conflict, a kill with its clock lost, a pause: about eight seconds. */
export function story(start = 1_700_000_000_000): RecordedEvent[] {
  const scribe = new Scribe(7, start);
  const { trace } = scribe;
  scribe.open(names);
  scribe.load(7, 110, names);
  const [left, right] = [names.slice(0, 2), names.slice(2)];
  trace.lab("partition", {
    id: 1,
    kind: "halves",
    groups: [
      ["node-1", "node-4"],
      ["node-2", "node-3", "node-5"],
    ],
    cut: ["node-1>node-2"],
  });
  scribe.wait(60);
  scribe.load(3, 60, ["node-1"], ["node-2", "node-3"]);
  scribe.belief("node-1", "node-2", "suspect");
  scribe.belief("node-4", "node-2", "suspect");
  scribe.load(2, 60, ["node-2"], ["node-4"]);
  scribe.belief("node-1", "node-2", "dead");
  scribe.belief("node-2", "node-1", "suspect");
  scribe.wait(240);
  trace.lab("heal", { id: 1 });
  scribe.wait(30);
  scribe.belief("node-1", "node-2", "alive");
  scribe.belief("node-4", "node-2", "alive");
  scribe.belief("node-2", "node-1", "alive");
  trace.local("node-2", "conflict", {
    op: "put",
    key: asKey("user:1"),
    detail: { dots: ["node-1:31", "node-2:28"] },
  });
  scribe.load(4, 70, left);
  trace.lab("kill", { node: "node-3", pid: 4_003 });
  trace.lab("exited", { node: "node-3", code: null, signal: "SIGKILL", expected: true });
  scribe.wait(80);
  scribe.message("node-4", "node-3", { op: "put", name: "REPLICATE", key: "cart:7" }, "unreachable");
  for (const node of ["node-1", "node-2", "node-4", "node-5"]) scribe.belief(node, "node-3", "suspect");
  scribe.load(2, 90, ["node-4"], ["node-3"]);
  for (const node of ["node-1", "node-2", "node-4", "node-5"]) scribe.belief(node, "node-3", "dead");
  scribe.wait(200);
  trace.lab("restart", { node: "node-3", clock: "lose" });
  scribe.wait(60);
  trace.restart("node-3", "lose");
  for (const node of ["node-1", "node-2", "node-4", "node-5"]) scribe.belief(node, "node-3", "alive");
  trace.lab("pause", { node: "node-5", pid: 4_005 });
  scribe.load(3, 90, right.slice(0, 1));
  scribe.wait(150);
  trace.lab("resume", { node: "node-5", pid: 4_005 });
  trace.lab("note", { text: "look here" });
  scribe.load(5, 100, names);
  return trace.events;
}

/** About `count` events of steady load, `perSecond` of them in each second. */
export function noise(count: number, perSecond: number, start = 1_700_000_000_000): RecordedEvent[] {
  const scribe = new Scribe(11, start);
  scribe.open(names);
  while (scribe.trace.events.length < count) scribe.load(20, 5, names);
  // The builder spends a millisecond on each event: stretch or squeeze to the rate that is asked for.
  const { events } = scribe.trace;
  const [from, to] = [events[0]!.at, events.at(-1)!.at];
  const factor = ((events.length / perSecond) * 1_000) / (to - from);
  return events.map((event) => ({ ...event, at: from + (event.at - from) * factor }));
}
