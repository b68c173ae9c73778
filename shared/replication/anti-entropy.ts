/**
 * Anti-entropy: whatever else was missed, two replicas that can talk end with the same data.
 *
 * Quorums, hints and read repair bring a write to most replicas at once and to the rest soon, as long as nothing is lost
 * for good: a hint that expired, a disk that was replaced, a key that nobody reads. So every node compares what it holds
 * with one other node at a time, in turn, by Merkle trees over the key ranges both own, and the two exchange what differs.
 * It is the last word: after the faults have ended, replicas are equal after each has had its turn, without any of the
 * other mechanisms.
 *
 * The trees are in ./anti-entropy/ranges and shared/merkle, one comparison in ./anti-entropy/exchange, the other side of
 * it in ./anti-entropy/answer, keys held without being owned in ./anti-entropy/strays. Here is when, and with whom.
 *
 * Nothing is answered or asked while the trees are behind the data: messages wait the few steps it takes to bring them
 * up to date, a slice of keys at a time.
 *
 * Source: DeCandia et al. 2007, "Dynamo", §4.7; Demers et al. 1987, "Epidemic Algorithms for Replicated Database
 * Maintenance", §1.3 (compare checksums first, lists of recent updates after).
 */
import type { NodeId, TimeMs } from "../ids.ts";
import type { Random } from "../membership/types.ts";
import { answer, type Question } from "./anti-entropy/answer.ts";
import { Exchange } from "./anti-entropy/exchange.ts";
import type { AntiEntropyMessage } from "./anti-entropy/messages.ts";
import { KeyRanges } from "./anti-entropy/ranges.ts";
import { accept, type Holding, knownBeyond } from "./anti-entropy/repair.ts";
import { lacking, Strays } from "./anti-entropy/strays.ts";
import { internal, sendSized } from "./anti-entropy/wire.ts";
import type { KeyStore } from "./key-store.ts";
import type { ReplicationMessage } from "./messages.ts";
import type { ClusterView, ReplicationConfig, ReplicationEffects, ReplicationPart } from "./types.ts";

/** Keys whose digests are checked against the data each time this node's turn comes. */
const verifiedKeys = 500;
/** Changes that may wait to be taken into the trees while nobody compares. */
const backlogMax = 10_000;
/** Messages that may wait for the trees, and comparisons for their turn; what comes beyond is dropped. */
const waitingMax = 100;

export interface AntiEntropyOptions {
  readonly node: NodeId;
  /** Start time of this life: makes the names of exchanges unique over restarts. */
  readonly life: number;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly store: KeyStore;
  readonly random: Random;
  readonly now: TimeMs;
}

/** What is answered, or gone on from, by what the trees say. */
const needTrees: ReadonlySet<string> = new Set(["COMPARE", "COMPARED", "COMPARE_KEYS", "COMPARED_KEYS"]);

interface Wanted {
  readonly peer: NodeId;
  readonly reason: "interval" | "command";
  readonly id: string;
}

export class AntiEntropy implements ReplicationPart {
  readonly kinds = [
    "COMPARE",
    "COMPARED",
    "COMPARE_KEYS",
    "COMPARED_KEYS",
    "REPAIR",
    "REPAIRED",
    "DECLINE",
    "OFFER",
    "WANTED",
  ] as const;
  readonly #options: AntiEntropyOptions;
  readonly #holding: Holding;
  readonly #strays: Strays;
  readonly #ranges: KeyRanges;
  #exchange: Exchange | null = null;
  /** Comparisons that wait for their turn. */
  readonly #wanted: Wanted[] = [];
  /** Messages that wait for the trees. */
  #inbox: { readonly from: NodeId; readonly message: AntiEntropyMessage }[] = [];
  #exchanges = 0;
  /** Whose turn was last. */
  #lastPeer: NodeId | null = null;
  #nextAt: TimeMs;

  constructor(options: AntiEntropyOptions) {
    const { node, config, view, store, now } = options;
    this.#options = options;
    this.#holding = { n: config.n, view, store };
    this.#strays = new Strays({
      holding: this.#holding,
      answerWithin: config.requestTimeout,
      node,
      isInReach: (other) => this.#isInReach(other),
      nextId: () => this.#nextId(),
    });
    this.#ranges = new KeyRanges({ node, n: config.n, view, store, strayed: (key) => this.#strays.add(key) });
    this.#nextAt = now + this.#wait() * options.random();
  }

  get deadline(): TimeMs | null {
    if (this.#isBehind || (this.#wanted.length > 0 && !this.#exchange)) return 0;
    const earliest = Math.min(
      this.#exchange?.deadline ?? Infinity,
      this.#strays.deadline ?? Infinity,
      this.#isPeriodic ? this.#nextAt : Infinity,
    );
    return earliest === Infinity ? null : earliest;
  }

  /** The trees, for whoever wants to look at them; null while they are behind the data. */
  get upToDateRanges(): KeyRanges | null {
    const { forest } = this.#ranges;
    if (!forest.isUpToDate) forest.takeIn();
    return forest.isUpToDate && this.#ranges.isOnRing ? this.#ranges : null;
  }

  /**
   * Compares with `peer`, or with whoever is next, as soon as a comparison under way has ended. `id` names it in the
   * trace. Nothing happens when there is nobody to compare with.
   */
  compare(fx: ReplicationEffects, id: string, peer: NodeId | null): void {
    this.#followRing(fx);
    this.#strays.turn(fx);
    const chosen = peer ?? this.#nextPeer();
    const isMember = chosen !== null && this.#options.view.ring.nodes.includes(chosen);
    if (!isMember || chosen === this.#options.node || this.#wanted.length >= waitingMax) return;
    this.#wanted.push({ peer: chosen, reason: "command", id });
    this.#goOn(fx);
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage): void {
    if (this.#options.view.status(from) === undefined) return fx.rare.reached("a comparison with a stranger");
    this.#followRing(fx);
    // The replica hands this part its own kinds only.
    const own = message as AntiEntropyMessage;
    if (!needTrees.has(own.kind)) this.#handle(fx, from, own);
    else if (this.#inbox.length < waitingMax) this.#inbox.push({ from, message: own });
    this.#goOn(fx);
    if (this.#inbox.length > 0) fx.rare.reached("a comparison waits for the trees");
  }

  tick(fx: ReplicationEffects): void {
    this.#followRing(fx);
    if (this.#isPeriodic) {
      const isEarly = this.#exchange === null && fx.rare.buggify("a comparison out of turn");
      if (this.#nextAt <= fx.now || isEarly) this.#turn(fx);
    }
    this.#goOn(fx);
    this.#strays.tick(fx);
  }

  get #isPeriodic(): boolean {
    const { config, view } = this.#options;
    return config.antiEntropyInterval > 0 && view.ring.nodes.length > 1;
  }

  /** Three quarters to five quarters of the interval, so that nodes do not all compare at once. */
  #wait(): TimeMs {
    return this.#options.config.antiEntropyInterval * (0.75 + this.#options.random() / 2);
  }

  /** The trees are wanted and not up to date, or would fall behind too far. */
  get #isBehind(): boolean {
    const { forest } = this.#ranges;
    if (forest.isUpToDate) return false;
    const isAwaited = this.#inbox.length > 0 || (this.#wanted.length > 0 && !this.#exchange);
    return isAwaited || forest.isBuilding || forest.backlog > backlogMax;
  }

  #turn(fx: ReplicationEffects): void {
    this.#nextAt = fx.now + this.#wait();
    this.#verify(fx);
    this.#strays.turn(fx);
    if (this.#options.store.all.size === 0 || this.#exchange || this.#wanted.length > 0) return;
    const peer = this.#nextPeer();
    if (peer !== null) this.#wanted.push({ peer, reason: "interval", id: this.#nextId() });
  }

  /** The trees are compared with the data, a slice a turn; what does not fit is a mistake in them, and they are rebuilt. */
  #verify(fx: ReplicationEffects): void {
    const { forest } = this.#ranges;
    if (forest.isBuilding) return;
    const keys = forest.verify(verifiedKeys);
    if (keys.length === 0) return;
    fx.local("tree-mismatch", internal, { keys });
    forest.rebuild();
  }

  #followRing(fx: ReplicationEffects): void {
    if (!this.#ranges.followRing()) return;
    this.#strays.clear();
    if (!this.#exchange) return;
    fx.rare.reached("the ring moved during a comparison");
    this.#exchange.giveUp(fx);
    this.#exchange = null;
  }

  /** Whatever waited for the trees, for its turn or for time to pass. */
  #goOn(fx: ReplicationEffects): void {
    const { forest } = this.#ranges;
    if (this.#exchange?.isOver) this.#exchange = null;
    const isDue = (this.#exchange?.deadline ?? Infinity) <= fx.now;
    if (this.#isBehind || (isDue && !forest.isUpToDate)) forest.takeIn();
    if (!forest.isUpToDate) return;
    for (const { from, message } of this.#inbox.splice(0)) this.#handle(fx, from, message);
    this.#exchange?.tick(fx);
    if (this.#exchange?.isOver) this.#exchange = null;
    while (!this.#exchange && this.#wanted.length > 0) this.#begin(fx, this.#wanted.shift()!);
  }

  #begin(fx: ReplicationEffects, { peer, reason, id }: Wanted): void {
    if (reason === "interval" && this.#ranges.sharedWith(peer).length === 0) return;
    const answerWithin = this.#options.config.requestTimeout;
    const exchange = new Exchange({
      id,
      peer,
      reason,
      ranges: this.#ranges,
      holding: this.#holding,
      answerWithin,
    });
    exchange.start(fx);
    this.#exchange = exchange;
  }

  #handle(fx: ReplicationEffects, from: NodeId, message: AntiEntropyMessage): void {
    const { exchange, step } = message;
    switch (message.kind) {
      case "COMPARE":
      case "COMPARE_KEYS":
        this.#answer(fx, from, message);
        break;
      case "REPAIR": {
        accept(fx, this.#holding, from, message.items);
        const beyond = knownBeyond(this.#options.store, message.items);
        sendSized(fx, from, { kind: "REPAIRED", exchange, step, ...beyond });
        break;
      }
      case "OFFER":
        sendSized(fx, from, { kind: "WANTED", exchange, step, keys: lacking(this.#holding, message.keys) });
        break;
      default:
        if (this.#exchange?.id === exchange && this.#exchange.peer === from)
          this.#exchange.receive(fx, message);
        else this.#strays.receive(fx, from, message);
    }
  }

  #answer(fx: ReplicationEffects, from: NodeId, question: Question): void {
    sendSized(fx, from, answer(this.#ranges, from, question));
    if (fx.rare.buggify("a comparison answered twice"))
      sendSized(fx, from, answer(this.#ranges, from, question));
  }

  /** The next node, by name, that could answer and may own keys in common. */
  #nextPeer(): NodeId | null {
    const { node, view } = this.#options;
    const others = this.#ranges.nodes.filter((other) => other !== node && view.status(other) === "alive");
    const last = this.#lastPeer;
    const next = others.find((other) => last !== null && other > last) ?? others[0] ?? null;
    this.#lastPeer = next;
    return next;
  }

  #isInReach(node: NodeId): boolean {
    const status = this.#options.view.status(node);
    return status === "alive" || status === "suspect";
  }

  #nextId(): string {
    const { node, life } = this.#options;
    this.#exchanges += 1;
    return `${node}.${life.toString(36)}.e${this.#exchanges}`;
  }
}
