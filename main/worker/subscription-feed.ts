/**
 * `/api/v1/subscribe`: changes of tables over a WebSocket, each committed one once and in order (L10).
 *
 * The log is the queue. A reader is a position, and is read to from the log a slice at a time, as fast as it takes what
 * it is sent: one that is slow, or paused for an hour, costs this node a socket's buffer and nothing else, and holds back
 * no segment. What it asks for may have been dropped by then, or be damaged; it is told which ("compacted", "damaged")
 * and what to do.
 *
 * Only what is as durable as the node promises is told: under the policy "off" a power cut may take it
 * back, and a position may stand for something else. Nothing is told while the log is replayed: this exists when that is
 * over (P36).
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket, WebSocketServer } from "ws";
import type { Module } from "../../shared/runtime/module.ts";
import {
  type PublisherMessage,
  type SubscriberMessage,
  subscriberMessageSchema,
} from "../../shared/runtime/subscription-messages.ts";
import { subscribe, Subscription, wayOn } from "../../shared/runtime/subscriptions.ts";
import type { Committed, Position } from "../../shared/runtime/types.ts";
import { LogError } from "../storage/log/transaction-log.ts";
import { asked } from "./subscription-query.ts";

export interface SubscribedLog {
  /** No two logs have one. */
  readonly id: string;
  readonly first: Position;
  /** All up to here may be told. */
  readonly last: Position;
  read(after: Position): Iterable<Committed>;
}

const subscriptionsMax = 100;
const messageBytesMax = 16 * 1024;
/** Above this the reader is waited for. */
const bufferedBytesMax = 256 * 1024;
/** Between two looks at what else the node has to do. */
const sliceTransactions = 200;
/** A reader whom nothing concerned is told so after as many. */
const progressEvery = 1_000;

export class SubscriptionFeed {
  readonly #log: SubscribedLog;
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #readers = new Set<Reader>();
  #server: WebSocketServer | undefined;

  constructor(log: SubscribedLog, modules: ReadonlyMap<string, Module>) {
    this.#log = log;
    this.#modules = modules;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The WebSocket library is loaded by the first reader. Throws HttpError for what is wrong with the query. */
  async accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const first = asked(new URL(request.url!, "http://node").searchParams);
    if (this.#server === undefined) {
      const library = await import("ws");
      this.#server ??= new library.WebSocketServer({ noServer: true, maxPayload: messageBytesMax });
    }
    this.#server.handleUpgrade(request, socket, head, (line) => {
      const reader = new Reader(line, this.#log, this.#modules);
      this.#readers.add(reader);
      line.on("close", () => this.#readers.delete(reader));
      if (first !== null) reader.obey(first);
    });
  }

  /** More may be told than before. */
  committed(): void {
    for (const reader of this.#readers) reader.pump();
  }

  close(): void {
    for (const reader of this.#readers) reader.end();
  }
}

/** One connection, and what it watches. */
class Reader {
  readonly #line: WebSocket;
  readonly #log: SubscribedLog;
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #watched = new Map<string, { readonly subscription: Subscription; told: Position }>();
  #pumping = false;

  constructor(line: WebSocket, log: SubscribedLog, modules: ReadonlyMap<string, Module>) {
    this.#line = line;
    this.#log = log;
    this.#modules = modules;
    line.on("error", () => line.terminate());
    line.on("message", (data) => this.#received(data));
  }

  obey(message: SubscriberMessage): void {
    if (message.kind === "unsubscribe") this.#unsubscribe(message.id);
    else this.#subscribe(message);
    this.pump();
  }

  /** Goes on where the reader is, until it has everything or takes no more; then by itself when it does again. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => this.#pump());
  }

  end(): void {
    this.#watched.clear();
    this.#line.close(1001, "the node ends");
    this.#line.terminate();
  }

  #pump(): void {
    this.#pumping = false;
    let isBehind = false;
    for (const [id, { subscription }] of this.#watched) {
      if (this.#isFull) return;
      if (subscription.after < this.#log.last) isBehind = this.#slice(id) || isBehind;
    }
    if (isBehind) this.pump();
  }

  /** True when there is more. */
  #slice(id: string): boolean {
    const { subscription } = this.#watched.get(id)!;
    const last = Math.min(this.#log.last, subscription.after + sliceTransactions);
    try {
      for (const committed of this.#log.read(subscription.after)) {
        if (committed.position > last || !this.#give(id, committed)) break;
        if (this.#isFull) break;
      }
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      this.#lose(id, error);
      return false;
    }
    this.#report(id);
    return this.#watched.has(id) && subscription.after < this.#log.last;
  }

  /** False when the subscription is over. */
  #give(id: string, committed: Committed): boolean {
    const watched = this.#watched.get(id)!;
    const next = watched.subscription.next(committed);
    if (next.kind === "error") {
      this.#watched.delete(id);
      this.#send({ kind: "error", id, ...next.error });
      return false;
    }
    if (next.kind === "commit") {
      watched.told = next.delivery.position;
      this.#send({ kind: "commit", id, ...next.delivery });
    }
    return true;
  }

  #report(id: string): void {
    const watched = this.#watched.get(id);
    if (watched === undefined || watched.subscription.after - watched.told < progressEvery) return;
    watched.told = watched.subscription.after;
    this.#send({ kind: "progress", id, position: watched.told });
  }

  /** What it was to be read cannot be. */
  #lose(id: string, error: LogError): void {
    this.#watched.delete(id);
    if (error.kind === "closed") return;
    const code = error.kind === "compacted" ? "compacted" : "damaged";
    this.#send({ kind: "error", id, code, message: `${error.message} ${wayOn}` });
  }

  #subscribe({ id, module, table, keys, after, log }: SubscriberMessage & { kind: "subscribe" }): void {
    if (this.#watched.has(id)) {
      this.#refuse(id, "id_in_use", `There is a subscription "${id}" already; choose another id.`);
      return;
    }
    if (this.#watched.size >= subscriptionsMax) {
      this.#refuse(
        id,
        "too_many",
        `A connection carries ${subscriptionsMax} subscriptions; open another one.`,
      );
      return;
    }
    const { id: name, first, last } = this.#log;
    const readable = { id: name, replaying: false, first, last };
    const found = subscribe({ module, table, keys, after, log }, this.#modules, readable);
    if (!(found instanceof Subscription)) {
      this.#refuse(id, found.code, found.message);
      return;
    }
    this.#watched.set(id, { subscription: found, told: found.after });
    this.#send({ kind: "subscribed", id, after: found.after, log: name });
  }

  #unsubscribe(id: string): void {
    if (this.#watched.delete(id)) this.#send({ kind: "unsubscribed", id });
    else this.#refuse(id, "no_such_subscription", `There is no subscription "${id}" on this connection.`);
  }

  #received(data: RawData): void {
    let message: unknown;
    try {
      message = JSON.parse(textOf(data));
    } catch {
      message = undefined;
    }
    const parsed = subscriberMessageSchema.safeParse(message);
    if (parsed.success) this.obey(parsed.data);
    else this.#refuse(null, "bad_message", badMessage);
  }

  #refuse(id: string | null, code: (PublisherMessage & { kind: "error" })["code"], message: string): void {
    this.#send({ kind: "error", id, code, message });
  }

  /** Who does not take what it is sent is not heard either: each question has an answer that would wait as well. */
  #send(message: PublisherMessage): void {
    this.#line.send(JSON.stringify(message), () => {
      if (this.#isFull) return;
      this.#line.resume();
      if (this.#watched.size > 0) this.pump();
    });
    if (this.#isFull) this.#line.pause();
  }

  get #isFull(): boolean {
    return this.#line.bufferedAmount > bufferedBytesMax;
  }
}

const badMessage =
  'A message must be like {"kind": "subscribe", "id": "a", "module": "bank", "table": "accounts", "after": "now"} or {"kind": "unsubscribe", "id": "a"}.';

const textOf = (data: RawData): string =>
  Buffer.isBuffer(data)
    ? data.toString("utf8")
    : Array.isArray(data)
      ? Buffer.concat(data).toString("utf8")
      : Buffer.from(data).toString("utf8");
