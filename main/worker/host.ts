/**
 * The loop around the core: everything that happens is one `step`, and one commit covers all steps of a turn.
 *
 * A turn of the event loop handles whatever sockets and timers had ready; each of it is stepped at once and the outputs
 * are collected. When the turn ends, in this order: vector clock and records are made durable and the events kept, then
 * messages leave, then replies, then the trace is streamed. So under load one fsync serves many requests, and alone a
 * request waits for nobody. A turn that lets nothing out, neither message nor reply (a late acknowledgement came in, say),
 * may wait a little for the next one: what nobody has seen, nobody misses after a crash.
 *
 * An output that asks for something to be kept is one transaction of the log, whatever else the turn holds: what happened
 * in one step is there whole after a crash or not at all. Under the policy "group" a turn with transactions waits some
 * milliseconds for more of them, and so do its messages and replies: fewer flushes, later answers, the same promise.
 *
 * The clock goes first where it has a store of its own: a clock ahead of its data skips numbers, one behind would give
 * them out twice (P1). When the commit or the clock's store fails, the host stops for good: nothing of the turn leaves
 * (P33).
 */
import type { Act, ActAnswer } from "../../shared/broadcast/types.ts";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import { asRequestId, type NodeId, type RequestId, type TimeMs } from "../../shared/ids.ts";
import type { Replica } from "../../shared/replica/replica.ts";
import { mutationsOf } from "../../shared/replica/durable.ts";
import type { Emitted, Input, OutgoingMessage, Output } from "../../shared/replica/types.ts";
import type { ClientRequest, OperationLogItem, OperationOutcome } from "../../shared/replication/types.ts";
import type { Call, CallOutcome } from "../../shared/runtime/runtime.ts";
import type { Transaction } from "../../shared/runtime/types.ts";
import type { TraceEvent } from "../../shared/trace/event.ts";
import { notDurable } from "./call-errors.ts";
import { type Answer, Pending } from "./pending.ts";
import type { NodeStore } from "../storage/node-store.ts";
import type { VectorClockStore } from "../storage/clocks/vector-clock-store.ts";

interface Outbox {
  send(message: OutgoingMessage): void;
  flush(): void;
}

export interface HostOptions {
  readonly node: NodeId;
  readonly life: number;
  readonly replica: Replica;
  readonly store: NodeStore;
  /** Null when the clock lies in the node's own file and is committed with the data. */
  readonly clocks: VectorClockStore | null;
  readonly outbox: Outbox;
  /** A turn with something to keep waits so long for others to share its flush; 0: for nobody. */
  readonly groupMs: number;
  /** False: events are neither kept nor streamed. */
  readonly trace: boolean;
  now(): TimeMs;
  /** Told of each event as it happens, whether or not it is kept. */
  emitted?(event: Emitted): void;
  /** Nothing more can be made durable. Called once. */
  failed(error: Error): void;
}

interface Turn {
  readonly transactions: Transaction[];
  readonly messages: OutgoingMessage[];
  readonly replies: { readonly request: RequestId; readonly outcome: OperationOutcome }[];
  readonly answers: { readonly request: RequestId; readonly answer: ActAnswer }[];
  readonly calls: { readonly request: RequestId; readonly outcome: CallOutcome }[];
  readonly events: TraceEvent[];
  readonly operations: OperationLogItem[];
}

/** A turn that lets nothing out is committed with the next one, or after this long. */
const lingerMs = 10;

const newTurn = (): Turn => ({
  transactions: [],
  messages: [],
  replies: [],
  answers: [],
  calls: [],
  events: [],
  operations: [],
});

export class Host {
  readonly counts = { clockSaves: 0, clockErrors: 0 };
  readonly #options: HostOptions;
  readonly #replies = new Pending<OperationOutcome>();
  readonly #answers = new Pending<ActAnswer>();
  readonly #calls = new Pending<CallOutcome>();
  readonly #listeners: ((events: readonly TraceEvent[]) => void)[] = [];
  #turn = newTurn();
  /** Something was stepped that the turn before did not have. */
  #dirty = false;
  #scheduled = false;
  /** A clock store that answers later holds the next turn back. */
  #saving = false;
  #stopped = false;
  #failure: string | null = null;
  #seq = 0;
  #requests = 0;
  #savedClock: VectorClock | null = null;
  #linger: NodeJS.Timeout | undefined;
  #lingerUntil = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: TimeMs | null = null;
  /** Inputs that wait for the end of a cooperative pause. */
  #frozen: Input[] | null = null;
  #thawed: (() => void)[] = [];
  #idle: (() => void)[] = [];

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Why nothing more can be made durable; null while it can. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Undefined unless the host is frozen; then it resolves with the thaw. */
  awake(): Promise<void> | undefined {
    if (this.#frozen === null) return undefined;
    return new Promise((resolve) => this.#thawed.push(resolve));
  }

  input(input: Input): void {
    if (this.#stopped) return;
    if (this.#frozen !== null) {
      this.#frozen.push(input);
      return;
    }
    this.#collect(this.#options.replica.step(input, this.#options.now()));
  }

  /** Runs a client's operation; `reply` is called once, when its outcome is durable. */
  request(request: Omit<ClientRequest, "id">, reply: Answer<OperationOutcome>): void {
    const id = this.#nextRequest();
    this.#replies.add(id, reply);
    this.input({ kind: "request", request: { id, ...request } });
  }

  /** Carries out an act of the application; `answer` is called once, when what it did is durable. */
  act(act: Act, answer: Answer<ActAnswer>): void {
    const request = this.#nextRequest();
    this.#answers.add(request, answer);
    this.input({ kind: "act", request, act });
  }

  /** Calls a reducer; `answer` is called once, when what it changed is durable, or nothing can be made durable any more. */
  call(call: Call, answer: Answer<CallOutcome>): void {
    const request = this.#nextRequest();
    if (this.#stopped) return answer({ ok: false, error: notDurable }, request);
    this.#calls.add(request, answer);
    this.input({ kind: "call", request, ...call });
  }

  /** Starts a comparison of keys with this peer, or with whoever is next; returns its name in the trace. */
  compare(peer: NodeId | null): string {
    const exchange = this.#nextRequest();
    this.input({ kind: "compare", exchange, peer });
    return exchange;
  }

  /** Puts an event that the core does not know of into the lane. */
  emit(event: Emitted): void {
    this.#place(event);
    this.#schedule();
  }

  /** Called with events that are kept already, in program order. */
  onEvents(listener: (events: readonly TraceEvent[]) => void): void {
    this.#listeners.push(listener);
  }

  freeze(): void {
    this.#frozen ??= [];
    clearTimeout(this.#timer);
    this.#timerAt = null;
    this.#stopLingering();
  }

  thaw(): void {
    const held = this.#frozen ?? [];
    this.#frozen = null;
    for (const input of held) this.input(input);
    for (const resolve of this.#thawed.splice(0)) resolve();
    this.#schedule();
  }

  /** Resolves when everything stepped so far is durable and has left. */
  flushed(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#schedule();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Takes no input from now on; what was not flushed is forgotten. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#stopLingering();
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #nextRequest(): RequestId {
    this.#requests += 1;
    return asRequestId(`${this.#options.node}.${this.#options.life.toString(36)}.${this.#requests}`);
  }

  #collect(output: Output): void {
    const turn = this.#turn;
    this.#dirty = true;
    if (output.records.length > 0) turn.transactions.push(this.#transaction(output));
    for (const message of output.messages) turn.messages.push(message);
    for (const reply of output.replies) turn.replies.push(reply);
    for (const answer of output.answers) turn.answers.push(answer);
    for (const call of output.calls) turn.calls.push(call);
    for (const item of output.operations) turn.operations.push(item);
    for (const event of output.events) this.#place(event);
    this.#schedule();
  }

  #transaction({ records }: Output): Transaction {
    const { replica } = this.#options;
    return { clock: replica.clock, at: this.#options.now(), mutations: mutationsOf(records) };
  }

  #place(event: Emitted): void {
    this.#dirty = true;
    this.#options.emitted?.(event);
    if (!this.#options.trace) return;
    const { node, life } = this.#options;
    this.#turn.events.push({ node, life, seq: ++this.#seq, ...event });
  }

  #schedule(): void {
    if (this.#scheduled || this.#saving || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#stopped || this.#frozen !== null) return;
      this.#arm();
      const wait = this.#patience();
      if (wait === 0) this.#flush();
      else this.#lingerFor(wait);
    });
  }

  /** How long the turn may wait for others. */
  #patience(): number {
    const { messages, replies, answers, calls, transactions } = this.#turn;
    if (this.#idle.length > 0) return 0;
    if (messages.length + replies.length + answers.length + calls.length === 0) return lingerMs;
    return transactions.length > 0 ? this.#options.groupMs : 0;
  }

  /** From the first thing in the turn that cannot wait any longer. */
  #lingerFor(ms: number): void {
    const until = performance.now() + ms;
    if (until >= this.#lingerUntil) return;
    clearTimeout(this.#linger);
    this.#lingerUntil = until;
    this.#linger = setTimeout(() => this.#flush(), ms);
  }

  #stopLingering(): void {
    clearTimeout(this.#linger);
    this.#lingerUntil = Infinity;
  }

  #flush(): void {
    this.#stopLingering();
    if (this.#saving || this.#stopped) return;
    const { clocks, node, replica } = this.#options;
    const turn = this.#turn;
    this.#turn = newTurn();
    this.#dirty = false;
    const clock = replica.clock === this.#savedClock ? null : replica.clock;
    if (clock !== null) this.#savedClock = clock;
    if (clocks === null || clock === null) {
      this.#finish(turn, clock);
      return;
    }
    this.counts.clockSaves += 1;
    try {
      const saved = clocks.save(node, clock);
      if (saved === undefined) this.#finish(turn, null);
      else void this.#finishAfter(saved, turn);
    } catch (error) {
      this.#failClock(error);
    }
  }

  async #finishAfter(saved: Promise<void>, turn: Turn): Promise<void> {
    this.#saving = true;
    try {
      await saved;
    } catch (error) {
      this.#failClock(error);
    }
    this.#saving = false;
    if (this.#stopped) return;
    this.#finish(turn, null);
    this.#schedule();
  }

  #finish(turn: Turn, clock: VectorClock | null): void {
    try {
      const { transactions, events, operations } = turn;
      this.#options.store.commit({ transactions, events, operations, clock });
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#release(turn);
  }

  #release(turn: Turn): void {
    const { outbox } = this.#options;
    for (const message of turn.messages) outbox.send(message);
    outbox.flush();
    for (const { request, outcome } of turn.replies) this.#replies.settle(request, outcome);
    for (const { request, answer } of turn.answers) this.#answers.settle(request, answer);
    for (const { request, outcome } of turn.calls) this.#calls.settle(request, outcome);
    if (turn.events.length > 0) for (const listener of this.#listeners) listener(turn.events);
    if (!this.#dirty) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #arm(): void {
    const { deadline } = this.#options.replica;
    if (deadline === null || (this.#timerAt !== null && this.#timerAt <= deadline)) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const wait = Math.max(0, Math.ceil(deadline - this.#options.now()));
    this.#timer = setTimeout(() => {
      this.#timerAt = null;
      this.input({ kind: "tick" });
    }, wait);
  }

  #failClock(error: unknown): void {
    this.counts.clockErrors += 1;
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#calls.settleAll({ ok: false, error: notDurable });
    this.#options.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
