/** What a check may still spend: counted in search states, with a look at the clock now and then. */
import type { Limits } from "../types.ts";

export type Shortage = "states" | "time";

/** States between two looks at the clock. */
const clockEvery = 256;

export class Budget {
  readonly #states: number;
  #spent = 0;
  #shortage: Shortage | null = null;
  readonly #isTimeUp: () => boolean;
  readonly #whole: Budget | null;

  constructor(limits: Limits, whole: Budget | null = null) {
    this.#states = limits.states;
    this.#isTimeUp = () => limits.isTimeUp();
    this.#whole = whole;
  }

  /** What ran out; null while there is something left. */
  get shortage(): Shortage | null {
    return this.#shortage;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Takes one state; false when there is none or the time is up. */
  spend(): boolean {
    if (this.#shortage !== null) return false;
    if (this.#spent >= this.#states) this.#shortage = "states";
    else if (this.#whole === null && this.#spent % clockEvery === 0 && this.#isTimeUp())
      this.#shortage = "time";
    else if (this.#whole?.spend() === false) this.#shortage = this.#whole.shortage;
    else this.#spent++;
    return this.#shortage === null;
  }

  /** At most `states` of what is left; what it spends is spent here too. */
  part(states: number): Budget {
    return new Budget({ states, isTimeUp: this.#isTimeUp }, this);
  }
}
