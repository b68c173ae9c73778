/** A whole cluster in one process on virtual time: what goes in and what comes out. */
import type { RunRecord, RunVerdict } from "../scenario/run.types.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { RecordedEvent } from "../trace/event.ts";
import type { Hasher } from "./canonical.ts";

export interface SimulationOptions {
  readonly scenario: Scenario;
  /** 0 to 2^53 − 1. Everything random follows from it. */
  readonly seed: number;
  /** Of Lightcone: scenario, seed and version are the whole run. */
  readonly version: string;
  /** Rare paths on (true unless the scenario is a demonstration that must come out exactly). */
  readonly buggify: boolean;
  /** Events as they happen, in the order of id; absent: kept only in the record. */
  onEvents?(events: readonly RecordedEvent[]): void;
  /** False: events are not kept for the record (hunts over long runs whose expectations do not ask for them). */
  readonly keepEvents?: boolean;
  /**
   * SHA-256 for the trace; a portable one when absent, which costs more than the simulation. Null: the trace is not
   * hashed, for runs of which only the verdict is wanted.
   */
  readonly hasher?: Hasher | null;
}

export interface SimulationResult {
  readonly seed: number;
  readonly version: string;
  readonly verdict: RunVerdict;
  readonly record: RunRecord;
  /** SHA-256, hex, over the canonical form of every event in order; "" when it was not wanted. */
  readonly traceSha256: string;
  readonly events: number;
  /** Virtual time from the first start to the end. */
  readonly virtualMs: number;
  /** Rare paths and buggify points reached, with counts. */
  readonly reached: Readonly<Record<string, number>>;
}

/**
 * simulate(options): SimulationResult in ./simulate.ts runs to the end. `Simulation` in ./simulation.ts is the same in
 * steps: `advance(ms)` goes at most so far in virtual time and returns false when the run is over (the window's player
 * and a hunt that can be cancelled use it).
 */
