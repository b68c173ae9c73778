/** Where in a segment reading may begin, about every so many bytes, so that the end of a long one is read at once. */
import type { Position, SchemaVersions } from "../../../shared/runtime/types.ts";

const everyBytes = 64 * 1024;

/** A transaction, or a word of the log, begins at `at`. */
export interface IndexEntry {
  readonly at: number;
  /** Position of the transaction before it, and the versions that hold there. */
  readonly after: Position;
  readonly versions: SchemaVersions | null;
}

export class SparseIndex {
  readonly #entries: IndexEntry[];

  constructor(start: IndexEntry) {
    this.#entries = [start];
  }

  /** In order. */
  note(entry: IndexEntry): void {
    if (entry.at - this.#entries.at(-1)!.at >= everyBytes) this.#entries.push(entry);
  }

  /** The last one from which what follows this position can be read. */
  before(after: Position): IndexEntry {
    let low = 0;
    let high = this.#entries.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#entries[middle]!.after <= after) low = middle;
      else high = middle - 1;
    }
    return this.#entries[low]!;
  }
}
