/**
 * Scenarios and hunts as a window sees them. A run ends as a session like any other, so looking at it, stepping and
 * going back is what every recording has; what is particular to a run (its steps, its verdict) stands here.
 */
import { z } from "zod";
import type { RunVerdict } from "../scenario/run.types.ts";

const worlds = ["simulated", "real"] as const;
export type World = (typeof worlds)[number];

/** One scenario file, of the program's own or from the folder `scenarios` of the lab's data directory. */
export interface ScenarioInfo {
  /** What commands take: the file name without its ending. */
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly lesson: number | null;
  readonly about: string | null;
  readonly predict: string | null;
  /** Why the file cannot be used, with its line; null when it can. */
  readonly error: string | null;
}

/** A step of the scenario as it was carried out. */
interface PlayedStep {
  readonly words: string;
  /** The lab's event "step" in the run's session, where the player jumps to; null before it was reached. */
  readonly event: number | null;
}

export interface ScenarioRunState {
  readonly id: string;
  /** Id of the scenario, and its name. */
  readonly scenario: string;
  readonly name: string;
  readonly predict: string | null;
  readonly world: World;
  readonly seed: number;
  readonly status: "running" | "over" | "cancelled" | "failed";
  readonly progress: { readonly step: number; readonly of: number; readonly words: string };
  readonly steps: readonly PlayedStep[];
  readonly verdict: RunVerdict | null;
  /** The recording, once it can be opened. */
  readonly session: string | null;
  readonly traceSha256: string | null;
  /** One sentence when it failed. */
  readonly error: string | null;
}

export interface HuntFailure {
  readonly seed: number;
  /** The first violated expectation, and what was found. */
  readonly words: string;
  readonly found: string;
  /** Sizes before and after minimising; null while that goes on. */
  readonly minimised: {
    readonly nodes: readonly [before: number, after: number];
    readonly faults: readonly [before: number, after: number];
    readonly operations: readonly [before: number, after: number];
    readonly path: string;
  } | null;
  /** The recording of the minimised run (of the whole one before), and the event in it that proves it. */
  readonly session: string | null;
  readonly proof: number | null;
}

export interface HuntState {
  readonly scenario: string;
  readonly from: number;
  readonly to: number;
  readonly status: "running" | "over" | "cancelled" | "failed";
  readonly done: number;
  readonly seedsPerSecond: number;
  readonly failures: readonly HuntFailure[];
  /** Runs that reached each rare path. */
  readonly reached: Readonly<Record<string, number>>;
  readonly error: string | null;
}

const scenario = z.string().min(1).max(200);
const seed = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const studioSchemas = {
  "scenario.list": z.object({}),
  /** Runs a scenario by itself, beside the cluster that runs; its progress is in the state. */
  "scenario.start": z.object({ scenario, world: z.enum(worlds), seed: seed.optional() }),
  "scenario.cancel": z.object({}),
  /** Tries every seed of the range on simulated clusters until cancelled, collecting failures. */
  "hunt.start": z.object({ scenario, from: seed, to: seed, stopAtFirst: z.boolean().optional() }),
  "hunt.cancel": z.object({}),
} as const;

export interface StudioResults {
  "scenario.list": { scenarios: ScenarioInfo[] };
  "scenario.start": { run: string };
  "scenario.cancel": Record<string, never>;
  "hunt.start": Record<string, never>;
  "hunt.cancel": Record<string, never>;
}

/** Part of the lab's state. */
export interface StudioState {
  readonly run: ScenarioRunState | null;
  readonly hunt: HuntState | null;
}
