/**
 * The scenario run of the window: one at a time, simulated in a thread of its own or on real processes beside the
 * cluster that runs. When it is over its recording joins the others, and the window opens it like any of them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { LabError } from "../../shared/contract/errors.ts";
import type { ScenarioRunState, World } from "../../shared/contract/studio.ts";
import type { RunVerdict } from "../../shared/scenario/run.types.ts";
import type { StudioTools } from "../lab/studio.ts";
import type { LoadedScenario } from "./library.ts";

/** What a world is asked to do: play the scenario and leave a run folder. */
export interface PlayOptions {
  readonly loaded: LoadedScenario;
  readonly seed: number;
  readonly folder: string;
  readonly signal: AbortSignal;
  onProgress(progress: ScenarioRunState["progress"]): void;
}

export interface Played {
  readonly verdict: RunVerdict;
  readonly traceSha256: string | null;
}

export type Worlds = { readonly [Name in World]: (options: PlayOptions) => Promise<Played> };

const pageLimit = 10_000;

export class Runs {
  readonly #tools: StudioTools;
  readonly #worlds: Worlds;
  #state: ScenarioRunState | null = null;
  #count = 0;
  #running: { readonly ending: AbortController; readonly over: Promise<void> } | null = null;

  constructor(tools: StudioTools, worlds: Worlds) {
    this.#tools = tools;
    this.#worlds = worlds;
  }

  get state(): ScenarioRunState | null {
    return this.#state;
  }

  /** Returns the run's id. Throws LabError when one runs already. */
  start(loaded: LoadedScenario, world: World, seed: number): string {
    if (this.#running !== null) {
      throw new LabError("wrong_state", "A scenario is running: wait for its end or cancel it.");
    }
    this.#count += 1;
    const id = `run-${this.#count}`;
    const { scenario } = loaded;
    this.#state = {
      id,
      scenario: loaded.id,
      name: scenario.name,
      predict: scenario.predict ?? null,
      world,
      seed,
      status: "running",
      progress: { step: 0, of: scenario.steps.length, words: "the cluster starts" },
      steps: [],
      verdict: null,
      session: null,
      traceSha256: null,
      error: null,
    };
    const ending = new AbortController();
    this.#running = { ending, over: this.#play(loaded, world, seed, ending.signal) };
    this.#tools.onChange();
    return id;
  }

  /** Resolves when nothing of it runs any more. */
  async cancel(): Promise<void> {
    this.#running?.ending.abort();
    await this.#running?.over;
  }

  async #play(loaded: LoadedScenario, world: World, seed: number, signal: AbortSignal): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "lightcone-run-"));
    try {
      const options: PlayOptions = {
        loaded,
        seed,
        folder,
        signal,
        onProgress: (progress) => this.#change({ progress }),
      };
      const { verdict, traceSha256 } = await this.#worlds[world](options);
      if (signal.aborted) return this.#change({ status: "cancelled" });
      const session = this.#tools.sessions.import(join(folder, "session.lightcone")).id;
      const steps = await this.#stepsOf(session);
      this.#change({ status: "over", verdict, traceSha256, session, steps });
    } catch (error) {
      if (signal.aborted) return this.#change({ status: "cancelled" });
      const why = error instanceof Error ? error.message : String(error);
      this.#change({ status: "failed", error: why });
    } finally {
      this.#running = null;
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** The steps as the lab's own lane recorded them. A long recording is read in pages, and others have their turn. */
  async #stepsOf(session: string): Promise<ScenarioRunState["steps"]> {
    const steps: { words: string; event: number }[] = [];
    for (let after = 0; ;) {
      const { events } = this.#tools.sessions.page(session, after, pageLimit);
      for (const { id, op, name, detail } of events) {
        const words = detail?.["words"];
        if (op === "lab" && name === "step" && typeof words === "string") steps.push({ words, event: id });
      }
      const last = events.at(-1);
      if (last === undefined) return steps;
      after = last.id;
      await breathe();
    }
  }

  #change(changes: Partial<ScenarioRunState>): void {
    if (this.#state === null) return;
    this.#state = { ...this.#state, ...changes };
    this.#tools.onChange();
  }
}
