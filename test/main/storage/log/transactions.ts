/** Transactions to write, and errors to expect. */
import { expect } from "vitest";
import type { Committed, Mutation, Row, Transaction } from "../../../../shared/runtime/types.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { LogError } from "../../../../main/storage/log/transaction-log.ts";

export const owner = { node: asNodeId("node-1"), cluster: "lab" };

export const put = (key: string, row: Row): Mutation => ({ module: "kv", table: "keys", key, row });

export const transactionOf = (
  n: number,
  mutations: readonly Mutation[] = [put(`key-${n}`, { n })],
): Transaction => ({
  clock: { "node-1": n + 1, "node-2": 7 },
  at: 1_700_000_000_000 + n / 4,
  mutations,
});

export const withoutPlace = ({ clock, at, mutations }: Committed): Transaction => ({ clock, at, mutations });

/** Runs what must fail with a LogError that is a sentence. */
export function errorOf(action: () => unknown): LogError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(LogError);
    expect((error as Error).message).toMatch(/^[A-Z/].*[.)]$/su);
    return error as LogError;
  }
  throw new Error("it did not fail");
}
