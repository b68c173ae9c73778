/**
 * The message rules and clogged links in force, and what each sender's process is told of them.
 *
 * Every sender gets all the rules and applies those that match its own messages. What a rule with `nth` or `times` has
 * counted is kept here as well, by sender, so that a restarted node does not begin to count anew.
 */
import type { NodeToLab } from "../worker/control.ts";
import type { ActiveRule } from "../../shared/scenario/rules.ts";
import type { MessageRule } from "../../shared/scenario/schema.ts";

interface Rule {
  readonly id: number;
  readonly rule: MessageRule;
  readonly seen: Record<string, number>;
}

export class RuleTable {
  #rules: Rule[] = [];
  #clogged: { readonly from: string; readonly to: string }[] = [];
  #lastId = 0;

  get isEmpty(): boolean {
    return this.#rules.length === 0 && this.#clogged.length === 0;
  }

  add(rule: MessageRule): void {
    this.#lastId += 1;
    this.#rules.push({ id: this.#lastId, rule, seen: {} });
  }

  /** Rules of this name end. */
  end(name: string): void {
    this.#rules = this.#rules.filter(({ rule }) => rule.name !== name);
  }

  /** Messages from the one to the other wait from now on. */
  clog(from: string, to: string): void {
    if (!this.isClogged(from, to)) this.#clogged.push({ from, to });
  }

  isClogged(from: string, to: string): boolean {
    return this.#clogged.some((pair) => pair.from === from && pair.to === to);
  }

  /** Every rule and every clog ends. */
  clear(): void {
    this.#rules = [];
    this.#clogged = [];
  }

  /** What a sender's process is told. */
  of(from: string): { rules: readonly ActiveRule[]; clogged: readonly string[] } {
    return {
      rules: this.#rules,
      clogged: this.#clogged.filter((pair) => pair.from === from).map(({ to }) => to),
    };
  }

  /** A sender's rules have counted so far. */
  count(from: string, seen: Extract<NodeToLab, { kind: "seen" }>["seen"]): void {
    for (const rule of this.#rules) {
      const number = seen[rule.id];
      if (number !== undefined) rule.seen[from] = number;
    }
  }
}
