/** What stands in the logs of every format in this folder. Never changed. */
import { asNodeId } from "../../../../../shared/ids.ts";
import type { Transaction } from "../../../../../shared/runtime/types.ts";

export const oldOwner = { node: asNodeId("node-1"), cluster: "lab" };

/** Versions were recorded behind this many transactions. */
export const oldVersionsAfter = 3;

const [here, there] = [asNodeId("node-1"), asNodeId("node-2")];

export const oldTransactions: readonly Transaction[] = [
  { clock: {}, at: 0, mutations: [] },
  ...Array.from({ length: 18 }, (_, n): Transaction => {
    const from = { index: n, term: n * 2 ** 33, op: "put", origin: there, replicas: [here, there] };
    return {
      clock: { "node-1": n + 1, "node-2": 2 ** 45 + n },
      at: 1_700_000_000_000.5 + n,
      mutations: [
        {
          module: "kv",
          table: "keys",
          key: `ключ-${n}`,
          row: { text: "\ud800 🔑 x".repeat(n), list: [null, -1.5, true] },
          from,
        },
        { module: "kv", table: "hints", key: `node-2 k${n}`, row: undefined },
        { module: "bank", table: "accounts", key: "a".repeat(n * 5), row: n },
      ].slice(0, 1 + (n % 3)),
    };
  }),
];
