/** Between a hunt and its workers. */
import type { Sizes } from "../../shared/simulation/minimise.ts";
import type { RunVerdict } from "../../shared/scenario/run.types.ts";
import type { FinishedBatch, FoundFailure, MinimisedFailure } from "./ledger.ts";

export interface WorkerSetup {
  readonly text: string;
  readonly file: string;
  readonly version: string;
}

export type ToWorker =
  /** One run as `lightcone simulate` has it, left in `folder`. */
  | { readonly kind: "play"; readonly seed: number; readonly folder: string }
  | { readonly kind: "run"; readonly seeds: readonly number[] }
  /** Make the failing run small and leave it in `folder`. */
  | {
      readonly kind: "minimise";
      readonly seed: number;
      /** Null: it throws. */
      readonly expectation: number | null;
      readonly folder: string;
      readonly budget: number;
    };

export type FromWorker =
  | { readonly kind: "playing"; readonly step: number; readonly of: number; readonly words: string }
  | { readonly kind: "played"; readonly verdict: RunVerdict; readonly traceSha256: string }
  | { readonly kind: "failure"; readonly failure: FoundFailure }
  | {
      readonly kind: "batch";
      readonly batch: FinishedBatch;
      readonly events: number;
      readonly virtualMs: number;
    }
  | { readonly kind: "smaller"; readonly seed: number; readonly tried: number; readonly sizes: Sizes }
  | { readonly kind: "minimised"; readonly minimised: MinimisedFailure };
