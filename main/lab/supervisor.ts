/**
 * The cluster as a set of processes: who they are, how each is started, what each of them says.
 *
 * All nodes are started at once. Each knows the addresses of all the others as seeds, so whichever is up first is
 * found by whoever comes next, and five nodes form a cluster in the time one takes to start. Ports are chosen once and
 * kept over restarts, because an address is part of what the other nodes believe.
 *
 * A node is told its links when it is spawned, so that they wait for it, and again when it serves: a node that starts
 * inside a partition must not get a word across it.
 */
import { randomBytes } from "node:crypto";
import { LabError } from "../../shared/contract/errors.ts";
import {
  type ClockStoreKind,
  type LinkSettings,
  type NodeState,
  type NodeStatus,
} from "../../shared/contract/state.ts";
import { storageDefaults, type StorageSettings } from "../../shared/contract/storage.ts";
import { asNodeId } from "../../shared/ids.ts";
import type { MembershipConfig, Preset } from "../../shared/membership/types.ts";
import type { ReplicationSettings } from "../../shared/replication/settings.ts";
import type { Quorum } from "../../shared/replication/types.ts";
import type { LabToNode, NodeToLab } from "../worker/control.ts";
import { Guard } from "./guard.ts";
import type { LinkTable } from "./links.ts";
import { ManagedNode, type NodeOwner } from "./managed-node.ts";
import { newestLife } from "./node-files.ts";
import { type HeldPort, holdPorts, loopback } from "./ports.ts";
import { childProcessHost, type NodeCommand, type NodeExit } from "./process-host.ts";
import type { Recorder } from "./recorder.ts";
import type { RuleTable } from "./rules.ts";
import type { StoragePlace } from "./storage-files.ts";

export interface ClusterSettings {
  readonly name: string;
  readonly preset: Preset;
  readonly quorum: Quorum;
  readonly virtualNodes: number;
  readonly clockStore: ClockStoreKind;
  /** What differs from the usual. */
  readonly storage?: Partial<StorageSettings>;
  readonly workerEntry: string;
  /** What only scenarios change; each at its usual value when absent. */
  readonly gossip?: boolean;
  /** Single values of the preset. */
  readonly membership?: Partial<MembershipConfig>;
  readonly requestTimeoutMs?: number;
  /** Settings of replication that differ from the usual ones. */
  readonly replication?: Partial<ReplicationSettings>;
  /** Files of the merge functions that its conflict strategies name, by name. */
  readonly merges?: Readonly<Record<string, string>>;
  /** A folder that is no use to anybody when this process is killed, and is deleted then. */
  readonly scratch?: string;
  /** Of every link at the beginning. */
  readonly link?: Partial<LinkSettings>;
}

export interface SupervisorOptions {
  readonly settings: ClusterSettings;
  readonly links: LinkTable;
  readonly rules: RuleTable;
  readonly recorder: Recorder;
  readonly dataDirOf: (node: string) => string;
  readonly onChange: () => void;
  /**
   * A process ended that nobody here had asked to; one sentence about it. `isBroken`: its disk had been broken on
   * purpose, so it may be why.
   */
  readonly onUnexpectedEnd: (sentence: string, isBroken: boolean) => void;
}

/** How long a node may take to flush when the whole cluster ends. */
const closeMs = 1_500;

interface Wall {
  readonly offset: number;
  readonly driftPpm: number;
  /** When it was set, by this process's own clock. */
  readonly setAt: number;
}

export class Supervisor implements NodeOwner {
  readonly host = childProcessHost;
  readonly #options: SupervisorOptions;
  readonly #nodes = new Map<string, ManagedNode>();
  /** Each node's, also while it is down. */
  readonly #ports = new Map<string, HeldPort>();
  readonly #guard: Guard;
  readonly #secret = randomBytes(24).toString("base64url");
  /** Wall clocks that are wrong; they stay so over restarts. */
  readonly #walls = new Map<string, Wall>();
  /** Of the last node made; numbers are not given out twice. */
  #number = 0;
  /** An act that waited for its turn must not start a process nobody would end. */
  #isClosed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#guard = new Guard(options.settings.scratch ?? null);
  }

  list(): NodeState[] {
    return [...this.#nodes.values()].map((node) => node.state);
  }

  all(): ManagedNode[] {
    return [...this.#nodes.values()];
  }

  has(id: string): boolean {
    return this.#nodes.has(id);
  }

  /** Undefined for a node that is not, or no longer, one of the cluster. */
  statusOf(id: string): NodeStatus | undefined {
    return this.#nodes.get(id)?.status;
  }

  get(id: string): ManagedNode {
    const node = this.#nodes.get(id);
    if (node === undefined) {
      throw new LabError(
        "unknown_node",
        `There is no node "${id}" here: the nodes are ${[...this.#nodes.keys()].join(", ")}.`,
      );
    }
    return node;
  }

  /** Where the node keeps what it knows, and how. */
  placeOf({ id, dataDir, pid, storage, clockStore }: ManagedNode): StoragePlace {
    const owner = { node: asNodeId(id), cluster: this.#options.settings.name };
    return { dataDir, isRunning: pid !== null, owner, storage, clockStore };
  }

  /** Makes places for new nodes, of these names or so many, without starting them. */
  async addNodes(wanted: number | readonly string[]): Promise<ManagedNode[]> {
    const names =
      typeof wanted === "number"
        ? Array.from({ length: wanted }, () => `node-${(this.#number += 1)}`)
        : wanted;
    const taken = names.find((name) => this.#nodes.has(name));
    if (taken !== undefined) throw new LabError("bad_input", `There is a node "${taken}" already.`);
    const ports = await holdPorts(names.length);
    const { clockStore } = this.#options.settings;
    const storage = { ...storageDefaults, ...this.#options.settings.storage };
    const added = names.map((id, index) => {
      const { port } = ports[index]!;
      this.#ports.set(id, ports[index]!);
      const dataDir = this.#options.dataDirOf(id);
      return new ManagedNode({ id, port, dataDir, clockStore, storage }, this);
    });
    for (const node of added) this.#nodes.set(node.id, node);
    this.#nodesChanged();
    return added;
  }

  forget(id: string): void {
    this.#nodes.delete(id);
    this.#ports.get(id)?.release();
    this.#ports.delete(id);
    this.#nodesChanged();
  }

  /** Resolves when the node serves; rejects with LabError when it does not. */
  async start(node: ManagedNode): Promise<void> {
    if (this.#isClosed) {
      throw new LabError("wrong_state", `${node.id} was not started: its cluster has ended.`);
    }
    return node.start(this.#commandFor(node));
  }

  /** To every node that runs. */
  tellAll(message: LabToNode): void {
    for (const node of this.#nodes.values()) node.send(message);
  }

  /** Every node's sender applies its links again. */
  sendLinks(): void {
    for (const node of this.#nodes.values()) this.#sendLinksOf(node);
  }

  /** Every node's sender applies the message rules again. */
  sendRules(): void {
    for (const node of this.#nodes.values()) this.#sendRulesOf(node);
  }

  /** The node's wall clock is wrong from now on, in its lives to come as well. */
  setWall(id: string, offset: number, driftPpm: number): void {
    const node = this.get(id);
    this.#walls.set(id, { offset, driftPpm, setAt: performance.now() });
    this.#sendWallOf(node);
  }

  /** Resolves when what the running nodes were told so far is in force; a paused one hears it when it goes on. */
  async fence(): Promise<void> {
    const running = this.all().filter(({ status }) => status === "running");
    await Promise.all(running.map((node) => node.fence()));
  }

  /** Ends every process: flushed where it can be, killed where not. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // A process that outlives even SIGKILL (it waits for its disk) must not keep the rest from ending.
    await Promise.allSettled(
      this.all().map(async (node) => {
        if (node.pid === null) return;
        if (node.status === "running") await node.stop(false, closeMs).catch(() => undefined);
        if (node.pid !== null) await node.kill();
      }),
    );
    for (const port of this.#ports.values()) port.release();
    this.#ports.clear();
    this.#guard.close();
  }

  onSpawned(node: ManagedNode): void {
    this.#watch();
    this.#options.links.senderStarted(node.id);
    this.#sendLinksOf(node);
    if (!this.#options.rules.isEmpty) this.#sendRulesOf(node);
    this.#sendWallOf(node);
  }

  onReady(node: ManagedNode, life: number, pid: number): void {
    const { id, clockStore } = node;
    this.#sendLinksOf(node);
    this.#options.recorder.lab("node-started", { node: id, pid, life, clockStore });
  }

  onMessage(node: ManagedNode, message: NodeToLab): void {
    if (message.kind === "events") this.#options.recorder.accept(message.events);
    if (message.kind === "links") this.#options.links.count(node.id, message.counts);
    if (message.kind === "seen") this.#options.rules.count(node.id, message.seen);
  }

  onExit(node: ManagedNode, exit: NodeExit, expected: boolean): void {
    const { recorder } = this.#options;
    const life = node.life ?? newestLife(node.dataDir);
    if (life !== null) recorder.catchUp(node.id, life);
    recorder.lab("exited", { node: node.id, code: exit.code, signal: exit.signal, expected });
    if (!expected) this.#options.onUnexpectedEnd(sentenceOf(node, exit), node.diskFaults.length > 0);
    this.#watch();
  }

  onChange(): void {
    this.#options.onChange();
  }

  #nodesChanged(): void {
    this.#options.links.setNodes([...this.#nodes.keys()]);
    this.#options.onChange();
  }

  #sendLinksOf(node: ManagedNode): void {
    node.send({ kind: "links", links: this.#options.links.outgoing(node.id) });
  }

  #sendRulesOf(node: ManagedNode): void {
    node.send({ kind: "rules", ...this.#options.rules.of(node.id) });
  }

  #sendWallOf(node: ManagedNode): void {
    const wall = this.#walls.get(node.id);
    if (wall === undefined) return;
    const { offset, driftPpm, setAt } = wall;
    const drifted = ((performance.now() - setAt) * driftPpm) / 1e6;
    node.send({ kind: "wall", offset: offset + drifted, driftPpm });
  }

  #watch(): void {
    this.#guard.watch(this.all().flatMap((node) => node.pid ?? []));
  }

  #commandFor(node: ManagedNode): NodeCommand {
    const { name, preset, quorum, virtualNodes, workerEntry, ...rare } = this.#options.settings;
    const { gossip = true, membership, requestTimeoutMs, replication, merges = {} } = rare;
    const seeds = this.all().filter((other) => other !== node);
    return {
      entry: workerEntry,
      args: [
        `--node-id=${node.id}`,
        `--host=${loopback}`,
        `--port=${node.port}`,
        `--data-dir=${node.dataDir}`,
        ...seeds.map((seed) => `--seed-node=${seed.address}`),
        `--preset=${preset}`,
        `--n=${quorum.n}`,
        `--r=${quorum.r}`,
        `--w=${quorum.w}`,
        `--virtual-nodes=${virtualNodes}`,
        `--clock-store=${node.clockStore}`,
        ...storageFlags(node.storage),
        ...node.lastingFaults.map((fault) => `--disk-fault=${JSON.stringify(fault)}`),
        `--cluster=${name}`,
        `--gossip=${gossip}`,
        ...(quorum.r + quorum.w > quorum.n ? [] : ["--allow-stale-reads"]),
        ...(membership === undefined ? [] : [`--membership=${JSON.stringify(membership)}`]),
        ...(replication === undefined ? [] : [`--replication=${JSON.stringify(replication)}`]),
        ...Object.entries(merges).map(([name, path]) => `--merge=${name}=${path}`),
        ...(requestTimeoutMs === undefined ? [] : [`--request-timeout=${requestTimeoutMs}`]),
      ],
      env: { LIGHTCONE_SECRET: this.#secret },
    };
  }
}

const storageFlags = (storage: StorageSettings) =>
  (Object.keys(storageDefaults) as (keyof StorageSettings)[])
    .filter((name) => storage[name] !== storageDefaults[name])
    .map((name) => `--${name}=${storage[name]}`);

function sentenceOf({ id }: ManagedNode, { code, signal, lastWords }: NodeExit): string {
  if (signal !== null) return `${id} was ended by ${signal} from outside the lab.`;
  if (code === 0) return `${id} ended by itself or was asked to from outside the lab.`;
  return `${id} has failed: ${lastWords || `exit code ${code}`}`;
}
