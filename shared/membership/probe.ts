/**
 * Probes: how a node finds out that another no longer answers.
 *
 * Once an interval the next member is pinged. If it does not answer in time, a few others are asked to ping it on this
 * node's behalf, so that one bad link is not taken for a death. If nobody gets through, the member is suspected. The load
 * is the same for every node and every cluster size, and so is the expected time to the first detection.
 *
 * A helper that fails answers with a NACK: silence from helpers means that this node is the one cut off or starved,
 * and counts against its own health instead of the target's. A send that the network refuses outright (P22) is a failed
 * direct probe at once, whether or not it was a probe that failed, at most once an interval for each member.
 *
 * Source: Das, Gupta, Motivala 2002, "SWIM", §3.1; Dadgar, Phillips, Currey 2018, "Lifeguard", §IV-A.
 */
import type { RarePaths } from "../buggify.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import type { Awareness } from "./awareness.ts";
import type { Beliefs } from "./beliefs.ts";
import { isActive } from "./claims.ts";
import type { Destination, Member, MembershipConfig, MembershipEffects, MembershipMessage } from "./types.ts";

interface Probe {
  readonly target: NodeId;
  readonly address: string;
  /** When helpers are asked; Infinity once they have been. */
  indirectAt: TimeMs;
  failAt: TimeMs;
  /** Asked and not yet heard of. */
  readonly helpers: Set<NodeId>;
  asked: number;
  /** The network refused the direct probe: no answer can come that way. */
  isRefused: boolean;
}

/** A ping sent for another member. */
interface Errand {
  readonly target: NodeId;
  readonly requester: Destination;
  /** The requester's sequence number, to be repeated in the answer. */
  readonly sequence: number;
  nackAt: TimeMs;
}

type ProbeRequest = Extract<MembershipMessage, { kind: "PING_REQ" }>;

/** A helper gives up this early, so that its NACK arrives before the requester does. */
const nackShare = 0.5;

export class Prober {
  readonly #config: MembershipConfig;
  readonly #beliefs: Beliefs;
  readonly #awareness: Awareness;
  readonly #rare: RarePaths;
  readonly #probes = new Map<number, Probe>();
  readonly #errands = new Map<number, Errand>();
  /** Members of which a refused send has started a probe in this interval. */
  readonly #refused = new Set<NodeId>();
  #nextAt: TimeMs = Infinity;
  #sequence = 0;

  constructor(config: MembershipConfig, beliefs: Beliefs, awareness: Awareness, rare: RarePaths) {
    this.#config = config;
    this.#beliefs = beliefs;
    this.#awareness = awareness;
    this.#rare = rare;
  }

  /** Begins at `firstAt`: nodes started together should not probe in step. */
  start(firstAt: TimeMs): void {
    this.#nextAt = firstAt;
  }

  stop(): void {
    this.#nextAt = Infinity;
    this.#probes.clear();
  }

  get deadline(): TimeMs {
    let deadline = this.#nextAt;
    if (this.#probes.size === 0 && this.#errands.size === 0) return deadline;
    for (const { indirectAt, failAt } of this.#probes.values()) {
      deadline = Math.min(deadline, indirectAt, failAt);
    }
    for (const { nackAt } of this.#errands.values()) deadline = Math.min(deadline, nackAt);
    return deadline;
  }

  delay(lateness: TimeMs): void {
    this.#nextAt += lateness;
    for (const probe of this.#probes.values()) {
      probe.indirectAt += lateness;
      probe.failAt += lateness;
    }
    for (const errand of this.#errands.values()) errand.nackAt += lateness;
  }

  tick(now: TimeMs, fx: MembershipEffects): void {
    for (const [sequence, errand] of this.#errands) {
      if (now >= errand.nackAt) this.#answerErrand("NACK", sequence, errand, fx);
    }
    for (const [sequence, probe] of this.#probes) {
      if (now >= probe.failAt) this.#fail(now, sequence, probe, fx);
      else if (now >= probe.indirectAt) this.#askHelpers(sequence, probe, fx);
    }
    if (now >= this.#nextAt) {
      this.#nextAt = now + this.#awareness.scale(this.#config.probeInterval);
      this.#probeNext(now, fx);
    }
  }

  acknowledged(from: NodeId, sequence: number, fx: MembershipEffects): void {
    const errand = this.#errands.get(sequence);
    if (errand?.target === from) return this.#answerErrand("ACK", sequence, errand, fx);
    const probe = this.#probes.get(sequence);
    if (!probe || (probe.target !== from && !probe.helpers.has(from))) return;
    this.#probes.delete(sequence);
    this.#awareness.adjust(-1);
    this.#beliefs.table.noteFailures(probe.target, 0);
  }

  /** A helper could not get through either. */
  refusedBy(now: TimeMs, helper: NodeId, sequence: number, fx: MembershipEffects): void {
    const probe = this.#probes.get(sequence);
    if (!probe?.helpers.delete(helper)) return;
    this.#rare.reached("a helper got no answer either");
    if (probe.isRefused && probe.helpers.size === 0) this.#fail(now, sequence, probe, fx);
  }

  /** Another member asks this one to probe for it. */
  help(now: TimeMs, requester: Destination, request: ProbeRequest, fx: MembershipEffects): void {
    const { target, address, sequence } = request;
    const nackAt = now + nackShare * this.#config.probeTimeout;
    this.#ping({ node: target, address }, { errand: { target, requester, sequence, nackAt } }, fx);
  }

  /** The network refused a message, of any kind, to `node`. */
  unreachable(now: TimeMs, node: NodeId, fx: MembershipEffects): void {
    for (const [sequence, errand] of this.#errands) {
      if (errand.target === node) this.#answerErrand("NACK", sequence, errand, fx);
    }
    for (const [sequence, probe] of this.#probes) {
      if (probe.target === node) this.#refuse(now, sequence, probe, fx);
      else this.refusedBy(now, node, sequence, fx);
    }
    this.#probeRefused(now, node, fx);
  }

  #probeNext(now: TimeMs, fx: MembershipEffects): void {
    const { table } = this.#beliefs;
    this.#refused.clear();
    table.turn();
    const node = table.order.next();
    if (node === undefined || this.#isProbing(node)) return;
    const member = table.get(node)!;
    this.#ping(member, { probe: this.#newProbe(now, member) }, fx);
  }

  /** Starts a probe at its second step, unless it could tell nothing new. */
  #probeRefused(now: TimeMs, node: NodeId, fx: MembershipEffects): void {
    const { table, suspicions } = this.#beliefs;
    const member = table.get(node);
    const isIdle = this.#nextAt === Infinity || !member || !isActive(member.status);
    if (isIdle || node === table.self.node || suspicions.hasWitness(node, table.self.node)) return;
    if (this.#refused.has(node) || this.#isProbing(node)) return;
    this.#refused.add(node);
    this.#sequence += 1;
    const probe = this.#newProbe(now, member);
    this.#probes.set(this.#sequence, probe);
    this.#refuse(now, this.#sequence, probe, fx);
  }

  #newProbe(now: TimeMs, { node, address }: Member): Probe {
    const patience = this.#rare.buggify("helpers asked at once")
      ? 0
      : this.#awareness.scale(this.#config.probeTimeout);
    return {
      target: node,
      address,
      indirectAt: now + patience,
      failAt: now + this.#awareness.scale(this.#config.probeInterval),
      helpers: new Set(),
      asked: 0,
      isRefused: false,
    };
  }

  #isProbing(node: NodeId): boolean {
    for (const { target } of this.#probes.values()) if (target === node) return true;
    return false;
  }

  #ping(
    { node, address }: { node: NodeId; address: string },
    purpose: { probe: Probe } | { errand: Errand },
    fx: MembershipEffects,
  ): void {
    this.#sequence += 1;
    if ("probe" in purpose) this.#probes.set(this.#sequence, purpose.probe);
    else this.#errands.set(this.#sequence, purpose.errand);
    const rumours = this.#beliefs.rumoursFor(node);
    fx.send({ node, address }, { kind: "PING", sequence: this.#sequence, rumours });
  }

  #refuse(now: TimeMs, sequence: number, probe: Probe, fx: MembershipEffects): void {
    probe.isRefused = true;
    if (probe.indirectAt !== Infinity) this.#askHelpers(sequence, probe, fx);
    if (probe.helpers.size === 0) this.#fail(now, sequence, probe, fx);
  }

  #askHelpers(sequence: number, probe: Probe, fx: MembershipEffects): void {
    probe.indirectAt = Infinity;
    this.#rare.reached("helpers asked to probe");
    const { target, address } = probe;
    const helpers = this.#beliefs.table.choose(
      this.#config.indirectProbes,
      (member) => member.status === "alive" && member.node !== target,
    );
    probe.asked = helpers.length;
    for (const { node, address: helperAddress } of helpers) {
      probe.helpers.add(node);
      const rumours = this.#beliefs.rumoursFor(node);
      fx.send({ node, address: helperAddress }, { kind: "PING_REQ", sequence, target, address, rumours });
    }
  }

  #fail(now: TimeMs, sequence: number, probe: Probe, fx: MembershipEffects): void {
    this.#probes.delete(sequence);
    const { target, asked, helpers, isRefused } = probe;
    this.#rare.reached("a probe failed");
    // Helpers that stayed silent speak against this node. Without helpers, so does any silence.
    const doubt = asked > 0 ? helpers.size : 1;
    if (!isRefused) this.#awareness.adjust(doubt);
    const member = this.#beliefs.table.get(target);
    if (!member) return;
    this.#beliefs.table.noteFailures(target, member.failures + 1);
    this.#beliefs.suspect(now, target, fx);
  }

  #answerErrand(kind: "ACK" | "NACK", own: number, errand: Errand, fx: MembershipEffects): void {
    this.#errands.delete(own);
    const { requester, sequence } = errand;
    fx.send(requester, { kind, sequence, rumours: this.#beliefs.rumoursFor(requester.node) });
  }
}
