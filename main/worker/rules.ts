/**
 * Message rules and clogged receivers, between the core and the links: what the lab wants done to single messages.
 *
 * A rule sees a message once, before the link's own faults do. What is held, by a rule or by a clog, is neither lost nor
 * sent: it goes on its way when the lab ends the rule or the clog, and dies with the process. A message delayed by a
 * rule lets later ones overtake it, and so does a held one; that is what such rules are for.
 */
import { type ActiveRule, type RuledMessage, RuleSet } from "../../shared/scenario/rules.ts";

export interface RulesOwner<Item> {
  /** This node: the sender of everything that passes here. */
  readonly node: string;
  /** Calls `action` after about `ms`; returns the way to take it back. */
  after(ms: number, action: () => void): () => void;
  describe(item: Item): Pick<RuledMessage, "kind" | "key">;
  /** On to the link. */
  pass(to: string, item: Item): void;
  /** Dropped by this rule; null when it has no name. */
  dropped(to: string, item: Item, rule: string | null): void;
  /** Rules that count have counted: by id, what a next process must go on from. */
  counted(seen: Readonly<Record<number, number>>): void;
}

interface Held<Item> {
  readonly to: string;
  readonly item: Item;
}

export class OutgoingRules<Item> {
  readonly #owner: RulesOwner<Item>;
  readonly #rules = new RuleSet<Held<Item>>();
  /** What waits for each clogged receiver. */
  readonly #clogged = new Map<string, Item[]>();
  readonly #delayed = new Set<() => void>();
  #reported = 0;

  constructor(owner: RulesOwner<Item>) {
    this.#owner = owner;
  }

  /** Replaces what was in force; what was held by what is no longer there goes on its way now. */
  apply(rules: readonly ActiveRule[], clogged: readonly string[]): void {
    for (const to of clogged) if (!this.#clogged.has(to)) this.#clogged.set(to, []);
    for (const { to, item } of this.#rules.replace(rules)) this.#enter(to, item);
    for (const [to, items] of this.#clogged) {
      if (clogged.includes(to)) continue;
      this.#clogged.delete(to);
      for (const item of items) this.#owner.pass(to, item);
    }
  }

  send(to: string, item: Item): void {
    if (this.#rules.isEmpty) {
      this.#enter(to, item);
      return;
    }
    const decision = this.#rules.decide(
      { ...this.#owner.describe(item), from: this.#owner.node, to },
      { to, item },
    );
    if (this.#rules.counted > this.#reported) {
      this.#reported = this.#rules.counted;
      this.#owner.counted(this.#rules.seenOf(this.#owner.node));
    }
    switch (decision.kind) {
      case "pass":
        return this.#enter(to, item);
      case "drop":
        return this.#owner.dropped(to, item, decision.rule);
      case "duplicate":
        this.#enter(to, item);
        return this.#enter(to, item);
      case "delay":
        return this.#delay(to, item, decision.ms);
      case "hold":
    }
  }

  /** Forgets everything under way, without a word: the process ends. */
  close(): void {
    for (const cancel of this.#delayed) cancel();
    this.#delayed.clear();
  }

  #delay(to: string, item: Item, ms: number): void {
    const cancel = this.#owner.after(ms, () => {
      this.#delayed.delete(cancel);
      this.#enter(to, item);
    });
    this.#delayed.add(cancel);
  }

  #enter(to: string, item: Item): void {
    const clog = this.#clogged.get(to);
    if (clog === undefined) this.#owner.pass(to, item);
    else clog.push(item);
  }
}
