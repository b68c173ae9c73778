/** What a data operation came back with, in words. */
import type { DataAnswer } from "../../shared/contract/contract.ts";
import type { DataOperation } from "../../shared/replication/types.ts";

/** What the writer says it has seen: decides which versions a write replaces and which stay beside it. */
export type WriteMode = "coordinator" | "read" | "blind";

export interface Operation {
  readonly op: DataOperation;
  readonly node: string;
  readonly key: string;
  readonly value: string | null;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly definite: boolean;
}

/** One line of the panel's history: waiting, answered or failed. */
export interface Exchange extends Operation {
  readonly number: number;
  /** Highest event id known when it was sent: its request event comes after. */
  readonly after: number;
  readonly answer: DataAnswer | null;
  readonly failure: Failure | null;
}

/** What the failure means for the data, and what to do about it. */
export function consequence({ op }: Operation, failure: Failure): string {
  if (op === "get") return "A read changes nothing; it can be tried again.";
  if (failure.definite) return "It certainly had no effect; it can be tried again.";
  return "It may have happened, or may still happen. Read the key to find out.";
}

export function headline(exchange: Exchange): string {
  const { answer, failure, op } = exchange;
  if (failure !== null) return failure.message;
  if (answer === null) return "Waiting for the answer…";
  const ms = `${answer.latencyMs < 10 ? answer.latencyMs.toFixed(1) : Math.round(answer.latencyMs)} ms`;
  if (answer.repeated) return `Carried out before under this token, and not again; answered in ${ms}`;
  if (op !== "get") return `${op === "put" ? "Written" : "Deleted"} on ${countOf(answer)} in ${ms}`;
  if (answer.values.length === 0) return `No value, says ${countOf(answer)}, in ${ms}`;
  if (isMerged(answer))
    return `${answer.values.length} versions merged into one, read from ${countOf(answer)} in ${ms}`;
  if (answer.values.length > 1)
    return `${answer.values.length} siblings, read from ${countOf(answer)} in ${ms}`;
  return `Read from ${countOf(answer)} in ${ms}`;
}

/** The key's conflict strategy makes one value of all versions. */
export const isMerged = ({ values, shown }: DataAnswer): boolean =>
  shown !== undefined && values.length > 1 && shown.length < values.length;

const countOf = ({ successful, replicas }: DataAnswer): string =>
  `${successful.length} of ${replicas.length} replicas`;

/** "2 of 3 replicas" is spelt out per node: each with a sign and a word, never a colour alone. */
export type ReplicaMark = "ok" | "failed" | "pending";

export function replicaMarks(answer: DataAnswer): { node: string; mark: ReplicaMark }[] {
  const extra = [...answer.successful, ...answer.failed].filter((node) => !answer.replicas.includes(node));
  return [...answer.replicas, ...extra].map((node) => ({
    node,
    mark: answer.successful.includes(node) ? "ok" : answer.failed.includes(node) ? "failed" : "pending",
  }));
}

/** {"node-1": 3, "node-2": 1} as "node-1 3, node-2 1". */
export function contextText(context: Readonly<Record<string, number>>): string {
  const entries = Object.entries(context).sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  return entries.length === 0 ? "nothing" : entries.map(([node, counter]) => `${node} ${counter}`).join(", ");
}
