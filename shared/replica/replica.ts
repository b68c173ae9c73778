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
import { Membership } from "../membership/membership.ts";
import type {
  Destination,
  Member,
  MembershipEffects,
  MembershipMessage,
  Rumour,
} from "../membership/types.ts";
import { AntiEntropy } from "../replication/anti-entropy.ts";
import type { KeyRanges } from "../replication/anti-entropy/ranges.ts";
import { Coordinator } from "../replication/coordinator.ts";
import { Handover } from "../replication/handover.ts";
import { HintKeeper, type HintProgress } from "../replication/hints.ts";
import { FormerMembers } from "../replication/housekeeping/former-members.ts";
import { Housekeeping } from "../replication/housekeeping.ts";
import { KeyStore } from "../replication/key-store.ts";
import { OperationLog } from "../replication/operation-log.ts";
import { problemOf } from "../replication/quorum.ts";
import type { ReplicationMessage } from "../replication/messages.ts";
import { problemOfSettings, replicationDefaults } from "../replication/settings.ts";
import { Moves } from "../replication/moves/moves.ts";
import { Placements } from "../replication/moves/placements.ts";
import type { TopologyView } from "../replication/moves/progress.ts";
import { Records } from "../replication/moves/records.ts";
import type { Hint, OperationLogItem, ReplicationEffects, ReplicationPart } from "../replication/types.ts";
import type { Ring } from "../ring/ring.ts";
import type { Detail } from "../trace/event.ts";
import { aboutMessage, internal, receivedDetail, startDetail } from "./describe.ts";
import { applicationEffects, membershipEffects, replicationEffects } from "./effects.ts";
import { Outbox } from "./outbox.ts";
import { createRandom } from "./random.ts";
import { Topology, viewOf } from "./topology.ts";
import type { Envelope, Input, Output, ReplicaConfig, Restored } from "./types.ts";

/** A leaving node waits this long for its last work, counted anew from each sign of progress. */
const leaveTimeout: TimeMs = 1_000;

const strangersMax = 1_000;

export class Replica {
  readonly #config: ReplicaConfig;
  readonly #out: Outbox;
  readonly #membership: Membership;
  readonly #topology: Topology;
  readonly #store: KeyStore;
  readonly #operations: OperationLog;
  readonly #coordinator: Coordinator;
  readonly #hints: HintKeeper;
  readonly #records: Records;
  readonly #placements: Placements;
  readonly #handover: Handover;
  readonly #moves: Moves;
  readonly #housekeeping: Housekeeping;
  readonly #formerMembers: FormerMembers;
  readonly #antiEntropy: AntiEntropy;
  readonly #parts: readonly ReplicationPart[];
  readonly #partOf = new Map<string, ReplicationPart>();
  readonly #application: Broadcast;
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
    const replication = { ...replicationDefaults, ...config.replication };
    const problem =
      problemOf(replication, Infinity) ?? problemOfSettings(replication, replication.requestTimeout);
    if (problem !== null) throw new RangeError(problem);
    const { node, address, seeds, life } = config;
    const members = config.gossip ? restored.members : [];
    const rare = config.rare ?? noRarePaths;
    this.#config = config;
    this.#rare = rare;
    this.#out = new Outbox(config, restored.clock ?? emptyClock, restored.logIndex, now);
    const { conflicts, tombstones } = replication;
    this.#store = new KeyStore(restored.keys, { conflicts, tombstones, wall: now });
    this.#operations = new OperationLog(node, restored.operations);
    this.#membership = new Membership({
      config: config.membership,
      node,
      address,
      incarnation: restored.incarnation,
      members,
      seeds,
      random: createRandom(config.seed),
      rare,
      now,
    });
    this.#topology = new Topology(node);
    this.#records = new Records(restored.topology);
    this.#placements = new Placements(this.#records, config.virtualNodes);
    const view = viewOf(this.#membership, this.#records, this.#placements, (from) =>
      this.#moves.behind(from),
    );
    const common = { node, config: replication, view, store: this.#store };
    const hints = new HintKeeper({ ...common, restored: restored.hints });
    this.#hints = hints;
    this.#coordinator = new Coordinator({ ...common, operations: this.#operations, hints });
    const ring = { ...common, address, records: this.#records, placements: this.#placements };
    this.#handover = new Handover(ring);
    this.#moves = new Moves({
      ...ring,
      handover: this.#handover,
      isAlone: !config.gossip || (seeds.every((seed) => seed === address) && members.length === 0),
      hasServed: restored.logIndex > 0 || this.#store.all.size > 0,
      audience: () => this.#topology.inReach,
    });
    this.#housekeeping = new Housekeeping({ ...common, hasHint: (key) => hints.has(key), now });
    this.#formerMembers = new FormerMembers({ ...common, stamps: this.#out.stamps, now });
    // A sequence of its own: what membership draws does not depend on what is compared.
    const random = createRandom(config.seed + 1);
    this.#antiEntropy = new AntiEntropy({ ...common, life, random, now });
    this.#parts = [
      this.#coordinator,
      hints,
      this.#handover,
      this.#moves,
      this.#housekeeping,
      this.#formerMembers,
      this.#antiEntropy,
    ];
    for (const part of this.#parts) for (const kind of part.kinds) this.#partOf.set(kind, part);
    this.#application = new Broadcast(node, restored.broadcast);
    const destination = (to: NodeId) => this.#destination(to);
    this.#replicationEffects = replicationEffects(this.#out, rare, destination);
    this.#membershipEffects = membershipEffects(this.#out, (gone) => {
      // A verdict says nothing of the messages: one that only slept may have them all.
      if (gone !== node) this.#coordinator.unreachable(this.#replicationEffects, gone, []);
    });
    this.#applicationEffects = applicationEffects(this.#out, rare, this.#topology, destination);
    this.#start = startDetail(config, restored, this.#store.all.size);
  }

  step(input: Input, now: TimeMs): Output {
    this.#out.begin(now);
    this.#deadline = undefined;
    if (!this.#hasLeft) {
      if (this.#start) this.#begin(this.#start);
      const { incarnation } = this.#membership;
      this.#handle(input);
      // A node refutes what is said of an incarnation it has had. One it never had is of a later life than its disk.
      if (this.#membership.incarnation > incarnation + 1) this.#moves.forgot(this.#replicationEffects);
      if (this.#membership.version !== this.#membershipVersion) this.#membersChanged();
      while (this.#records.revision !== this.#revision) this.#ringChanged();
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
    return this.#membership.incarnation;
  }

  /** Lifeguard's multiplier: 0 is healthy. */
  get localHealth(): number {
    return this.#membership.localHealth;
  }

  /** True once a graceful leave is complete: the host may stop, and further inputs do nothing. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** The nodes that count. */
  get ring(): Ring {
    return this.#placements.ring;
  }

  /** Everybody's part in the ring, and the moves under way. */
  get topology(): TopologyView {
    return this.#moves.topology;
  }

  /** Nobody is on the move, and all in reach know it. */
  get isSettled(): boolean {
    return this.#moves.isSettled;
  }

  get keys(): ReadonlyMap<Key, KeyState> {
    return this.#store.all;
  }

  /** Everybody known, this node included, by node id. */
  members(): readonly Member[] {
    return this.#membership.members();
  }

  rumours(): readonly Rumour[] {
    return this.#membership.rumours();
  }

  /** The preference list of a key, with the configured number of replicas. */
  owners(key: Key): readonly NodeId[] {
    return this.#placements.ring.owners(key, this.#config.replication.n);
  }

  /** The newest PUT, GET and DELETE operations coordinated here, oldest first. */
  operations(): readonly OperationLogItem[] {
    return this.#operations.items();
  }

  /** The key ranges of this node and their Merkle trees; null while they are being built. */
  get merkle(): KeyRanges | null {
    this.#deadline = undefined; // A look may bring them up to date.
    return this.#antiEntropy.upToDateRanges;
  }

  /** What is kept for owners that cannot be reached. */
  hints(): readonly HintProgress[] {
    return this.#hints.progress();
  }

  /** What is kept of this key for owners that cannot be reached. */
  hintsOf(key: Key): readonly Hint[] {
    return this.#hints.of(key);
  }

  /** Keys with more than one live sibling. */
  conflicts(): readonly Key[] {
    return [...this.#store.conflicts];
  }

  /** Of all parts, by name: through a list, engines look for each property anew, at every step. */
  #nextDeadline(): TimeMs | null {
    if (this.#hasLeft) return null;
    if (this.#start) return this.#out.now;
    const earliest = Math.min(
      this.#config.gossip ? this.#membership.deadline : Infinity,
      this.#leaveBy ?? Infinity,
      this.#coordinator.deadline ?? Infinity,
      this.#hints.deadline ?? Infinity,
      this.#handover.deadline ?? Infinity,
      this.#moves.deadline ?? Infinity,
      this.#housekeeping.deadline ?? Infinity,
      this.#formerMembers.deadline ?? Infinity,
      this.#antiEntropy.deadline ?? Infinity,
    );
    return earliest === Infinity ? null : earliest;
  }

  #begin(detail: Detail): void {
    this.#start = null;
    this.#out.local("start", internal, detail);
    if (this.#config.gossip) this.#membership.start(this.#out.now, this.#membershipEffects);
    this.#moves.begin(this.#replicationEffects);
    this.#membersChanged();
  }

  #handle(input: Input): void {
    const { now } = this.#out;
    const { gossip } = this.#config;
    switch (input.kind) {
      case "tick":
        if (gossip) this.#membership.tick(now, this.#membershipEffects);
        for (const part of this.#parts) part.tick(this.#replicationEffects);
        break;
      case "message":
        this.#receive(input.envelope);
        break;
      case "unreachable":
        if (gossip) this.#membership.unreachable(now, input.to, this.#membershipEffects);
        if (input.to.node !== null) {
          this.#coordinator.unreachable(this.#replicationEffects, input.to.node, input.undelivered);
        }
        break;
      case "request":
        this.#coordinator.request(this.#replicationEffects, input.request);
        break;
      case "act":
        this.#out.answer(input.request, this.#application.act(this.#applicationEffects, input.act));
        break;
      case "compare":
        this.#antiEntropy.compare(this.#replicationEffects, input.exchange, input.peer);
        break;
      case "wall":
        this.#out.setWall(input.offset, input.driftPpm);
        break;
      case "join":
        if (gossip) this.#membership.join(now, input.addresses, this.#membershipEffects);
        break;
      case "evict":
        if (!gossip) break;
        this.#membership.evict(now, input.node, this.#membershipEffects);
        this.#moves.evict(this.#replicationEffects, input.node);
        break;
      case "leave":
        if (this.#leaveBy !== null) break;
        this.#leaveBy = now + leaveTimeout;
        this.#coordinator.leave();
        this.#hints.leave();
        this.#moves.leave(this.#replicationEffects);
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
    this.#membership.heard(now, from);
    if (this.#topology.destination(from) === undefined) this.#meetStranger(from, envelope.address);
    if (body.kind === "TELL") {
      const stamp = this.#application.told(this.#applicationEffects, body);
      this.#out.received(envelope, about, { text: body.text, ...stamp });
      return;
    }
    this.#out.received(envelope, about, receivedDetail(body));
    this.#envelope = envelope;
    const part = this.#partOf.get(body.kind);
    const { progress } = this.#moves;
    if (body.kind === "READ" && !this.#moves.mayAnswer(body.epoch)) {
      this.#rare.reached("a read not answered for want of data");
    } else if (part) {
      part.receive(fx, from, body as ReplicationMessage, about);
      if (part === this.#handover) this.#moves.tick(fx);
      const isProgress = part === this.#handover || part === this.#hints || this.#moves.progress !== progress;
      if (isProgress && this.#leaveBy !== null) this.#leaveBy = now + leaveTimeout;
    } else if (body.kind === "BROADCAST" || body.kind === "ORDER") {
      this.#application.receive(this.#applicationEffects, body);
    } else if (this.#config.gossip) {
      const sender = { node: from, address: envelope.address };
      this.#membership.receive(now, sender, body as MembershipMessage, this.#membershipEffects);
      const { node, seeds } = this.#config;
      if (from === node && body.kind === "JOIN" && seeds.length === 1) this.#moves.metItself(fx);
    }
    this.#envelope = null;
  }

  /** Somebody came, left, moved or changed status: addresses and the durable list of members follow. */
  #membersChanged(): void {
    this.#membershipVersion = this.#membership.version;
    const members = this.#membership.members();
    for (const node of this.#topology.update(members)) this.#moves.met(node);
    this.#handover.tick(this.#replicationEffects);
    this.#moves.tick(this.#replicationEffects);
    this.#application.membersChanged(this.#applicationEffects);
    const changed = this.#topology.takeChanged(members);
    if (changed) this.#out.record({ kind: "members", members: changed });
  }

  /** Somebody has another part in the ring than before. */
  #ringChanged(): void {
    this.#revision = this.#records.revision;
    this.#housekeeping.ringChanged();
    this.#formerMembers.ringChanged(this.#out.now);
    this.#coordinator.placementChanged(this.#replicationEffects);
    this.#handover.tick(this.#replicationEffects);
    this.#moves.tick(this.#replicationEffects);
  }

  /** What remains is work under way, which may not hold the node up for ever. The farewell is the last word. */
  #tryToFinish(): void {
    const isDone = this.#moves.isOut && this.#coordinator.isIdle && this.#hints.isDone;
    if (!isDone && this.#out.now < this.#leaveBy!) return;
    this.#hasLeft = true;
    if (this.#config.gossip) this.#membership.leave(this.#out.now, this.#membershipEffects);
    this.#out.local("stop", internal, {});
  }

  /** It may be answered later than with the next message. */
  #meetStranger(node: NodeId, address: string): void {
    if (this.#strangers.size >= strangersMax) this.#strangers.clear();
    this.#strangers.set(node, address);
  }

  #destination(node: NodeId): Destination {
    const known = this.#topology.destination(node);
    if (known) return known;
    if (this.#envelope?.from === node) return { node, address: this.#envelope.address };
    const member = this.#membership.member(node);
    const address = member?.address ?? this.#records.get(node)?.address ?? this.#strangers.get(node);
    if (address !== undefined) return { node, address };
    throw new Error(`${this.#config.node} knows no address of ${node}`);
  }
}
