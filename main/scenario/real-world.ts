/** A cluster of real processes as a run of a scenario sees it: calls, acts, looks, events, and whether it is ready. */
import { LabError } from "../../shared/contract/errors.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import { asNodeId } from "../../shared/ids.ts";
import type { CallAnswer, ClientCall, FaultAction, NodeView } from "../../shared/scenario/run.types.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";
import { quorumOf } from "../../shared/simulation/machines.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { Cluster } from "../lab/cluster.ts";
import { DataDir } from "../lab/data-dir.ts";
import type { ManagedNode } from "../lab/managed-node.ts";
import { Sessions } from "../lab/sessions.ts";
import type { ClusterSettings } from "../lab/supervisor.ts";
import { askNode, notRunning, viewOf } from "./real-clients.ts";
import { RealDisks } from "./real-disks.ts";
import { carryOut } from "./real-faults.ts";

export interface RealWorldOptions {
  readonly scenario: Scenario;
  readonly workerEntry: string;
  readonly version: string;
  /** A folder of its own, which is its owner's to delete. */
  readonly scratch: string;
}

/** A cluster that is not ready by then never will be. */
const readyMs = 60_000;

export class RealWorld {
  /** Everything recorded so far. */
  readonly events: RecordedEvent[] = [];
  onEvents: ((events: readonly RecordedEvent[]) => void) | null = null;
  /** The cluster or its recording has failed by itself: one sentence. */
  onBroken: ((why: string) => void) | null = null;
  readonly #scenario: Scenario;
  readonly #dataDir: DataDir;
  readonly #sessions: Sessions;
  readonly #cluster: Cluster;
  readonly #disks: RealDisks;
  #broken: string | null = null;
  #onBrokenEarly: (() => void) | null = null;

  constructor({ scenario, workerEntry, version, scratch }: RealWorldOptions) {
    this.#scenario = scenario;
    this.#dataDir = new DataDir(scratch);
    this.#sessions = new Sessions(this.#dataDir.sessions, version);
    this.#cluster = new Cluster({
      settings: settingsOf(scenario, workerEntry, scratch),
      dataDir: this.#dataDir,
      sessions: this.#sessions,
      opsPerSecond: 0,
      title: scenario.name,
      readyMs,
      onChange: () => undefined,
      onRecorded: (events) => this.#recorded(events),
      // What the scenario brings about on purpose is news, and no failure of the cluster.
      onNotice: (level, sentence) => level !== "info" && this.#fail(sentence),
    });
    this.#disks = new RealDisks(this.#cluster, scenario);
  }

  /** Null when the cluster is ready, else why it is not. */
  async start(signal: AbortSignal | undefined): Promise<string | null> {
    const { promise: givenUp, resolve } = Promise.withResolvers<void>();
    const giveUp = () => resolve();
    this.#onBrokenEarly = giveUp;
    signal?.addEventListener("abort", giveUp);
    try {
      await Promise.race([this.#cluster.start(this.#scenario.cluster.nodes), givenUp]);
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
    if (signal?.aborted === true) return "The run was cancelled.";
    const failed = this.#nodes().find(({ status }) => status === "failed");
    if (failed !== undefined) return `The cluster did not start: ${failed.state.error ?? failed.id}`;
    if (this.#broken !== null) return this.#broken;
    return this.#cluster.isReady ? null : `The cluster was not ready after ${readyMs / 1000} s.`;
  }

  call(call: ClientCall): Promise<CallAnswer> {
    const { supervisor } = this.#cluster;
    return askNode(supervisor.has(call.node) ? supervisor.get(call.node) : null, call);
  }

  /** Null when it has taken effect, else one sentence why it could not. */
  async act(action: FaultAction): Promise<string | null> {
    try {
      await carryOut(this.#cluster, this.#disks, action);
      return null;
    } catch (error) {
      if (error instanceof LabError) return error.message;
      throw error;
    }
  }

  recordStep(step: { readonly number: number; readonly of: number; readonly words: string }): void {
    this.#cluster.recorder.lab("step", step);
  }

  /** What every node shows, with everything recorded that led to it; disks that come back later are kept. */
  async observe(label: string): Promise<NodeView[]> {
    await this.#disks.keep(label);
    const views = await Promise.all(this.#nodes().map((node) => this.#viewOf(node)));
    await this.#cluster.supervisor.fence();
    this.#cluster.recorder.flush();
    return views;
  }

  /** As `observe`; a node that does not answer any more shows nothing. */
  async lastLook(): Promise<NodeView[]> {
    const nodes = this.#nodes();
    const looks = await Promise.allSettled(nodes.map((node) => this.#viewOf(node)));
    await this.#cluster.supervisor.fence();
    this.#cluster.recorder.flush();
    return looks.map((look, index) =>
      look.status === "fulfilled" ? look.value : this.#absent(nodes[index]!),
    );
  }

  /** Ends every process. */
  async close(): Promise<void> {
    this.onEvents = null;
    this.onBroken = null;
    await this.#cluster.close();
    this.#sessions.close();
    this.#dataDir.close();
  }

  async #viewOf(node: ManagedNode): Promise<NodeView> {
    if (node.status !== "running") return this.#absent(node);
    try {
      return await viewOf(node);
    } catch (error) {
      // Its end may have come between.
      if (node.status !== "running") return this.#absent(node);
      throw error;
    }
  }

  #absent({ id }: ManagedNode): NodeView {
    return notRunning(asNodeId(id), this.#scenario.cluster.virtualNodes);
  }

  #nodes(): ManagedNode[] {
    return this.#cluster.supervisor.all();
  }

  #recorded(events: readonly RecordedEvent[]): void {
    for (const event of events) this.events.push(event);
    this.onEvents?.(events);
  }

  #fail(why: string): void {
    this.#broken ??= why;
    this.#onBrokenEarly?.();
    this.onBroken?.(why);
  }
}

function settingsOf({ cluster, network }: Scenario, workerEntry: string, scratch: string): ClusterSettings {
  const { preset, virtualNodes, gossip, membership, requestTimeout, replication, clocks } = cluster;
  const { clocks: clockStore = "sqlite", ...storage } = cluster.storage ?? {};
  return {
    name: "scenario",
    preset,
    quorum: quorumOf(cluster),
    virtualNodes,
    clockStore: clocks === "durable" ? clockStore : "memory",
    storage: withoutAbsent(storage),
    workerEntry,
    gossip,
    ...(membership !== undefined && { membership }),
    ...(replication !== undefined && { replication: withoutAbsent(replication) }),
    requestTimeoutMs: Math.max(1, Math.round(requestTimeout)),
    scratch,
    link: Object.fromEntries(Object.entries(network ?? {}).filter(([, value]) => value !== undefined)),
  };
}
