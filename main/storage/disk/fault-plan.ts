/**
 * Which operations of a disk are to fail, and how.
 *
 * Operations are counted in three kinds, so that "the 7th write from now" means something: what changes bytes or makes a
 * name ("write"), what flushes ("sync"), what moves or removes a name ("rename").
 */
import type { LiveDiskFault } from "../../../shared/contract/storage.ts";
import { diskError } from "./disk-error.ts";

export type DiskOperation = "write" | "sync" | "rename";

interface Failure {
  readonly operation: DiskOperation;
  /** 1: the next one. */
  left: number;
  readonly lasts: "once" | "always";
}

const words = { write: "write", sync: "flush", rename: "rename or removal" } as const;
const never = new Int32Array(new SharedArrayBuffer(4));

export class FaultPlan {
  readonly counts: Record<DiskOperation, number> = { write: 0, sync: 0, rename: 0 };
  isFull = false;
  isCut = false;
  #slowMs = 0;
  #failures: Failure[] = [];

  arm(fault: Exclude<LiveDiskFault, { kind: "power-cut" }>): void {
    switch (fault.kind) {
      case "fail":
        this.#failures.push({ operation: fault.operation, left: fault.nth, lasts: fault.lasts });
        break;
      case "full":
        this.isFull = true;
        break;
      case "slow":
        this.#slowMs = fault.ms;
        break;
      case "heal":
        this.#failures = [];
        this.isFull = false;
        this.#slowMs = 0;
    }
  }

  inWords(): string[] {
    const lines = this.#failures.map(sentence);
    if (this.isFull) lines.push("The disk is full.");
    if (this.#slowMs > 0) lines.push(`Each write and each flush takes ${this.#slowMs} ms longer.`);
    if (this.isCut) lines.push("The power is gone.");
    return lines;
  }

  /** Counts the operation and lets it take its time. Returns the error it is to end with, or null. */
  next(operation: DiskOperation, path: string): Error | null {
    this.assertPower(path);
    this.counts[operation] += 1;
    if (this.#slowMs > 0 && operation !== "rename") Atomics.wait(never, 0, 0, this.#slowMs);
    if (this.#failures.length === 0) return null;
    let isHit = false;
    for (const failure of this.#failures) {
      if (failure.operation !== operation) continue;
      if (failure.left > 1) failure.left -= 1;
      else if (failure.lasts === "always") isHit = true;
      else [isHit, failure.left] = [true, 0];
    }
    this.#failures = this.#failures.filter(({ left }) => left > 0);
    return isHit ? diskError("EIO", operation, path) : null;
  }

  strike(operation: DiskOperation, path: string): void {
    const error = this.next(operation, path);
    if (error !== null) throw error;
  }

  assertPower(path: string): void {
    if (this.isCut) throw diskError("EIO", "power cut", path);
  }
}

function sentence({ operation, left, lasts }: Failure): string {
  const what = words[operation];
  if (lasts === "once")
    return left === 1 ? `The next ${what} fails.` : `The ${nth(left)} ${what} from now fails.`;
  return left === 1 ? `Every ${what} fails.` : `The ${nth(left)} ${what} from now fails, and all after it.`;
}

function nth(number: number): string {
  const isTeen = Math.floor(number / 10) % 10 === 1;
  return `${number}${(isTeen ? undefined : ["th", "st", "nd", "rd"][number % 10]) ?? "th"}`;
}
