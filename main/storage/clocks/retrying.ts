/**
 * Asks a store again when it failed for a reason that may pass: a disk that was full, a database that was busy.
 *
 * Order is kept. While one call waits for its next try, later ones wait behind it; else a save that comes through late
 * would put an older clock over a newer one. Waits grow twofold and are drawn at random below that, so that many nodes
 * that share a disk do not all come back at once (Brooker 2015, "Exponential Backoff and Jitter").
 *
 * A durable log must never do this. A second flush of the same file reports success for pages that the kernel dropped
 * after the first one failed (P33). A clock is different where its store replaces it whole: every try writes all of its
 * bytes anew, to a new file, and a flush that then succeeds has flushed exactly those; until the rename the old clock
 * stands. SQLite appends to a log of its own, so an error of its disk (SQLITE_IOERR) is never tried again here.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { closedError, type VectorClockStore, VectorClockStoreError } from "./vector-clock-store.ts";
import { around } from "./wrapper.ts";

export interface RetryOptions {
  /** In all, the first one included. */
  readonly attempts?: number;
  readonly firstWaitMs?: number;
  readonly longestWaitMs?: number;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** Resolves after so many milliseconds; rejects when the signal aborts. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export function retrying(store: VectorClockStore, options: RetryOptions = {}): VectorClockStore {
  const { attempts = 5, firstWaitMs = 10, longestWaitMs = 1_000, random = Math.random } = options;
  const { wait = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }) } = options;
  const closing = new AbortController();
  const queue = new Queue();

  async function pause(ms: number): Promise<void> {
    try {
      await wait(ms, closing.signal);
    } catch (error) {
      if (!closing.signal.aborted) throw error;
    }
    if (closing.signal.aborted) throw closedError();
  }

  async function again<Result>(action: () => Result | Promise<Result>, failure: unknown): Promise<Result> {
    let last = failure;
    for (let tried = 1; tried < attempts; tried++) {
      const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (tried - 1));
      await pause(random() * most);
      try {
        return await action();
      } catch (error) {
        if (!mayPass(error)) throw error;
        last = error;
      }
    }
    throw givenUp(last as VectorClockStoreError, attempts);
  }

  async function recovering<Result>(
    answer: Promise<Result>,
    action: () => Result | Promise<Result>,
  ): Promise<Result> {
    try {
      return await answer;
    } catch (error) {
      if (!mayPass(error)) throw error;
      return again(action, error);
    }
  }

  const wrapped = around(store, (_, action) => {
    if (queue.isBusy) return queue.add(() => recovering(inTime(action), action));
    try {
      const answer = action();
      return answer instanceof Promise ? queue.add(() => recovering(answer, action)) : answer;
    } catch (error) {
      if (!mayPass(error)) throw error;
      return queue.add(() => again(action, error));
    }
  });
  const close = () => {
    closing.abort();
    return queue.isBusy ? queue.add(async () => store.close()) : store.close();
  };
  return { ...wrapped, close };
}

/** Gives what it throws to whoever waits. */
const inTime = async <Result>(action: () => Result | Promise<Result>): Promise<Result> => action();

/** One after the other, whatever becomes of each. */
class Queue {
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  async add<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const turn = this.#last.then(run);
    // Whoever added it hears of its failure; the next in line need not.
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof VectorClockStoreError) || error.kind !== "io") return false;
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  return typeof code !== "string" || !code.startsWith("SQLITE_IOERR");
}

const givenUp = (error: VectorClockStoreError, attempts: number) =>
  new VectorClockStoreError("io", `${error.message} (tried ${attempts} times)`, error);
