/**
 * Which broadcasts of each origin were delivered here: all up to a number, and some beyond a gap.
 *
 * Deliveries that keep the sender's order never leave a gap, so one counter per origin is enough for them. The others
 * may, and a message that was lost leaves one for good; a bound keeps what is remembered beyond a gap small.
 */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { NodeId } from "../ids.ts";

/** Numbers remembered beyond a gap, per origin. One more, and the gap is taken for lost: what was in it comes too late. */
const aheadMax = 1_000;

export class Delivered {
  #through: VectorClock;
  #ahead: Readonly<Record<string, readonly number[]>>;

  constructor(through: VectorClock, ahead: Readonly<Record<string, readonly number[]>>) {
    this.#through = through;
    this.#ahead = ahead;
  }

  /** All up to this number, per origin. */
  get through(): VectorClock {
    return this.#through;
  }

  get ahead(): Readonly<Record<string, readonly number[]>> {
    return this.#ahead;
  }

  has(origin: NodeId, number: number): boolean {
    return number <= (this.#through[origin] ?? 0) || (this.#ahead[origin]?.includes(number) ?? false);
  }

  /** The highest number delivered, per origin. */
  highest(): VectorClock {
    const highest: Record<string, number> = { ...this.#through };
    for (const [origin, numbers] of Object.entries(this.#ahead)) highest[origin] = numbers.at(-1)!;
    return highest;
  }

  add(origin: NodeId, number: number): void {
    if (this.has(origin, number)) return;
    const { [origin]: numbers = [], ...others } = this.#ahead;
    const ahead = [...numbers, number].sort((a, b) => a - b);
    let through = this.#through[origin] ?? 0;
    if (ahead.length > aheadMax) through = ahead[0]! - 1;
    while (ahead[0] === through + 1) through = ahead.shift()!;
    if (through > 0) this.#through = { ...this.#through, [origin]: through };
    this.#ahead = ahead.length === 0 ? others : { ...others, [origin]: ahead };
  }
}
