/**
 * A hunt: one scenario under many seeds, over all cores, until a seed fails or none is left.
 *
 * Each worker gets a handful of seeds at a time, more as they turn out to be quick, so that progress is told about
 * twice a second and a kill costs no more than that. What is found is in the ledger before anything else is done with
 * it. A failure is then made small by the worker that is free, while the others go on.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { LabError } from "../../shared/contract/errors.ts";
import { type FoundFailure, Ledger, type MinimisedFailure } from "./ledger.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import { SeedQueue, type SeedRange } from "./seeds.ts";

export interface HuntOptions extends SeedRange {
  /** The scenario's text and the name it is told by in messages. */
  readonly text: string;
  readonly file: string;
  readonly name: string;
  readonly version: string;
  /** Holds the ledger and a folder for each failure. */
  readonly folder: string;
  readonly resume: boolean;
  readonly jobs: number;
  /** End after the first seed that fails. */
  readonly stopAtFirst: boolean;
  /** Failures made small at most; the others are only noted. */
  readonly minimiseMax: number;
  /** Runs spent on making one failure small. */
  readonly minimiseBudget: number;
  /** hunt-worker.js of a build, or main/hunt/worker.ts. */
  readonly workerEntry: string;
  readonly signal: AbortSignal;
  onProgress(progress: HuntProgress): void;
}

export interface HuntProgress {
  readonly total: number;
  /** Seeds done, those of earlier sittings included. */
  readonly done: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly failures: readonly FoundFailure[];
  readonly minimised: ReadonlyMap<number, MinimisedFailure>;
  /** Runs that reached each rare path. */
  readonly reached: Readonly<Record<string, number>>;
  /** What is being made smaller, in words; null when nothing is. */
  readonly minimising: string | null;
}

const batchMs = 500;
const batchMax = 1_000;

/** Ends when all is done, at the first failure when so asked, or on `signal`. Rejects with LabError. */
export async function hunt(options: HuntOptions): Promise<HuntProgress> {
  const running = new Hunt(options);
  try {
    return await running.run();
  } finally {
    await running.close();
  }
}

interface Hand {
  readonly worker: Worker;
  batch: number;
  startedAt: number;
}

class Hunt {
  readonly #options: HuntOptions;
  readonly #ledger: Ledger;
  readonly #queue: SeedQueue;
  readonly #hands = new Set<Hand>();
  readonly #busy = new Set<Hand>();
  readonly #toMinimise: FoundFailure[] = [];
  readonly #reached: Record<string, number> = {};
  #done = 0;
  #events = 0;
  #virtualMs = 0;
  #minimising: string | null = null;
  #minimised = 0;
  #finish!: () => void;
  #fail!: (error: Error) => void;
  readonly #ended: Promise<void>;

  constructor(options: HuntOptions) {
    this.#options = options;
    const { name, version, from, to, shard } = options;
    const scenario = createHash("sha256").update(options.text).digest("hex");
    this.#ledger = new Ledger(options.folder, { scenario, name, version, from, to, shard }, options.resume);
    this.#queue = new SeedQueue(options, this.#ledger.batches);
    for (const { runs, reached } of this.#ledger.batches) this.#count(runs, reached);
    this.#ended = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
  }

  async run(): Promise<HuntProgress> {
    const { jobs, signal, text, file, version, workerEntry, stopAtFirst } = this.#options;
    for (const failure of this.#ledger.failures.values()) this.#wantSmall(failure);
    signal.addEventListener("abort", () => this.#finish());
    const setup: WorkerSetup = { text, file, version };
    const isFound = stopAtFirst && this.#hasViolation && this.#toMinimise.length === 0;
    if (signal.aborted || isFound) return this.#progress();
    for (let i = 0; i < jobs; i++) this.#hire(workerEntry, setup);
    await this.#ended;
    return this.#progress();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hands].map(({ worker }) => worker.terminate()));
    this.#ledger.close();
  }

  #hire(entry: string, setup: WorkerSetup): void {
    const hand: Hand = { worker: new Worker(entry, { workerData: setup }), batch: 1, startedAt: 0 };
    this.#hands.add(hand);
    hand.worker.on("message", (message: FromWorker) => this.#hear(hand, message));
    hand.worker.on("error", (error) =>
      this.#fail(new LabError("internal", `A worker of the hunt failed: ${String(error)}`)),
    );
    this.#employ(hand);
  }

  #employ(hand: Hand): void {
    const message = this.#workFor(hand);
    if (message === null) {
      this.#busy.delete(hand);
      if (this.#busy.size === 0) this.#finish();
      return;
    }
    this.#busy.add(hand);
    hand.startedAt = performance.now();
    hand.worker.postMessage(message);
  }

  #workFor(hand: Hand): ToWorker | null {
    const failure = this.#toMinimise.shift();
    if (failure !== undefined) {
      const { seed } = failure;
      this.#minimising = `seed ${seed}`;
      return {
        kind: "minimise",
        seed,
        expectation: failure.expectation!,
        folder: this.#folderOf(seed),
        budget: this.#options.minimiseBudget,
      };
    }
    if (this.#options.stopAtFirst && this.#hasViolation) return null;
    const seeds = this.#queue.take(hand.batch);
    return seeds.length > 0 ? { kind: "run", seeds } : null;
  }

  /** A run that could not be judged is noted, and ends no hunt. */
  get #hasViolation(): boolean {
    return this.#ledger.failures.values().some(({ verdict }) => verdict === "violated");
  }

  #folderOf(seed: number): string {
    return join(this.#options.folder, `seed-${seed}`);
  }

  #hear(hand: Hand, message: FromWorker): void {
    switch (message.kind) {
      case "failure":
        this.#found(message.failure);
        break;
      case "crashed":
        this.#found({
          seed: message.seed,
          verdict: "violated",
          expectation: null,
          words: "the code under test does not throw",
          found: message.why,
        });
        break;
      case "smaller": {
        const { seed, tried, sizes } = message;
        this.#minimising = `seed ${seed}: ${tried} runs, ${sizes.nodes} nodes, ${sizes.faults} faults, ${sizes.operations} operations`;
        break;
      }
      case "playing":
      case "played":
        throw new Error("A hunt plays nothing.");
      case "minimised": {
        const { seed, before, after, proof } = message;
        this.#ledger.smaller({ seed, folder: this.#folderOf(seed), before, after, proof });
        this.#minimising = null;
        this.#employ(hand);
        break;
      }
      case "batch": {
        const took = performance.now() - hand.startedAt;
        const faster = Math.ceil((hand.batch * batchMs) / Math.max(1, took));
        hand.batch = Math.max(1, Math.min(batchMax, hand.batch * 4, faster));
        this.#ledger.done(message.batch);
        this.#count(message.batch.runs, message.batch.reached);
        this.#events += message.events;
        this.#virtualMs += message.virtualMs;
        this.#employ(hand);
        break;
      }
    }
    this.#options.onProgress(this.#progress());
  }

  #found(failure: FoundFailure): void {
    this.#ledger.failure(failure);
    this.#wantSmall(failure);
  }

  #wantSmall(failure: FoundFailure): void {
    const { seed, verdict, expectation } = failure;
    if (verdict !== "violated" || expectation === null || this.#ledger.minimised.has(seed)) return;
    if (this.#minimised >= this.#options.minimiseMax) return;
    this.#minimised += 1;
    this.#toMinimise.push(failure);
  }

  #count(runs: number, reached: Readonly<Record<string, number>>): void {
    this.#done += runs;
    for (const [path, count] of Object.entries(reached)) {
      this.#reached[path] = (this.#reached[path] ?? 0) + count;
    }
  }

  #progress(): HuntProgress {
    return {
      total: this.#queue.total,
      done: this.#done,
      events: this.#events,
      virtualMs: this.#virtualMs,
      failures: [...this.#ledger.failures.values()].toSorted((a, b) => a.seed - b.seed),
      minimised: this.#ledger.minimised,
      reached: this.#reached,
      minimising: this.#minimising,
    };
  }
}
