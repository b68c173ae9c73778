/**
 * Full exchanges: two nodes tell each other all they believe.
 *
 * Rumours carry what changes, and die out. What they missed (a newcomer's past, a rumour lost with all its copies, the
 * other half of a cluster that was cut in two) is carried by whole views, in three cases. A node that starts asks its
 * seeds, and whom it knew in an earlier life, until one of them answers. Rarely, each node exchanges views with a random
 * member. And rarely with a dead one: when both halves of a partition have called each other dead, nobody else would ever
 * try again, and they would stay two clusters for good (P17).
 *
 * Source: memberlist's push-pull and Serf's reconnect; Das, Gupta, Motivala 2002 leave joining open.
 */
import type { RarePaths } from "../buggify.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import type { Beliefs } from "./beliefs.ts";
import { sample } from "./random.ts";
import type { Member, MembershipConfig, MembershipEffects, Random } from "./types.ts";

/** Addresses tried at once: many seeds need not all answer. */
const joinsAtOnce = 3;

/** Addresses that answer nobody are tried at least this often, in reconnect intervals. */
const patienceMax = 64;

/** Above this size each doubling lengthens the period by one: whole views grow with the cluster too. */
const exchangeScaleAt = 32;

export class Exchanges {
  readonly #config: MembershipConfig;
  readonly #beliefs: Beliefs;
  readonly #random: Random;
  readonly #rare: RarePaths;
  /** Addresses at which no member is known yet. */
  readonly #joining = new Set<string>();
  /** How long it waits before those are tried again; null while nobody has answered yet, and they are tried often. */
  #patience: TimeMs | null = null;
  /** Members asked by name: their answers do not end a join. */
  readonly #asked = new Set<NodeId>();
  #joinAt: TimeMs = Infinity;
  #exchangeAt: TimeMs = Infinity;
  #reconnectAt: TimeMs = Infinity;
  #strangerAt: TimeMs = 0;

  constructor(config: MembershipConfig, beliefs: Beliefs, random: Random, rare: RarePaths) {
    this.#config = config;
    this.#beliefs = beliefs;
    this.#random = random;
    this.#rare = rare;
  }

  /** The first exchange comes early: where many join at once, a rumour may have passed a newcomer by. */
  start(now: TimeMs): void {
    this.#exchangeAt = now + 2 * this.#jittered(this.#config.probeInterval);
  }

  stop(): void {
    this.#joining.clear();
    this.#joinAt = Infinity;
    this.#exchangeAt = Infinity;
    this.#reconnectAt = Infinity;
  }

  get deadline(): TimeMs {
    return Math.min(this.#joinAt, this.#exchangeAt, this.#reconnectAt);
  }

  delay(lateness: TimeMs): void {
    this.#joinAt += lateness;
    this.#exchangeAt += lateness;
    this.#reconnectAt += lateness;
  }

  join(now: TimeMs, addresses: readonly string[], fx: MembershipEffects): void {
    for (const address of addresses) {
      if (address !== this.#beliefs.table.self.address) this.#joining.add(address);
    }
    this.#patience = null;
    if (this.#joining.size > 0) this.#tryJoin(now, fx);
  }

  tick(now: TimeMs, fx: MembershipEffects): void {
    if (now >= this.#joinAt) this.#tryJoin(now, fx);
    if (now >= this.#exchangeAt) {
      const period = this.#rare.buggify("a full exchange soon after another")
        ? this.#config.probeInterval
        : this.#period();
      this.#exchangeAt = now + this.#jittered(period);
      this.#askOne((member) => member.status === "alive", fx);
    }
    if (now >= this.#reconnectAt) {
      this.#reconnectAt = Infinity;
      this.#rare.reached("a dead member tried again");
      this.#askOne((member) => member.status === "dead", fx);
    }
    if (this.#beliefs.table.dead === 0) this.#reconnectAt = Infinity;
    else if (this.#reconnectAt === Infinity) {
      const early = this.#rare.buggify("a dead member tried again early");
      this.#reconnectAt =
        now + this.#jittered(early ? this.#config.probeInterval : this.#config.reconnectInterval);
    }
  }

  /**
   * A view arrived in answer to one of ours. Addresses at which it named nobody are still tried, ever more rarely: of
   * nodes that start together two may answer each other first, and would else be an island that nobody knows of.
   */
  answered(now: TimeMs, from: NodeId): void {
    if (this.#asked.delete(from) || this.#patience !== null) return;
    this.#patience = this.#config.reconnectInterval;
    this.#waitToJoin(now);
  }

  /** This node's own JOIN came back to it: one of the addresses is another name of its own. */
  answeredBySelf(): void {
    if (this.#joining.size > 1) return;
    this.#joining.clear();
    this.#joinAt = Infinity;
  }

  /** A node not known here speaks: it knows us from before we lost our memory, or its rumour has yet to arrive. */
  meet(now: TimeMs, stranger: { node: NodeId; address: string }, fx: MembershipEffects): void {
    if (now < this.#strangerAt) return;
    this.#strangerAt = now + this.#config.joinRetryInterval;
    this.#ask(stranger, fx);
  }

  #tryJoin(now: TimeMs, fx: MembershipEffects): void {
    if (this.#patience === null) this.#joinAt = now + this.#config.joinRetryInterval;
    else this.#waitToJoin(now);
    const members = this.#beliefs.allClaims();
    for (const address of sample([...this.#joining], joinsAtOnce, this.#random)) {
      fx.send({ node: null, address }, { kind: "JOIN", members });
    }
  }

  /** Where a member is known by now, dead ones too, it is found by its name. */
  #waitToJoin(now: TimeMs): void {
    for (const { address } of this.#beliefs.table.list()) this.#joining.delete(address);
    this.#joinAt = this.#joining.size > 0 ? now + this.#jittered(this.#patience!) : Infinity;
    this.#patience = Math.min(2 * this.#patience!, patienceMax * this.#config.reconnectInterval);
  }

  #askOne(wanted: (member: Member) => boolean, fx: MembershipEffects): void {
    for (const member of this.#beliefs.table.choose(1, wanted)) this.#ask(member, fx);
  }

  #ask({ node, address }: { node: NodeId; address: string }, fx: MembershipEffects): void {
    this.#asked.add(node);
    fx.send({ node, address }, { kind: "JOIN", members: this.#beliefs.allClaims() });
  }

  /** Nodes that were started, or cut off, together should not act in step. */
  #jittered(time: TimeMs): TimeMs {
    return time * (0.75 + this.#random() / 2);
  }

  #period(): TimeMs {
    const doublings = Math.ceil(Math.log2(Math.max(1, this.#beliefs.table.active / exchangeScaleAt)));
    return this.#config.pushPullInterval * (1 + doublings);
  }
}
