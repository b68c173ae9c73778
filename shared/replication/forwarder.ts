/**
 * Requests that reached a node which does not own their key.
 *
 * Such a node may not coordinate (see shared/clock/dotted: a coordinator holds the key), so it passes the request to
 * the first owner it believes alive and relays the answer. An owner that is leaving or being refilled, or that the
 * request certainly never left for, is passed over for the next one. A write that may have arrived is not sent to a
 * second coordinator, which would make a second, concurrent version of it: not when the first is silent, not when the
 * connection broke, not when it was found dead. A read may be asked again wherever it got to.
 *
 * A node that has just started hears who owns what a moment after it serves its first client. That client's request
 * waits for it, as long as any request may wait.
 */
import type { MessageId, NodeId, RequestId, TimeMs } from "../ids.ts";
import { refusal } from "./quorum.ts";
import type {
  About,
  ClientRequest,
  ClusterView,
  OperationOutcome,
  ReplicationConfig,
  ReplicationEffects,
} from "./types.ts";

/** How much longer than the coordinator the first node waits, so that the coordinator's own answer can arrive. */
const patience = 1.25;

/** What an owner answers that has not done it and will not. */
const passedOver: ReadonlySet<string> = new Set(["leaving", "unavailable"]);

interface Forward {
  readonly request: ClientRequest;
  readonly about: About;
  readonly owners: readonly NodeId[];
  readonly tried: NodeId[];
  /** The message to the last one tried. */
  message: MessageId | null;
  readonly deadline: TimeMs;
  /** Of the placement that `owners` are from. */
  readonly epoch: number;
  /** The epoch that its target asked for, or any in which the key has owners: nothing was done, and it waits for it. */
  staleUntil: number | null;
}

export class Forwarder {
  readonly #config: ReplicationConfig;
  readonly #view: ClusterView;
  readonly #forwards = new Map<RequestId, Forward>();
  #deadline: TimeMs | null = null;

  constructor(config: ReplicationConfig, view: ClusterView) {
    this.#config = config;
    this.#view = view;
  }

  /** No later than the earliest time-out; may be too early. */
  get deadline(): TimeMs | null {
    return this.#deadline;
  }

  get isIdle(): boolean {
    return this.#forwards.size === 0;
  }

  /** The owner a request would be sent to: the first one alive, else the first one suspected. */
  choose(owners: readonly NodeId[], tried: readonly NodeId[] = []): NodeId | undefined {
    const left = owners.filter((owner) => !tried.includes(owner));
    return (
      left.find((owner) => this.#view.status(owner) === "alive") ??
      left.find((owner) => this.#view.status(owner) === "suspect")
    );
  }

  forward(
    fx: ReplicationEffects,
    request: ClientRequest,
    about: About,
    owners: readonly NodeId[],
    epoch: number,
  ): void {
    const deadline = fx.now + patience * this.#config.requestTimeout;
    const tried: NodeId[] = [];
    const forward: Forward = {
      request,
      about,
      owners,
      tried,
      message: null,
      deadline,
      epoch,
      staleUntil: null,
    };
    this.#forwards.set(request.id, forward);
    this.#deadline ??= deadline;
    if (owners.length === 0) {
      fx.rare.reached("a request waits for the ring");
      forward.staleUntil = epoch;
    } else this.#tryNext(fx, forward);
  }

  /** The coordinator answered. */
  answered(fx: ReplicationEffects, id: RequestId, outcome: OperationOutcome): void {
    const forward = this.#forwards.get(id);
    if (!forward) return;
    const isPassedOver = !outcome.ok && passedOver.has(outcome.error.code);
    if (isPassedOver) this.#tryNext(fx, forward);
    else this.#finish(fx, forward, outcome);
  }

  /** `from` has not done it: by its newer placement it does not own the key. */
  stale(id: RequestId, from: NodeId, epoch: number): void {
    const forward = this.#forwards.get(id);
    if (forward?.tried.at(-1) === from) forward.staleUntil = epoch;
  }

  /** Those that were stale and need not be any more. They are forgotten here, to be routed again. */
  takeStale(): Pick<Forward, "request" | "about">[] {
    const taken: Forward[] = [];
    for (const forward of this.#forwards.values()) {
      const { request, staleUntil } = forward;
      if (staleUntil === null) continue;
      const { epoch, owners } = this.#view.placement(request.key, request.quorum?.n ?? this.#config.n);
      if (epoch < staleUntil || owners.length === 0) continue;
      taken.push(forward);
      this.#forwards.delete(request.id);
    }
    return taken;
  }

  /** No use in waiting for `peer`; the messages `undelivered` certainly never left for it. */
  unreachable(fx: ReplicationEffects, peer: NodeId, undelivered: readonly MessageId[]): void {
    if (this.isIdle) return;
    const lost = new Set(undelivered);
    for (const forward of this.#forwards.values()) {
      if (forward.tried.at(-1) !== peer) continue;
      if (forward.request.op === "get" || lost.has(forward.message!)) this.#tryNext(fx, forward);
    }
  }

  tick(fx: ReplicationEffects): void {
    if (this.#deadline === null || fx.now < this.#deadline) return;
    this.#deadline = null;
    for (const forward of this.#forwards.values()) {
      if (forward.deadline > fx.now) {
        this.#deadline = forward.deadline; // the first in line is the next due: all wait equally long
        return;
      }
      fx.rare.reached("a forwarded request timed out");
      this.#timeOut(fx, forward);
    }
  }

  #timeOut(fx: ReplicationEffects, forward: Forward): void {
    const target = forward.tried.at(-1);
    if (target === undefined) {
      const message =
        "This node is still entering the ring: it has not heard from the others which nodes own which keys. Try again in a moment or through another node.";
      this.#finish(fx, forward, this.#failure(forward, "unavailable", message));
      return;
    }
    const waited = patience * this.#config.requestTimeout;
    const effect = this.#isDefinite(forward)
      ? "it certainly did not happen; try again"
      : "it may have happened; read the key before you try again";
    const message = `${target} did not answer within ${waited} ms: ${effect}.`;
    this.#finish(fx, forward, this.#failure(forward, "timed_out", message));
  }

  #tryNext(fx: ReplicationEffects, forward: Forward): void {
    const target = this.choose(forward.owners, forward.tried);
    if (target === undefined) {
      const message = `None of the owners (${forward.owners.join(", ")}) can be reached; try again later or through another node.`;
      this.#finish(fx, forward, this.#failure(forward, "unavailable", message));
      return;
    }
    if (forward.tried.length > 0) fx.rare.reached("a forward retried");
    const { request, epoch, about } = forward;
    forward.tried.push(target);
    forward.message = fx.send(target, { kind: "FORWARD", request, epoch }, about);
  }

  /** A write that was sent to anybody may have been carried out, whatever became of the answer. */
  #failure(forward: Forward, code: "timed_out" | "unavailable", message: string): OperationOutcome {
    const error = refusal(code, message, forward.owners, forward.tried);
    return { ok: false, error: { ...error, definite: this.#isDefinite(forward) } };
  }

  #isDefinite({ request, tried }: Forward): boolean {
    return request.op === "get" || tried.length === 0;
  }

  #finish(fx: ReplicationEffects, forward: Forward, outcome: OperationOutcome): void {
    this.#forwards.delete(forward.request.id);
    fx.reply(forward.request.id, forward.about, outcome);
  }
}
