/** The table of members: what this node believes of each, itself included, with the counts and lists drawn from it. */
import type { NodeId, TimeMs } from "../ids.ts";
import { isActive } from "./claims.ts";
import { ProbeOrder } from "./probe-order.ts";
import { sample } from "./random.ts";
import type { Member, Random } from "./types.ts";

/** What does not change standing is noted in place: it changes with every message. */
type Row = { -readonly [Name in keyof Member]: Member[Name] };

export class MemberTable {
  readonly order: ProbeOrder;
  readonly #random: Random;
  readonly #self: NodeId;
  readonly #members = new Map<NodeId, Row>();
  #own!: Row;
  /** Everybody but this node, in no order. */
  readonly #peers: NodeId[] = [];
  /** Members that left, the one longest gone first. */
  readonly #left = new Map<NodeId, TimeMs>();
  #active = 0;
  #dead = 0;
  #version = 0;
  #sorted: readonly Member[] | null = null;

  constructor(self: Member, random: Random) {
    this.#self = self.node;
    this.#random = random;
    this.order = new ProbeOrder(random);
    this.set(self);
  }

  get selfId(): NodeId {
    return this.#self;
  }

  get self(): Member {
    return this.#own;
  }

  /** Alive and suspect members, this node included. */
  get active(): number {
    return this.#active;
  }

  get dead(): number {
    return this.#dead;
  }

  get size(): number {
    return this.#members.size;
  }

  get version(): number {
    return this.#version;
  }

  get(node: NodeId): Member | undefined {
    return this.#members.get(node);
  }

  /** By node id. Built anew only after a change of standing. */
  list(): readonly Member[] {
    this.#sorted ??= [...this.#members.values()].sort((a, b) =>
      a.node < b.node ? -1 : a.node > b.node ? 1 : 0,
    );
    return this.#sorted;
  }

  /** The object becomes the table's own. */
  set(member: Row): void {
    const known = this.#members.get(member.node);
    this.#members.set(member.node, member);
    this.#sorted = null;
    if (member.node === this.#self) this.#own = member;
    else if (!known) this.#peers.push(member.node);
    if (known?.status === member.status && known.address === member.address) return;
    this.#version += 1;
    if (known?.status !== member.status) this.#recount(known, member);
  }

  /** A message of it arrived. Unknown nodes are ignored, here and below. */
  heard(node: NodeId, now: TimeMs): void {
    const known = this.#members.get(node);
    if (known === undefined) return;
    known.lastSeen = now;
    known.heartbeat += 1;
  }

  /** This node itself is at work. */
  awake(now: TimeMs): void {
    this.#own.lastSeen = now;
  }

  /** The own row's heartbeat counts this node's turns of the protocol. */
  turn(): void {
    this.#own.heartbeat += 1;
  }

  /** Consecutive failed probes. */
  noteFailures(node: NodeId, failures: number): void {
    const known = this.#members.get(node);
    if (known !== undefined) known.failures = failures;
  }

  /** Random distinct members other than this node. */
  choose(count: number, wanted: (member: Member) => boolean): Member[] {
    return sample(this.#peers, count, this.#random, (node) => wanted(this.#members.get(node)!)).map((node) =>
      this.#members.get(node)!,
    );
  }

  /** Forgets members that left at least `after` ago (P23). */
  forgetLeft(now: TimeMs, after: TimeMs): void {
    for (const [node, leftAt] of this.#left) {
      if (leftAt + after > now) return;
      this.#left.delete(node);
      this.#members.delete(node);
      this.#peers.splice(this.#peers.indexOf(node), 1);
      this.#sorted = null;
      this.#version += 1;
    }
  }

  /** When the member longest gone left; Infinity when nobody did. */
  get firstLeftAt(): TimeMs {
    if (this.#left.size === 0) return Infinity;
    for (const leftAt of this.#left.values()) return leftAt;
    return Infinity;
  }

  #recount(known: Member | undefined, member: Member): void {
    const { node } = member;
    const wasActive = known !== undefined && isActive(known.status);
    if (isActive(member.status) !== wasActive) {
      this.#active += wasActive ? -1 : 1;
      if (node !== this.#self) {
        if (wasActive) this.order.remove(node);
        else this.order.add(node);
      }
    }
    if (known?.status === "dead") this.#dead -= 1;
    if (member.status === "dead") this.#dead += 1;
    this.#left.delete(node);
    if (member.status === "left" && node !== this.#self) this.#left.set(node, member.changedAt);
  }
}
