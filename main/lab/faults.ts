/**
 * What the lab does to nodes on purpose. Each act is recorded before it is carried out, so that in the recording the
 * cause stands before its effects even when the effect is the end of a process.
 */
import { LabError } from "../../shared/contract/errors.ts";
import type { ClockStoreKind } from "../../shared/contract/state.ts";
import type { StorageSettings } from "../../shared/contract/storage.ts";
import type { ManagedNode } from "./managed-node.ts";
import { loseClock, wipe } from "./node-files.ts";
import type { Recorder } from "./recorder.ts";
import type { Supervisor } from "./supervisor.ts";

/** How a node's next process keeps what it knows; what is absent stays as it was. */
export interface StoreChange {
  readonly clockStore?: ClockStoreKind;
  readonly storage?: Partial<StorageSettings>;
}

export class NodeFaults {
  readonly #supervisor: Supervisor;
  readonly #recorder: Recorder;

  constructor(supervisor: Supervisor, recorder: Recorder) {
    this.#supervisor = supervisor;
    this.#recorder = recorder;
  }

  /** Does not wait for its turn: a node that hangs while stopping can still be killed. */
  async kill(id: string): Promise<void> {
    const node = this.#supervisor.get(id);
    this.#recorder.lab("kill", { node: id, pid: pidOf(node) });
    await node.kill();
  }

  /** A kill that takes with it what the node had not flushed. */
  cutPower(id: string): Promise<void> {
    const node = this.#supervisor.get(id);
    this.#recorder.lab("kill", { node: id, pid: pidOf(node) });
    return node.breakDisk({ kind: "power-cut" });
  }

  pause(id: string): Promise<void> {
    return this.#inTurn(id, (node) => {
      const pid = pidOf(node);
      if (node.status !== "running")
        throw new LabError("wrong_state", `${id} is ${node.status}, not running.`);
      this.#recorder.lab("pause", { node: id, pid });
      return node.pause();
    });
  }

  resume(id: string): Promise<void> {
    return this.#inTurn(id, (node) => {
      const pid = pidOf(node);
      if (node.status !== "paused") throw new LabError("wrong_state", `${id} is not paused.`);
      this.#recorder.lab("resume", { node: id, pid });
      return node.resume();
    });
  }

  stop(id: string): Promise<void> {
    return this.#inTurn(id, (node) => this.#stop(node));
  }

  restart(id: string, clock: "keep" | "lose", stores: StoreChange = {}): Promise<void> {
    return this.#inTurn(id, async (node) => {
      if (node.pid !== null) await this.kill(id);
      this.#recorder.lab("restart", { node: id, clock });
      node.clockStore = stores.clockStore ?? node.clockStore;
      node.storage = { ...node.storage, ...stores.storage };
      if (clock === "lose") loseClock(id, node.dataDir);
      await this.#supervisor.start(node);
    });
  }

  /** Makes a node, with the next free number where it gets no name, and waits until it serves. */
  async add(name?: string): Promise<string> {
    const [node] = await this.#supervisor.addNodes(name === undefined ? 1 : [name]);
    if (node === undefined) throw new LabError("internal", "No node was made.");
    this.#recorder.lab("node-added", { node: node.id, address: node.address });
    await node.inTurn(() => this.#supervisor.start(node));
    return node.id;
  }

  /** A running node leaves gracefully; a paused one cannot and is killed. */
  remove(id: string): Promise<void> {
    return this.#inTurn(id, async (node) => {
      if (this.#supervisor.all().length === 1) {
        throw new LabError(
          "wrong_state",
          `${id} is the last node: start a new cluster instead of removing it.`,
        );
      }
      if (node.status === "running") await this.#stop(node);
      else if (node.pid !== null) await this.kill(id);
      this.#recorder.lab("node-removed", { node: id });
      this.#supervisor.forget(id);
      // Nodes that ended otherwise than by leaving cannot say that they will not return.
      this.#supervisor.tellAll({ kind: "evict", node: id });
    });
  }

  wipe(id: string): Promise<void> {
    return this.#inTurn(id, async (node) => {
      if (node.pid !== null) {
        throw new LabError(
          "wrong_state",
          `${id} is ${node.status}: stop or kill it before its data is deleted.`,
        );
      }
      this.#recorder.lab("wipe", { node: id });
      wipe(node.dataDir);
    });
  }

  /** The node's wall clock is wrong by `offset` ms from now on, and by `drift` millionths more. */
  setClock(id: string, offset: number, drift: number): Promise<void> {
    const node = this.#supervisor.get(id);
    this.#recorder.lab("clock", { node: node.id, offset, drift });
    this.#supervisor.setWall(id, offset, drift);
    return this.#supervisor.fence();
  }

  #stop(node: ManagedNode): Promise<void> {
    const pid = pidOf(node);
    this.#recorder.lab("stop", { node: node.id, pid });
    return node.stop(true);
  }

  /** The node is looked up again when its turn comes: it may have been removed meanwhile. */
  #inTurn(id: string, act: (node: ManagedNode) => Promise<void>): Promise<void> {
    return this.#supervisor.get(id).inTurn(async () => act(this.#supervisor.get(id)));
  }
}

function pidOf(node: ManagedNode): number {
  if (node.pid === null) {
    throw new LabError("wrong_state", `${node.id} is not running (${node.status}): restart it first.`);
  }
  return node.pid;
}
