/**
 * The application: events of one's own, messages to one node, broadcasts, unique numbers. Why it exists and what its
 * events say stands in ./types.
 *
 * What it promises, as long as nothing is lost: every broadcast is delivered once at every member; FIFO, causal and total
 * broadcasts in their order. Nothing is sent again: a broadcast that was lost (its receiver was down, a link dropped it)
 * keeps back all that must come after it, and "held" says what is missing. The total order comes from a sequencer, the first
 * member by name. It is one order as long as all agree who that is; while the first member changes, two may give the
 * same position. To be sure even then takes consensus.
 *
 * Clocks and counters are durable before anything leaves, so that a restarted node repeats no number and delivers
 * nothing twice. What was held when it crashed is lost.
 *
 * Sources: Birman, Schiper, Stephenson 1991, §5.1 (causal), §6 (total by a token or sequencer).
 */
import { emptyClock, type VectorClock } from "../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import { Clocks } from "./clocks.ts";
import { Delivered } from "./delivered.ts";
import { type Broadcasted, Held } from "./held.ts";
import type { Act, ActAnswer, BroadcastEventName, BroadcastMessage, BroadcastState, Stamp } from "./types.ts";

/** Characters of one text. */
export const textCharsMax = 4_096;

/** What the application asks of the replica it runs on. The replica traces, and hands on to its host. */
export interface BroadcastEffects {
  /** What the node's wall clock shows, wrong or right. */
  readonly wall: TimeMs;
  /** All that have not left, this node included, by name. */
  readonly members: readonly NodeId[];
  local(name: BroadcastEventName, detail: Readonly<Record<string, string | number | VectorClock>>): void;
  send(to: NodeId, message: BroadcastMessage): void;
  /** Makes the state durable before anything of this step leaves. */
  keep(state: BroadcastState): void;
  /** A rare path was taken. */
  reached(path: string): void;
}

export class Broadcast {
  readonly #node: NodeId;
  readonly #clocks: Clocks;
  readonly #delivered: Delivered;
  readonly #held: Held;
  #sent: number;
  #kept: BroadcastState | null;

  /** `state` is null on a first start, and whenever the clock was lost. */
  constructor(node: NodeId, state: BroadcastState | null) {
    this.#node = node;
    this.#kept = state;
    this.#clocks = new Clocks(node, state?.vector ?? emptyClock, state?.lamport ?? 0);
    this.#delivered = new Delivered(state?.delivered ?? emptyClock, state?.ahead ?? {});
    this.#held = new Held(this.#delivered, state?.position ?? 0, state?.ordered ?? 0);
    this.#sent = state?.sent ?? 0;
  }

  /** A client's wish; the answer may leave when the step's records are durable. */
  act(fx: BroadcastEffects, act: Act): ActAnswer {
    if (act.kind !== "mint" && act.text.length > textCharsMax) {
      return bad(`A text has at most ${textCharsMax} characters; this one has ${act.text.length}.`);
    }
    switch (act.kind) {
      case "local": {
        const stamp = this.#clocks.event(fx.wall);
        fx.local("event", { text: act.text, ...stamp });
        return this.#done(fx, stamp);
      }
      case "mint": {
        const stamp = this.#clocks.event(fx.wall);
        const id = `${this.#node}:${stamp.vector[this.#node]}`;
        fx.local("minted", { id, ...stamp });
        return { ...this.#done(fx, stamp), id };
      }
      case "tell":
        return this.#tell(fx, act.to, act.text);
      case "broadcast":
        return this.#broadcast(fx, act);
    }
  }

  /** A message to this node alone arrived: the stamp of its receipt, which is one event. */
  told(fx: BroadcastEffects, message: Extract<BroadcastMessage, { kind: "TELL" }>): Stamp {
    const stamp = this.#clocks.event(fx.wall, message.stamp);
    this.#keep(fx);
    return stamp;
  }

  receive(fx: BroadcastEffects, message: Exclude<BroadcastMessage, { kind: "TELL" }>): void {
    if (message.kind === "ORDER") this.#heardOrder(fx, message);
    else if (this.#delivered.has(message.origin, message.number) || this.#held.has(message)) {
      fx.reached("duplicate broadcast ignored");
    } else this.#take(fx, message);
  }

  /** Somebody came or left: this node may be the sequencer now. */
  membersChanged(fx: BroadcastEffects): void {
    if (this.#giveOrder(fx)) this.#settle(fx);
  }

  #done(fx: BroadcastEffects, stamp: Stamp) {
    this.#keep(fx);
    return { ok: true, stamp } as const;
  }

  #tell(fx: BroadcastEffects, to: NodeId, text: string): ActAnswer {
    if (to === this.#node) return bad(`${to} cannot tell itself something; use a local event.`);
    if (!fx.members.includes(to)) {
      const message = `${this.#node} knows no member ${to}; the members are ${fx.members.join(", ")}.`;
      return { ok: false, code: "no_such_member", message };
    }
    const stamp = this.#clocks.event(fx.wall);
    fx.send(to, { kind: "TELL", text, stamp });
    return this.#done(fx, stamp);
  }

  #broadcast(fx: BroadcastEffects, { text, order }: Extract<Act, { kind: "broadcast" }>): ActAnswer {
    const origin = this.#node;
    const after = this.#delivered.highest();
    const stamp = this.#clocks.event(fx.wall);
    const number = (this.#sent += 1);
    const message: Broadcasted = { kind: "BROADCAST", text, order, origin, number, after, stamp };
    fx.local("broadcast", { text, order, origin, number, ...stamp });
    this.#sendToOthers(fx, message);
    if (order === "total") this.#held.add(message);
    else this.#delivered.add(origin, number);
    this.#giveOrder(fx);
    this.#settle(fx);
    return { ok: true, stamp };
  }

  #take(fx: BroadcastEffects, message: Broadcasted): void {
    if (!this.#held.add(message)) return fx.reached("no room to hold a broadcast");
    this.#giveOrder(fx);
    this.#settle(fx);
    if (!this.#held.has(message)) return;
    const { text, origin, number } = message;
    fx.local("held", { text, origin, number, waitsFor: this.#held.waitsFor(message) });
    fx.reached("broadcast held");
  }

  #heardOrder(fx: BroadcastEffects, order: Extract<BroadcastMessage, { kind: "ORDER" }>): void {
    if (this.#held.order(order, order.position)) this.#settle(fx);
    else fx.reached("stale position ignored");
  }

  /** The sequencer's part. True when it gave any position. */
  #giveOrder(fx: BroadcastEffects): boolean {
    if (fx.members[0] !== this.#node) return false;
    const unordered = this.#held.unordered();
    for (const { origin, number } of unordered) {
      const position = this.#held.ordered + 1;
      this.#held.order({ origin, number }, position);
      this.#sendToOthers(fx, { kind: "ORDER", origin, number, position });
    }
    return unordered.length > 0;
  }

  /** Delivers what waits for nothing any more. */
  #settle(fx: BroadcastEffects): void {
    for (let ready = this.#held.takeReady(); ready; ready = this.#held.takeReady()) this.#deliver(fx, ready);
    this.#keep(fx);
  }

  #deliver(fx: BroadcastEffects, { text, order, origin, number, stamp: sent }: Broadcasted): void {
    this.#delivered.add(origin, number);
    const stamp = this.#clocks.event(fx.wall, sent);
    const sentWall = sent.wall;
    const sentVector = sent.vector;
    fx.local("delivered", { text, origin, number, order, ...stamp, sentWall, sentVector });
  }

  #sendToOthers(fx: BroadcastEffects, message: BroadcastMessage): void {
    for (const member of fx.members) if (member !== this.#node) fx.send(member, message);
  }

  #keep(fx: BroadcastEffects): void {
    const state: BroadcastState = {
      vector: this.#clocks.vector,
      lamport: this.#clocks.lamport,
      delivered: this.#delivered.through,
      ahead: this.#delivered.ahead,
      sent: this.#sent,
      position: this.#held.position,
      ordered: this.#held.ordered,
    };
    const { vector, position, ordered } = state;
    const kept = this.#kept;
    // Whatever changes the rest is an event, and ticks the vector clock.
    if (kept?.vector === vector && kept.position === position && kept.ordered === ordered) return;
    this.#kept = state;
    fx.keep(state);
  }
}

const bad = (message: string): ActAnswer => ({ ok: false, code: "bad_input", message });
