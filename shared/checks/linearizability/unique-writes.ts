/**
 * The fast way for a plain register on which no value was written twice: each read then says which write it saw.
 *
 * A write and its reads form a cluster. From the first return in a cluster to the last invocation in it the register
 * must have held its value. So cluster A comes before cluster B when some operation of A returned before one of B
 * began; and an order exists exactly when no read returned before its write began and no two clusters come each before
 * the other. Time O(n log n), whatever the concurrency.
 *
 * Source: Gibbons and Korach 1997, "Testing Shared Memories" (zones).
 */
import type { Call, Decision } from "./search.ts";

interface Cluster {
  /** Index of the write; null for the initial value, and for one that nobody wrote. */
  readonly write: number | null;
  readonly writeInvoked: number;
  firstToReturn: number | null;
  firstReturn: number;
  lastToBegin: number | null;
  lastBegin: number;
}

const invalid = (...calls: readonly (number | null)[]): Decision => ({
  verdict: "invalid",
  witness: [...new Set(calls)].filter((index) => index !== null).sort((a, b) => a - b),
});

/** `calls` in the order of invocation. Null when this way is closed: a value was written twice, or there is a cas. */
export function decideUniqueWrites(calls: readonly Call[], initial: string): Decision | null {
  const clusters = new Map<string, Cluster>();
  const start = Number.NEGATIVE_INFINITY;
  clusters.set(initial, clusterOf(null, start, start));
  for (let index = 0; index < calls.length; index++) {
    const { action, invoked, returned } = calls[index]!;
    if (action.register === undefined) return null;
    if (action.register.kind === "read") continue;
    if (clusters.has(action.register.value)) return null;
    clusters.set(action.register.value, clusterOf(index, invoked, returned));
  }
  for (let index = 0; index < calls.length; index++) {
    const { action, invoked, returned } = calls[index]!;
    if (action.register!.kind === "write") continue;
    const cluster = clusters.get(action.register!.value);
    if (cluster === undefined) return invalid(index);
    if (returned < cluster.writeInvoked) return invalid(cluster.write, index);
    if (returned < cluster.firstReturn) {
      cluster.firstReturn = returned;
      cluster.firstToReturn = index;
    }
    if (invoked > cluster.lastBegin) {
      cluster.lastBegin = invoked;
      cluster.lastToBegin = index;
    }
  }
  return conflictAmong([...clusters.values()]) ?? { verdict: "valid" };
}

const clusterOf = (write: number | null, invoked: number, returned: number): Cluster => ({
  write,
  writeInvoked: invoked,
  firstToReturn: write,
  firstReturn: returned,
  lastToBegin: write,
  lastBegin: invoked,
});

/**
 * In the order of their first returns, a cluster comes each before and after an earlier one exactly when that one's last
 * operation begins after this one's first return, and this one's last begins after that one's first return. Of the
 * earlier ones it is enough to look at the one whose last operation begins latest: were there two that reach so far,
 * those two would be in conflict already.
 */
function conflictAmong(clusters: Cluster[]): Decision | null {
  clusters.sort((a, b) => a.firstReturn - b.firstReturn);
  let latest: Cluster | null = null;
  for (const cluster of clusters) {
    if (latest && cluster.firstReturn < latest.lastBegin && latest.firstReturn < cluster.lastBegin) {
      return invalid(
        latest.write,
        latest.firstToReturn,
        latest.lastToBegin,
        cluster.write,
        cluster.firstToReturn,
        cluster.lastToBegin,
      );
    }
    if (latest === null || cluster.lastBegin > latest.lastBegin) latest = cluster;
  }
  return null;
}
