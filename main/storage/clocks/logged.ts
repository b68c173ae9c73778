/** One line for each call of a store: what was asked, how long it took, how it failed. */
import type { VectorClockStore } from "./vector-clock-store.ts";
import { around, type StoreOperation, told } from "./wrapper.ts";

const words: Readonly<Record<StoreOperation, string>> = {
  save: "saving",
  load: "loading",
  has: "looking for",
  delete: "deleting",
};

/** `now` in milliseconds, from any beginning. */
export function logged(
  store: VectorClockStore,
  write: (line: string) => void,
  now: () => number = () => performance.now(),
): VectorClockStore {
  return around(store, ({ operation, node }, action) => {
    const began = now();
    return told(action, (failure) => {
      const what = `${words[operation]} the vector clock of ${node}`;
      const took = `${(now() - began).toFixed(1)} ms`;
      if (failure === null) write(`${what}: done in ${took}`);
      else write(`${what}: failed after ${took}: ${messageOf(failure.error)}`);
    });
  });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
