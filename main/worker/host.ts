/**
 * The loop around the core: everything that happens is one `step`, and one commit covers all steps of a turn.
 *
 * A turn of the event loop handles whatever sockets and timers had ready; each of it is stepped at once and the outputs
 * are collected. When the turn ends, in this order: vector clock and records are made durable and the events kept, then
 * messages leave, then replies, then the trace is streamed. So under load one fsync serves many requests, and alone a
 * request waits for nobody. A turn that lets nothing out, neither message nor reply (a late acknowledgement came in, say),
 * may wait a little for the next one: what nobody has seen, nobody misses after a crash.
 *
 * The clock goes first where it has a store of its own: a clock ahead of its data skips numbers, one behind would give
 * them out twice (P1). When the commit or the clock's store fails, the host stops for good: nothing of the turn leaves
 * (P33).
 */
import type { Act, ActAnswer } from "../../shared/broadcast/types.ts";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import { asRequestId, type NodeId, type RequestId, type TimeMs } from "../../shared/ids.ts";
import type { Replica } from "../../shared/replica/replica.ts";
import type { DurableRecord, Emitted, Input, OutgoingMessage, Output } from "../../shared/replica/types.ts";
import type { ClientRequest, OperationLogItem, OperationOutcome } from "../../shared/replication/types.ts";
import type { TraceEvent } from "../../shared/trace/event.ts";
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
  /** False: events are neither kept nor streamed. */
  readonly trace: boolean;
  now(): TimeMs;
  /** Told of each event as it happens, whether or not it is kept. */
  emitted?(event: Emitted): void;
  /** Nothing more can be made durable. Called once. */
  failed(error: Error): void;
}

type Reply = (outcome: OperationOutcome, request: RequestId) => void;
type AnswerAct = (answer: ActAnswer, request: RequestId) => void;

interface Turn {
  readonly records: DurableRecord[];
  readonly messages: OutgoingMessage[];
  readonly replies: { readonly request: RequestId; readonly outcome: OperationOutcome }[];
  readonly answers: { readonly request: RequestId; readonly answer: ActAnswer }[];
  readonly events: TraceEvent[];
  readonly operations: OperationLogItem[];
}

/** A turn that lets nothing out is committed with the next one, or after this long. */
const lingerMs = 10;

const newTurn = (): Turn => ({
  records: [],
  messages: [],
  replies: [],
  answers: [],
  events: [],
  operations: [],
});

export class Host {
  readonly counts = { clockSaves: 0, clockErrors: 0 };
  readonly #options: HostOptions;
  readonly #replies = new Map<RequestId, Reply>();
  readonly #answers = new Map<RequestId, AnswerAct>();
  readonly #listeners: ((events: readonly TraceEvent[]) => void)[] = [];
  #turn = newTurn();
  /** Something was stepped that the turn before did not have. */
  #dirty = false;
  #scheduled = false;
  /** A clock store that answers later holds the next turn back. */
  #saving = false;
  #stopped = false;
  #seq = 0;
  #requests = 0;
  #savedClock: VectorClock | null = null;
  #linger: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: TimeMs | null = null;
  /** Inputs that wait for the end of a cooperative pause. */
  #frozen: Input[] | null = null;
  #thawed: (() => void)[] = [];
  #idle: (() => void)[] = [];

  constructor(options: HostOptions) {
    this.#options = options;
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
  request(request: Omit<ClientRequest, "id">, reply: Reply): void {
    const id = this.#nextRequest();
    this.#replies.set(id, reply);
    this.input({ kind: "request", request: { id, ...request } });
  }

  /** Carries out an act of the application; `answer` is called once, when what it did is durable. */
  act(act: Act, answer: AnswerAct): void {
    const request = this.#nextRequest();
    this.#answers.set(request, answer);
    this.input({ kind: "act", request, act });
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
    clearTimeout(this.#linger);
    this.#linger = undefined;
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
    clearTimeout(this.#linger);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #nextRequest(): RequestId {
    this.#requests += 1;
    return asRequestId(`${this.#options.node}.${this.#options.life.toString(36)}.${this.#requests}`);
  }

  #collect(output: Output): void {
    const turn = this.#turn;
    this.#dirty = true;
    for (const record of output.records) turn.records.push(record);
    for (const message of output.messages) turn.messages.push(message);
    for (const reply of output.replies) turn.replies.push(reply);
    for (const answer of output.answers) turn.answers.push(answer);
    for (const item of output.operations) turn.operations.push(item);
    for (const event of output.events) this.#place(event);
    this.#schedule();
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
      const { messages, replies, answers } = this.#turn;
      const out = messages.length + replies.length + answers.length;
      if (out > 0 || this.#idle.length > 0) this.#flush();
      else this.#linger ??= setTimeout(() => this.#flush(), lingerMs);
    });
  }

  #flush(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
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
      const { records, events, operations } = turn;
      this.#options.store.commit({ records, events, operations, clock });
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
    for (const { request, outcome } of turn.replies) {
      const reply = this.#replies.get(request);
      this.#replies.delete(request);
      reply?.(outcome, request);
    }
    for (const { request, answer } of turn.answers) {
      const answerAct = this.#answers.get(request);
      this.#answers.delete(request);
      answerAct?.(answer, request);
    }
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
    this.#options.failed(error instanceof Error ? error : new Error(String(error)));
  }
}
