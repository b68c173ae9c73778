/**
 * Read repair: when a read is over, what its answers know together goes to those owners that knew less.
 *
 * It costs the reader nothing, for the answer has left already, and it mends what failed writes left uneven, key by key
 * as keys are read. Keys that nobody reads stay as they are.
 *
 * Source: DeCandia et al. 2007, "Dynamo", §5.
 */
import type { NodeId } from "../ids.ts";
import type { KeyStore } from "./key-store.ts";
import type { Pending } from "./pending.ts";
import type { ReplicationEffects } from "./types.ts";

export function repairAfterRead(fx: ReplicationEffects, node: NodeId, store: KeyStore, read: Pending): void {
  const { id, key, about, owners, state, answers } = read;
  const origin = state.versions.at(-1)?.dot.node ?? node;
  for (const [owner, answer] of answers) {
    if (store.merge(key, answer, state) === answer) continue;
    if (owner !== node) {
      const repair = {
        kind: "REPLICATE",
        request: id,
        op: "get",
        key,
        state,
        origin,
        replicas: owners,
      } as const;
      fx.send(owner, repair, about);
      fx.rare.reached("read repair sent");
      continue;
    }
    // Writes may have come in since this node answered itself.
    const known = store.get(key);
    const merged = store.merge(key, known, state);
    if (merged !== known) {
      fx.rare.reached("a reader repaired itself");
      store.replace(fx, key, merged, about, { op: "repair", origin, replicas: owners });
    }
  }
}
