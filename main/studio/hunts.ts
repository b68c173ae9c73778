/** The hunt of the window: one at a time, over the cores that the running cluster leaves free, until it is cancelled. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";
import type { HuntFailure, HuntState } from "../../shared/contract/studio.ts";
import { hunt, type HuntOptions, type HuntProgress } from "../hunt/hunt.ts";
import type { StudioTools } from "../lab/studio.ts";
import type { LoadedScenario } from "./library.ts";

/** Failures made small; the others are listed by their seed. */
const minimiseMax = 5;
const minimiseBudget = 1_000;
const kept = 5;
/** More failures teach nothing, and every window gets them all at every change: the hunt ends. */
const failuresMax = 200;
/** Why such a hunt was ended. */
const enough = "enough failures";

export interface HuntWish {
  readonly from: number;
  readonly to: number;
  readonly stopAtFirst: boolean;
}

export class Hunts {
  readonly #tools: StudioTools;
  readonly #version: string;
  readonly #workerEntry: string;
  /** Recordings of minimised runs, by seed, taken over once each. */
  readonly #sessions = new Map<number, string>();
  #state: HuntState | null = null;
  #running: { readonly ending: AbortController; readonly over: Promise<void> } | null = null;

  constructor(tools: StudioTools, version: string, workerEntry: string) {
    this.#tools = tools;
    this.#version = version;
    this.#workerEntry = workerEntry;
  }

  get state(): HuntState | null {
    return this.#state;
  }

  /** Throws LabError when one runs already or the range makes no sense. */
  start({ scenario, text, path }: LoadedScenario, { from, to, stopAtFirst }: HuntWish): void {
    if (this.#running !== null) throw new LabError("wrong_state", "A hunt is running: cancel it first.");
    if (from > to)
      throw new LabError("bad_input", `The seeds ${from} to ${to} are none: the first is above the last.`);
    const folder = this.#newFolder();
    const ending = new AbortController();
    this.#sessions.clear();
    this.#state = {
      scenario: scenario.name,
      from,
      to,
      status: "running",
      done: 0,
      seedsPerSecond: 0,
      failures: [],
      reached: {},
      error: null,
    };
    const startedAt = performance.now();
    const options: HuntOptions = {
      text,
      file: path,
      name: scenario.name,
      version: this.#version,
      from,
      to,
      shard: { index: 1, of: 1 },
      folder,
      resume: false,
      jobs: Math.max(1, availableParallelism() - 1),
      stopAtFirst,
      minimiseMax,
      minimiseBudget,
      workerEntry: this.#workerEntry,
      signal: ending.signal,
      onProgress: (progress) => {
        this.#show(progress, startedAt);
        if (progress.failures.length >= failuresMax) ending.abort(enough);
      },
    };
    this.#running = { ending, over: this.#run(options, startedAt) };
    this.#tools.onChange();
  }

  async #run(options: HuntOptions, startedAt: number): Promise<void> {
    try {
      this.#show(await hunt(options), startedAt);
      const { aborted, reason } = options.signal;
      this.#change({ status: aborted && reason !== enough ? "cancelled" : "over" });
    } catch (error) {
      this.#change({ status: "failed", error: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#running = null;
    }
  }

  #show(progress: HuntProgress, startedAt: number): void {
    const seconds = (performance.now() - startedAt) / 1000;
    this.#change({
      done: progress.done,
      seedsPerSecond: seconds > 0 ? progress.done / seconds : 0,
      failures: progress.failures.slice(0, failuresMax).map((failure) => this.#failureOf(failure, progress)),
      reached: { ...progress.reached },
    });
  }

  /** Resolves when nothing of it runs any more. */
  async cancel(): Promise<void> {
    this.#running?.ending.abort();
    await this.#running?.over;
  }

  #change(changes: Partial<HuntState>): void {
    if (this.#state === null) return;
    this.#state = { ...this.#state, ...changes };
    this.#tools.onChange();
  }

  #failureOf({ seed, words, found }: HuntProgress["failures"][number], progress: HuntProgress): HuntFailure {
    const small = progress.minimised.get(seed);
    if (small === undefined) return { seed, words, found, minimised: null, session: null, proof: null };
    const { before, after, folder, proof } = small;
    return {
      seed,
      words,
      found,
      minimised: {
        nodes: [before.nodes, after.nodes],
        faults: [before.faults, after.faults],
        operations: [before.operations, after.operations],
        path: join(folder, "scenario.yaml"),
      },
      session: this.#sessionOf(seed, folder),
      proof,
    };
  }

  #sessionOf(seed: number, folder: string): string {
    let session = this.#sessions.get(seed);
    if (session === undefined) {
      session = this.#tools.sessions.import(join(folder, "session.lightcone")).id;
      this.#sessions.set(seed, session);
    }
    return session;
  }

  /** A folder for this hunt; of the earlier ones the newest few are kept. */
  #newFolder(): string {
    const parent = resolve(this.#tools.dataDir, "hunts");
    const name = new Date().toISOString().replaceAll(":", "-");
    const old = existsSync(parent) ? readdirSync(parent).sort().slice(0, -kept) : [];
    for (const folder of old) rmSync(join(parent, folder), { recursive: true, force: true });
    return join(parent, name);
  }
}
