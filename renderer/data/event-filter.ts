/** Finds events by operation, node, key and free text, a slice at a time so that a million events block nothing. */
import type { Operation, RecordedEvent } from "../../shared/trace/event.ts";
import { type History, lowerBound } from "../../shared/trace/history.ts";

export interface FilterTerms {
  /** Empty: any operation. */
  readonly operations: ReadonlySet<Operation>;
  /** Empty: any node. */
  readonly node: string;
  readonly key: string;
  /** Words, all of which must occur somewhere in the event. */
  readonly text: string;
  /** False leaves the membership chatter out, unless it is asked for by operation. */
  readonly membership: boolean;
}

export const everything: FilterTerms = {
  operations: new Set(),
  node: "",
  key: "",
  text: "",
  membership: true,
};

export function matcherOf(terms: FilterTerms): (event: RecordedEvent) => boolean {
  const words = terms.text.toLowerCase().split(/\s+/).filter(Boolean);
  const key = terms.key.trim();
  return (event) =>
    (terms.operations.size === 0
      ? terms.membership || event.op !== "membership" || event.name === "member"
      : terms.operations.has(event.op)) &&
    (terms.node === "" || event.node === terms.node || event.peer === terms.node) &&
    (key === "" || (event.key?.includes(key) ?? false)) &&
    (words.length === 0 || hasWords(event, words));
}

function hasWords(event: RecordedEvent, words: readonly string[]): boolean {
  const detail = event.detail === undefined ? "" : JSON.stringify(event.detail);
  const text =
    `${event.node} ${event.name} ${event.key ?? ""} ${event.peer ?? ""} ${event.request ?? ""} ${detail}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The indexes of the matching events in a history that grows at its end. */
export class EventFilter {
  matches: number[] = [];
  #scanned = 0;
  #epoch = 0;
  readonly #history: Pick<History, "all" | "epoch">;
  readonly #isMatch: (event: RecordedEvent) => boolean;

  constructor(terms: FilterTerms, history: Pick<History, "all" | "epoch">) {
    this.#history = history;
    this.#isMatch = matcherOf(terms);
  }

  /** How many events have been looked at. */
  get scanned(): number {
    return this.#scanned;
  }

  /** Looks at up to `limit` more events; true when some are left. */
  advance(limit: number): boolean {
    const { all, epoch } = this.#history;
    if (epoch !== this.#epoch) {
      // An event came out of order and moved those behind it.
      this.#epoch = epoch;
      this.#scanned = 0;
      this.matches = [];
    }
    const end = Math.min(all.length, this.#scanned + limit);
    for (; this.#scanned < end; this.#scanned++) {
      if (this.#isMatch(all[this.#scanned]!)) this.matches.push(this.#scanned);
    }
    return this.#scanned < all.length;
  }

  /** The event on a row of the filtered list. */
  at(row: number): RecordedEvent | undefined {
    const index = this.matches[row];
    return index === undefined ? undefined : this.#history.all[index];
  }

  /** The first row whose event has this id or a later one. */
  rowOf(id: number): number {
    return lowerBound(this.matches, (index) => this.#history.all[index]!.id < id);
  }
}
