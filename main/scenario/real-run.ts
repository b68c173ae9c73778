/**
 * A scenario on real processes: the same interpreter as in the simulator, over a cluster of its own that is started for
 * the run and ended with it.
 *
 * The cluster lives in a temporary folder. Nothing of it is left, however the run ends: its processes and its folder
 * go with it, and when this process is killed the lab's guard sees to both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge, judgeEndedEarly } from "../../shared/scenario/expectations/judge.ts";
import { ScenarioRun } from "../../shared/scenario/run.ts";
import type {
  NodeView,
  RunInput,
  RunOutput,
  RunRecord,
  RunVerdict,
} from "../../shared/scenario/run.types.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";
import { RealWorld } from "./real-world.ts";

export interface RealRunOptions {
  readonly scenario: Scenario;
  /** Of the interpreter's storm and load; what processes and networks do by chance no seed decides. */
  readonly seed: number;
  /** The node program. */
  readonly workerEntry: string;
  readonly version: string;
  /** Ends the run: its verdict is unknown, unless something was violated for good. */
  readonly signal?: AbortSignal;
  /** `step` from 1; 0 while the cluster starts. */
  onProgress?(progress: { readonly step: number; readonly of: number; readonly words: string }): void;
}

export interface RealRunResult {
  readonly record: RunRecord;
  readonly verdict: RunVerdict;
  /** From the start of the first process to the end of the run, in milliseconds. */
  readonly ms: number;
}

/** For all checks of one verdict. */
const judgeStatesMax = 5_000_000;
const judgeMs = 60_000;

export async function runScenario(options: RealRunOptions): Promise<RealRunResult> {
  const { scenario, seed, signal } = options;
  const scratch = mkdtempSync(join(tmpdir(), "lightcone-run-"));
  try {
    const startedAt = performance.now();
    const world = new RealWorld({ ...options, scratch });
    const run = new ScenarioRun(scenario, seed);
    let broken: string | null;
    let final: readonly NodeView[] = [];
    try {
      options.onProgress?.({ step: 0, of: scenario.steps.length, words: "the cluster starts" });
      broken = await world.start(signal);
      if (broken === null) {
        await new Player(run, world, options).play(signal);
        // A run that was broken off could not take its last look itself.
        if (run.broken !== null) final = await world.lastLook();
      }
    } finally {
      await world.close();
    }
    const record = run.record(world.events, final);
    return {
      record,
      verdict: verdictOf(scenario, record, broken ?? run.broken),
      ms: performance.now() - startedAt,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

function verdictOf(scenario: Scenario, record: RunRecord, broken: string | null): RunVerdict {
  const latest = performance.now() + judgeMs;
  const limits = { states: judgeStatesMax, isTimeUp: () => performance.now() > latest };
  const verdict = judge(scenario, record, limits);
  return broken === null ? verdict : judgeEndedEarly(scenario, verdict, broken);
}

/** Hands inputs to the interpreter one at a time, and what it asks for to the world. */
class Player {
  readonly #run: ScenarioRun;
  readonly #world: RealWorld;
  readonly #options: RealRunOptions;
  readonly #readyAt = performance.now();
  readonly #inputs: RunInput[] = [];
  readonly #over = Promise.withResolvers<void>();
  #isFeeding = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(run: ScenarioRun, world: RealWorld, options: RealRunOptions) {
    this.#run = run;
    this.#world = world;
    this.#options = options;
  }

  /** Resolves when the run is over. */
  async play(signal: AbortSignal | undefined): Promise<void> {
    const cancel = () => this.#feed({ kind: "broken", why: "The run was cancelled." });
    signal?.addEventListener("abort", cancel);
    try {
      this.#world.onEvents = (events) => this.#feed({ kind: "events", events });
      this.#world.onBroken = (why) => this.#feed({ kind: "broken", why });
      this.#feed({ kind: "tick" });
      await this.#over.promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
      clearTimeout(this.#timer);
      this.#world.onEvents = null;
    }
  }

  #feed(input: RunInput): void {
    this.#inputs.push(input);
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        if (this.#run.isOver) continue;
        for (const output of this.#run.step(next, performance.now() - this.#readyAt)) this.#carryOut(output);
      }
      this.#isFeeding = false;
      this.#arm();
    } catch (error) {
      this.#over.reject(error);
    }
    if (this.#run.isOver) this.#over.resolve();
  }

  #carryOut(output: RunOutput): void {
    switch (output.kind) {
      case "call": {
        const { call } = output;
        void this.#feedWhenDone(
          this.#world.call(call).then((answer) => ({ kind: "returned", call: call.id, answer })),
        );
        break;
      }
      case "fault": {
        const { id, action } = output;
        void this.#feedWhenDone(
          this.#world.act(action).then((error) => ({
            kind: "done",
            id,
            ...(error !== null && { error }),
          })),
        );
        break;
      }
      case "step": {
        const { kind: _, ...step } = output;
        this.#world.recordStep(step);
        this.#options.onProgress?.({ step: step.number, of: step.of, words: step.words });
        break;
      }
      case "observe":
        void this.#feedWhenDone(
          this.#world.observe(output.label).then((views) => ({ kind: "observed", id: output.id, views })),
        );
        break;
    }
  }

  /** What the world could not do at all ends the run. */
  async #feedWhenDone(input: Promise<RunInput>): Promise<void> {
    try {
      this.#feed(await input);
    } catch (error) {
      this.#feed({ kind: "broken", why: error instanceof Error ? error.message : String(error) });
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const { deadline } = this.#run;
    if (deadline === null) return;
    const wait = deadline - (performance.now() - this.#readyAt);
    this.#timer = setTimeout(() => this.#feed({ kind: "tick" }), Math.max(0, Math.ceil(wait)));
  }
}
