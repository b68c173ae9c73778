/**
 * What checkers read and what they answer.
 *
 * A history is what clients saw: each operation from its invocation to its return. A checker asks whether any order of
 * the operations, allowed by the times, explains every answer under a model. Source: Herlihy and Wing 1990,
 * "Linearizability"; the outcomes after Jepsen: an operation that failed for sure never happened, one that timed out
 * may have happened at any later time, or never.
 */
import type { Json } from "../trace/event.ts";

export type Outcome = "ok" | "fail" | "unknown";

/** An event on the timeline: which lane, which life of the process, which position. */
export interface EventRef {
  readonly node: string;
  readonly life: number;
  readonly seq: number;
}

export interface Operation {
  /** Position among the operations of the history, in the order of invocation, from 0. */
  readonly id: number;
  /** The client. One process has at most one operation under way; after "unknown" it may go on (Jepsen: as a new one). */
  readonly process: string;
  /** read, write, cas, add, enqueue, append, put, get, transfer … : what the model understands. */
  readonly f: string;
  /** Null where the model has only one object. */
  readonly key: string | null;
  /** What was asked: the value to write, `[from, to]` of a cas. Null when nothing. */
  readonly input: Json;
  /** What was answered; null unless `outcome` is "ok". */
  readonly output: Json;
  readonly outcome: Outcome;
  /**
   * Positions in the one total order of invocations and returns. `returned` is Infinity when nothing ever came back or
   * the outcome is unknown: the effect may still come.
   */
  readonly invoked: number;
  readonly returned: number;
  /** Nanoseconds since the beginning of the history, for people. */
  readonly invokedNs: number;
  readonly returnedNs: number | null;
  /** Line of the file the invocation stood on, from 1; absent when there was no file. */
  readonly line?: number;
  /** The node spoken to and the request's events on the timeline, where known. */
  readonly node?: string;
  readonly events?: readonly EventRef[];
}

export type History = readonly Operation[];

/** `states`: search states a check may visit before it says "unknown"; `isTimeUp` is asked now and then. */
export interface Limits {
  readonly states: number;
  isTimeUp(): boolean;
}

export interface CounterExample {
  /**
   * As few operations as still cannot be explained, in the order of invocation. Forgetting any one (it may then take
   * effect at any time, or never, with any answer) makes the rest possible, or leaves an answer without its source.
   */
  readonly operations: readonly Operation[];
  /** Why no order exists, step by step, a sentence each. */
  readonly why: readonly string[];
  /** The events that prove it, earliest first. */
  readonly events: readonly EventRef[];
}

export interface Verdict {
  readonly verdict: "valid" | "invalid" | "unknown";
  /** The model or property checked. */
  readonly checker: string;
  /** One sentence. */
  readonly summary: string;
  readonly operations: number;
  /** Present when invalid. */
  readonly counterExample?: CounterExample;
}
