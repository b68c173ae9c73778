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
import { Housekeeping } from "../replication/housekeeping.ts";
import { KeyStore } from "../replication/key-store.ts";
import { OperationLog } from "../replication/operation-log.ts";
import { problemOf } from "../replication/quorum.ts";
import type { ReplicationMessage } from "../replication/messages.ts";
import { problemOfSettings, replicationDefaults } from "../replication/settings.ts";
import type { OperationLogItem, ReplicationEffects, ReplicationPart } from "../replication/types.ts";
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

export class Replica {
  readonly #config: ReplicaConfig;
  readonly #out: Outbox;
  readonly #membership: Membership;
  readonly #topology: Topology;
  readonly #store: KeyStore;
  readonly #operations: OperationLog;
  readonly #coordinator: Coordinator;
  readonly #hints: HintKeeper;
  readonly #handover: Handover;
  readonly #housekeeping: Housekeeping;
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
  #membershipVersion = -1;
  /** The message being handled: where an answer to a node not yet a member goes. */
  #envelope: Envelope | null = null;
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
    this.#store = new KeyStore(restored.keys, { conflicts: replication.conflicts, wall: now });
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
    this.#topology = new Topology(node, members, config.virtualNodes);
    const view = viewOf(this.#topology, this.#membership);
    const common = { node, config: replication, view, store: this.#store };
    const hints = new HintKeeper({ ...common, restored: restored.hints });
    this.#hints = hints;
    this.#coordinator = new Coordinator({ ...common, operations: this.#operations, hints });
    this.#handover = new Handover(common);
    this.#housekeeping = new Housekeeping({ ...common, hasHint: (key) => hints.has(key), now });
    // A sequence of its own: what membership draws does not depend on what is compared.
    const random = createRandom(config.seed + 1);
    this.#antiEntropy = new AntiEntropy({ ...common, life, random, now });
    this.#parts = [this.#coordinator, hints, this.#handover, this.#housekeeping, this.#antiEntropy];
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
    if (!this.#hasLeft) {
      if (this.#start) this.#begin(this.#start);
      this.#handle(input);
      if (this.#membership.version !== this.#membershipVersion) this.#membersChanged();
      if (this.#leaveBy !== null) this.#tryToFinish();
    }
    const output = this.#out.take();
    const isSeveral = output.messages.length > 1;
    const isReversed = isSeveral && this.#rare.buggify("messages of a step in reverse order");
    return isReversed ? { ...output, messages: output.messages.toReversed() } : output;
  }

  /** When the next tick is due; null when nothing waits for time to pass. */
  get deadline(): TimeMs | null {
    if (this.#hasLeft) return null;
    if (this.#start) return this.#out.now;
    let earliest = Math.min(
      this.#config.gossip ? this.#membership.deadline : Infinity,
      this.#leaveBy ?? Infinity,
    );
    for (const { deadline } of this.#parts) if (deadline !== null) earliest = Math.min(earliest, deadline);
    return earliest === Infinity ? null : earliest;
  }

  get clock(): VectorClock {
    return this.#out.clock;
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

  get ring(): Ring {
    return this.#topology.ring;
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
    return this.#topology.ring.owners(key, this.#config.replication.n);
  }

  /** The newest PUT, GET and DELETE operations coordinated here, oldest first. */
  operations(): readonly OperationLogItem[] {
    return this.#operations.items();
  }

  /** The key ranges of this node and their Merkle trees; null while they are being built. */
  get merkle(): KeyRanges | null {
    return this.#antiEntropy.upToDateRanges;
  }

  /** What is kept for owners that cannot be reached. */
  hints(): readonly HintProgress[] {
    return this.#hints.progress();
  }

  /** Keys with more than one live sibling. */
  conflicts(): readonly Key[] {
    return [...this.#store.conflicts];
  }

  #begin(detail: Detail): void {
    this.#start = null;
    this.#out.local("start", internal, detail);
    if (this.#config.gossip) this.#membership.start(this.#out.now, this.#membershipEffects);
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
        if (gossip) this.#membership.evict(now, input.node, this.#membershipEffects);
        break;
      case "leave":
        if (this.#leaveBy !== null) break;
        this.#leaveBy = now + leaveTimeout;
        this.#coordinator.leave();
        this.#hints.leave();
        if (gossip) this.#membership.leave(now, this.#membershipEffects);
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
    if (body.kind === "TELL") {
      const stamp = this.#application.told(this.#applicationEffects, body);
      this.#out.received(envelope, about, { text: body.text, ...stamp });
      return;
    }
    this.#out.received(envelope, about, receivedDetail(body));
    this.#envelope = envelope;
    const part = this.#partOf.get(body.kind);
    if (part) {
      part.receive(fx, from, body as ReplicationMessage, about);
      const isProgress = part === this.#handover || part === this.#hints;
      if (isProgress && this.#leaveBy !== null) this.#leaveBy = now + leaveTimeout;
    } else if (body.kind === "BROADCAST" || body.kind === "ORDER") {
      this.#application.receive(this.#applicationEffects, body);
    } else if (this.#config.gossip) {
      const sender = { node: from, address: envelope.address };
      this.#membership.receive(now, sender, body as MembershipMessage, this.#membershipEffects);
    }
    this.#envelope = null;
  }

  /** Somebody came, left, moved or changed status: ring, addresses and the durable list of members follow. */
  #membersChanged(): void {
    this.#membershipVersion = this.#membership.version;
    const members = this.#membership.members();
    const before = this.#topology.ring;
    this.#topology.update(members);
    if (this.#topology.ring !== before) {
      this.#handover.ringChanged(before);
      this.#housekeeping.ringChanged();
    }
    this.#handover.tick(this.#replicationEffects);
    this.#application.membersChanged(this.#applicationEffects);
    const changed = this.#topology.takeChanged(members);
    if (changed) this.#out.record({ kind: "members", members: changed });
  }

  /** The announcement has been sent; what remains is work under way, which may not hold the node up for ever. */
  #tryToFinish(): void {
    const isDone = this.#handover.isDone && this.#coordinator.isIdle && this.#hints.isDone;
    if (!isDone && this.#out.now < this.#leaveBy!) return;
    this.#hasLeft = true;
    this.#out.local("stop", internal, {});
  }

  #destination(node: NodeId): Destination {
    const known = this.#topology.destination(node);
    if (known) return known;
    if (this.#envelope?.from === node) return { node, address: this.#envelope.address };
    const member = this.#membership.member(node);
    if (member) return { node, address: member.address };
    throw new Error(`${this.#config.node} knows no address of ${node}`);
  }
}
