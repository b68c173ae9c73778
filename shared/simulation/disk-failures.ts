/** Operations of a simulated disk that fail on purpose: the nth from now, once or from then on. */

export interface DiskFailure {
  /** Simulated disks rename nothing: that one never comes. */
  readonly operation: "write" | "sync" | "rename";
  /** From now, from 1. */
  readonly nth: number;
  readonly lasts: "once" | "always";
}

export class Failures {
  #planned: { readonly failure: DiskFailure; left: number }[] = [];
  readonly #failed = new Set<string>();

  add(failure: DiskFailure): void {
    this.#planned.push({ failure, left: failure.nth });
  }

  /** An operation is tried: null when it succeeds. */
  next(operation: "write" | "sync"): string | null {
    if (this.#planned.length === 0) return null;
    let hasFailed = false;
    for (const each of this.#planned) {
      if (each.failure.operation !== operation) continue;
      each.left -= 1;
      hasFailed ||= each.left === 0 || (each.left < 0 && each.failure.lasts === "always");
    }
    if (!hasFailed) return null;
    this.#failed.add(operation);
    return operation === "sync" ? "a flush failed" : "a write failed";
  }

  hasFailed(operation: "write" | "sync"): boolean {
    return this.#failed.has(operation);
  }

  clear(): void {
    this.#planned = [];
    this.#failed.clear();
  }
}
