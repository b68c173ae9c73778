/**
 * What one step puts out, gathered in order, with every event stamped.
 *
 * Each event of a node (something local, a send, a receive) is one tick of its vector clock; a receive merges the
 * sender's stamp first. No event goes without: that is what makes the stamps of a node a faithful account of what it
 * can have known, and the counter of a "stored" event good for the dot of the version stored.
 */
import type { ActAnswer } from "../broadcast/types.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import { asMessageId, type MessageId, type NodeId, type RequestId, type TimeMs } from "../ids.ts";
import type { Destination } from "../membership/types.ts";
import type { About, LogEntry, OperationLogItem, OperationOutcome } from "../replication/types.ts";
import type { CallOutcome } from "../runtime/runtime.ts";
import type { Detail } from "../trace/event.ts";
import { replyDetail, sentDetail } from "./describe.ts";
import { Stamps } from "./stamps.ts";
import { WallClock } from "./wall-clock.ts";
import type {
  DurableRecord,
  Emitted,
  Envelope,
  MessageBody,
  OutgoingMessage,
  Output,
  ReplicaConfig,
} from "./types.ts";

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Most of what a step could put out it does not, so all that is empty is one list. */
const none = Object.freeze([]) as unknown as never[];

/** The list with one more: a new one when there was nothing. */
function added<Item>(list: Item[], item: Item): Item[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}

export class Outbox {
  readonly stamps: Stamps;
  readonly #node: NodeId;
  readonly #address: string;
  readonly #messagePrefix: string;
  readonly #wall = new WallClock();
  #now: TimeMs;
  #sent = 0;
  #logIndex: number;
  #records: DurableRecord[] = none;
  #messages: OutgoingMessage[] = none;
  #replies: Output["replies"][number][] = none;
  #answers: Output["answers"][number][] = none;
  #calls: Output["calls"][number][] = none;
  #events: Emitted[] = none;
  #operations: OperationLogItem[] = none;

  constructor(config: ReplicaConfig, clock: VectorClock, logIndex: number, now: TimeMs) {
    this.#node = config.node;
    this.#address = config.address;
    this.#messagePrefix = `${config.node}.${config.life}.`;
    this.stamps = new Stamps(config.node, clock);
    this.#logIndex = logIndex;
    this.#now = now;
  }

  /** Number of the newest log entry. */
  get logIndex(): number {
    return this.#logIndex;
  }

  get now(): TimeMs {
    return this.#now;
  }

  /** What this node's wall clock shows. */
  get wall(): TimeMs {
    return this.#wall.at(this.#now);
  }

  setWall(offset: TimeMs, driftPpm: number): void {
    this.#wall.set(this.#now, offset, driftPpm);
  }

  /** A step begins. Throws when time ran backwards: a host's mistake (duty 1). */
  begin(now: TimeMs): void {
    if (now < this.#now) throw new RangeError(`time ran backwards: ${now} after ${this.#now}`);
    this.#now = now;
  }

  /** All that was gathered since the last call. */
  take(): Output {
    const output = {
      records: this.#records,
      messages: this.#messages,
      replies: this.#replies,
      answers: this.#answers,
      calls: this.#calls,
      events: this.#events,
      operations: this.#operations,
    };
    this.#records = none;
    this.#messages = none;
    this.#replies = none;
    this.#answers = none;
    this.#calls = none;
    this.#events = none;
    this.#operations = none;
    return output;
  }

  nextCounter(floor: number): number {
    this.stamps.raise(floor);
    return (this.stamps.stamp[this.#node] ?? 0) + 1;
  }

  local(name: string, about: About, detail: Detail): void {
    const { op, key, request } = about;
    const at = this.#now;
    const clock = this.stamps.tick();
    if (key === undefined) this.#emit({ at, type: "local", op, name, clock, detail });
    else if (request === undefined) this.#emit({ at, type: "local", op, name, clock, key, detail });
    else this.#emit({ at, type: "local", op, name, clock, key, request, detail });
  }

  received({ id, from, clock, body }: Envelope, about: About, detail: Detail | undefined): void {
    this.stamps.meet(clock);
    this.#message("receive", body.kind, about, id, from, detail);
  }

  send(to: Destination, body: MessageBody, about: About): MessageId {
    this.#sent += 1;
    const id = asMessageId(this.#messagePrefix + this.#sent);
    this.#message("send", body.kind, about, id, to.node, sentDetail(body));
    const envelope = { id, from: this.#node, address: this.#address, clock: this.stamps.stamp, body };
    this.#messages = added(this.#messages, { to, envelope });
    return id;
  }

  reply(request: RequestId, about: About, outcome: OperationOutcome): void {
    this.local("reply", about, replyDetail(outcome));
    this.#replies = added(this.#replies, { request, outcome });
  }

  answer(request: RequestId, answer: ActAnswer): void {
    this.#answers = added(this.#answers, { request, answer });
  }

  called(request: RequestId, outcome: CallOutcome): void {
    this.#calls = added(this.#calls, { request, outcome });
  }

  append(entry: Omit<LogEntry, "index" | "clock" | "at">): void {
    this.#logIndex += 1;
    const { term, op, key, state, origin, replicas } = entry;
    const index = this.#logIndex;
    const clock = this.stamps.stamp;
    const at = this.#now;
    this.record({ kind: "entry", entry: { index, term, op, key, state, origin, replicas, clock, at } });
  }

  record(record: DurableRecord): void {
    this.#records = added(this.#records, record);
  }

  logged(item: OperationLogItem): void {
    this.#operations = added(this.#operations, item);
  }

  /** Written out by kind, so that an event is one object without spare parts: most of a run's memory is its events. */
  #message(
    type: "send" | "receive",
    name: string,
    { op, key, request }: About,
    message: MessageId,
    peer: NodeId | null,
    detail: Detail | undefined,
  ): void {
    const at = this.#now;
    const clock = this.stamps.tick();
    const event: Mutable<Emitted> =
      key !== undefined && request !== undefined && peer !== null
        ? { at, type, op, name, clock, key, request, message, peer }
        : peer !== null
          ? { at, type, op, name, clock, message, peer }
          : { at, type, op, name, clock, message };
    if (detail !== undefined) event.detail = detail;
    this.#emit(event);
  }

  #emit(event: Emitted): void {
    this.#events = added(this.#events, event);
  }
}
