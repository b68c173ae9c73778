/**
 * What all wrappers of stores share: something is done around each call, and everything else is passed on.
 *
 * A store may answer at once or later; a wrapper does as the store does. A save that took place when the call returned
 * must not turn into one that takes place some time, or whoever counted on it would let things out too early.
 */
import type { NodeId } from "../../../shared/ids.ts";
import type { VectorClockStore } from "./vector-clock-store.ts";

export const storeOperations = ["save", "load", "has", "delete"] as const;
export type StoreOperation = (typeof storeOperations)[number];

interface StoreCall {
  readonly operation: StoreOperation;
  readonly node: NodeId;
}

type Answer<Result> = Result | Promise<Result>;

export type Around = <Result>(call: StoreCall, action: () => Answer<Result>) => Answer<Result>;

export function around(store: VectorClockStore, wrap: Around): VectorClockStore {
  return {
    save: (node, clock) => wrap<void>({ operation: "save", node }, () => store.save(node, clock)),
    load: (node) => wrap({ operation: "load", node }, () => store.load(node)),
    has: (node) => wrap({ operation: "has", node }, () => store.has(node)),
    delete: (node) => wrap<void>({ operation: "delete", node }, () => store.delete(node)),
    close: () => store.close(),
  };
}

/** Runs it, and tells how it ended when it has: with null, or with what was thrown. */
export function told<Result>(
  action: () => Answer<Result>,
  ended: (failure: { readonly error: unknown } | null) => void,
): Answer<Result> {
  let answer: Answer<Result>;
  try {
    answer = action();
  } catch (error) {
    ended({ error });
    throw error;
  }
  if (answer instanceof Promise) return toldLater(answer, ended);
  ended(null);
  return answer;
}

async function toldLater<Result>(
  answer: Promise<Result>,
  ended: (failure: { readonly error: unknown } | null) => void,
): Promise<Result> {
  let result: Result;
  try {
    result = await answer;
  } catch (error) {
    ended({ error });
    throw error;
  }
  ended(null);
  return result;
}
