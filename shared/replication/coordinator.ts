/**
 * Quorum replication: every owner of a key keeps a copy, and an operation is done when enough of them have answered.
 *
 * A node takes part in it in three ways, each in a file of its own: it coordinates writes (write-path) and reads
 * (read-path) of keys it owns, it keeps copies for others who coordinate (copies), and it passes on requests for keys it
 * does not own (forwarder). This is the crossing: it looks at each request and message and hands it to one of them.
 *
 * The coordinator of an operation is one of the owners; of a write, one that is not being refilled after it lost its
 * disk, for that one may give a dot it has given before (P1), and what it writes would be taken for what was written
 * over long ago. Only when none of them can be reached, and the request is
 * sloppy, does the node the client spoke to coordinate: it keeps every key it ever wrote, which is all that dots ask for.
 *
 * Source: DeCandia et al. 2007, "Dynamo: Amazon's Highly Available Key-value Store", §4.5 to 5.
 */
import { entriesText } from "../clock/vector-clock.ts";
import type { MessageId, NodeId, TimeMs } from "../ids.ts";
import { Copies } from "./copies.ts";
import { Forwarder } from "./forwarder.ts";
import type { HintKeeper } from "./hints.ts";
import type { KeyStore } from "./key-store.ts";
import type { CoordinationMessage, ReplicationMessage } from "./messages.ts";
import type { OperationLog } from "./operation-log.ts";
import { relay } from "./outcomes.ts";
import { checkRequest, refusal } from "./quorum.ts";
import { ReadPath } from "./read-path.ts";
import { RecentRequests } from "./recent-requests.ts";
import { tracedValueMax } from "./types.ts";
import type {
  About,
  ClientRequest,
  ClusterView,
  OperationError,
  Placement,
  Quorum,
  ReplicationConfig,
  ReplicationEffects,
  ReplicationPart,
} from "./types.ts";
import { WritePath } from "./write-path.ts";

export interface CoordinatorOptions {
  readonly node: NodeId;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly store: KeyStore;
  readonly operations: OperationLog;
  readonly hints: HintKeeper;
}

type Forwarded = Extract<CoordinationMessage, { readonly kind: "FORWARD" }>;

export class Coordinator implements ReplicationPart {
  readonly kinds = [
    "FORWARD",
    "FORWARD_REPLY",
    "REPLICATE",
    "REPLICATE_ACK",
    "READ",
    "READ_REPLY",
    "STALE",
  ] as const;
  readonly #node: NodeId;
  readonly #config: ReplicationConfig;
  readonly #view: ClusterView;
  readonly #copies: Copies;
  readonly #writes: WritePath;
  readonly #reads: ReadPath;
  readonly #forwarder: Forwarder;
  readonly #forwarded = new RecentRequests();
  #leaving = false;

  constructor(options: CoordinatorOptions) {
    this.#node = options.node;
    this.#config = options.config;
    this.#view = options.view;
    this.#copies = new Copies(options);
    this.#writes = new WritePath(options);
    this.#reads = new ReadPath(options);
    this.#forwarder = new Forwarder(options.config, options.view);
  }

  /** No later than the earliest time-out; may be too early. */
  get deadline(): TimeMs | null {
    const earliest = Math.min(
      this.#copies.deadline ?? Infinity,
      this.#writes.deadline ?? Infinity,
      this.#reads.deadline ?? Infinity,
      this.#forwarder.deadline ?? Infinity,
    );
    return earliest === Infinity ? null : earliest;
  }

  /** True when no request of a client or of another node is under way here. */
  get isIdle(): boolean {
    return (
      this.#writes.isIdle && this.#reads.isIdle && this.#forwarder.isIdle && this.#copies.deadline === null
    );
  }

  /** From now on every request is refused with "leaving"; those under way are finished. */
  leave(): void {
    this.#leaving = true;
  }

  /** A client of this node asks. */
  request(fx: ReplicationEffects, request: ClientRequest): void {
    const { id, op, key, value, context } = request;
    const about: About = { op, key, request: id };
    const checked = checkRequest(request, this.#config, this.#view.ring.nodes.length, fx.clock);
    const placement = "error" in checked ? null : this.#view.placement(key, checked.quorum.n);
    const owners = placement?.owners ?? [];
    const coordinator = placement ? this.#coordinatorOf(placement, request) : undefined;
    const detail: Record<string, string | readonly string[]> = {
      coordinator: coordinator ?? this.#node,
      replicas: owners,
    };
    if (value !== undefined && value.length <= tracedValueMax) detail.value = value;
    if (context !== undefined) detail.context = entriesText(context);
    fx.local("request", about, detail);
    if (this.#leaving) fx.reply(id, about, { ok: false, error: this.#leavingError(owners) });
    else if ("error" in checked) fx.reply(id, about, { ok: false, error: checked.error });
    else this.#route(fx, request, about, checked.quorum, placement!, coordinator);
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage, about: About): void {
    switch (message.kind) {
      case "FORWARD":
        this.#receiveForward(fx, from, message, about);
        break;
      case "FORWARD_REPLY":
        this.#forwarder.answered(fx, message.request, message.outcome);
        break;
      case "REPLICATE":
        this.#copies.replicate(fx, from, message, about);
        break;
      case "REPLICATE_ACK":
        if (message.op === "get") this.#reads.acknowledged(fx, from, message);
        else this.#writes.acknowledged(fx, from, message);
        break;
      case "READ":
        this.#copies.read(fx, from, message, about);
        break;
      case "READ_REPLY":
        this.#reads.answered(fx, from, message);
        break;
      case "STALE":
        this.#view.behind?.(message.epoch, from);
        this.#forwarder.stale(message.request, from, message.epoch);
        this.placementChanged(fx);
        break;
      default:
        throw new Error(`${message.kind} is not the coordinator's to receive`);
    }
  }

  /**
   * The network cannot reach `peer`, or membership believes it gone: no use in waiting for it. An answer that comes
   * still counts, and it may have done what it was asked, but for what is `undelivered`.
   */
  unreachable(fx: ReplicationEffects, peer: NodeId, undelivered: readonly MessageId[]): void {
    this.#writes.unreachable(fx, peer);
    this.#reads.unreachable(fx, peer);
    this.#forwarder.unreachable(fx, peer, undelivered);
  }

  /** The view's epoch has grown: what clients wait for is placed anew. */
  placementChanged(fx: ReplicationEffects): void {
    this.#writes.placementChanged(fx);
    this.#reads.placementChanged(fx);
    for (const { request, about } of this.#forwarder.takeStale()) {
      const quorum = { ...this.#config, ...request.quorum };
      const placement = this.#view.placement(request.key, quorum.n);
      const coordinator = this.#coordinatorOf(placement, request);
      this.#route(fx, request, about, quorum, placement, coordinator);
    }
  }

  tick(fx: ReplicationEffects): void {
    this.#forwarder.tick(fx);
    this.#copies.tick();
    this.#writes.tick(fx);
    this.#reads.tick(fx);
  }

  /** Undefined when nobody can coordinate. */
  #coordinatorOf(placement: Placement, request: ClientRequest): NodeId | undefined {
    const able = ownersAble(placement, request);
    if (able.includes(this.#node)) return this.#node;
    const { owners } = placement;
    const mayStandIn = owners.length > 0 && !owners.includes(this.#node) && this.#isSloppy(request);
    return this.#forwarder.choose(able) ?? (mayStandIn ? this.#node : undefined);
  }

  #isSloppy({ sloppy }: ClientRequest): boolean {
    return this.#config.hints && (sloppy ?? this.#config.sloppy);
  }

  #route(
    fx: ReplicationEffects,
    request: ClientRequest,
    about: About,
    quorum: Quorum,
    placement: Placement,
    coordinator: NodeId | undefined,
  ): void {
    const { epoch } = placement;
    const able = ownersAble(placement, request);
    if (coordinator !== this.#node) this.#forwarder.forward(fx, request, about, able, epoch);
    else if (able.length > 1 && fx.rare.buggify("a request forwarded by an owner")) {
      const others = able.filter((owner) => owner !== this.#node);
      this.#forwarder.forward(fx, request, about, others, epoch);
    } else this.#coordinate(fx, request, about, quorum, placement, null);
  }

  #coordinate(
    fx: ReplicationEffects,
    request: ClientRequest,
    about: About,
    quorum: Quorum,
    placement: Placement,
    replyTo: NodeId | null,
  ): void {
    const opening = { request, about, quorum, placement, isSloppy: this.#isSloppy(request), replyTo };
    if (request.op === "get") this.#reads.begin(fx, opening);
    else this.#writes.begin(fx, opening);
  }

  #receiveForward(fx: ReplicationEffects, from: NodeId, { request, epoch }: Forwarded, about: About): void {
    const { id, op, key } = request;
    const checked = checkRequest(request, this.#config, this.#view.ring.nodes.length, fx.clock);
    if (this.#leaving || "error" in checked) {
      const error = "error" in checked ? checked.error : this.#leavingError([]);
      if (this.#forwarded.meet(id)) relay(fx, from, request, about, { ok: false, error });
      return;
    }
    const placement = this.#view.placement(key, checked.quorum.n);
    if (epoch > placement.epoch) this.#view.behind?.(epoch, from);
    const isOwner = placement.owners.includes(this.#node);
    const isAble = ownersAble(placement, request).includes(this.#node);
    if (epoch < placement.epoch && !isAble) {
      fx.rare.reached("a stale request");
      fx.send(from, { kind: "STALE", request: id, op, key, epoch: placement.epoch }, about);
      return;
    }
    if (!this.#forwarded.meet(id)) return fx.rare.reached("a request forwarded twice");
    if (isOwner && !isAble) {
      fx.rare.reached("a write sent to an owner that is being refilled");
      const message = `${this.#node} has lost its data and is being refilled; ask another node.`;
      relay(fx, from, request, about, {
        ok: false,
        error: refusal("unavailable", message, placement.owners),
      });
      return;
    }
    // Should the two differ for a moment and this node own nothing here, it coordinates nevertheless: it keeps every
    // key it ever wrote, which is all that dots ask for. Its own copy then does not count.
    this.#coordinate(fx, request, about, checked.quorum, placement, from);
  }

  #leavingError(owners: readonly NodeId[]): OperationError {
    return refusal("leaving", `${this.#node} is leaving the cluster; ask another node.`, owners);
  }
}

/** The owners that may coordinate this request. */
const ownersAble = ({ owners, rebuilding }: Placement, { op }: ClientRequest): readonly NodeId[] =>
  rebuilding === undefined || op === "get" ? owners : owners.filter((owner) => !rebuilding.includes(owner));
