/**
 * A read that begins after a write was acknowledged has seen that write, or one that had.
 *
 * That is what R + W > N promises when the quorum is strict: any R replicas and any W have one in common. It is less
 * than linearizability (two reads beside a write may see it come and go) and can be decided at once, for with dotted
 * version vectors a read says all it has seen in its context. Values would not do: concurrent siblings, and deletes,
 * may rightly hide a value that the read has seen.
 *
 * Source: Gifford 1979, "Weighted Voting for Replicated Data"; the regular register of Lamport 1986.
 */
import type { VectorClock } from "../../clock/vector-clock.ts";
import type { Operation, Verdict } from "../types.ts";
import { did, invalid, plural, sentence, valid } from "../words.ts";

const checker = "fresh-reads";

/** One acknowledged put, delete or get. */
export interface Access {
  readonly operation: Operation;
  /** `node:counter` of what was written; null for a read. */
  readonly dot: string | null;
  /** All writes of the key that the answer had seen. */
  readonly seen: VectorClock;
}

interface Written {
  readonly access: Access;
  readonly node: string;
  readonly counter: number;
}

/** Accesses that were not answered may be left out: nothing is owed to them, nor by them. */
export function checkFreshReads(accesses: readonly Access[]): Verdict {
  for (const { read, missed } of staleReads(accesses)) return stale(accesses.length, missed, read);
  const reads = accesses.filter(({ dot }) => dot === null).length;
  return valid(
    checker,
    accesses.length,
    `${plural(reads, "read")}: each had seen every write acknowledged before it began.`,
  );
}

/** Every read that missed an acknowledged write, with one that it missed. */
export function* staleReads(
  accesses: readonly Access[],
): Generator<{ readonly read: Access; readonly missed: Access }> {
  for (const ofKey of Map.groupBy(accesses, ({ operation }) => operation.key ?? "").values()) {
    const writes = ofKey.flatMap(writtenBy).sort((a, b) => returned(a) - returned(b));
    const reads = ofKey.filter(({ dot }) => dot === null).sort((a, b) => invoked(a) - invoked(b));
    /** The newest acknowledged write of each coordinator. */
    const newest = new Map<string, Written>();
    let next = 0;
    for (const read of reads) {
      for (; next < writes.length && returned(writes[next]!) < invoked(read); next++) {
        const write = writes[next]!;
        if (write.counter > (newest.get(write.node)?.counter ?? 0)) newest.set(write.node, write);
      }
      const missed = newest.values().find(({ node, counter }) => (read.seen[node] ?? 0) < counter);
      if (missed !== undefined) yield { read, missed: missed.access };
    }
  }
}

function stale(operations: number, write: Access, read: Access): Verdict {
  return invalid(
    checker,
    operations,
    `A read of ${read.operation.key} missed a write that was acknowledged before it began.`,
    [write.operation, read.operation],
    [
      `${sentence(did(write.operation)).slice(0, -1)}, as ${write.dot}, and was acknowledged.`,
      `After that ${did(read.operation)}, and the answer had not seen ${write.dot}.`,
      "The replicas that acknowledged the one and those that answered the other have none in common.",
    ],
  );
}

const invoked = ({ operation }: Access) => operation.invoked;
const returned = ({ access }: Written) => access.operation.returned;

function writtenBy(access: Access): Written[] {
  if (access.dot === null) return [];
  const colon = access.dot.lastIndexOf(":");
  return [{ access, node: access.dot.slice(0, colon), counter: Number(access.dot.slice(colon + 1)) }];
}
