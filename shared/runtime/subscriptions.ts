/**
 * Watches what is committed: a client names a table or a range of keys and a position, and gets each later commit that
 * touches it, once, in the order of the log.
 *
 * A subscription holds nothing but a position, and the log is the queue: a slow client falls behind without anybody
 * keeping its backlog, one that lost its connection names the last position it has seen and misses nothing, and none is
 * ever told of what a crash could take back, for the host gives only what is durable (L10). The host pulls: it reads the
 * log from `after` on at whatever rate the client takes, and hands each transaction to `next`.
 *
 * Where a position can no longer be followed the client is told so, never given less in silence: `compacted` when what
 * follows it was dropped from the log, or is missing from it; `ahead` when the log does not reach that far, as after a
 * node was wiped; `another_log` when the log is not the one the position is from, though it reaches as far by now: a log
 * in memory begins anew with each life, and a power cut may take back what was never flushed. A client that does not send
 * back the name of the log it was told is not warned of that. The way on is the same: subscribe from "now", then read the rows, then apply what comes.
 *
 * During a replay nothing is delivered and nobody is accepted: what is replayed was delivered when it happened (P36).
 */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import { isInRange, type KeyRange } from "./key-range.ts";
import { namesOf, type Module } from "./module.ts";
import type { Committed, Mutation, Position, Row } from "./types.ts";

/** What a client wants to hear of. */
export interface SubscriptionRequest {
  readonly module: string;
  /** All tables of the module when absent. */
  readonly table?: string | undefined;
  /** All keys when absent. */
  readonly keys?: KeyRange | undefined;
  /** The last position it has seen: 0 for all there is. */
  readonly after: Position | "now";
  /** Which log that position is from: what it was told when it subscribed. */
  readonly log?: string | undefined;
}

/** What can be read, at this moment. */
export interface ReadableLog {
  /** No two logs have one name: a position means the same under it, always. */
  readonly id: string;
  readonly replaying: boolean;
  /** Position of the first transaction that can be read. */
  readonly first: Position;
  /** Of the last durable one. */
  readonly last: Position;
}

export type SubscriptionErrorCode =
  | "no_such_module"
  | "no_such_table"
  | "replaying"
  | "compacted"
  | "ahead"
  | "another_log";

export interface SubscriptionError {
  readonly code: SubscriptionErrorCode;
  /** What is wrong, and what to do. */
  readonly message: string;
}

interface Change {
  readonly module: string;
  readonly table: string;
  readonly key: string;
  /** Null: the row is gone. A row may be null itself: `gone` tells. */
  readonly row: Row;
  readonly gone?: true;
  /** The node that coordinated the write, of replicated rows. */
  readonly origin?: NodeId;
}

/** What one transaction changed of what is watched: all of it. */
export interface Delivery {
  readonly position: Position;
  readonly at: TimeMs;
  readonly clock: VectorClock;
  /** In the order in which they were made. */
  readonly changes: readonly Change[];
}

export type Next =
  | { readonly kind: "commit"; readonly delivery: Delivery }
  /** It touches nothing that is watched, or was delivered before. */
  | { readonly kind: "nothing" }
  /** Transactions are missing before this one: the subscription is over. */
  | { readonly kind: "error"; readonly error: SubscriptionError };

const nothing: Next = { kind: "nothing" };

export class Subscription {
  readonly #request: SubscriptionRequest;
  #after: Position;

  constructor(request: SubscriptionRequest, after: Position) {
    this.#request = request;
    this.#after = after;
  }

  /** All up to here was delivered, or did not concern it: where it goes on, in this connection or in another. */
  get after(): Position {
    return this.#after;
  }

  /** The transactions of the log, each in its turn. One that was given before is nothing. */
  next(committed: Committed): Next {
    const { position, at, clock, mutations } = committed;
    if (position <= this.#after) return nothing;
    if (position > this.#after + 1) return { kind: "error", error: compacted(this.#after, position) };
    this.#after = position;
    const changes = mutations.filter((mutation) => this.#concerns(mutation)).map(changeOf);
    if (changes.length === 0) return nothing;
    return { kind: "commit", delivery: { position, at, clock, changes } };
  }

  #concerns({ module, table, key }: Mutation): boolean {
    const { module: watched, table: only, keys } = this.#request;
    if (module !== watched || (only !== undefined && table !== only)) return false;
    return keys === undefined || isInRange(key, keys);
  }
}

/** A subscription that begins after the position the client named, or why there is none. */
export function subscribe(
  request: SubscriptionRequest,
  modules: ReadonlyMap<string, Module>,
  { id, replaying, first, last }: ReadableLog,
): Subscription | SubscriptionError {
  const module = modules.get(request.module);
  if (module === undefined) {
    const there = namesOf([...modules.keys()].sort(), "none");
    return {
      code: "no_such_module",
      message: `There is no module "${request.module}" here: the modules are ${there}.`,
    };
  }
  const { table } = request;
  if (table !== undefined && !module.tables.includes(table)) {
    const there = namesOf(module.tables, "none");
    return {
      code: "no_such_table",
      message: `Module ${module.name} has no table "${table}": its tables are ${there}.`,
    };
  }
  if (replaying)
    return { code: "replaying", message: "The log is being replayed; subscribe again when that is over." };
  if (request.after !== "now" && request.log !== undefined && request.log !== id) {
    return {
      code: "another_log",
      message: `Position ${request.after} is from log ${request.log}, and this one is ${id}. ${wayOn}`,
    };
  }
  const after = request.after === "now" ? last : request.after;
  if (after > last) {
    return {
      code: "ahead",
      message: `Position ${after} lies beyond the log, which ends at ${last}: it is not the log that position is from. ${wayOn}`,
    };
  }
  return after + 1 < first ? compacted(after, first) : new Subscription(request, after);
}

/** For whoever cannot go on where it was. */
export const wayOn = 'Subscribe from "now", then read the rows.';

function compacted(after: Position, next: Position): SubscriptionError {
  const missing =
    next === after + 2 ? `Transaction ${after + 1}` : `Transactions ${after + 1} to ${next - 1}`;
  return { code: "compacted", message: `${missing} cannot be read any more. ${wayOn}` };
}

function changeOf({ module, table, key, row, from }: Mutation): Change {
  const change =
    row === undefined ? { module, table, key, row: null, gone: true as const } : { module, table, key, row };
  return from === undefined ? change : { ...change, origin: from.origin };
}
