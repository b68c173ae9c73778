/**
 * What a replica does for a coordinator: it keeps copies and tells what it has.
 *
 * It merges the state it is sent, makes it durable, then acknowledges; merging the same state again changes nothing, so
 * messages may come twice or late. As a stand-in it keeps the state as a hint for the owner it is meant for.
 *
 * A coordinator that has not heard of a move of the ring asks the wrong owners. A replica that has heard of it does not
 * do what it is asked then, it answers that the request is stale: otherwise a late write could be acknowledged by owners
 * that nobody will ask any more (P11). Where both agree on the owners of the key, an old epoch does no harm.
 */
import { emptyClock } from "../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import type { CoordinationMessage } from "./messages.ts";
import type { About, ReplicationEffects } from "./types.ts";

type Message<Kind extends CoordinationMessage["kind"]> = Extract<
  CoordinationMessage,
  { readonly kind: Kind }
>;

export class Copies {
  readonly #at: CoordinatorOptions;
  /** Acknowledgements that wait for the next tick: only where rare paths are taken on purpose. */
  #late: (() => void)[] = [];

  constructor(options: CoordinatorOptions) {
    this.#at = options;
  }

  get deadline(): TimeMs | null {
    return this.#late.length > 0 ? 0 : null;
  }

  tick(): void {
    for (const send of this.#late.splice(0)) send();
  }

  replicate(fx: ReplicationEffects, from: NodeId, message: Message<"REPLICATE">, about: About): void {
    const { key, request, op, origin, replicas, epoch, hintFor } = message;
    const { node, store, hints } = this.#at;
    if (hintFor !== undefined && hintFor !== node) {
      hints.keep(fx, hintFor, key, message.state, about);
      const ack = { kind: "REPLICATE_ACK", request, op, key, hintFor } as const;
      this.#acknowledge(fx, () => fx.send(from, ack, about));
      return;
    }
    if (this.#isStale(fx, from, message, op, about)) return;
    const known = store.get(key);
    const state = store.merge(key, known, message.state);
    if (state === known) fx.rare.reached("a copy known already");
    else {
      if (state.versions.some(({ value }) => value === null)) fx.rare.reached("a tombstone merged");
      const by = op === "get" ? "repair" : op;
      store.replace(fx, key, state, about, { op: by, origin, replicas, term: epoch });
    }
    this.#acknowledge(fx, () => fx.send(from, { kind: "REPLICATE_ACK", request, op, key }, about));
  }

  read(fx: ReplicationEffects, from: NodeId, message: Message<"READ">, about: About): void {
    const { key, request, insteadOf } = message;
    const { store, hints } = this.#at;
    if (insteadOf === undefined) {
      if (this.#isStale(fx, from, message, "get", about)) return;
      const forgotten = store.forgotten(key);
      const reply = { kind: "READ_REPLY", request, key, state: store.get(key) } as const;
      fx.send(from, forgotten === emptyClock ? reply : { ...reply, forgotten }, about);
      return;
    }
    const state = hints.mergedWith(key, store.get(key));
    fx.send(from, { kind: "READ_REPLY", request, key, state, insteadOf }, about);
  }

  #acknowledge(fx: ReplicationEffects, send: () => void): void {
    if (fx.rare.buggify("an acknowledgement waits for the next tick")) this.#late.push(send);
    else send();
  }

  /** The sender goes by a placement that is no newer, and other owners or fewer that are pending; it has been told. */
  #isStale(
    fx: ReplicationEffects,
    from: NodeId,
    { kind, request, key, replicas, n, epoch }: Message<"REPLICATE"> | Message<"READ">,
    op: Message<"STALE">["op"],
    about: About,
  ): boolean {
    const { view } = this.#at;
    const mine = view.placement(key, n);
    if (epoch > mine.epoch) {
      view.behind?.(epoch, from);
      return false;
    }
    const isSame =
      mine.owners.length === replicas.length && replicas.every((node) => mine.owners.includes(node));
    // Owners may be the same and the sender not know to whom else the write goes (P11).
    const isUnawareOfMove = kind === "REPLICATE" && epoch < mine.epoch && mine.pending.length > 0;
    if (isSame && !isUnawareOfMove) return false;
    // Of two that know different things, each as much as the other, both are behind.
    if (epoch === mine.epoch) view.behind?.(epoch, from);
    fx.rare.reached("a stale request");
    fx.send(from, { kind: "STALE", request, op, key, epoch: mine.epoch }, about);
    return true;
  }
}
