/**
 * The tables that the node's own core keeps: their rows follow from what replicas agree on, so nobody calls them.
 * Which records they come from stands in shared/replica/durable.
 */
import type { Module } from "../module.ts";

export const kv: Module = {
  name: "kv",
  version: 1,
  /** Keys and their states; and writes kept for others, by "target key". */
  tables: ["keys", "hints"],
  reducers: {},
  queries: {},
  migrations: [],
  closed:
    "The rows of kv change by replication only: write with PUT or DELETE /api/v1/data/{key}, on any node of the cluster.",
};

export const node: Module = {
  name: "node",
  version: 1,
  /** incarnation, members, topology, broadcast. */
  tables: ["self"],
  reducers: {},
  queries: {},
  migrations: [],
  closed: "The rows of node are what the node knows of itself and the cluster: it alone changes them.",
};
