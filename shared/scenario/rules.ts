/**
 * Message rules: "drop the second REPLICATE for key k from A". The one matcher for real processes and the simulator.
 *
 * Every rule counts all messages that it matches, whatever becomes of them; where several choose the same message, the
 * oldest decides. A rule that has had its `times` stays, and chooses nothing more, until it is ended.
 */
import type { Key, NodeId } from "../ids.ts";
import type { MessageRule } from "./schema.ts";

export interface RuledMessage {
  readonly from: NodeId;
  readonly to: NodeId;
  /** In capitals: REPLICATE. */
  readonly kind: string;
  readonly key: Key | undefined;
}

/** What a rule does to a message. `rule` numbers the rule that holds it: `end` tells when it may go. */
export type Ruling =
  | { readonly do: "drop" }
  | { readonly do: "delay"; readonly ms: number }
  | { readonly do: "duplicate" }
  | { readonly do: "hold"; readonly rule: number };

/** Milliseconds of a delay that says nothing. */
const usualDelayMs = 100;

interface Active {
  readonly number: number;
  readonly rule: MessageRule;
  matched: number;
}

export class RuleSet {
  readonly #active: Active[] = [];
  #number = 0;

  /** True when there is nothing to ask. */
  get isEmpty(): boolean {
    return this.#active.length === 0;
  }

  /** Returns the number of the rule, from 1. */
  add(rule: MessageRule): number {
    this.#number += 1;
    this.#active.push({ number: this.#number, rule, matched: 0 });
    return this.#number;
  }

  /** Ends the rules of this name, all with null; returns their numbers. */
  end(name: string | null): number[] {
    const ended: number[] = [];
    for (let place = this.#active.length - 1; place >= 0; place -= 1) {
      const { number, rule } = this.#active[place]!;
      if (name !== null && rule.name !== name) continue;
      this.#active.splice(place, 1);
      ended.push(number);
    }
    return ended.toReversed();
  }

  /** Ask once for each message, in the order in which they are sent. Null: no rule chooses it. */
  judge(message: RuledMessage): Ruling | null {
    let ruling: Ruling | null = null;
    for (const active of this.#active) {
      if (!isMatch(active.rule, message)) continue;
      active.matched += 1;
      if (ruling === null && isChosen(active.rule, active.matched)) ruling = rulingOf(active);
    }
    return ruling;
  }
}

function isMatch(rule: MessageRule, { from, to, kind, key }: RuledMessage): boolean {
  return (
    (rule.message === undefined || rule.message === kind) &&
    (rule.from === undefined || rule.from === from) &&
    (rule.to === undefined || rule.to === to) &&
    (rule.key === undefined || rule.key === key)
  );
}

/** The nth alone, `times` from the nth on, the first `times`, or every one. */
function isChosen({ nth, times }: MessageRule, matched: number): boolean {
  const first = nth ?? 1;
  const count = times ?? (nth === undefined ? Infinity : 1);
  return matched >= first && matched < first + count;
}

function rulingOf({ number, rule }: Active): Ruling {
  switch (rule.do) {
    case "delay":
      return { do: "delay", ms: rule.by ?? usualDelayMs };
    case "hold":
      return { do: "hold", rule: number };
    default:
      return { do: rule.do };
  }
}
