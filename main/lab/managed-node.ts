/**
 * One node as the lab knows it: its place (port, data directory), which stay, and its process, which comes and goes.
 *
 * The status follows what the operating system reports, not what was asked for: a node is killed when its process has
 * ended by SIGKILL, whoever sent it. `intent` only tells an end that was asked for from one that was not.
 *
 * Guarantee: when an end is reported, everything the node had written to its trace is recorded before the `exited`
 * event, so the lane of a killed node ends where its life ended.
 */
import { LabError } from "../../shared/contract/errors.ts";
import type { ClockStoreKind, NodeState, NodeStatus } from "../../shared/contract/state.ts";
import type { LiveDiskFault, StorageSettings } from "../../shared/contract/storage.ts";
import type { LabToNode, NodeToLab } from "../worker/control.ts";
import type { NodeCommand, NodeExit, NodeProcess, ProcessHost } from "./process-host.ts";
import { loopback } from "./ports.ts";

const startMs = 15_000;
const stopMs = 10_000;
const killMs = 5_000;
/** A node whose event loop stands still for this long is not waited for. */
const fenceMs = 2_000;

export interface NodePlace {
  readonly id: string;
  readonly port: number;
  readonly dataDir: string;
  readonly clockStore: ClockStoreKind;
  readonly storage: StorageSettings;
}

/** What the node's owner does about what happens to it. */
export interface NodeOwner {
  readonly host: ProcessHost;
  onSpawned(node: ManagedNode): void;
  onMessage(node: ManagedNode, message: NodeToLab): void;
  onReady(node: ManagedNode, life: number, pid: number): void;
  /** Called before the status changes; `expected` is false when nobody here asked for it. */
  onExit(node: ManagedNode, exit: NodeExit, expected: boolean): void;
  onChange(): void;
}

export class ManagedNode {
  readonly id: string;
  readonly port: number;
  readonly address: string;
  readonly dataDir: string;
  /** How its next process keeps what it knows. */
  clockStore: ClockStoreKind;
  storage: StorageSettings;
  /** In force from the start of each process to come. */
  lastingFaults: readonly LiveDiskFault[] = [];
  life: number | null = null;
  readonly #owner: NodeOwner;
  #status: NodeStatus = "stopped";
  #error: string | null = null;
  #process: NodeProcess | null = null;
  #intent: "kill" | "stop" | null = null;
  #lastFailure: string | null = null;
  #ended: Promise<void> = Promise.resolve();
  #readyOrEnded: (() => void) | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #diskFaults: readonly LiveDiskFault[] = [];
  #fences = 0;
  readonly #fenced = new Map<number, () => void>();

  constructor(place: NodePlace, owner: NodeOwner) {
    this.id = place.id;
    this.port = place.port;
    this.address = `${loopback}:${place.port}`;
    this.dataDir = place.dataDir;
    this.clockStore = place.clockStore;
    this.storage = place.storage;
    this.#owner = owner;
  }

  get status(): NodeStatus {
    return this.#status;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Faults of its process's disk, oldest first, since the last time they were healed. */
  get diskFaults(): readonly LiveDiskFault[] {
    return this.#diskFaults;
  }

  get state(): NodeState {
    return {
      id: this.id,
      address: this.address,
      pid: this.pid,
      life: this.life,
      status: this.#status,
      clockStore: this.clockStore,
      storage: this.storage,
      dataDir: this.dataDir,
      error: this.#error,
    };
  }

  /** One act at a time; a kill does not wait in this line. */
  inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = this.#queue.then(act, act);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  send(message: LabToNode): void {
    this.#process?.send(message);
  }

  /** Resolves when everything sent before is in force, or the process has ended, or cannot answer for long. */
  async fence(): Promise<void> {
    this.#fences += 1;
    const number = this.#fences;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#fenced.set(number, resolve);
    this.send({ kind: "fence", number });
    await within(fenceMs, Promise.race([promise, this.#ended]));
    this.#fenced.delete(number);
  }

  /** Resolves when the node serves; rejects with its own sentence when it does not. */
  async start(command: NodeCommand): Promise<void> {
    if (this.#process !== null) throw new LabError("wrong_state", `${this.id} is running already.`);
    this.#intent = null;
    this.#lastFailure = null;
    this.#error = null;
    this.life = null;
    this.#diskFaults = this.lastingFaults;
    const { promise, resolve: ended } = Promise.withResolvers<void>();
    this.#ended = promise;
    const readyOrEnded = new Promise<void>((resolve) => (this.#readyOrEnded = resolve));
    this.#setStatus("starting");
    this.#process = this.#owner.host.start(
      command,
      (message) => this.#onMessage(message),
      (exit) => {
        this.#onExit(exit);
        ended();
      },
    );
    this.#owner.onSpawned(this);
    if (!(await within(startMs, readyOrEnded))) {
      this.#lastFailure ??= `${this.id} was not ready within ${startMs / 1000} s.`;
      this.#process?.signal("SIGKILL");
      await within(killMs, this.#ended);
    }
    if (this.#process === null) {
      throw new LabError("node_failed", this.#error ?? `${this.id} was ended while it was starting.`);
    }
  }

  async kill(): Promise<void> {
    this.#running();
    this.#intent = "kill";
    this.#process?.signal("SIGKILL");
    await this.#mustEnd(killMs);
  }

  /** Leaves the cluster, flushes and ends; without `leave` the others will take it for dead. */
  async stop(leave: boolean, ms = stopMs): Promise<void> {
    this.#running();
    if (this.#status === "paused") {
      throw new LabError(
        "wrong_state",
        `${this.id} is paused and cannot stop by itself: resume it first, or kill it.`,
      );
    }
    this.#intent = "stop";
    this.#setStatus("stopping");
    this.send({ kind: "stop", leave });
    await this.#mustEnd(ms);
  }

  async pause(): Promise<void> {
    const process = this.#running();
    if (this.#status !== "running")
      throw new LabError("wrong_state", `${this.id} is ${this.#status}, not running.`);
    await process.freeze();
    if (this.#process === process) this.#setStatus("paused");
  }

  /** Nothing of the process moves while `act` runs; there may be none. */
  async held<Result>(act: () => Result): Promise<Result> {
    const process = this.#status === "running" ? this.#process : null;
    await process?.freeze();
    try {
      return act();
    } finally {
      await process?.thaw();
    }
  }

  /** Resolves when the fault is in force; a power cut, when the process has ended of it. */
  async breakDisk(fault: LiveDiskFault): Promise<void> {
    this.#running();
    if (fault.kind === "power-cut") this.#intent = "kill";
    else this.#diskFaults = fault.kind === "heal" ? [] : [...this.#diskFaults, fault];
    this.send({ kind: "disk", fault });
    if (fault.kind === "power-cut") await this.#mustEnd(killMs);
    else await this.fence();
  }

  async resume(): Promise<void> {
    const process = this.#running();
    if (this.#status !== "paused") throw new LabError("wrong_state", `${this.id} is not paused.`);
    await process.thaw();
    if (this.#process === process) this.#setStatus("running");
  }

  /** What somebody else did with SIGSTOP or SIGCONT since the last look; null when nothing changed. */
  async lookAround(): Promise<"paused" | "running" | null> {
    const process = this.#process;
    if (process === null || (this.#status !== "running" && this.#status !== "paused")) return null;
    const isFrozen = await process.isFrozen();
    const seen = isFrozen ? "paused" : "running";
    if (isFrozen === null || this.#process !== process || seen === this.#status) return null;
    this.#setStatus(seen);
    return seen;
  }

  /** True when the process has ended within the time. */
  ended(ms: number): Promise<boolean> {
    return within(ms, this.#ended);
  }

  #running(): NodeProcess {
    if (this.#process === null) {
      throw new LabError("wrong_state", `${this.id} is not running (${this.#status}): restart it first.`);
    }
    return this.#process;
  }

  async #mustEnd(ms: number): Promise<void> {
    if (await this.ended(ms)) return;
    throw new LabError(
      "timed_out",
      `${this.id} has not ended within ${ms / 1000} s: wait, or kill it.`,
      false,
    );
  }

  #onMessage(message: NodeToLab): void {
    if (message.kind === "ready") {
      this.life = message.life;
      if (this.#status === "starting") this.#setStatus("running");
      this.#owner.onReady(this, message.life, message.pid);
      this.#readyOrEnded?.();
    } else if (message.kind === "fence") {
      this.#fenced.get(message.number)?.();
    } else if (message.kind === "failed") {
      this.#lastFailure = message.message;
    }
    this.#owner.onMessage(this, message);
  }

  #onExit(exit: NodeExit): void {
    const wasStarting = this.#status === "starting";
    this.#process = null;
    this.#owner.onExit(this, exit, this.#intent !== null);
    if (exit.signal === "SIGKILL" && this.#lastFailure === null) this.#setStatus("killed");
    else if (exit.code === 0 && !wasStarting) this.#setStatus("stopped");
    else {
      const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`;
      this.#error = this.#lastFailure ?? (exit.lastWords || `${this.id} ended ${how} without saying why.`);
      this.#setStatus("failed");
    }
    this.#readyOrEnded?.();
  }

  #setStatus(status: NodeStatus): void {
    this.#status = status;
    this.#owner.onChange();
  }
}

/** True when the promise settled in time. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
