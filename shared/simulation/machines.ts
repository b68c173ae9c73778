/**
 * The machines of a simulated cluster: each has a place, a disk and a wall clock, which stay, and a process, which comes
 * and goes. What the lab does to processes is recorded on its lane before it is carried out, as the real lab does.
 */
import type { RarePaths } from "../buggify.ts";
import { withoutAbsent } from "../fields.ts";
import type { NodeId } from "../ids.ts";
import { membershipPresets } from "../membership/presets.ts";
import { Replica } from "../replica/replica.ts";
import type { Emitted, OutgoingMessage, ReplicaConfig } from "../replica/types.ts";
import type { Scenario } from "../scenario/schema.ts";
import { storageDefaults } from "../scenario/schema/storage.ts";
import type { Detail } from "../trace/event.ts";
import { SimulatedDisk } from "./disk.ts";
import { type HostOwner, SimulatedHost } from "./host.ts";
import { simulatedAddress } from "./network.ts";
import type { Streams } from "./streams.ts";
import type { VirtualTime } from "./virtual-time.ts";

type Status = "starting" | "running" | "paused" | "stopping" | "stopped" | "killed" | "failed";

export interface Machine {
  readonly node: NodeId;
  readonly disk: SimulatedDisk;
  /** The wall clock was wrong by `offset` at `us`, and drifts. */
  wall: { readonly offset: number; readonly driftPpm: number; readonly us: number } | null;
  status: Status;
  process: SimulatedHost | null;
  pid: number;
  /** Told once when the process serves, or why it does not. */
  started: ((error?: string) => void) | null;
  /** Told once when the process has ended. */
  ended: ((error?: string) => void) | null;
}

interface MachinesOwner {
  lab(name: string, detail: Detail): void;
  emitted(host: SimulatedHost, events: readonly Emitted[]): void;
  send(host: SimulatedHost, message: OutgoingMessage): void;
  addressed(node: NodeId, address: string): void;
  processEnded(host: SimulatedHost): void;
  processResumed(host: SimulatedHost): void;
}

export interface MachinesOptions {
  readonly cluster: Scenario["cluster"];
  readonly time: VirtualTime;
  readonly streams: Streams;
  readonly rare: RarePaths;
  readonly owner: MachinesOwner;
}

/** A process takes this long to serve, and up to half more. */
const startUs = 20_000;
/** A goodbye that takes longer is cut short, as in a real process. */
const leaveUs = 5_000_000;
/** Before the first process. */
const lastPid = 1_000;

export class Machines implements HostOwner {
  readonly time: VirtualTime;
  readonly #options: MachinesOptions;
  readonly #machines = new Map<NodeId, Machine>();
  readonly #processes: () => number;
  #pids = lastPid;

  constructor(options: MachinesOptions) {
    this.#options = options;
    this.time = options.time;
    this.#processes = options.streams.open("processes");
  }

  all(): Machine[] {
    return [...this.#machines.values()];
  }

  /** Throws RangeError, one sentence, when there is none. */
  get(node: NodeId): Machine {
    const machine = this.#machines.get(node);
    if (machine !== undefined) return machine;
    throw new RangeError(
      `There is no node "${node}" here: the nodes are ${[...this.#machines.keys()].join(", ")}.`,
    );
  }

  has(node: NodeId): boolean {
    return this.#machines.has(node);
  }

  running(node: NodeId): SimulatedHost | undefined {
    return this.#machines.get(node)?.process ?? undefined;
  }

  /** A place for a new node; its process is not started. */
  add(node: NodeId): Machine {
    const machine: Machine = {
      node,
      disk: new SimulatedDisk(this.#options.streams.open(`disk ${node}`)),
      wall: null,
      status: "stopped",
      process: null,
      pid: 0,
      started: null,
      ended: null,
    };
    this.#machines.set(node, machine);
    this.#options.owner.addressed(node, simulatedAddress(node));
    return machine;
  }

  forget(node: NodeId): void {
    this.#machines.delete(node);
  }

  /** The machine must have no process. `started` is told when it serves, with a sentence when it could not. */
  start(machine: Machine, started: (error?: string) => void): void {
    machine.status = "starting";
    machine.started = started;
    const pid = (this.#pids += 1);
    machine.pid = pid;
    const takes = startUs + Math.floor((this.#processes() * startUs) / 2);
    this.time.after(takes, () => {
      if (machine.status === "starting" && machine.pid === pid) this.#serve(machine);
    });
  }

  kill(machine: Machine): void {
    this.#options.owner.lab("kill", { node: machine.node, pid: machine.pid });
    this.#end(machine, "killed", { code: null, signal: "SIGKILL", expected: true });
  }

  /** Leaves the cluster, flushes and ends. */
  stop(machine: Machine, ended: (error?: string) => void): void {
    this.#options.owner.lab("stop", { node: machine.node, pid: machine.pid });
    const { process } = machine;
    machine.status = "stopping";
    machine.ended = ended;
    this.time.after(leaveUs, () => {
      if (machine.process === process && machine.status === "stopping") this.#exit(machine);
    });
    process!.input({ kind: "leave" });
  }

  pause(machine: Machine): void {
    this.#options.owner.lab("pause", { node: machine.node, pid: machine.pid });
    machine.status = "paused";
    machine.process!.pause();
  }

  resume(machine: Machine): void {
    this.#options.owner.lab("resume", { node: machine.node, pid: machine.pid });
    const process = machine.process!;
    machine.status = "running";
    process.resume();
    if (!process.hasEnded) this.#options.owner.processResumed(process);
  }

  setWall(machine: Machine, offset: number, driftPpm: number): void {
    machine.wall = { offset, driftPpm, us: this.time.us };
    machine.process?.input({ kind: "wall", offset, driftPpm });
  }

  emitted(host: SimulatedHost, events: readonly Emitted[]): void {
    this.#options.owner.emitted(host, events);
  }

  send(host: SimulatedHost, message: OutgoingMessage): void {
    this.#options.owner.send(host, message);
  }

  commitFailed(host: SimulatedHost, why: string): void {
    const machine = this.get(host.node);
    const error = `node.db of ${host.node} could not be written (${why}); nothing more is acknowledged.`;
    this.#end(machine, "failed", { code: 1, signal: null, expected: false }, error);
  }

  turned(host: SimulatedHost): void {
    if (!host.replica.hasLeft || !host.isIdle) return;
    const machine = this.#machines.get(host.node);
    if (machine?.process === host) this.#exit(machine);
  }

  #exit(machine: Machine): void {
    this.#end(machine, "stopped", { code: 0, signal: null, expected: true });
  }

  #serve(machine: Machine): void {
    const { owner } = this.#options;
    const { node, disk } = machine;
    const { clocks, gossip, storage } = this.#options.cluster;
    const { recovery = storageDefaults.recovery, sync = storageDefaults.sync } = storage ?? {};
    disk.isSynced = sync !== "off";
    const hasPeers = gossip && this.#machines.size > 1;
    const found = disk.restore(clocks === "durable", { mode: recovery, hasPeers });
    if (typeof found === "string") {
      this.#end(
        machine,
        "failed",
        { code: 1, signal: null, expected: false },
        `${node} did not start: ${found}`,
      );
      return;
    }
    for (const line of found.lines) owner.lab("note", { text: `${node} ${line}.` });
    const life = disk.beginLife(Math.floor(this.time.now));
    const replica = new Replica(this.#config(node, life), found.restored, this.time.now);
    const process = new SimulatedHost(life, replica, node, disk, this);
    machine.process = process;
    machine.status = "running";
    owner.lab("node-started", { node, pid: machine.pid, life, clockStore: clockStoreOf(clocks) });
    const { wall } = machine;
    if (wall !== null) {
      const drifted = (wall.driftPpm * (this.time.us - wall.us)) / 1e9;
      process.input({ kind: "wall", offset: wall.offset + drifted, driftPpm: wall.driftPpm });
    }
    process.input({ kind: "tick" });
    const { started } = machine;
    machine.started = null;
    started?.();
  }

  #end(
    machine: Machine,
    status: Status,
    exit: { readonly code: number | null; readonly signal: string | null; readonly expected: boolean },
    error?: string,
  ): void {
    const { owner } = this.#options;
    const { process, disk, started, ended } = machine;
    const wasStarting = machine.status === "starting";
    machine.status = status;
    machine.process = null;
    machine.started = null;
    machine.ended = null;
    if (process !== null) {
      const inFlight = process.end();
      const outputs = inFlight?.outputs ?? null;
      const clock = inFlight?.clock ?? process.replica.clock;
      const outcome = exit.signal === null ? disk.ended(outputs, clock) : disk.crash(outputs, clock);
      if (outcome === "kept") for (const { events } of inFlight!.outputs) owner.emitted(process, events);
      owner.processEnded(process);
    }
    owner.lab("exited", { node: machine.node, ...exit });
    if (wasStarting) started?.(error ?? `${machine.node} was ended while it was starting.`);
    ended?.(error);
  }

  #config(node: NodeId, life: number): ReplicaConfig {
    const { cluster, rare, streams } = this.#options;
    const { gossip, virtualNodes, preset, membership, requestTimeout, replication, clocks } = cluster;
    return {
      node,
      address: simulatedAddress(node),
      life,
      seeds: [...this.#machines.keys()].filter((other) => other !== node).map(simulatedAddress),
      gossip,
      virtualNodes,
      membership: { ...membershipPresets[preset], ...membership },
      replication: { ...quorumOf(cluster), requestTimeout, ...withoutAbsent(replication ?? {}) },
      clockStore: clockStoreOf(clocks),
      seed: streams.seedOf(`core ${node} ${life}`),
      rare,
    };
  }
}

const clockStoreOf = (clocks: "durable" | "memory") => (clocks === "durable" ? "sqlite" : "memory");

/** Three copies and majorities, where the scenario says nothing and there are as many nodes. */
export function quorumOf({ n, r, w, nodes }: Scenario["cluster"]): { n: number; r: number; w: number } {
  const copies = n ?? Math.min(3, nodes.length);
  const majority = Math.floor(copies / 2) + 1;
  return { n: copies, r: r ?? majority, w: w ?? majority };
}
