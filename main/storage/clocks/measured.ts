/** Counts what is asked of a store, what failed and how long it took: what `/metrics` shows. */
import type { VectorClockStore } from "./vector-clock-store.ts";
import { around, storeOperations, type StoreOperation, told } from "./wrapper.ts";

/** Upper bounds in seconds: from a save in memory to a disk that is in trouble. */
export const latencyBounds = [0.000_01, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

interface StoreMeasure {
  /** Ended, well or not. */
  readonly count: number;
  readonly errors: number;
  /** Together, in seconds. */
  readonly seconds: number;
  /** How many took at most each of `latencyBounds`, and longer than the one before; the last: longer than all. */
  readonly latencies: readonly number[];
}

export interface MeasuredClockStore extends VectorClockStore {
  readonly measures: Readonly<Record<StoreOperation, StoreMeasure>>;
}

/** `now` in milliseconds, from any beginning. */
export function measured(
  store: VectorClockStore,
  now: () => number = () => performance.now(),
): MeasuredClockStore {
  const measures = Object.fromEntries(
    storeOperations.map((operation) => [operation, newMeasure()]),
  ) as Record<StoreOperation, ReturnType<typeof newMeasure>>;
  const wrapped = around(store, ({ operation }, action) => {
    const began = now();
    return told(action, (failure) => {
      const measure = measures[operation];
      const seconds = (now() - began) / 1_000;
      const bound = latencyBounds.findIndex((most) => seconds <= most);
      measure.count += 1;
      measure.seconds += seconds;
      measure.latencies[bound === -1 ? latencyBounds.length : bound]! += 1;
      if (failure !== null) measure.errors += 1;
    });
  });
  return { ...wrapped, measures };
}

const newMeasure = () => ({
  count: 0,
  errors: 0,
  seconds: 0,
  latencies: Array.from({ length: latencyBounds.length + 1 }, () => 0),
});
