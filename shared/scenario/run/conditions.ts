/** What a `when` waits for: it looks at events only while a step that has one is next. */
import type { RecordedEvent } from "../../trace/event.ts";
import { matches } from "../match.ts";
import type { Condition } from "../schema.ts";
import type { Calls } from "./calls.ts";
import type { ClusterWatch } from "./cluster.ts";

export class Watch {
  readonly #condition: Condition;
  readonly #cluster: ClusterWatch;
  readonly #calls: Calls;
  /** Matching events since the watch began. */
  #seen = 0;
  /** What is amiss with a settled cluster, looked at again when something has changed. */
  #amiss: string | null = null;

  constructor(condition: Condition, cluster: ClusterWatch, calls: Calls) {
    this.#condition = condition;
    this.#cluster = cluster;
    this.#calls = calls;
    if ("settled" in condition) this.#amiss = this.#unsettled();
  }

  see(event: RecordedEvent): void {
    if ("event" in this.#condition && matches(event, this.#condition.event)) this.#seen += 1;
  }

  get isForEvents(): boolean {
    return "event" in this.#condition;
  }

  get holds(): boolean {
    return this.missing === null;
  }

  /** Null when it holds; else what is missing, as a clause. */
  get missing(): string | null {
    const condition = this.#condition;
    if ("event" in condition) {
      const wanted = condition.event.nth ?? 1;
      if (this.#seen >= wanted) return null;
      return this.#seen === 0 ? "there was none" : `there ${this.#seen === 1 ? "was" : "were"} ${this.#seen}`;
    }
    if ("idle" in condition) {
      const { underWay } = this.#calls;
      return underWay === 0 ? null : `${underWay} ${underWay === 1 ? "was" : "were"} under way`;
    }
    if (this.#cluster.takeChanged()) this.#amiss = this.#unsettled();
    return this.#amiss;
  }

  #unsettled(): string | null {
    const condition = this.#condition;
    if (!("settled" in condition)) return null;
    return this.#cluster.unsettled(condition.settled === true ? null : condition.settled);
  }
}
