/**
 * A hunt: one scenario under many seeds, over all cores, until a seed fails or none is left.
 *
 * Each worker gets a handful of seeds at a time, more as they turn out to be quick, so that a kill costs about half a
 * second of work. What is found is in the ledger before anything else is done with it. A hunt that stops at the first
 * failure still runs every seed below it: which failure is the first does not depend on the cores, nor on a kill.
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
  /** End at the lowest seed that is violated, and make only that one small. */
  readonly stopAtFirst: boolean;
  /** Failures made small at most; the others are only noted. */
  readonly minimiseMax: number;
  /** Runs spent on making one failure small. */
  readonly minimiseBudget: number;
  /** hunt-worker.js of a build, or main/hunt/worker.ts. */
  readonly workerEntry: string;
  readonly signal: AbortSignal;
  /** Now and then; the last state is what the hunt ends with. */
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
const progressMs = 100;

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
  /** Seeds to give it next. */
  batch: number;
  work: ToWorker | null;
  startedAt: number;
}

class Hunt {
  readonly #options: HuntOptions;
  readonly #ledger: Ledger;
  readonly #queue: SeedQueue;
  readonly #hands = new Set<Hand>();
  readonly #reached: Record<string, number> = {};
  /** Violations, in the order they were found. */
  readonly #toMinimise: FoundFailure[] = [];
  /** Seeds that are small or on the way to it. */
  readonly #small: Set<number>;
  /** The lowest seed that is violated. */
  #first: FoundFailure | null = null;
  #done = 0;
  #events = 0;
  #virtualMs = 0;
  #minimising: string | null = null;
  #progressTimer: NodeJS.Timeout | null = null;
  #finish!: () => void;
  #fail!: (error: Error) => void;
  readonly #ended: Promise<void>;

  constructor(options: HuntOptions) {
    this.#options = options;
    const { name, version, from, to, shard } = options;
    const scenario = createHash("sha256").update(options.text).digest("hex");
    this.#ended = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.#ledger = new Ledger(options.folder, { scenario, name, version, from, to, shard }, options.resume);
    this.#queue = new SeedQueue(options, this.#ledger.batches);
    for (const { runs, reached } of this.#ledger.batches) this.#count(runs, reached);
    this.#small = new Set(this.#ledger.minimised.keys());
    for (const failure of this.#ledger.failures.values()) this.#note(failure);
  }

  async run(): Promise<HuntProgress> {
    const { jobs, signal } = this.#options;
    signal.addEventListener("abort", this.#finish);
    if (!signal.aborted) {
      this.#tell();
      for (let i = 0; i < jobs; i++) this.#hire();
      if (this.#isIdle) this.#finish();
      await this.#ended;
    }
    return this.#progress();
  }

  async close(): Promise<void> {
    this.#options.signal.removeEventListener("abort", this.#finish);
    // Whoever asked has been told why; threads that are ended now are no news.
    this.#ended.catch(() => {});
    if (this.#progressTimer !== null) clearTimeout(this.#progressTimer);
    await Promise.all([...this.#hands].map(({ worker }) => worker.terminate()));
    this.#ledger.close();
  }

  get #isIdle(): boolean {
    return this.#hands.values().every(({ work }) => work === null);
  }

  /** A thread costs memory and a moment: none is started without work for it. */
  #hire(): void {
    const work = this.#workOf(1);
    if (work === null) return;
    const { text, file, version, workerEntry } = this.#options;
    const workerData: WorkerSetup = { text, file, version };
    const hand: Hand = {
      worker: new Worker(workerEntry, { workerData }),
      batch: 1,
      work: null,
      startedAt: 0,
    };
    this.#hands.add(hand);
    hand.worker.on("message", (message: FromWorker) => this.#hear(hand, message));
    hand.worker.on("error", (error) => this.#lost(hand, error.message));
    hand.worker.on("exit", () => this.#lost(hand, "it ended of itself"));
    this.#employ(hand, work);
  }

  #employ(hand: Hand, work: ToWorker | null): void {
    hand.work = work;
    if (work === null) return;
    hand.startedAt = performance.now();
    hand.worker.postMessage(work);
  }

  #workOf(batch: number): ToWorker | null {
    const { stopAtFirst } = this.#options;
    if (!stopAtFirst) {
      const failure = this.#toMinimise.find((each) => this.#isToMinimise(each));
      if (failure !== undefined) return this.#minimise(failure);
    }
    const seeds = this.#queue.take(batch, stopAtFirst ? this.#first?.seed : undefined);
    if (seeds.length > 0) return { kind: "run", seeds };
    // Only when every lower seed is known is the first the first.
    const isKnown = stopAtFirst && this.#first !== null && this.#isIdle;
    return isKnown && this.#isToMinimise(this.#first!) ? this.#minimise(this.#first!) : null;
  }

  #isToMinimise({ seed }: FoundFailure): boolean {
    return this.#small.size < this.#options.minimiseMax && !this.#small.has(seed);
  }

  #minimise({ seed, expectation }: FoundFailure): ToWorker {
    this.#small.add(seed);
    this.#minimising = `seed ${seed}`;
    const folder = join(this.#options.folder, `seed-${seed}`);
    return {
      kind: "minimise",
      seed,
      expectation,
      folder,
      budget: this.#options.minimiseBudget,
    };
  }

  /** What goes wrong here, a full disk above all, ends the hunt and not the process. */
  #hear(hand: Hand, message: FromWorker): void {
    try {
      this.#take(hand, message);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #take(hand: Hand, message: FromWorker): void {
    switch (message.kind) {
      case "failure":
        this.#ledger.failure(message.failure);
        this.#note(message.failure);
        break;
      case "smaller": {
        const { seed, tried, sizes } = message;
        this.#minimising = `seed ${seed}: ${tried} runs, ${sizes.nodes} nodes, ${sizes.faults} faults, ${sizes.operations} operations`;
        break;
      }
      case "minimised":
        this.#ledger.smaller(message.minimised);
        this.#minimising = null;
        this.#goOn(hand);
        break;
      case "batch": {
        const { batch, events, virtualMs } = message;
        this.#ledger.done(batch);
        this.#count(batch.runs, batch.reached);
        this.#events += events;
        this.#virtualMs += virtualMs;
        const took = performance.now() - hand.startedAt;
        const fitting = Math.ceil((batch.runs * batchMs) / Math.max(1, took));
        hand.batch = Math.max(1, Math.min(batchMax, hand.batch * 4, fitting));
        this.#goOn(hand);
        break;
      }
      case "playing":
      case "played":
        throw new Error("A hunt plays nothing.");
    }
    this.#tell();
  }

  /** A hand is free, and there may be work again for those that had none. */
  #goOn(hand: Hand): void {
    hand.work = null;
    for (const other of this.#hands) if (other.work === null) this.#employ(other, this.#workOf(other.batch));
    if (this.#isIdle) this.#finish();
  }

  #lost({ work }: Hand, why: string): void {
    this.#fail(
      new LabError(
        "internal",
        `A thread of the hunt died ${inWords(work)} (${why.replace(/\.$/, "")}): what was found is kept in ${this.#options.folder}; go on with --resume, with fewer --jobs where memory was short.`,
      ),
    );
  }

  /** A run that could not be judged ends no hunt and is not made small. */
  #note(failure: FoundFailure): void {
    if (failure.verdict !== "violated") return;
    if (this.#first === null || failure.seed < this.#first.seed) this.#first = failure;
    this.#toMinimise.push(failure);
  }

  #count(runs: number, reached: Readonly<Record<string, number>>): void {
    this.#done += runs;
    for (const [path, count] of Object.entries(reached)) {
      this.#reached[path] = (this.#reached[path] ?? 0) + count;
    }
  }

  #tell(): void {
    this.#progressTimer ??= setTimeout(() => {
      this.#progressTimer = null;
      try {
        this.#options.onProgress(this.#progress());
      } catch (error) {
        this.#fail(error as Error);
      }
    }, progressMs);
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

function inWords(work: ToWorker | null): string {
  if (work?.kind === "minimise") return `while it made seed ${work.seed} small`;
  if (work?.kind !== "run") return "without work";
  const [first, last] = [work.seeds[0]!, work.seeds.at(-1)!];
  return first === last ? `while it ran seed ${first}` : `while it ran seeds ${first} to ${last}`;
}
