/**
 * What every kind of log must know of itself besides its transactions: whether it is open, who holds it back, and under
 * which versions each transaction was written. One place, so that all kinds answer alike.
 */
import type { Position, SchemaVersions } from "../../../shared/runtime/types.ts";
import { LogError } from "./transaction-log.ts";

/** Open, closed, or failed: after a failed write or flush nothing more is taken, ever (P33). */
export class Standing {
  readonly #name: string;
  #state: "open" | "closed" | "failed" = "open";

  /** The name as messages give it. */
  constructor(name: string) {
    this.#name = name;
  }

  assertOpen(): void {
    if (this.#state === "open") return;
    throw new LogError(
      "closed",
      this.#state === "failed"
        ? `${this.#name} is closed since a write or flush failed; restart the node.`
        : `${this.#name} was closed before.`,
    );
  }

  /** True the first time. */
  close(): boolean {
    const wasOpen = this.#state === "open";
    if (wasOpen) this.#state = "closed";
    return wasOpen;
  }

  /** Runs what writes. When that throws, it was the last. */
  guard<Result>(write: () => Result): Result {
    this.assertOpen();
    try {
      return write();
    } catch (error) {
      if (error instanceof LogError && error.kind === "invalid") throw error;
      this.#state = "failed";
      throw new LogError(
        "io",
        `${this.#name} could not be written (${String(error)}); nothing more is acknowledged. Check the disk, then restart the node.`,
        [],
        error,
      );
    }
  }

  /** What nobody needs any more stays: no reason to take nothing more. */
  notDropped(error: unknown): LogError {
    return new LogError(
      "io",
      `What nobody needs any more of ${this.#name.replace(/^The/, "the")} could not be removed (${String(error)}). The log goes on with it; it is tried again later.`,
      [],
      error,
    );
  }
}

/** Readers that must not lose what they have not read. */
export class Holds {
  readonly #after = new Map<string, Position>();

  hold(name: string, after: Position): void {
    this.#after.set(name, after);
  }

  release(name: string): void {
    this.#after.delete(name);
  }

  /** The first position that must stay when nobody else needs what lies before `position`. */
  limit(position: Position): Position {
    return Math.min(position, ...[...this.#after.values()].map((after) => after + 1));
  }
}

/** Which versions held from where on. */
export class VersionHistory {
  /** In order of position; of several at one position the last holds. */
  readonly #changes: { readonly after: Position; readonly versions: SchemaVersions | null }[] = [];

  /** Holds for what follows this position. */
  add(after: Position, versions: SchemaVersions | null): void {
    while ((this.#changes.at(-1)?.after ?? -1) >= after) this.#changes.pop();
    this.#changes.push({ after, versions });
  }

  /** Under which the transaction at this position was written. */
  of(position: Position): SchemaVersions | null {
    for (let i = this.#changes.length - 1; i >= 0; i--) {
      const change = this.#changes[i]!;
      if (change.after < position) return change.versions;
    }
    return null;
  }

  get current(): SchemaVersions | null {
    return this.#changes.at(-1)?.versions ?? null;
  }
}

export function sameVersions(a: SchemaVersions | null, b: SchemaVersions | null): boolean {
  if (a === null || b === null) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** The sentence for a reader who comes too late. */
export function compacted(after: Position, first: Position): LogError {
  return new LogError(
    "compacted",
    `The log begins at ${first} and was asked for what follows ${after}; take a newer snapshot first.`,
  );
}
