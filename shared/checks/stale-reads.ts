/**
 * Which reads return something older than a given write: the question that session guarantees and causal consistency
 * both come down to.
 */
import { lowerBound } from "../trace/history.ts";
import type { Access, Accesses } from "./accesses.ts";
import type { CausalOrder } from "./causal-order.ts";

export class StaleReads {
  readonly #order: CausalOrder;
  readonly #deletes: Accesses["deletes"];
  readonly #accessOf: ReadonlyMap<number, Access>;
  /** Writes of one key in one lane, in their order there. */
  readonly #writes = new Map<string, Map<number, Access[]>>();
  readonly #whole: StaleReads | null;

  /** `whole`: of the history that these accesses are a part of; deletes outside of the part still count. */
  constructor(accesses: Accesses, order: CausalOrder, whole: StaleReads | null) {
    this.#order = order;
    this.#whole = whole;
    this.#deletes = accesses.deletes;
    this.#accessOf = new Map(accesses.all.map((access) => [access.operation.id, access]));
    for (const access of accesses.all) {
      if (access.kind !== "write") continue;
      let lanes = this.#writes.get(access.key);
      if (lanes === undefined) this.#writes.set(access.key, (lanes = new Map()));
      const lane = lanes.get(access.lane);
      if (lane === undefined) lanes.set(access.lane, [access]);
      else lane.push(access);
    }
  }

  /** True when everything `read` returned is older than `write`, which is of the same key. */
  isOlder(read: Access, write: Access): boolean {
    if (read.isAbsent) {
      if (this.#whole === null) return !this.#mayBeDeleted(read, write);
      return this.#whole.isOlder(this.#whole.#same(read), this.#whole.#same(write));
    }
    if (read.sources.length === 0) return false;
    return read.sources.every((source) => this.#order.isBefore(source, write));
  }

  /** The last write of `key` in each lane, no further than `reach` says. */
  *lastWrites(key: string, reach: (lane: number) => number): Generator<Access> {
    for (const [lane, writes] of this.#writes.get(key) ?? []) {
      const limit = reach(lane);
      const count = lowerBound(writes, (write) => write.at <= limit);
      if (count > 0) yield writes[count - 1]!;
    }
  }

  /**
   * The first write of `key` in each lane that `isNewer`, no further than `reach` says. Where one write of a lane is
   * newer, all that follow there must be.
   */
  *firstWrites(
    key: string,
    reach: (lane: number) => number,
    isNewer: (write: Access) => boolean,
  ): Generator<Access> {
    for (const [lane, writes] of this.#writes.get(key) ?? []) {
      const first = writes[lowerBound(writes, (write) => !isNewer(write))];
      if (first !== undefined && first.at <= reach(lane)) yield first;
    }
  }

  #same(access: Access): Access {
    return this.#accessOf.get(access.operation.id)!;
  }

  /** A delete that is neither older than `write` nor caused by the read may be what the read found. */
  #mayBeDeleted(read: Access, write: Access): boolean {
    return (this.#deletes.get(read.key) ?? []).some((operation) => {
      const access = this.#accessOf.get(operation.id);
      if (access === undefined) return true;
      return !this.#order.isBefore(access, write) && !this.#order.isBefore(read, access);
    });
  }
}
