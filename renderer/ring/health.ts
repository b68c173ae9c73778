/** Whether keys have the copies they should, and enough owners in reach to be read and written. */
import type { Key } from "../../shared/ids.ts";
import type { Ring } from "../../shared/ring/ring.ts";

export interface QuorumSize {
  readonly n: number;
  readonly r: number;
  readonly w: number;
}

/** On one side of a partition; on all nodes when there is none. */
export interface SideHealth {
  readonly side: readonly string[];
  readonly unreadable: readonly Key[];
  readonly unwritable: readonly Key[];
}

export function healthOn(
  keys: readonly Key[],
  ring: Ring,
  { n, r, w }: QuorumSize,
  isRunning: (node: string) => boolean,
  sides: readonly (readonly string[])[],
): SideHealth[] {
  return sides.map((side) => {
    const here = new Set(side.filter(isRunning));
    const alive = keys.map((key) => ring.owners(key, n).filter((owner) => here.has(owner)).length);
    const short = (needed: number) => keys.filter((_, index) => alive[index]! < needed);
    return { side, unreadable: short(r), unwritable: short(w) };
  });
}

/** Why fewer copies are kept than wanted; null when there is a node for each. */
export function copiesWarning(nodes: number, n: number): string | null {
  if (n <= nodes) return null;
  const have = nodes === 1 ? "there is only 1 node" : `there are only ${nodes} nodes`;
  return `Each key should have ${n} copies, but ${have}: two copies would lie on one node and be lost together, so only ${nodes} ${nodes === 1 ? "is" : "are"} kept.`;
}

/** Keys of each node: as first owner, and as any owner. */
export function keysPerNode(
  keys: readonly Key[],
  ring: Ring,
  n: number,
): ReadonlyMap<string, { readonly first: number; readonly any: number }> {
  const counts = new Map<string, { first: number; any: number }>(
    ring.nodes.map((node) => [node, { first: 0, any: 0 }]),
  );
  for (const key of keys) {
    for (const [index, owner] of ring.owners(key, n).entries()) {
      const count = counts.get(owner)!;
      count.any += 1;
      if (index === 0) count.first += 1;
    }
  }
  return counts;
}
