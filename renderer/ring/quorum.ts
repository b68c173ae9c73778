/** Whether a key can be read and written, given which of its owners run and who can reach whom. */

export interface SideVerdict {
  /** The nodes of this side of a partition; every node when there is none. */
  readonly side: readonly string[];
  /** Owners that run on this side, in ring order. */
  readonly live: readonly string[];
  readonly canRead: boolean;
  readonly canWrite: boolean;
}

export function verdictsOn(
  owners: readonly string[],
  isRunning: (node: string) => boolean,
  sides: readonly (readonly string[])[],
  { r, w }: { readonly r: number; readonly w: number },
): SideVerdict[] {
  return sides.map((side) => {
    const live = owners.filter((owner) => side.includes(owner) && isRunning(owner));
    return { side, live, canRead: live.length >= r, canWrite: live.length >= w };
  });
}

/** One sentence; null when reads and writes both work. */
export function quorumWarning(
  { live, canRead, canWrite }: SideVerdict,
  { n, r, w }: { readonly n: number; readonly r: number; readonly w: number },
): string | null {
  if (canRead && canWrite) return null;
  const count = `${live.length} of ${n} owners can answer`;
  if (!canRead && !canWrite) return `${count}: reads need ${r} and writes need ${w}, so both are refused.`;
  return canRead
    ? `${count}: writes need ${w} and are refused; reads still work.`
    : `${count}: reads need ${r} and are refused; writes still work.`;
}
