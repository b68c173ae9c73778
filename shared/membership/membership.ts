/**
 * Membership: who is in the cluster, and who of them is alive, as far as this node can tell.
 *
 * Nobody can tell a dead node from a slow one, so this is belief, not truth: it is eventually right about nodes that stay
 * dead, and a node wrongly suspected can say so. It costs each node a constant load whatever the size of the
 * cluster, where all-to-all heartbeats cost n². The parts: probes find failures (probe), suspicion delays the verdict
 * (suspicion), incarnations refute it (beliefs, claims), rumours spread it (rumours), full exchanges repair what rumours
 * missed and join newcomers (exchange), and local health makes a node in trouble slow to blame others (awareness).
 *
 * What the owner owes: `tick` no later than `deadline`; `heard` for every message of any kind that arrives; an
 * incarnation handed to `persistIncarnation` made durable before anything of the same step leaves.
 *
 * Source: Das, Gupta, Motivala 2002, "SWIM: Scalable Weakly-consistent Infection-style Process Group Membership
 * Protocol"; Dadgar, Phillips, Currey 2018, "Lifeguard"; settings and names after HashiCorp's memberlist.
 */
import { noRarePaths, type RarePaths } from "../buggify.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import { Awareness } from "./awareness.ts";
import { Beliefs } from "./beliefs.ts";
import { incarnationMax, isActive, isIncarnation } from "./claims.ts";
import { Exchanges } from "./exchange.ts";
import { MemberTable } from "./members.ts";
import { Prober } from "./probe.ts";
import type {
  Claim,
  Destination,
  Member,
  MembershipConfig,
  MembershipEffects,
  MembershipMessage,
  Random,
  Rumour,
} from "./types.ts";

/** Members told directly of a graceful leave; the rest hear of it as a rumour. */
const farewellsMax = 32;

/** How long the dead are still gossiped to, in reconnect intervals: they may be alive after all, and should hear it. */
const gossipToDeadIntervals = 3;

export interface MembershipOptions {
  readonly config: MembershipConfig;
  readonly node: NodeId;
  readonly address: string;
  /** The highest incarnation made durable in earlier lives; 0 for a node that starts for the first time. */
  readonly incarnation: number;
  /** Members known in an earlier life. */
  readonly members: readonly Claim[];
  readonly seeds: readonly string[];
  readonly random: Random;
  /** `noRarePaths` when absent. */
  readonly rare?: RarePaths;
  readonly now: TimeMs;
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #config: MembershipConfig;
  readonly #rare: RarePaths;
  readonly #table: MemberTable;
  readonly #awareness: Awareness;
  readonly #beliefs: Beliefs;
  readonly #prober: Prober;
  readonly #exchanges: Exchanges;
  /** Not before this is the next round of gossip; it only takes place when there are rumours. */
  #gossipAt: TimeMs = 0;

  /** Throws RangeError when the stored incarnation is not one this node can have written. */
  constructor(options: MembershipOptions) {
    const { config, node, address, incarnation, random, now } = options;
    if (!isIncarnation(incarnation) || incarnation === incarnationMax) {
      throw new RangeError(
        `incarnation ${incarnation} is not a whole number below 2^48: the stored one is damaged`,
      );
    }
    this.#options = options;
    const rare = options.rare ?? noRarePaths;
    this.#config = config;
    this.#rare = rare;
    this.#table = new MemberTable(
      {
        node,
        address,
        status: "alive",
        incarnation,
        changedAt: now,
        lastSeen: now,
        heartbeat: 0,
        failures: 0,
      },
      random,
    );
    this.#awareness = new Awareness(config.awarenessMax);
    this.#beliefs = new Beliefs({ config, table: this.#table, awareness: this.#awareness, random, rare });
    this.#prober = new Prober(config, this.#beliefs, this.#awareness, rare);
    this.#exchanges = new Exchanges(config, this.#beliefs, random, rare);
  }

  /** Begins this life with an incarnation above all earlier ones, and joins through the seeds and members known. */
  start(now: TimeMs, fx: MembershipEffects): void {
    this.#enter(now, fx);
    fx.changed(this.#table.self, null);
    this.#beliefs.restore(now, this.#options.members, fx);
    const known = this.#table
      .list()
      .filter((member) => member.status !== "left" && member.node !== this.#options.node);
    this.#exchanges.join(now, [...this.#options.seeds, ...known.map((member) => member.address)], fx);
    this.#settle(now);
  }

  tick(now: TimeMs, fx: MembershipEffects): void {
    this.#wake(now);
    this.#beliefs.convict(now, fx);
    this.#prober.tick(now, fx);
    this.#exchanges.tick(now, fx);
    if (now >= this.#gossipDeadline) this.#gossip(now, fx);
    this.#table.forgetLeft(now, this.#config.forgetLeftAfter);
    this.#settle(now);
  }

  receive(
    now: TimeMs,
    from: { node: NodeId; address: string },
    message: MembershipMessage,
    fx: MembershipEffects,
  ): void {
    this.#wake(now);
    if (from.node === this.#options.node) {
      if (message.kind === "JOIN") this.#exchanges.answeredBySelf();
      return;
    }
    const wasKnown = this.#table.get(from.node) !== undefined;
    if (message.kind === "JOIN" || message.kind === "JOIN_REPLY") {
      this.#beliefs.hearAll(now, message.members, fx);
    } else {
      for (const claim of message.rumours) this.#beliefs.hear(now, claim, fx);
    }
    if (!wasKnown) this.heard(now, from.node);
    this.#respond(now, from, message, fx);
    this.#settle(now);
  }

  /** The network could not deliver a message, of any kind. */
  unreachable(now: TimeMs, to: Destination, fx: MembershipEffects): void {
    this.#wake(now);
    if (to.node !== null) this.#prober.unreachable(now, to.node, fx);
    this.#settle(now);
  }

  /** Joins the cluster found at any of these addresses, and tries until one of them answers. */
  join(now: TimeMs, addresses: readonly string[], fx: MembershipEffects): void {
    this.#wake(now);
    if (this.#hasLeft) this.#enter(now, fx);
    this.#exchanges.join(now, addresses, fx);
    this.#settle(now);
  }

  /** Says goodbye: no probes and no verdicts from here on, but answers and the last rumours still go out. */
  leave(now: TimeMs, fx: MembershipEffects): void {
    if (this.#hasLeft) return;
    this.#wake(now);
    this.#beliefs.declare(now, "left", this.incarnation, fx);
    this.#beliefs.suspicions.clear();
    this.#prober.stop();
    this.#exchanges.stop();
    const farewell = this.#beliefs.claimOf(this.#table.self);
    for (const { node, address } of this.#table.choose(farewellsMax, ({ status }) => isActive(status))) {
      fx.send({ node, address }, { kind: "GOSSIP", rumours: [farewell] });
    }
    this.#settle(now);
  }

  /**
   * An operator's word that `node` is gone for good: it is announced as left in its stead. Should it run after all, it
   * refutes this like any other claim about itself. False when there is no such member to take out.
   */
  evict(now: TimeMs, node: NodeId, fx: MembershipEffects): boolean {
    const known = this.#table.get(node);
    if (!known || known.status === "left" || node === this.#options.node) return false;
    this.#wake(now);
    const { address, incarnation } = known;
    this.#beliefs.hear(now, { node, address, incarnation, status: "left", from: this.#options.node }, fx);
    this.#settle(now);
    return true;
  }

  /** A message of any kind arrived from `node`. */
  heard(now: TimeMs, node: NodeId): void {
    this.#table.heard(node, now);
  }

  /** Everybody known, this node included, by node id. */
  members(): readonly Member[] {
    return this.#table.list();
  }

  member(node: NodeId): Member | undefined {
    return this.#table.get(node);
  }

  rumours(): readonly Rumour[] {
    return this.#beliefs.rumours.list(this.#table.size);
  }

  /** When the next tick is useful. */
  get deadline(): TimeMs {
    return Math.min(
      this.#beliefs.suspicions.deadline,
      this.#prober.deadline,
      this.#exchanges.deadline,
      this.#gossipDeadline,
      this.#table.firstLeftAt + this.#config.forgetLeftAfter,
    );
  }

  get incarnation(): number {
    return this.#table.self.incarnation;
  }

  /** Lifeguard's multiplier: 0 is healthy, awarenessMax − 1 the most doubtful of itself. */
  get localHealth(): number {
    return this.#awareness.score;
  }

  /** Grows with each change of a status, an address or the set of members. */
  get version(): number {
    return this.#table.version;
  }

  get #hasLeft(): boolean {
    return this.#table.self.status === "left";
  }

  get #gossipDeadline(): TimeMs {
    return this.#beliefs.rumours.isEmpty ? Infinity : this.#gossipAt;
  }

  #enter(now: TimeMs, fx: MembershipEffects): void {
    this.#beliefs.declare(now, "alive", this.incarnation + 1, fx);
    this.#prober.start(now + this.#options.random() * this.#config.probeInterval);
    this.#exchanges.start(now);
  }

  /**
   * Called first at each input. When the tick that was asked for is long overdue, this node was paused or starved: the
   * silence of the others proves nothing, so every timer is moved by as much, and it trusts itself less (P18).
   */
  #wake(now: TimeMs): void {
    const lateness = now - this.deadline;
    this.#table.awake(now);
    if (lateness <= this.#config.probeTimeout / 2) return;
    this.#rare.reached("a late awakening");
    this.#awareness.adjust(1);
    this.#beliefs.suspicions.delay(now, lateness);
    this.#prober.delay(lateness);
    this.#exchanges.delay(lateness);
    this.#gossipAt += lateness;
  }

  /** Rumours that came up while there was no gossip go out at once. */
  #settle(now: TimeMs): void {
    this.#gossipAt = Math.max(this.#gossipAt, now);
  }

  #respond(
    now: TimeMs,
    from: { node: NodeId; address: string },
    message: MembershipMessage,
    fx: MembershipEffects,
  ): void {
    const isExchange = message.kind === "JOIN" || message.kind === "JOIN_REPLY";
    const isStranger = this.#table.get(from.node) === undefined;
    if (isStranger && !isExchange && !this.#hasLeft) this.#exchanges.meet(now, from, fx);
    switch (message.kind) {
      case "PING": {
        const rumours = this.#beliefs.rumoursFor(from.node);
        return fx.send(from, { kind: "ACK", sequence: message.sequence, rumours });
      }
      case "ACK":
        return this.#prober.acknowledged(from.node, message.sequence, fx);
      case "PING_REQ":
        return this.#prober.help(now, from, message, fx);
      case "NACK":
        return this.#prober.refusedBy(now, from.node, message.sequence, fx);
      case "JOIN":
        return fx.send(from, { kind: "JOIN_REPLY", members: this.#beliefs.allClaims() });
      case "JOIN_REPLY":
        return this.#exchanges.answered(now, from.node);
      case "GOSSIP":
        return;
    }
  }

  #gossip(now: TimeMs, fx: MembershipEffects): void {
    this.#gossipAt = now + this.#config.gossipInterval;
    const deadSince = now - gossipToDeadIntervals * this.#config.reconnectInterval;
    const listeners = this.#table.choose(
      this.#rare.buggify("gossip to one member only") ? 1 : this.#config.gossipNodes,
      ({ status, changedAt }) => isActive(status) || (status === "dead" && changedAt > deadSince),
    );
    if (listeners.length === 0) this.#beliefs.rumours.clear();
    for (const { node, address } of listeners) {
      if (this.#beliefs.rumours.isEmpty) return;
      const rumours = this.#beliefs.rumoursFor(node);
      if (rumours.length > 0) fx.send({ node, address }, { kind: "GOSSIP", rumours });
    }
  }
}
