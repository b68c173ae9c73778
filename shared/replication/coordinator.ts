/**
 * Quorum replication: every owner of a key keeps a copy, and an operation is done when enough of them have answered.
 *
 * A write is done when W owners have made it durable, a read when R owners have answered. With R + W > N every read
 * meets at least one owner that has the latest acknowledged write; merging what the R say (never choosing by time)
 * loses nothing. Only owners count: a copy kept elsewhere is no acknowledgement (P10).
 *
 * The coordinator is one of the owners. It merges the write into its own copy, gives it the dot of that very event,
 * and sends the whole state of the key, so that an owner which missed earlier writes has them with this one and no
 * state ever has holes. A replica merges and acknowledges; merging the same state again changes nothing, so messages
 * may come twice or late.
 *
 * After a read has been answered, owners found behind get the merged state: read repair.
 *
 * Source: DeCandia et al. 2007, "Dynamo: Amazon's Highly Available Key-value Store", §4.5 and 5.
 */
import { type KeyState, type Version, write } from "../clock/dotted.ts";
import { entriesText } from "../clock/vector-clock.ts";
import type { MessageId, NodeId, RequestId, TimeMs } from "../ids.ts";
import { Forwarder } from "./forwarder.ts";
import type { KeyStore } from "./key-store.ts";
import { type OperationLog, valueRead } from "./operation-log.ts";
import { failure, isHopeless, openPending, type Pending, refused, success } from "./pending.ts";
import { checkRequest, refusal } from "./quorum.ts";
import { repairAfterRead } from "./read-repair.ts";
import { RecentRequests } from "./recent-requests.ts";
import { tracedValueMax } from "./types.ts";
import type {
  About,
  ClientRequest,
  ClusterView,
  OperationError,
  OperationOutcome,
  Quorum,
  ReplicationConfig,
  ReplicationEffects,
  ReplicationPart,
} from "./types.ts";
import type { ReplicationMessage } from "./messages.ts";

export interface CoordinatorOptions {
  readonly node: NodeId;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly store: KeyStore;
  readonly operations: OperationLog;
}

export class Coordinator implements ReplicationPart {
  readonly kinds = ["FORWARD", "FORWARD_REPLY", "REPLICATE", "REPLICATE_ACK", "READ", "READ_REPLY"] as const;
  readonly #node: NodeId;
  readonly #config: ReplicationConfig;
  readonly #view: ClusterView;
  readonly #store: KeyStore;
  readonly #operations: OperationLog;
  readonly #forwarder: Forwarder;
  /** In the order of their deadlines: all wait equally long. */
  readonly #pending = new Map<RequestId, Pending>();
  readonly #forwarded = new RecentRequests();
  /** Acknowledgements that wait for the next tick: only where rare paths are taken on purpose. */
  #late: (() => void)[] = [];
  #deadline: TimeMs | null = null;
  #leaving = false;

  constructor(options: CoordinatorOptions) {
    this.#node = options.node;
    this.#config = options.config;
    this.#view = options.view;
    this.#store = options.store;
    this.#operations = options.operations;
    this.#forwarder = new Forwarder(options.config, options.view);
  }

  /** No later than the earliest time-out; may be too early. */
  get deadline(): TimeMs | null {
    if (this.#late.length > 0) return 0;
    const forward = this.#forwarder.deadline;
    if (this.#deadline === null || forward === null) return this.#deadline ?? forward;
    return Math.min(this.#deadline, forward);
  }

  /** True when no request of a client or of another node is under way here. */
  get isIdle(): boolean {
    return this.#pending.size === 0 && this.#forwarder.isIdle && this.#late.length === 0;
  }

  /** From now on every request is refused with "leaving"; those under way are finished. */
  leave(): void {
    this.#leaving = true;
  }

  /** A client of this node asks. */
  request(fx: ReplicationEffects, request: ClientRequest): void {
    const { id, op, key } = request;
    const about: About = { op, key, request: id };
    const checked = checkRequest(request, this.#config, this.#view.ring.nodes.length, fx.clock);
    const owners = "error" in checked ? [] : this.#view.ring.owners(key, checked.quorum.n);
    const coordinator = owners.includes(this.#node) ? this.#node : this.#forwarder.choose(owners);
    const { value, context } = request;
    fx.local("request", about, {
      coordinator: coordinator ?? this.#node,
      replicas: owners,
      ...(value !== undefined && value.length <= tracedValueMax ? { value } : {}),
      ...(context !== undefined && { context: entriesText(context) }),
    });
    if (this.#leaving) fx.reply(id, about, { ok: false, error: this.#leavingError(owners) });
    else if ("error" in checked) fx.reply(id, about, { ok: false, error: checked.error });
    else if (coordinator !== this.#node) this.#forwarder.forward(fx, request, about, owners);
    else if (owners.length > 1 && fx.rare.buggify("a request forwarded by an owner")) {
      const others = owners.filter((owner) => owner !== this.#node);
      this.#forwarder.forward(fx, request, about, others);
    } else this.#coordinate(fx, request, about, checked.quorum, null);
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage, about: About): void {
    switch (message.kind) {
      case "FORWARD":
        this.#receiveForward(fx, from, message.request, about);
        break;
      case "FORWARD_REPLY":
        this.#forwarder.answered(fx, message.request, message.outcome);
        break;
      case "REPLICATE": {
        const { key, request, op, origin, replicas } = message;
        const known = this.#store.get(key);
        const state = this.#store.merge(key, known, message.state);
        if (state === known) fx.rare.reached("a copy known already");
        else {
          if (state.versions.some(({ value }) => value === null)) fx.rare.reached("a tombstone merged");
          this.#store.replace(fx, key, state, about, { op: op === "get" ? "repair" : op, origin, replicas });
        }
        this.#acknowledge(fx, () => fx.send(from, { kind: "REPLICATE_ACK", request, op, key }, about));
        break;
      }
      case "REPLICATE_ACK": {
        const pending = this.#pending.get(message.request);
        if (pending && pending.op !== "get") this.#succeeded(fx, pending, from);
        else fx.rare.reached("a late acknowledgement");
        break;
      }
      case "READ": {
        const { key, request } = message;
        fx.send(from, { kind: "READ_REPLY", request, key, state: this.#store.get(key) }, about);
        break;
      }
      case "READ_REPLY": {
        const pending = this.#pending.get(message.request);
        if (pending && pending.op === "get") this.#answered(fx, pending, from, message.state);
        else fx.rare.reached("a late answer to a read");
        break;
      }
      default:
        throw new Error(`${message.kind} is not the coordinator's to receive`);
    }
  }

  /**
   * The network cannot reach `peer`, or membership believes it gone: no use in waiting for it. An answer that comes
   * still counts, and it may have done what it was asked, but for what is `undelivered`.
   */
  unreachable(fx: ReplicationEffects, peer: NodeId, undelivered: readonly MessageId[]): void {
    this.#failOwner(fx, peer);
    this.#forwarder.unreachable(fx, peer, undelivered);
  }

  tick(fx: ReplicationEffects): void {
    this.#forwarder.tick(fx);
    for (const send of this.#late.splice(0)) send();
    if (this.#deadline === null) return;
    let isEarly = fx.now < this.#deadline;
    if (isEarly && !fx.rare.buggify("a coordinator gives up early")) return;
    this.#deadline = null;
    for (const pending of this.#pending.values()) {
      if (pending.deadline > fx.now && !isEarly) {
        this.#deadline = pending.deadline;
        return;
      }
      isEarly = false;
      this.#timedOut(fx, pending);
    }
  }

  #acknowledge(fx: ReplicationEffects, send: () => void): void {
    if (fx.rare.buggify("an acknowledgement waits for the next tick")) this.#late.push(send);
    else send();
  }

  #failOwner(fx: ReplicationEffects, peer: NodeId): void {
    for (const pending of this.#pending.values()) {
      const { owners, successful, failed } = pending;
      if (!owners.includes(peer) || successful.includes(peer) || failed.includes(peer)) continue;
      failed.push(peer);
      this.#settle(fx, pending);
    }
  }

  #receiveForward(fx: ReplicationEffects, from: NodeId, request: ClientRequest, about: About): void {
    if (!this.#forwarded.meet(request.id)) return fx.rare.reached("a request forwarded twice");
    const checked = checkRequest(request, this.#config, this.#view.ring.nodes.length, fx.clock);
    if (this.#leaving || "error" in checked) {
      const error = "error" in checked ? checked.error : this.#leavingError([]);
      this.#relay(fx, from, request, about, { ok: false, error });
      return;
    }
    // Should the two rings differ for a moment and this node own nothing here, it coordinates nevertheless: it keeps
    // every key it ever wrote, which is all that dots ask for. Its own copy then does not count.
    this.#coordinate(fx, request, about, checked.quorum, from);
  }

  #coordinate(
    fx: ReplicationEffects,
    request: ClientRequest,
    about: About,
    quorum: Quorum,
    replyTo: NodeId | null,
  ): void {
    const { id, op, key } = request;
    const owners = this.#view.ring.owners(key, quorum.n);
    const failed = owners.filter((owner) => !this.#inReach(owner));
    const deadline = fx.now + this.#config.requestTimeout;
    const pending = openPending(request, about, quorum, owners, failed, replyTo, deadline);
    if (isHopeless(pending)) {
      fx.rare.reached("a request refused for want of owners");
      this.#answer(fx, pending, refused(pending, quorum.n));
      return;
    }
    this.#pending.set(id, pending);
    this.#deadline ??= pending.deadline;
    if (op === "get") this.#read(fx, pending);
    else this.#write(fx, pending, request);
  }

  #write(fx: ReplicationEffects, pending: Pending, request: ClientRequest): void {
    const { id, op, key, about, owners } = pending;
    const node = this.#node;
    const known = this.#store.get(key);
    const context = request.context ?? known.context;
    const counter = fx.nextCounter(Math.max(known.context[node] ?? 0, context[node] ?? 0));
    const value = op === "delete" ? null : (request.value ?? "");
    const version: Version = { dot: { node, counter }, value, at: fx.wall };
    const state = write(known, version, context);
    this.#store.replace(fx, key, state, about, { op, origin: node, replicas: owners });
    pending.state = state;
    this.#log(fx, pending, value);
    this.#broadcast(fx, pending, {
      kind: "REPLICATE",
      request: id,
      op,
      key,
      state,
      origin: node,
      replicas: owners,
    });
    if (owners.includes(node)) this.#succeeded(fx, pending, node);
  }

  #read(fx: ReplicationEffects, pending: Pending): void {
    this.#broadcast(fx, pending, { kind: "READ", request: pending.id, key: pending.key });
    if (!pending.owners.includes(this.#node)) return;
    this.#answered(fx, pending, this.#node, this.#store.get(pending.key));
  }

  #broadcast(fx: ReplicationEffects, pending: Pending, message: ReplicationMessage): void {
    for (const owner of pending.owners) {
      if (owner === this.#node || pending.failed.includes(owner)) continue;
      fx.send(owner, message, pending.about);
      if (fx.rare.buggify("a copy or a read sent twice")) fx.send(owner, message, pending.about);
    }
  }

  #answered(fx: ReplicationEffects, pending: Pending, from: NodeId, state: KeyState): void {
    if (pending.successful.includes(from)) return;
    pending.answers.push([from, state]);
    pending.state = this.#store.merge(pending.key, pending.state, state);
    this.#succeeded(fx, pending, from);
  }

  #succeeded(fx: ReplicationEffects, pending: Pending, from: NodeId): void {
    if (!pending.owners.includes(from) || pending.successful.includes(from)) return;
    pending.successful.push(from);
    if (pending.failed.includes(from)) pending.failed = pending.failed.filter((peer) => peer !== from);
    this.#settle(fx, pending);
  }

  /** Replies as soon as the outcome is certain; ends the operation when nothing is left to wait for. */
  #settle(fx: ReplicationEffects, pending: Pending): void {
    const { owners, successful, failed, needed } = pending;
    if (!pending.replied) {
      if (successful.length >= needed) this.#succeed(fx, pending);
      else if (isHopeless(pending)) this.#fail(fx, pending, "quorum_not_met");
      else return;
    }
    if (pending.op !== "get") this.#pending.delete(pending.id);
    else if (successful.length + failed.length === owners.length) this.#finishRead(fx, pending);
  }

  #timedOut(fx: ReplicationEffects, pending: Pending): void {
    fx.rare.reached("a request timed out");
    if (!pending.replied) this.#fail(fx, pending, "timed_out");
    if (pending.op === "get") this.#finishRead(fx, pending);
    else this.#pending.delete(pending.id);
  }

  #finishRead(fx: ReplicationEffects, pending: Pending): void {
    this.#pending.delete(pending.id);
    if (fx.rare.buggify("read repair left out")) return;
    repairAfterRead(fx, this.#node, this.#store, pending);
  }

  #succeed(fx: ReplicationEffects, pending: Pending): void {
    if (pending.op === "get") this.#log(fx, pending, valueRead(pending.state));
    this.#answer(fx, pending, success(pending, this.#node, fx.clock, this.#operations.count));
  }

  #log(fx: ReplicationEffects, pending: Pending, value: string | null): void {
    const { id, op, key } = pending;
    const item = this.#operations.append(id, op, key, value, fx.clock, fx.now);
    pending.hash = item.hash;
    fx.logged(item);
  }

  #fail(fx: ReplicationEffects, pending: Pending, code: "quorum_not_met" | "timed_out"): void {
    this.#answer(fx, pending, failure(pending, code, this.#config.requestTimeout));
  }

  #answer(fx: ReplicationEffects, pending: Pending, outcome: OperationOutcome): void {
    pending.replied = true;
    if (pending.replyTo === null) fx.reply(pending.id, pending.about, outcome);
    else this.#relay(fx, pending.replyTo, pending, pending.about, outcome);
  }

  #relay(
    fx: ReplicationEffects,
    to: NodeId,
    { id, op, key }: Pick<ClientRequest, "id" | "op" | "key">,
    about: About,
    outcome: OperationOutcome,
  ): void {
    fx.send(to, { kind: "FORWARD_REPLY", request: id, op, key, outcome }, about);
  }

  #inReach(owner: NodeId): boolean {
    const status = this.#view.status(owner);
    return owner === this.#node || status === "alive" || status === "suspect";
  }

  #leavingError(owners: readonly NodeId[]): OperationError {
    return refusal("leaving", `${this.#node} is leaving the cluster; ask another node.`, owners);
  }
}
