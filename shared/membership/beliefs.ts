/**
 * Beliefs: what a claim does when it arrives.
 *
 * A claim that says more than is known is adopted, passed on as a rumour and, if it is a suspicion, put on a timer. A
 * claim about this node that does not match what this node says of itself is refuted with a higher incarnation, which
 * is durable before anybody hears of it: a node that restarted with an incarnation used before could never outbid the
 * rumours of its own death (P16).
 *
 * Source: Das, Gupta, Motivala 2002, "SWIM", §4.2; Dadgar, Phillips, Currey 2018, "Lifeguard", §IV-B and §IV-C.
 */
import type { RarePaths } from "../buggify.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import type { MemberStatus } from "../trace/names.ts";
import type { Awareness } from "./awareness.ts";
import { incarnationMax, isActive, isSaneClaim, supersedes } from "./claims.ts";
import type { MemberTable } from "./members.ts";
import { piggybackMax, Rumours } from "./rumours.ts";
import { confirmationsWanted, Suspicions } from "./suspicion.ts";
import type { Claim, Member, MembershipConfig, MembershipEffects, Random } from "./types.ts";

/** Rare paths, by what was believed of a member that is alive again. */
const returns = {
  suspect: "a suspicion withdrawn",
  dead: "a dead member came back",
  left: "a member that left came back",
} as const;

/** By far the most claims of an exchange say what is known: they are done with first. Suspicions count witnesses. */
const repeats = ({ status, incarnation }: Claim, known: Member | undefined) =>
  known !== undefined && known.status === status && known.incarnation === incarnation && status !== "suspect";

export class Beliefs {
  readonly table: MemberTable;
  readonly rumours: Rumours;
  readonly suspicions: Suspicions;
  readonly #config: MembershipConfig;
  readonly #awareness: Awareness;
  readonly #random: Random;
  readonly #rare: RarePaths;

  constructor(options: {
    config: MembershipConfig;
    table: MemberTable;
    awareness: Awareness;
    random: Random;
    rare: RarePaths;
  }) {
    this.#config = options.config;
    this.table = options.table;
    this.#awareness = options.awareness;
    this.#random = options.random;
    this.#rare = options.rare;
    this.rumours = new Rumours(options.config.retransmitMult);
    this.suspicions = new Suspicions(options.config, options.rare);
  }

  /** A claim that came as a rumour. */
  hear(now: TimeMs, claim: Claim, fx: MembershipEffects): void {
    if (claim.node === this.table.selfId) {
      if (isSaneClaim(claim)) this.#hearOfSelf(now, claim, fx);
      return;
    }
    const known = this.table.get(claim.node);
    if (repeats(claim, known) || !isSaneClaim(claim)) return;
    if (!known || supersedes(claim, known)) {
      this.#adopt(now, claim, known, fx);
      this.rumours.add(claim);
    } else if (claim.status === "suspect" && this.#isSameSuspicion(claim, known)) {
      if (!this.suspicions.confirm(claim.node, claim.from)) return;
      this.#rare.reached("a suspicion confirmed by another");
      this.rumours.add(claim);
    } else if (claim.incarnation < known.incarnation) this.#rare.reached("a stale claim ignored");
  }

  /**
   * Claims that came with a full exchange: a whole view, some of it old.
   * A death in it is only suspected, so that a member that lives after all gets its say. A member that is not known
   * here and left long ago is not brought back, or two nodes would remind each other of it for ever (P23).
   * A newcomer believes quietly: the one that answered it knows all this already, and so do the others.
   */
  hearAll(now: TimeMs, claims: readonly Claim[], fx: MembershipEffects): void {
    const isNewcomer = this.table.active === 1;
    for (const claim of claims) {
      const known = this.table.get(claim.node);
      if (claim.node === this.table.selfId) this.hear(now, claim, fx);
      else if (repeats(claim, known)) continue;
      else if (!known) {
        if (claim.status === "left" || !isSaneClaim(claim)) continue;
        this.#adopt(now, claim, known, fx);
        if (!isNewcomer) this.rumours.add(claim);
      } else if (claim.status === "dead" && isActive(known.status)) {
        this.#rare.reached("a death heard of at an exchange");
        this.hear(now, { ...claim, status: "suspect" }, fx);
      } else this.hear(now, claim, fx);
    }
  }

  /** What was on disk from an earlier life. It is news to nobody else, and a suspicion in it has lost its timer. */
  restore(now: TimeMs, claims: readonly Claim[], fx: MembershipEffects): void {
    for (const stored of claims) {
      const claim = stored.status === "suspect" ? ({ ...stored, status: "alive" } as const) : stored;
      const known = this.table.get(claim.node);
      if (!isSaneClaim(stored) || claim.node === this.table.selfId) continue;
      if (!known || supersedes(claim, known)) this.#adopt(now, claim, known, fx);
    }
  }

  /** This node's own probe of `node` failed. */
  suspect(now: TimeMs, node: NodeId, fx: MembershipEffects): void {
    const known = this.table.get(node);
    if (!known || !isActive(known.status)) return;
    const { address, incarnation } = known;
    this.hear(now, { node, address, incarnation, status: "suspect", from: this.table.self.node }, fx);
  }

  /** Calls dead those whose time is up. */
  convict(now: TimeMs, fx: MembershipEffects): void {
    for (const node of this.suspicions.takeDue(now)) {
      this.#rare.reached("a conviction");
      const { address, incarnation } = this.table.get(node)!;
      this.hear(now, { node, address, incarnation, status: "dead", from: this.table.self.node }, fx);
    }
  }

  /** This node speaks of itself: at its start, when it refutes, when it leaves. */
  declare(now: TimeMs, status: MemberStatus, incarnation: number, fx: MembershipEffects): void {
    const before = this.table.self;
    if (incarnation > before.incarnation) fx.persistIncarnation(incarnation);
    const changedAt = status === before.status ? before.changedAt : now;
    this.table.set({ ...before, status, incarnation, changedAt });
    this.rumours.add(this.claimOf(this.table.self));
    if (status !== before.status) fx.changed(this.table.self, before.status);
  }

  /**
   * The claims that a message to `to` carries. Whoever is not believed alive is told so first, so that it can refute
   * with its very answer (Lifeguard's buddy system).
   */
  rumoursFor(to: NodeId | null): Claim[] {
    const receiver = to === null ? undefined : this.table.get(to);
    const isTold = receiver !== undefined && receiver.status !== "alive";
    const room = this.#rare.buggify("one rumour a message") ? 1 : piggybackMax;
    const rumours = this.rumours.take(isTold ? room - 1 : room, to, this.table.size);
    return isTold ? [this.claimOf(receiver), ...rumours] : rumours;
  }

  /** Everything believed here, for a full exchange. */
  allClaims(): Claim[] {
    return this.table.list().map((member) => this.claimOf(member));
  }

  claimOf({ node, address, status, incarnation }: Member): Claim {
    const self = this.table.selfId;
    const source =
      status === "suspect" ? (this.suspicions.originator(node) ?? self) : status === "dead" ? self : node;
    return { node, address, status, incarnation, from: source };
  }

  #isSameSuspicion(claim: Claim, known: Member): boolean {
    return known.status === "suspect" && known.incarnation === claim.incarnation;
  }

  #adopt(now: TimeMs, claim: Claim, known: Member | undefined, fx: MembershipEffects): void {
    const { node, status, incarnation } = claim;
    if (known && status === "alive" && known.status !== "alive") this.#rare.reached(returns[known.status]);
    const isNewLife = !known || incarnation > known.incarnation;
    this.table.set({
      node,
      address: isNewLife ? claim.address : known.address,
      status,
      incarnation,
      changedAt: known?.status === status ? known.changedAt : now,
      lastSeen: known?.lastSeen ?? 0,
      heartbeat: known?.heartbeat ?? 0,
      failures: known?.failures ?? 0,
    });
    if (status === "suspect") this.#openSuspicion(now, claim);
    else this.suspicions.end(node);
    if (known?.status !== status) fx.changed(this.table.get(node)!, known?.status ?? null);
  }

  /**
   * A suspicion heard from another is looked into: about as many members as there are witnesses wanted, and two more,
   * give the suspect their next probe. It is told sooner, and a real failure finds its witnesses sooner; were it left
   * to everybody, a large cluster would bury the suspect under probes.
   */
  #openSuspicion(now: TimeMs, { node, from }: Claim): void {
    const { active, self, order } = this.table;
    this.suspicions.start(now, node, from, active);
    if (from === self.node) return;
    const volunteers = confirmationsWanted(this.#config.suspicionMult, active) + 2;
    if (this.#random() * Math.max(1, active - 2) < volunteers) order.promote(node);
  }

  #hearOfSelf(now: TimeMs, claim: Claim, fx: MembershipEffects): void {
    const { status, incarnation, address } = this.table.self;
    if (status === "left") return;
    if (claim.incarnation < incarnation) {
      // Refuted before, but whoever says this has not heard: it goes out again, with this very answer.
      if (claim.status !== "alive") this.rumours.add(this.claimOf(this.table.self));
      return;
    }
    const isOfThisLife = claim.incarnation === incarnation;
    if (isOfThisLife && claim.status === "alive" && claim.address === address) return;
    // Somebody could not reach this node: the fault may lie here.
    if (isOfThisLife && (claim.status === "suspect" || claim.status === "dead")) this.#awareness.adjust(1);
    this.#rare.reached("a refutation");
    this.declare(now, "alive", Math.min(incarnationMax, claim.incarnation + 1), fx);
    fx.refuted(this.table.self.incarnation, claim.status);
  }
}
