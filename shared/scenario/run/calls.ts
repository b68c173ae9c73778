/**
 * The clients of a run: each has one request under way, later ones wait their turn; every one is written down. A client
 * keeps its session from one causal request to the next, whichever nodes it asks.
 */
import type { NodeId, TimeMs } from "../../ids.ts";
import type { CallAnswer, CallRecord, ClientCall, ClientSession } from "../run.types.ts";

/** A request that a client is to make. */
interface Wanted {
  readonly client: string;
  readonly node: NodeId;
  readonly request: ClientCall["request"];
  readonly as: string | null;
  /** Told once, when the answer is there. */
  readonly returned: () => void;
}

export class Calls {
  readonly #send: (call: ClientCall) => void;
  readonly #records: CallRecord[] = [];
  /** Who is told of the answer, by id of the call. */
  readonly #open = new Map<number, () => void>();
  /** Requests that wait, by client; a client that has nothing under way is not in it. */
  readonly #queues = new Map<string, Wanted[]>();
  /** The latest answer under each name. */
  readonly #named = new Map<string, CallAnswer>();
  /** By client. */
  readonly #sessions = new Map<string, ClientSession>();
  #position = 0;

  constructor(send: (call: ClientCall) => void) {
    this.#send = send;
  }

  get records(): readonly CallRecord[] {
    return this.#records;
  }

  get underWay(): number {
    return this.#open.size;
  }

  /** Null: no operation of this name has been answered yet. */
  answerOf(name: string): CallAnswer | null {
    return this.#named.get(name) ?? null;
  }

  ask(wanted: Wanted, now: TimeMs): void {
    const queue = this.#queues.get(wanted.client);
    if (queue !== undefined) {
      queue.push(wanted);
      return;
    }
    this.#queues.set(wanted.client, []);
    this.#invoke(wanted, now);
  }

  /** Throws RangeError for a call that is not under way: a world answers each one once. */
  returned(id: number, answer: CallAnswer, now: TimeMs): void {
    const told = this.#open.get(id);
    const record = this.#records[id - 1];
    if (told === undefined || record === undefined)
      throw new RangeError(`Call ${id} is not under way, and was answered.`);
    this.#open.delete(id);
    this.#position += 1;
    this.#records[id - 1] = {
      ...record,
      returned: this.#position,
      returnedAt: now,
      outcome: answer.ok ? "ok" : answer.definite ? "fail" : "unknown",
      answer,
    };
    if (record.as !== null) this.#named.set(record.as, answer);
    const { client } = record.call;
    if (answer.ok && answer.session !== undefined) this.#sessions.set(client, answer.session);
    const next = this.#queues.get(client)?.shift();
    if (next === undefined) this.#queues.delete(client);
    else this.#invoke(next, now);
    told();
  }

  /** Forgets requests that have not begun. */
  dropWaiting(): void {
    for (const queue of this.#queues.values()) queue.length = 0;
  }

  #invoke({ client, node, request, as, returned }: Wanted, now: TimeMs): void {
    const id = this.#records.length + 1;
    const call: ClientCall = { id, client, node, request: this.#inSession(client, request) };
    this.#position += 1;
    this.#records.push({
      call,
      as,
      invokedAt: now,
      invoked: this.#position,
      returned: Number.POSITIVE_INFINITY,
      returnedAt: null,
      outcome: "unknown",
      answer: null,
    });
    this.#open.set(call.id, returned);
    this.#send(call);
  }

  #inSession(client: string, request: ClientCall["request"]): ClientCall["request"] {
    const session = this.#sessions.get(client);
    const isCausal = request.kind === "data" && request.consistency === "causal";
    return isCausal && session !== undefined ? { ...request, session } : request;
  }
}
