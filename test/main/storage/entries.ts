/** Log entries of one node, for tests of its store. */
import { asKey, asNodeId } from "../../../shared/ids.ts";
import type { LogEntry } from "../../../shared/replication/types.ts";

export const node = asNodeId("node-1");

/** Times have fractions, which the store keeps. */
const at = 1_751_536_553_000.25;

export const entry = (index: number, key: string, value = `v${index}`): LogEntry => ({
  index,
  term: 0,
  op: "put",
  key: asKey(key),
  state: { context: { "node-1": index }, versions: [{ dot: { node, counter: index }, value, at }] },
  origin: node,
  replicas: [node],
  clock: { "node-1": index },
  at,
});
