/**
 * One life of one simulated node: the loop around the core that a process has, with its duties (see replica/types.ts).
 *
 * Whatever arrives is stepped at once and committed at once. While a commit is being flushed the process is blocked, as
 * a real one is in fsync: what arrives meanwhile waits and is then handled in one turn with one commit. Only after its
 * commit do a turn's events reach the trace and its messages and replies the network. A paused process lets everything
 * wait in its sockets; when it goes on, its overdue timer fires first.
 */
import type { NodeId, RequestId } from "../ids.ts";
import { asRequestId } from "../ids.ts";
import type { Act, ActAnswer } from "../broadcast/types.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Replica } from "../replica/replica.ts";
import type { Emitted, Input, OutgoingMessage, Output } from "../replica/types.ts";
import type { ClientRequest, OperationOutcome } from "../replication/types.ts";
import type { SimulatedDisk } from "./disk.ts";
import { Timed, usOf, type VirtualTime } from "./virtual-time.ts";

export interface HostOwner {
  readonly time: VirtualTime;
  /** These are kept: the next in the host's lane, in order. */
  emitted(host: SimulatedHost, events: readonly Emitted[]): void;
  send(host: SimulatedHost, message: OutgoingMessage): void;
  /** A commit has failed: the process ends itself, with nothing of the turn said. */
  commitFailed(host: SimulatedHost, why: string): void;
  /** Everything of a turn has left. */
  turned?(host: SimulatedHost): void;
}

type Waiting = Input | { readonly kind: "emit"; readonly event: Emitted };
/** Calls one of its functions, once; `broken` when the process ends first. */
export interface Caller<Answer> {
  answered(answer: Answer, request: RequestId): void;
  broken(): void;
}
type ReplyTo =
  | { readonly kind: "request"; readonly caller: Caller<OperationOutcome> }
  | { readonly kind: "act"; readonly caller: Caller<ActAnswer> };

const nothingOf = (events: readonly Emitted[]): Output => ({
  records: [],
  messages: [],
  replies: [],
  answers: [],
  calls: [],
  events,
  operations: [],
});

class Tick extends Timed {
  readonly #host: SimulatedHost;

  constructor(host: SimulatedHost) {
    super();
    this.#host = host;
  }

  override fire(): void {
    this.#host.timerFired(this);
  }
}

export class SimulatedHost {
  readonly node: NodeId;
  readonly life: number;
  readonly replica: Replica;
  /** Events placed so far: the last seq. */
  seq = 0;
  readonly #owner: HostOwner;
  readonly #time: VirtualTime;
  readonly #disk: SimulatedDisk;
  readonly #replies = new Map<RequestId, ReplyTo>();
  #inbox: Waiting[] = [];
  /** The turn being flushed, with the clock as of its end. */
  #inFlight: { readonly outputs: readonly Output[]; readonly clock: VectorClock } | null = null;
  /** The flush ended while the process was paused. */
  #isFlushOver = false;
  #isPaused = false;
  #hasEnded = false;
  #timer: Tick | null = null;
  #requests = 0;

  constructor(life: number, replica: Replica, node: NodeId, disk: SimulatedDisk, owner: HostOwner) {
    this.node = node;
    this.life = life;
    this.replica = replica;
    this.#disk = disk;
    this.#owner = owner;
    this.#time = owner.time;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Nothing waits and nothing is being made durable. */
  get isIdle(): boolean {
    return this.#inFlight === null && this.#inbox.length === 0 && !this.#isPaused;
  }

  input(input: Input): void {
    if (this.#hasEnded) return;
    if (this.#isBlocked) {
      this.#inbox.push(input);
      return;
    }
    this.#commit([this.#step(input)]);
  }

  /** Puts an event that the core does not know of into the lane, with the time at which the process gets to it. */
  emit(event: Emitted): void {
    if (this.#hasEnded) return;
    if (this.#isBlocked) {
      this.#inbox.push({ kind: "emit", event });
      return;
    }
    this.#commit([nothingOf([event])]);
  }

  request(request: Omit<ClientRequest, "id">, caller: Caller<OperationOutcome>): void {
    const id = this.#newRequest();
    this.#replies.set(id, { kind: "request", caller });
    this.input({ kind: "request", request: { id, ...request } });
  }

  act(act: Act, caller: Caller<ActAnswer>): void {
    const request = this.#newRequest();
    this.#replies.set(request, { kind: "act", caller });
    this.input({ kind: "act", request, act });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused || this.#hasEnded) return;
    this.#isPaused = false;
    if (this.#isFlushOver) {
      this.#isFlushOver = false;
      this.#flushed();
      return;
    }
    if (this.#inFlight === null) this.#catchUp();
  }

  /** The process is gone. What it was committing is returned, for the disk to decide about. */
  end(): { readonly outputs: readonly Output[]; readonly clock: VectorClock } | null {
    this.#hasEnded = true;
    const inFlight = this.#inFlight;
    this.#inFlight = null;
    this.#inbox = [];
    this.#timer = null;
    for (const { caller } of this.#replies.values()) caller.broken();
    this.#replies.clear();
    return inFlight;
  }

  /** For the timer of this host only. */
  timerFired(timer: Tick): void {
    if (timer !== this.#timer) return;
    this.#timer = null;
    if (this.#isBlocked) return;
    this.#commit(this.#tickIfDue());
  }

  get #isBlocked(): boolean {
    return this.#isPaused || this.#inFlight !== null;
  }

  #newRequest(): RequestId {
    this.#requests += 1;
    return asRequestId(`${this.node}.${this.life.toString(36)}.${this.#requests}`);
  }

  #step(input: Input): Output {
    return this.replica.step(input, this.#time.now);
  }

  #tickIfDue(): Output[] {
    const { deadline } = this.replica;
    return deadline !== null && deadline <= this.#time.now ? [this.#step({ kind: "tick" })] : [];
  }

  /** Ends the turn that put this out: durable first, then out with it. */
  #commit(outputs: readonly Output[]): void {
    this.#arm();
    let records = 0;
    let isEmpty = true;
    for (const output of outputs) {
      records += output.records.length;
      isEmpty &&= output.events.length === 0;
    }
    if (records === 0 && isEmpty) return this.#release(outputs);
    const problem = this.#disk.problemOf("write");
    if (problem !== null) return this.#owner.commitFailed(this, problem);
    const { clock } = this.replica;
    if (records === 0 || !this.#disk.isSynced) {
      this.#disk.commit(outputs, clock, false);
      return this.#release(outputs);
    }
    this.#inFlight = { outputs, clock };
    this.#time.after(this.#disk.flushUs(), () => {
      if (this.#hasEnded) return;
      if (this.#isPaused) this.#isFlushOver = true;
      else this.#flushed();
    });
  }

  #flushed(): void {
    const { outputs, clock } = this.#inFlight!;
    const problem = this.#disk.problemOf("sync");
    if (problem !== null) return this.#owner.commitFailed(this, problem);
    this.#disk.commit(outputs, clock, true);
    this.#inFlight = null;
    this.#release(outputs);
    if (!this.#hasEnded) this.#catchUp();
  }

  /** The overdue timer first, then what waits, in one turn. */
  #catchUp(): void {
    const inbox = this.#inbox;
    if (inbox.length > 0) this.#inbox = [];
    const turn = this.#tickIfDue();
    for (const waiting of inbox) {
      const isStep = waiting.kind !== "emit";
      turn.push(isStep ? this.#step(waiting) : nothingOf([{ ...waiting.event, at: this.#time.now }]));
    }
    this.#commit(turn);
  }

  #release(outputs: readonly Output[]): void {
    const owner = this.#owner;
    for (const { events } of outputs) if (events.length > 0) owner.emitted(this, events);
    for (const { messages } of outputs) for (const message of messages) owner.send(this, message);
    for (const { replies, answers } of outputs) {
      for (const { request, outcome } of replies) {
        const waiting = this.#replies.get(request);
        this.#replies.delete(request);
        if (waiting?.kind === "request") waiting.caller.answered(outcome, request);
      }
      for (const { request, answer } of answers) {
        const waiting = this.#replies.get(request);
        this.#replies.delete(request);
        if (waiting?.kind === "act") waiting.caller.answered(answer, request);
      }
    }
    owner.turned?.(this);
  }

  /** The timer stands at the core's deadline, or earlier. */
  #arm(): void {
    const { deadline } = this.replica;
    if (deadline === null) return;
    const at = Math.max(this.#time.us, usOf(deadline));
    if (this.#timer !== null && this.#timer.at <= at) return;
    this.#timer = new Tick(this);
    this.#time.schedule(this.#timer, at);
  }
}
