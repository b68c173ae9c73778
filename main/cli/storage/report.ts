/**
 * What `lightcone validate` found, as one object: the same that `--json` prints.
 *
 * Three verdicts, for three exit codes. "unknown" is never called sound: a file that cannot be read may hold anything.
 */
import type { Damage } from "../../storage/log/transaction-log.ts";

export type Soundness = "sound" | "damaged" | "unknown";

export const exitCodes = { sound: 0, damaged: 1, unknown: 2 } as const;

/** One place that is not what was written. Offsets in bytes; null where a whole file or row is meant. */
export interface Finding {
  readonly kind: Damage["kind"] | "checksum" | "content" | "database" | "unreadable";
  readonly file: string;
  readonly offset: number | null;
  readonly length: number | null;
  /** The last sound transaction before it, and the first after it; null where there is none, or no log. */
  readonly after: number | null;
  readonly before: number | null;
  readonly message: string;
  readonly meaning: string;
  readonly advice: string;
}

export interface FileReport {
  /** Relative to the directory that was named. */
  readonly file: string;
  readonly what: "log segment" | "log table" | "snapshot" | "clock" | "database";
  readonly verdict: Soundness;
  readonly bytes: number;
  /** What is in it, in a few words. */
  readonly contents: string;
  readonly damage: readonly Finding[];
  /** Worth knowing and no fault: a torn tail, say. */
  readonly remarks: readonly string[];
}

export interface Report {
  readonly path: string;
  readonly verdict: Soundness;
  /** Node and cluster it belongs to; null when no file says so. */
  readonly node: string | null;
  readonly cluster: string | null;
  /** Another process holds the directory. */
  readonly inUse: boolean;
  readonly files: readonly FileReport[];
  /** Sentences about the whole. */
  readonly remarks: readonly string[];
}

/** One damaged file outweighs one that cannot be told, and that one any number of sound ones. */
export function worst(verdicts: readonly Soundness[]): Soundness {
  if (verdicts.includes("damaged")) return "damaged";
  return verdicts.includes("unknown") ? "unknown" : "sound";
}
