/**
 * Read repair: what the answers to a read know together goes to those who knew less.
 *
 * In the background it costs the reader nothing, for the answer has left already, and it mends what failed writes left
 * uneven, key by key as keys are read. Keys that nobody reads stay as they are. Done before the answer leaves (blocking),
 * it makes sure that what was read once is not missed by a later read.
 *
 * Source: DeCandia et al. 2007, "Dynamo", §5.
 */
import type { KeyState } from "../clock/dotted.ts";
import type { NodeId } from "../ids.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import type { Pending } from "./pending.ts";
import type { ReplicationEffects } from "./types.ts";

/** What a node said to a read. */
export interface Answer {
  readonly node: NodeId;
  /** All that it is known to hold of the key. */
  state: KeyState;
  /** The owner it stands in for. */
  readonly insteadOf?: NodeId;
  /** What it lacked has been sent to it. */
  isSent?: boolean;
}

/** Sees to it that the node of this answer gets `state`, if it knew less. */
export function repairAnswer(
  fx: ReplicationEffects,
  { node, store }: Pick<CoordinatorOptions, "node" | "store">,
  { request: { id, key }, about, placement, quorum: { n } }: Pending,
  answer: Answer,
  state: KeyState,
): void {
  if (store.merge(key, answer.state, state) === answer.state) return;
  const { owners: replicas, epoch } = placement;
  const origin = state.versions.at(-1)?.dot.node ?? node;
  if (answer.node !== node) {
    const repair = {
      kind: "REPLICATE",
      request: id,
      op: "get",
      key,
      state,
      origin,
      replicas,
      n,
      epoch,
    } as const;
    const { insteadOf } = answer;
    fx.send(answer.node, insteadOf === undefined ? repair : { ...repair, hintFor: insteadOf }, about);
    fx.rare.reached("read repair sent");
    answer.isSent = true;
    return;
  }
  // Writes may have come in since this node answered itself.
  const known = store.get(key);
  const merged = store.merge(key, known, state);
  if (merged !== known) {
    fx.rare.reached("a reader repaired itself");
    store.replace(fx, key, merged, about, { op: "repair", origin, replicas, term: epoch });
  }
  answer.state = merged;
}
