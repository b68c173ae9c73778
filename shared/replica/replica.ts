/**
 * One node: membership, ring, coordinator and handover behind one step.
 *
 * `step(input, now)` is the whole interface to the world. It reads no clock, opens nothing, draws no chance but from
 * its seed, so the same inputs give the same outputs byte for byte, in a process or in a simulator. What the host owes
 * in return stands in ./types.
 *
 * Where the parts meet:
 * - membership changes who is on the ring; a changed ring starts a handover;
 * - membership's verdicts end waiting: what was sent to a node now dead or gone has failed;
 * - each message that arrives, whatever its kind, is a sign of life of its sender.
 *
 * Source: DeCandia et al. 2007, "Dynamo", §4; the shape of the boundary after etcd's raft ("Ready").
 */
import { Broadcast, type BroadcastEffects } from "../broadcast/broadcast.ts";
import { noRarePaths, type RarePaths } from "../buggify.ts";
import { emptyClock, type VectorClock } from "../clock/vector-clock.ts";
import type { KeyState } from "../clock/dotted.ts";
import type { Key, NodeId, TimeMs } from "../ids.ts";
import type {
  Destination,
  Member,
  MembershipEffects,
  MembershipMessage,
  Rumour,
} from "../membership/types.ts";
import type { KeyRanges } from "../replication/anti-entropy/ranges.ts";
import type { HintProgress } from "../replication/hints.ts";
import type { ReplicationMessage } from "../replication/messages.ts";
import type { TopologyView } from "../replication/moves/progress.ts";
import type { Hint, OperationLogItem, ReplicationEffects } from "../replication/types.ts";
import type { Ring } from "../ring/ring.ts";
import type { Detail } from "../trace/event.ts";
import { aboutMessage, internal, receivedDetail, startDetail } from "./describe.ts";
import { applicationEffects, membershipEffects, replicationEffects } from "./effects.ts";
import { Calls } from "./calls.ts";
import { Outbox } from "./outbox.ts";
import { Parts } from "./parts.ts";
import type { Envelope, Input, Output, ReplicaConfig, Restored } from "./types.ts";

/** A leaving node waits this long for its last work, counted anew from each sign of progress. */
const leaveTimeout: TimeMs = 1_000;

const strangersMax = 1_000;

export class Replica {
  readonly #config: ReplicaConfig;
  readonly #out: Outbox;
  readonly #parts: Parts;
  readonly #application: Broadcast;
  readonly #calls: Calls;
  readonly #rare: RarePaths;
  readonly #membershipEffects: MembershipEffects;
  readonly #replicationEffects: ReplicationEffects;
  readonly #applicationEffects: BroadcastEffects;
  /** Detail of the "start" event, until the first step has emitted it. */
  #start: Detail | null;
  /** Worked out when it is first asked for after a step: nothing else brings it forward. */
  #deadline: TimeMs | null | undefined;
  #membershipVersion = -1;
  /** Of the records that the other parts have followed. */
  #revision = -1;
  /** The message being handled: where an answer to a node not yet a member goes. */
  #envelope: Envelope | null = null;
  /** Addresses of senders that no rumour has told of yet. */
  readonly #strangers = new Map<NodeId, string>();
  #leaveBy: TimeMs | null = null;
  #hasLeft = false;

  /** Throws RangeError when the configuration makes no sense. */
  constructor(config: ReplicaConfig, restored: Restored, now: TimeMs) {
    const { node } = config;
    const rare = config.rare ?? noRarePaths;
    this.#config = config;
    this.#rare = rare;
    this.#out = new Outbox(config, restored.clock ?? emptyClock, restored.logIndex, now);
    this.#parts = new Parts(config, restored, this.#out, now);
    this.#application = new Broadcast(node, restored.broadcast);
    this.#calls = new Calls(config, restored, this.#out);
    const { coordinator, store, topology } = this.#parts;
    const destination = (to: NodeId) => this.#destination(to);
    this.#replicationEffects = replicationEffects(this.#out, rare, destination);
    this.#membershipEffects = membershipEffects(this.#out, (gone) => {
      // A verdict says nothing of the messages: one that only slept may have them all.
      if (gone !== node) coordinator.unreachable(this.#replicationEffects, gone, []);
    });
    this.#applicationEffects = applicationEffects(this.#out, rare, topology, destination);
    this.#start = startDetail(config, restored, store.all.size);
  }

  step(input: Input, now: TimeMs): Output {
    this.#out.begin(now);
    this.#deadline = undefined;
    if (!this.#hasLeft) {
      if (this.#start) this.#begin(this.#start);
      const { incarnation } = this.#parts.membership;
      this.#handle(input);
      // A node refutes what is said of an incarnation it has had. One it never had is of a later life than its disk.
      if (this.#parts.membership.incarnation > incarnation + 1)
        this.#parts.moves.forgot(this.#replicationEffects);
      if (this.#parts.membership.version !== this.#membershipVersion) this.#membersChanged();
      while (this.#parts.records.revision !== this.#revision) this.#ringChanged();
      if (this.#leaveBy !== null) this.#tryToFinish();
    }
    const output = this.#out.take();
    const isSeveral = output.messages.length > 1;
    const isReversed = isSeveral && this.#rare.buggify("messages of a step in reverse order");
    return isReversed ? { ...output, messages: output.messages.toReversed() } : output;
  }

  /** When the next tick is due; null when nothing waits for time to pass. */
  get deadline(): TimeMs | null {
    if (this.#deadline === undefined) this.#deadline = this.#nextDeadline();
    return this.#deadline;
  }

  /** All that is to be saved: its stamps may say less. */
  get clock(): VectorClock {
    return this.#out.stamps.all;
  }

  get incarnation(): number {
    return this.#parts.membership.incarnation;
  }

  /** Lifeguard's multiplier: 0 is healthy. */
  get localHealth(): number {
    return this.#parts.membership.localHealth;
  }

  /** True once a graceful leave is complete: the host may stop, and further inputs do nothing. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** The nodes that count. */
  get ring(): Ring {
    return this.#parts.placements.ring;
  }

  /** Everybody's part in the ring, and the moves under way. */
  get topology(): TopologyView {
    return this.#parts.moves.topology;
  }

  /** Nobody is on the move, and all in reach know it. */
  get isSettled(): boolean {
    return this.#parts.moves.isSettled;
  }

  get keys(): ReadonlyMap<Key, KeyState> {
    return this.#parts.store.all;
  }

  /** Everybody known, this node included, by node id. */
  members(): readonly Member[] {
    return this.#parts.membership.members();
  }

  rumours(): readonly Rumour[] {
    return this.#parts.membership.rumours();
  }

  /** The preference list of a key, with the configured number of replicas. */
  owners(key: Key): readonly NodeId[] {
    return this.#parts.placements.ring.owners(key, this.#config.replication.n);
  }

  /** The newest PUT, GET and DELETE operations coordinated here, oldest first. */
  operations(): readonly OperationLogItem[] {
    return this.#parts.operations.items();
  }

  /** The key ranges of this node and their Merkle trees; null while they are being built. */
  get merkle(): KeyRanges | null {
    this.#deadline = undefined; // A look may bring them up to date.
    return this.#parts.antiEntropy.upToDateRanges;
  }

  /** What is kept for owners that cannot be reached. */
  hints(): readonly HintProgress[] {
    return this.#parts.hints.progress();
  }

  /** What is kept of this key for owners that cannot be reached. */
  hintsOf(key: Key): readonly Hint[] {
    return this.#parts.hints.of(key);
  }

  /** Keys with more than one live sibling. */
  conflicts(): readonly Key[] {
    return [...this.#parts.store.conflicts];
  }

  #nextDeadline(): TimeMs | null {
    if (this.#hasLeft) return null;
    if (this.#start) return this.#out.now;
    const { membership, deadline } = this.#parts;
    const gossip = this.#config.gossip ? membership.deadline : Infinity;
    const earliest = Math.min(gossip, this.#leaveBy ?? Infinity, deadline);
    return earliest === Infinity ? null : earliest;
  }

  #begin(detail: Detail): void {
    this.#start = null;
    this.#out.local("start", internal, detail);
    if (this.#config.gossip) this.#parts.membership.start(this.#out.now, this.#membershipEffects);
    this.#parts.moves.begin(this.#replicationEffects);
    this.#membersChanged();
  }

  #handle(input: Input): void {
    const { now } = this.#out;
    const { gossip } = this.#config;
    switch (input.kind) {
      case "tick":
        if (gossip) this.#parts.membership.tick(now, this.#membershipEffects);
        this.#parts.tick(this.#replicationEffects);
        break;
      case "message":
        this.#receive(input.envelope);
        break;
      case "unreachable":
        if (gossip) this.#parts.membership.unreachable(now, input.to, this.#membershipEffects);
        if (input.to.node !== null) {
          this.#parts.coordinator.unreachable(this.#replicationEffects, input.to.node, input.undelivered);
        }
        break;
      case "request":
        this.#parts.coordinator.request(this.#replicationEffects, input.request);
        break;
      case "act":
        this.#out.answer(input.request, this.#application.act(this.#applicationEffects, input.act));
        break;
      case "call":
        this.#calls.call(input);
        break;
      case "compare":
        this.#parts.antiEntropy.compare(this.#replicationEffects, input.exchange, input.peer);
        break;
      case "wall":
        this.#out.setWall(input.offset, input.driftPpm);
        break;
      case "join":
        if (gossip) this.#parts.membership.join(now, input.addresses, this.#membershipEffects);
        break;
      case "evict":
        if (!gossip) break;
        this.#parts.membership.evict(now, input.node, this.#membershipEffects);
        this.#parts.moves.evict(this.#replicationEffects, input.node);
        break;
      case "leave":
        if (this.#leaveBy !== null) break;
        this.#leaveBy = now + leaveTimeout;
        this.#parts.coordinator.leave();
        this.#parts.hints.leave();
        this.#parts.moves.leave(this.#replicationEffects);
        break;
      case "stranger":
        this.#out.local("stranger", internal, { from: input.from, reason: input.reason });
        break;
    }
  }

  #receive(envelope: Envelope): void {
    const { now } = this.#out;
    const { from, body } = envelope;
    const fx = this.#replicationEffects;
    const about = aboutMessage(body);
    this.#parts.membership.heard(now, from);
    if (this.#parts.topology.destination(from) === undefined) this.#meetStranger(from, envelope.address);
    if (body.kind === "TELL") {
      const stamp = this.#application.told(this.#applicationEffects, body);
      this.#out.received(envelope, about, { text: body.text, ...stamp });
      return;
    }
    this.#out.received(envelope, about, receivedDetail(body));
    this.#envelope = envelope;
    const part = this.#parts.for(body.kind);
    const { progress } = this.#parts.moves;
    if (body.kind === "READ" && !this.#parts.moves.mayAnswer(body.epoch)) {
      this.#rare.reached("a read not answered for want of data");
    } else if (part) {
      part.receive(fx, from, body as ReplicationMessage, about);
      if (part === this.#parts.handover) this.#parts.moves.tick(fx);
      const isProgress =
        part === this.#parts.handover ||
        part === this.#parts.hints ||
        this.#parts.moves.progress !== progress;
      if (isProgress && this.#leaveBy !== null) this.#leaveBy = now + leaveTimeout;
    } else if (body.kind === "BROADCAST" || body.kind === "ORDER") {
      this.#application.receive(this.#applicationEffects, body);
    } else if (this.#config.gossip) {
      const sender = { node: from, address: envelope.address };
      this.#parts.membership.receive(now, sender, body as MembershipMessage, this.#membershipEffects);
      const { node, seeds } = this.#config;
      if (from === node && body.kind === "JOIN" && seeds.length === 1) this.#parts.moves.metItself(fx);
    }
    this.#envelope = null;
  }

  /** Somebody came, left, moved or changed status: addresses and the durable list of members follow. */
  #membersChanged(): void {
    this.#membershipVersion = this.#parts.membership.version;
    const members = this.#parts.membership.members();
    for (const node of this.#parts.topology.update(members)) this.#parts.moves.met(node);
    this.#parts.handover.tick(this.#replicationEffects);
    this.#parts.moves.tick(this.#replicationEffects);
    this.#application.membersChanged(this.#applicationEffects);
    const changed = this.#parts.topology.takeChanged(members);
    if (changed) this.#out.record({ kind: "members", members: changed });
  }

  /** Somebody has another part in the ring than before. */
  #ringChanged(): void {
    this.#revision = this.#parts.records.revision;
    this.#parts.housekeeping.ringChanged();
    this.#parts.formerMembers.ringChanged(this.#out.now);
    this.#parts.coordinator.placementChanged(this.#replicationEffects);
    this.#parts.handover.tick(this.#replicationEffects);
    this.#parts.moves.tick(this.#replicationEffects);
  }

  /** What remains is work under way, which may not hold the node up for ever. The farewell is the last word. */
  #tryToFinish(): void {
    const isDone = this.#parts.moves.isOut && this.#parts.coordinator.isIdle && this.#parts.hints.isDone;
    if (!isDone && this.#out.now < this.#leaveBy!) return;
    this.#hasLeft = true;
    if (this.#config.gossip) this.#parts.membership.leave(this.#out.now, this.#membershipEffects);
    this.#out.local("stop", internal, {});
  }

  /** It may be answered later than with the next message. */
  #meetStranger(node: NodeId, address: string): void {
    if (this.#strangers.size >= strangersMax) this.#strangers.clear();
    this.#strangers.set(node, address);
  }

  #destination(node: NodeId): Destination {
    const known = this.#parts.topology.destination(node);
    if (known) return known;
    if (this.#envelope?.from === node) return { node, address: this.#envelope.address };
    const member = this.#parts.membership.member(node);
    const address = member?.address ?? this.#parts.records.get(node)?.address ?? this.#strangers.get(node);
    if (address !== undefined) return { node, address };
    throw new Error(`${this.#config.node} knows no address of ${node}`);
  }
}
