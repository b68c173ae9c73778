/**
 * One cluster and its session, from the first process to the last event: what `cluster.new` ends and begins.
 *
 * It ties the parts together and beats once a second: looks for processes paused from elsewhere, records the proof
 * that faults work, and refreshes the counts that change all the time.
 */
import { type LabState, restingLink } from "../../shared/contract/state.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { readTraceAfter } from "../storage/trace-blobs.ts";
import type { DataDir } from "./data-dir.ts";
import { DiskFaults } from "./disk-faults.ts";
import { NodeFaults } from "./faults.ts";
import { LinkTable } from "./links.ts";
import { Load } from "./load.ts";
import type { ManagedNode } from "./managed-node.ts";
import { Network } from "./network.ts";
import { Readiness } from "./readiness.ts";
import { Recorder } from "./recorder.ts";
import { RuleTable } from "./rules.ts";
import type { Sessions } from "./sessions.ts";
import { type ClusterSettings, Supervisor } from "./supervisor.ts";
import { UndoStack } from "./undo.ts";

const beatMs = 1_000;
/** A cluster that is not ready by then is shown as it is: somebody may want to see why. */
const usualReadyMs = 10_000;
/** Operations a second, where nobody says otherwise. */
export const usualLoad = 4;

export interface ClusterOptions {
  readonly settings: ClusterSettings;
  readonly dataDir: DataDir;
  readonly sessions: Sessions;
  readonly opsPerSecond: number;
  /** Of the session; the usual one when absent. */
  readonly title?: string;
  /** How long `start` waits for the cluster to be ready. */
  readonly readyMs?: number;
  readonly onChange: () => void;
  readonly onRecorded: (events: RecordedEvent[]) => void;
  readonly onNotice: (level: "info" | "warning" | "error", text: string) => void;
}

export class Cluster {
  readonly settings: ClusterSettings;
  readonly supervisor: Supervisor;
  readonly faults: NodeFaults;
  readonly disks: DiskFaults;
  readonly network: Network;
  readonly recorder: Recorder;
  readonly load: Load;
  readonly undo = new UndoStack();
  readonly #options: ClusterOptions;
  readonly #links: LinkTable;
  readonly #rules = new RuleTable();
  readonly #lookingAt = new Set<ManagedNode>();
  readonly #readiness: Readiness;
  /** Somebody waits for the cluster to be ready, or closed. */
  #onProgress: (() => void) | null = null;
  #beat: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: ClusterOptions) {
    const { settings, dataDir, sessions } = options;
    const onChange = () => {
      this.#onProgress?.();
      options.onChange();
    };
    this.#options = options;
    this.settings = settings;
    this.#readiness = new Readiness(settings.gossip ?? true);
    this.#links = new LinkTable({ ...restingLink, ...settings.link });
    const { title = `Cluster of ${new Date().toLocaleString("en-GB", { timeZoneName: "short" })}` } = options;
    this.recorder = new Recorder({
      file: sessions.begin(title),
      onRecorded: (events) => {
        this.#readiness.observe(events);
        options.onRecorded(events);
        this.#onProgress?.();
      },
      onFailed: (error) =>
        options.onNotice(
          "error",
          `Recording has stopped, the session file cannot be written: ${error.message}`,
        ),
      readTrace: (node, life, after) => this.#readTrace(node, life, after),
    });
    this.supervisor = new Supervisor({
      settings,
      links: this.#links,
      rules: this.#rules,
      recorder: this.recorder,
      dataDirOf: (node) => dataDir.node(settings.name, node),
      onChange,
      onUnexpectedEnd: (sentence, isBroken) => options.onNotice(isBroken ? "info" : "warning", sentence),
    });
    this.faults = new NodeFaults(this.supervisor, this.recorder);
    this.disks = new DiskFaults(this.supervisor, this.recorder);
    this.network = new Network({
      links: this.#links,
      rules: this.#rules,
      recorder: this.recorder,
      supervisor: this.supervisor,
      onChange,
    });
    this.load = new Load(options.opsPerSecond || usualLoad, () =>
      this.supervisor.all().filter((node) => node.status === "running"),
    );
  }

  /** Every node that runs serves, sees the others alive, and has its place in the ring. */
  get isReady(): boolean {
    return this.#readiness.isReady(this.supervisor.all());
  }

  /**
   * Starts so many nodes, or nodes of these names. Resolves when every one has said why it does not run, or that it
   * does and they are ready: nobody's first write is refused for coming too early.
   */
  async start(wanted: number | readonly string[]): Promise<void> {
    const { name, preset, quorum, virtualNodes, replication } = this.settings;
    const nodes = await this.supervisor.addNodes(wanted);
    if (this.#isClosed) return;
    this.recorder.lab("cluster", {
      name,
      preset,
      ...quorum,
      virtualNodes,
      nodes: nodes.map((node) => node.id),
      ...(replication !== undefined && { replication }),
    });
    for (const { id, address } of nodes) this.recorder.lab("node-added", { node: id, address });
    this.network.recordLinks();
    this.#beat = setInterval(() => this.#onBeat(), beatMs);
    // A node that fails says so in its state; the others go on.
    await Promise.allSettled(nodes.map((node) => this.supervisor.start(node)));
    await this.#untilReady();
    const { opsPerSecond } = this.#options;
    if (opsPerSecond > 0 && this.#beat !== null) this.setLoad(true, opsPerSecond);
  }

  setLoad(running: boolean, opsPerSecond: number): void {
    this.recorder.lab("load", { running, opsPerSecond });
    this.load.set(running, opsPerSecond);
    this.#options.onChange();
  }

  state(version: string): Omit<LabState, "studio"> {
    const { name, preset, quorum, virtualNodes } = this.settings;
    return {
      version,
      cluster: { name, preset, ...quorum, virtualNodes },
      nodes: this.supervisor.list(),
      links: this.#links.list(),
      partition: this.#links.partition,
      load: this.load.state,
      session: this.recorder.file.info(true),
      undo: this.undo.describe(),
    };
  }

  async #untilReady(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, this.#options.readyMs ?? usualReadyMs);
    this.#onProgress = () => {
      if (this.#isClosed || this.isReady) resolve();
    };
    this.#onProgress();
    await promise;
    this.#onProgress = null;
    clearTimeout(late);
  }

  /** Ends every process, records what they had left to say, and folds the session into one file. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onProgress?.();
    if (this.#beat !== null) clearInterval(this.#beat);
    this.#beat = null;
    this.load.close();
    await this.supervisor.close();
    this.recorder.close();
    this.#options.sessions.end(this.recorder.file);
    this.#options.dataDir.removeCluster(this.settings.name);
  }

  #onBeat(): void {
    this.network.recordEffect();
    for (const node of this.supervisor.all()) void this.#lookAt(node);
    this.#options.onChange();
  }

  /** Has somebody else stopped or continued the process? A node in the middle of an act is looked at after it. */
  async #lookAt(node: ManagedNode): Promise<void> {
    if (this.#lookingAt.has(node)) return;
    this.#lookingAt.add(node);
    const seen = await node.inTurn(() => node.lookAround());
    this.#lookingAt.delete(node);
    if (seen === null || node.pid === null || this.#beat === null) return;
    const name = seen === "paused" ? "pause" : "resume";
    this.recorder.lab(name, { node: node.id, pid: node.pid, expected: false });
  }

  #readTrace(node: string, life: number, after: number) {
    try {
      return readTraceAfter(this.#options.dataDir.node(this.settings.name, node), life, after);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.onNotice(
        "warning",
        `The trace of ${node} could not be read, its last events are missing: ${why}`,
      );
      return [];
    }
  }
}
