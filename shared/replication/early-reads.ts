/**
 * Causal reads that came too early: no replica in reach has what their client has met.
 *
 * Each asks again every so often, for a write on its way is there in a moment, and gives up after a while, for a replica
 * that has it may be cut off for long.
 *
 * Source: Terry et al. 1994, "Session Guarantees for Weakly Consistent Replicated Data", §4 (a server that is not yet
 * recent enough waits, or says so).
 */
import type { TimeMs } from "../ids.ts";
import type { Pending } from "./pending.ts";

const askAgainAfter: TimeMs = 50;

export interface EarlyRead extends Pending {
  /** When it asks again; null when it is not early. */
  askAt: TimeMs | null;
}

export class EarlyReads<Read extends EarlyRead> {
  readonly #requestTimeout: TimeMs;
  readonly #reads = new Set<Read>();
  /** No later than the earliest `askAt`; null when there is none. */
  #deadline: TimeMs | null = null;

  constructor(requestTimeout: TimeMs) {
    this.#requestTimeout = requestTimeout;
  }

  get deadline(): TimeMs | null {
    return this.#deadline;
  }

  /** It asks again, `askAgainAfter` from now. */
  wait(read: Read, now: TimeMs): void {
    this.#reads.add(read);
    read.askAt = Math.min(now + askAgainAfter, this.#patienceEnds(read));
    this.#deadline = Math.min(this.#deadline ?? Infinity, read.askAt);
  }

  /** It has what it needs, or has been given up. */
  delete(read: Read): void {
    if (read.askAt === null) return;
    this.#reads.delete(read);
    read.askAt = null;
  }

  isOverFor(read: Read, now: TimeMs): boolean {
    return now >= this.#patienceEnds(read);
  }

  /** Those whose turn it is to ask again, or to give up. */
  due(now: TimeMs): Read[] {
    if (this.#deadline === null || now < this.#deadline) return [];
    const due: Read[] = [];
    let earliest = Infinity;
    for (const read of this.#reads) {
      if (read.askAt! <= now) due.push(read);
      else earliest = Math.min(earliest, read.askAt!);
    }
    this.#deadline = earliest === Infinity ? null : earliest;
    return due;
  }

  #patienceEnds({ deadline, request }: Read): TimeMs {
    const longest = this.#requestTimeout;
    return deadline - longest + Math.min(request.waitFor ?? longest, longest);
  }
}
