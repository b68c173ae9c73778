/** What would move if a node joined or left: on the ring, and if keys were placed by their hash modulo the nodes. */
import { asKey, type Key, type NodeId } from "../../shared/ids.ts";
import type { Ring } from "../../shared/ring/ring.ts";

export interface Moved {
  readonly moved: number;
  /** Keys by who gives them up and who takes them over, the largest first. */
  readonly ways: readonly { readonly from: NodeId; readonly to: NodeId; readonly keys: number }[];
}

export interface Preview {
  readonly keys: number;
  /** By first owner. */
  readonly ring: Moved;
  readonly modulo: Moved;
  /** Copies that would be sent on the ring, of all that there are. */
  readonly copies: { readonly sent: number; readonly all: number };
}

export function previewOf(keys: readonly Key[], before: Ring, after: Ring, n: number): Preview {
  const [byRing, byModulo] = [new Map<string, number>(), new Map<string, number>()];
  const copies = { sent: 0, all: 0 };
  for (const key of keys) {
    const position = before.position(key);
    const [old, now] = [before.ownersAt(position, n), after.ownersAt(position, n)];
    count(byRing, old[0], now[0]);
    count(byModulo, moduloOwner(position, before.nodes), moduloOwner(position, after.nodes));
    copies.all += now.length;
    for (const owner of now) if (!old.includes(owner)) copies.sent += 1;
  }
  return { keys: keys.length, ring: movedIn(byRing), modulo: movedIn(byModulo), copies };
}

const moduloOwner = (position: number, nodes: readonly NodeId[]) => nodes[position % nodes.length];

function count(ways: Map<string, number>, from: NodeId | undefined, to: NodeId | undefined): void {
  if (from === undefined || to === undefined || from === to) return;
  const way = `${from} ${to}`;
  ways.set(way, (ways.get(way) ?? 0) + 1);
}

function movedIn(counts: ReadonlyMap<string, number>): Moved {
  const ways = [...counts]
    .map(([way, keys]) => {
      const [from = "", to = ""] = way.split(" ");
      return { from: from as NodeId, to: to as NodeId, keys };
    })
    .sort((a, b) => b.keys - a.keys);
  return { moved: ways.reduce((sum, { keys }) => sum + keys, 0), ways };
}

const sampleSize = 10_000;
let sample: readonly Key[] | null = null;

/** The keys of the session when they are enough to tell shares by, else so many made-up ones. */
export function keysToCount(seen: readonly Key[]): {
  readonly keys: readonly Key[];
  readonly isSample: boolean;
} {
  if (seen.length >= 200) return { keys: seen, isSample: false };
  sample ??= Array.from({ length: sampleSize }, (_, index) => asKey(`sample-${index}`));
  return { keys: sample, isSample: true };
}
