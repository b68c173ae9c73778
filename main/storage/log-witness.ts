/**
 * How far a log in files has reached, noted beside it: the witness that it has not become shorter since.
 *
 * A log cannot know by itself that its last records were zeroed to the byte, nor that all of its files were taken away: a
 * log that ends early looks like one to which nothing more was written, and a missing one like a new one. So node.db
 * notes, with the commit of the trace that follows each append, up to which position the log is durable. The note is
 * written after the log was flushed and holds only what was: it may be behind, after a power cut, and is never ahead. A
 * start whose log ends before it, with no snapshot that has the rest, has found damage like any other (./recovery).
 *
 * A log in node.db has one outside of it (./reached-file): here the log and what vouches for it would be the same file.
 */
import type { Position } from "../../shared/runtime/types.ts";
import type { TransactionLog } from "./log/transaction-log.ts";
import type { NodeMeta } from "./node-meta.ts";

const reachedName = "log-reached";

/** 0 when nothing was noted. */
export const readReached = (meta: NodeMeta): Position => Number(meta.get(reachedName) ?? 0);

/** Another kind of log counts from now on, whose positions may begin anew. Within a transaction of the caller's. */
export const forgetReached = (meta: NodeMeta) => meta.put(reachedName, "0");

export class LogWitness {
  readonly #meta: NodeMeta;
  readonly #log: TransactionLog;
  #noted: Position;

  constructor(meta: NodeMeta, log: TransactionLog) {
    this.#meta = meta;
    this.#log = log;
    this.#noted = readReached(meta);
  }

  get isBehind(): boolean {
    return this.#noted < this.#log.durable;
  }

  /** Within a transaction of the caller's, which need not be flushed. */
  note(): void {
    if (!this.isBehind) return;
    this.#noted = this.#log.durable;
    this.#meta.put(reachedName, String(this.#noted));
  }
}
