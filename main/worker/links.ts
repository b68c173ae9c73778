/**
 * Faults of the outgoing links, as the sender's own network applies them: blocked, slow, lossy, duplicating,
 * reordering. Each ordered pair of nodes is a link of its own, so a cut can be one-way.
 *
 * What holds: a link at rest adds nothing and delays nothing. Under latency messages stay in order, as on one TCP
 * connection, unless reordering picks one out. A message on its way when the link is blocked is lost as well.
 * Every message that does not arrive because of a fault is reported with its reason, so that the timeline can show
 * where it died.
 *
 * The faults sit above the sockets: closing a socket would only make the peers reconnect, and the operating system's
 * own tools need privileges. Time and chance are handed in, so that a test can be the clock.
 */
import type { Latency, LinkCounts, LinkSettings } from "../../shared/contract/state.ts";
import { restingLink } from "../../shared/contract/state.ts";

export type LossReason = "blocked" | "loss";

export interface LinksOwner<Item> {
  /** Milliseconds; never runs backwards. */
  now(): number;
  /** Calls `action` after about `ms`; returns the way to take it back. */
  after(ms: number, action: () => void): () => void;
  /** Uniform in [0, 1). */
  random(): number;
  deliver(to: string, item: Item): void;
  lost(to: string, item: Item, reason: LossReason): void;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly release: number;
}

interface Link<Item> {
  settings: LinkSettings;
  readonly counts: { -readonly [Name in keyof LinkCounts]: LinkCounts[Name] };
  /** Messages under way, by release time. */
  readonly waiting: Waiting<Item>[];
  /** No later message in order is released before this. */
  lastRelease: number;
  cancel: (() => void) | null;
}

/** A message picked for reordering stays back at least this much longer. */
const reorderHoldMs = 20;

export class Links<Item> {
  readonly #owner: LinksOwner<Item>;
  readonly #links = new Map<string, Link<Item>>();

  constructor(owner: LinksOwner<Item>) {
    this.#owner = owner;
  }

  /** Settings by receiver; receivers not named are at rest. Messages under way to a blocked one are lost. */
  apply(settings: Readonly<Record<string, LinkSettings>>): void {
    for (const to of Object.keys(settings)) this.#link(to);
    for (const [to, link] of this.#links) {
      link.settings = settings[to] ?? restingLink;
      if (link.settings.blocked) this.#dropAll(to, link);
    }
  }

  /** By receiver, for every receiver that was sent to or has settings. */
  counts(): Record<string, LinkCounts> {
    return Object.fromEntries([...this.#links].map(([to, link]) => [to, { ...link.counts }]));
  }

  send(to: string, item: Item): void {
    const link = this.#link(to);
    const { settings, counts } = link;
    counts.sent += 1;
    if (settings === restingLink && link.waiting.length === 0) {
      this.#owner.deliver(to, item);
      return;
    }
    if (settings.blocked) {
      counts.blocked += 1;
      this.#owner.lost(to, item, "blocked");
      return;
    }
    if (this.#happens(settings.loss)) {
      counts.lost += 1;
      this.#owner.lost(to, item, "loss");
      return;
    }
    this.#schedule(to, link, item);
    if (this.#happens(settings.duplicate)) {
      counts.duplicated += 1;
      this.#schedule(to, link, item);
    }
  }

  /** Forgets everything under way, without a word: the process ends. */
  close(): void {
    for (const link of this.#links.values()) {
      link.cancel?.();
      link.waiting.length = 0;
    }
  }

  #schedule(to: string, link: Link<Item>, item: Item): void {
    const now = this.#owner.now();
    const latency = this.#draw(link.settings.latency);
    if (latency > 0) link.counts.delayed += 1;
    if (this.#happens(link.settings.reorder)) {
      link.counts.reordered += 1;
      const hold = Math.max(reorderHoldMs, latency) * (1 + this.#owner.random());
      this.#enqueue(to, link, { item, release: now + latency + hold });
      return;
    }
    const release = Math.max(now + latency, link.lastRelease);
    if (release <= now) {
      this.#owner.deliver(to, item);
      return;
    }
    link.lastRelease = release;
    this.#enqueue(to, link, { item, release });
  }

  #enqueue(to: string, link: Link<Item>, message: Waiting<Item>): void {
    let place = link.waiting.length;
    while (place > 0 && link.waiting[place - 1]!.release > message.release) place -= 1;
    link.waiting.splice(place, 0, message);
    if (place === 0) this.#arm(to, link);
  }

  #arm(to: string, link: Link<Item>): void {
    link.cancel?.();
    const next = link.waiting[0];
    link.cancel =
      next === undefined
        ? null
        : this.#owner.after(Math.max(0, next.release - this.#owner.now()), () => this.#release(to, link));
  }

  #release(to: string, link: Link<Item>): void {
    const now = this.#owner.now();
    link.cancel = null;
    while (link.waiting.length > 0 && link.waiting[0]!.release <= now) {
      this.#owner.deliver(to, link.waiting.shift()!.item);
    }
    this.#arm(to, link);
  }

  #dropAll(to: string, link: Link<Item>): void {
    for (const { item } of link.waiting.splice(0)) {
      link.counts.blocked += 1;
      this.#owner.lost(to, item, "blocked");
    }
    link.lastRelease = 0;
    this.#arm(to, link);
  }

  #link(to: string): Link<Item> {
    let link = this.#links.get(to);
    if (link === undefined) {
      link = {
        settings: restingLink,
        counts: { sent: 0, blocked: 0, lost: 0, duplicated: 0, delayed: 0, reordered: 0 },
        waiting: [],
        lastRelease: 0,
        cancel: null,
      };
      this.#links.set(to, link);
    }
    return link;
  }

  #happens(share: number): boolean {
    return share > 0 && this.#owner.random() < share;
  }

  #draw(latency: Latency | null): number {
    switch (latency?.kind) {
      case undefined:
        return 0;
      case "constant":
        return latency.ms;
      case "uniform":
        return latency.minMs + (latency.maxMs - latency.minMs) * this.#owner.random();
      case "exponential":
        return -latency.meanMs * Math.log(1 - this.#owner.random());
    }
  }
}
