/**
 * The lab: a cluster of real processes, their recording, and the commands that break and heal them.
 *
 * It knows neither windows nor hosts. Whoever wants to show it takes its events and hands commands to `dispatch`;
 * every transport and every test goes through that one door, where parameters are validated.
 *
 * Guarantee: `close` leaves no process and no half-written session behind; if the lab is killed instead, its processes
 * end (guard.ts) and the session holds everything up to the last batch.
 */
import { existsSync } from "node:fs";
import type { ZodError } from "zod";
import {
  type CommandName,
  type CommandParams,
  commandSchemas,
  type LabConnection,
  type LabEventName,
  type LabEvents,
} from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import type { ClockStoreKind, LabState } from "../../shared/contract/state.ts";
import type { StorageSettings } from "../../shared/contract/storage.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import type { Preset } from "../../shared/membership/types.ts";
import { type ReplicationSettings } from "../../shared/replication/settings.ts";
import type { Quorum } from "../../shared/replication/types.ts";
import { Cluster, usualLoad } from "./cluster.ts";
import { createHandlers, type Handlers } from "./commands.ts";
import { DataDir } from "./data-dir.ts";
import { connectInProcess } from "./in-process.ts";
import { newSessionId, Sessions } from "./sessions.ts";
import { noStudio, type Studio, type StudioMaker } from "./studio.ts";

export interface LabOptions {
  /** Made when missing. Holds the clusters' data and the recorded sessions; one lab at a time. */
  readonly dataDir: string;
  readonly nodes: number;
  readonly preset: Preset;
  readonly quorum?: Partial<Quorum>;
  /** Light load in operations a second: 4 when absent, none when 0. */
  readonly opsPerSecond?: number;
  /** The node program: worker.js of a build, or main/worker/main.ts. */
  readonly workerEntry: string;
  /** Of Lightcone, shown to people and written into sessions. */
  readonly version: string;
  readonly clockStore?: ClockStoreKind;
  /** What differs from the usual, for every node of every cluster that says nothing itself. */
  readonly storage?: Partial<StorageSettings>;
  /** Merge functions that key prefixes may name as "custom:<name>": the path of each. */
  readonly merges?: Readonly<Record<string, string>>;
  /** Scenarios and hunts; without it the lab has none. */
  readonly studio?: StudioMaker;
}

export interface Lab {
  /** The contract, in process. */
  connect(): LabConnection;
  /** Validates and carries out one command. Rejects with LabError. */
  dispatch(name: string, rawParams: unknown): Promise<unknown>;
  /** Returns the function that ends the subscription. */
  on<Name extends LabEventName>(name: Name, listener: (payload: LabEvents[Name]) => void): () => void;
  /** Ends every process and the recording. Later commands are refused. */
  close(): Promise<void>;
}

const virtualNodes = 150;
/** The state is pushed at most this often. */
const statePushMs = 100;

/** Resolves when every node serves or has said why it does not. Rejects with LabError; nothing runs then. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const quorum = quorumFor(options.nodes, options.quorum ?? {});
  if (!existsSync(options.workerEntry)) {
    throw new LabError(
      "bad_input",
      `The node program ${options.workerEntry} is missing: build Lightcone again.`,
    );
  }
  const lab = new RunningLab(options);
  try {
    await lab.begin(options.nodes, options.preset, quorum);
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}

interface WantedCluster {
  readonly preset: Preset;
  readonly quorum: Quorum;
  readonly replication?: Partial<ReplicationSettings>;
  readonly clockStore?: ClockStoreKind | undefined;
  readonly storage?: Partial<StorageSettings>;
}

class RunningLab implements Lab {
  readonly #options: LabOptions;
  readonly #dataDir: DataDir;
  readonly #sessions: Sessions;
  readonly #studio: Studio;
  readonly #handlers: Handlers;
  readonly #listeners = new Map<LabEventName, Set<(payload: never) => void>>();
  readonly #disconnects: (() => void)[] = [];
  #cluster: Cluster | null = null;
  /** The change of clusters under way. */
  #changing: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #pushTimer: NodeJS.Timeout | null = null;
  #pushedAt = 0;

  constructor(options: LabOptions) {
    this.#options = options;
    this.#dataDir = new DataDir(options.dataDir);
    this.#sessions = new Sessions(this.#dataDir.sessions, options.version);
    const { studio = noStudio, dataDir } = options;
    this.#studio = studio({ dataDir, sessions: this.#sessions, onChange: () => this.#stateChanged() });
    this.#handlers = createHandlers({
      cluster: () => this.#settledCluster(),
      sessions: this.#sessions,
      state: () => this.#state(),
      newCluster: (params) => this.#newCluster(params),
      studio: this.#studio,
    });
  }

  begin(nodes: number, preset: Preset, quorum: Quorum): Promise<void> {
    this.#cluster = this.#makeCluster({ preset, quorum });
    return this.#cluster.start(nodes);
  }

  #makeCluster({ preset, quorum, replication = {}, clockStore, storage = {} }: WantedCluster): Cluster {
    const { workerEntry, opsPerSecond = usualLoad, merges } = this.#options;
    const id = newSessionId();
    const cluster: Cluster = new Cluster({
      settings: {
        name: `cluster-${id}`,
        preset,
        quorum,
        virtualNodes,
        clockStore: clockStore ?? this.#options.clockStore ?? "sqlite",
        storage: { ...this.#options.storage, ...storage },
        workerEntry,
        ...(Object.keys(replication).length > 0 && { replication }),
        ...(merges !== undefined && { merges }),
      },
      dataDir: this.#dataDir,
      sessions: this.#sessions,
      opsPerSecond,
      onChange: () => this.#stateChanged(),
      onRecorded: (events) => this.#emit("events", { session: cluster.recorder.file.meta.id, events }),
      onNotice: (level, text) => this.#emit("notice", { level, text }),
    });
    return cluster;
  }

  connect(): LabConnection {
    const { connection, disconnect } = connectInProcess(this);
    this.#disconnects.push(disconnect);
    return connection;
  }

  async dispatch(name: string, rawParams: unknown): Promise<unknown> {
    if (this.#closing !== null) throw new LabError("wrong_state", "The lab is closing.");
    if (!Object.hasOwn(commandSchemas, name)) {
      throw new LabError("bad_input", `There is no command "${name}".`);
    }
    const parsed = commandSchemas[name as CommandName].safeParse(rawParams);
    if (!parsed.success) throw new LabError("bad_input", sentenceOf(name, parsed.error));
    const handler = this.#handlers[name as CommandName] as (params: unknown) => unknown;
    try {
      const result = await handler(parsed.data);
      this.#stateChanged();
      return result;
    } catch (error) {
      this.#stateChanged();
      if (error instanceof LabError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new LabError("internal", `The lab failed at "${name}": ${why}`, false);
    }
  }

  on<Name extends LabEventName>(name: Name, listener: (payload: LabEvents[Name]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Whatever the change under way comes to, its cluster is closed below.
    await this.#changing?.catch(() => undefined);
    // A state asked for before would be read from what is closed by then.
    if (this.#pushTimer !== null) clearTimeout(this.#pushTimer);
    await Promise.all([this.#cluster?.close(), this.#studio.close()]);
    this.#listeners.clear();
    for (const disconnect of this.#disconnects) disconnect();
    this.#sessions.close();
    this.#dataDir.close();
  }

  async #newCluster(params: CommandParams<"cluster.new">): Promise<void> {
    const { nodes, preset, replication = {}, storage = {}, clockStore, ...wanted } = params;
    const quorum = quorumFor(nodes, wanted);
    const old = this.#settledCluster();
    // The new session is begun first: where that fails (disk full, say), the old cluster goes on.
    const next = this.#makeCluster({
      preset,
      quorum,
      replication: withoutAbsent(replication),
      clockStore,
      storage: withoutAbsent(storage),
    });
    this.#changing = old.close().then(() => {
      this.#cluster = next;
      return next.start(nodes);
    });
    try {
      await this.#changing;
    } finally {
      this.#changing = null;
    }
  }

  #settledCluster(): Cluster {
    if (this.#cluster === null || this.#changing !== null) {
      throw new LabError("wrong_state", "A new cluster is being started: wait until it runs.");
    }
    return this.#cluster;
  }

  #state(): LabState {
    if (this.#cluster === null) throw new LabError("wrong_state", "The lab is starting: ask again.");
    return { ...this.#cluster.state(this.#options.version), studio: this.#studio.state };
  }

  /** Pushes the newest state now, or as soon as the last push is long enough ago. */
  #stateChanged(): void {
    if (this.#pushTimer !== null || this.#closing !== null || this.#cluster === null) return;
    const wait = Math.max(0, this.#pushedAt + statePushMs - performance.now());
    this.#pushTimer = setTimeout(() => {
      this.#pushTimer = null;
      this.#pushedAt = performance.now();
      this.#emit("state", this.#state());
    }, wait);
  }

  #emit<Name extends LabEventName>(name: Name, payload: LabEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(payload as never);
  }
}

/** Three replicas and majorities of two, as Dynamo has it; a cluster of one node can only keep one. */
function quorumFor(nodes: number, wanted: { [Name in keyof Quorum]?: number | undefined }): Quorum {
  const usual = nodes === 1 ? { n: 1, r: 1, w: 1 } : { n: 3, r: 2, w: 2 };
  const n = wanted.n ?? usual.n;
  const majority = Math.floor(n / 2) + 1;
  const fallback = wanted.n === undefined ? usual : { r: majority, w: majority };
  const quorum = { n, r: wanted.r ?? fallback.r, w: wanted.w ?? fallback.w };
  if (quorum.r > n || quorum.w > n) {
    throw new LabError("bad_input", `R and W cannot be above N: there are only ${n} replicas to answer.`);
  }
  if (quorum.r + quorum.w <= n) {
    throw new LabError(
      "bad_input",
      `R + W must be above N (${quorum.r} + ${quorum.w} is not above ${n}), or a read can miss the last write.`,
    );
  }
  return quorum;
}

function sentenceOf(command: string, error: ZodError): string {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at "${issue.path.join(".")}"`;
  return `The parameters of ${command} are wrong${where}: ${issue?.message ?? "they do not fit"}`;
}
