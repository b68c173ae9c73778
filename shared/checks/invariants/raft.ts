/**
 * Raft's invariants, judged from what replicas say they did: election safety, leader append-only, log matching, leader
 * completeness, state machine safety, and the two on which they rest: one vote a term, terms that never fall.
 *
 * The facts come in one order in which every replica's own facts stand as they happened; between replicas any order
 * that respects cause and effect will do. Log matching needs no comparison of whole logs: when an entry (index, term)
 * has the same value and the same predecessor's term wherever it stands, equal prefixes follow by induction.
 *
 * Source: Ongaro and Ousterhout 2014, "In Search of an Understandable Consensus Algorithm", figure 3 and §5.
 */
import type { Json } from "../../trace/event.ts";
import { inShort } from "../json.ts";
import { canonical } from "../models/model.ts";
import type { EventRef, Verdict } from "../types.ts";
import { invalid, plural, valid } from "../words.ts";

interface Fact {
  readonly node: string;
  readonly event?: EventRef;
}

export type RaftFact = Fact &
  (
    | { readonly kind: "term"; readonly term: number }
    | { readonly kind: "vote"; readonly term: number; readonly candidate: string }
    /** It won the election of this term. */
    | { readonly kind: "leader"; readonly term: number }
    /** The entry now stands in the log at `index` (from 1); what stood there and after it is gone. */
    | { readonly kind: "append"; readonly index: number; readonly term: number; readonly value: Json }
    /** The log now ends before `index`. */
    | { readonly kind: "truncate"; readonly index: number }
    /** A snapshot takes the place of the log up to `index`, whose entry had this term; what does not match is gone. */
    | { readonly kind: "snapshot"; readonly index: number; readonly term: number }
    /** All up to `index` is committed, as this node knows in its present term. */
    | { readonly kind: "commit"; readonly index: number }
    | { readonly kind: "apply"; readonly index: number; readonly value: Json }
    /** A new life: no leader any more; the state machine stands at `applied`. */
    | { readonly kind: "restart"; readonly applied: number }
  );

interface Entry {
  readonly index: number;
  readonly term: number;
  readonly value: string;
  readonly fact: RaftFact;
}

/** What one replica has said of itself. */
class Node {
  term = 0;
  isLeader = false;
  committed = 0;
  applied = 0;
  /** By index; entries below a snapshot are missing. */
  log: Entry[] = [];
  /** Index and term of the snapshot's last entry. */
  base = { index: 0, term: 0 };
  readonly votes = new Map<number, { candidate: string; fact: RaftFact }>();

  get last(): number {
    return this.base.index + this.log.length;
  }

  entry(index: number): Entry | undefined {
    return this.log[index - this.base.index - 1];
  }

  termAt(index: number): number | undefined {
    return index === this.base.index ? this.base.term : this.entry(index)?.term;
  }
}

interface Election {
  readonly node: string;
  readonly term: number;
  /** What was in its log when it won. */
  readonly termAt: (index: number) => number | undefined;
  readonly base: number;
  readonly fact: RaftFact;
}

class Violation {
  readonly invariant: string;
  readonly why: readonly string[];
  readonly facts: readonly RaftFact[];
  constructor(invariant: string, why: readonly string[], facts: readonly RaftFact[]) {
    this.invariant = invariant;
    this.why = why;
    this.facts = facts;
  }
}

class Judge {
  readonly #nodes = new Map<string, Node>();
  readonly #elections = new Map<number, Election>();
  /** Of each (index, term): the entry and the term before it. */
  readonly #entries = new Map<string, { entry: Entry; before: number | undefined }>();
  /** By index: what was committed, in which term at the latest. */
  readonly #committed = new Map<number, { entry: Entry; term: number; fact: RaftFact }>();
  readonly #applied = new Map<number, { value: string; fact: RaftFact }>();

  take(fact: RaftFact): Violation | null {
    let node = this.#nodes.get(fact.node);
    if (node === undefined) this.#nodes.set(fact.node, (node = new Node()));
    switch (fact.kind) {
      case "term":
        return this.#enter(node, fact, fact.term);
      case "vote":
        return this.#vote(node, fact);
      case "leader":
        return this.#lead(node, fact);
      case "append":
        return this.#append(node, fact);
      case "truncate":
        return this.#truncate(node, fact, fact.index);
      case "snapshot":
        return this.#snapshot(node, fact);
      case "commit":
        return this.#commit(node, fact);
      case "apply":
        return this.#apply(node, fact);
      case "restart":
        node.isLeader = false;
        node.applied = fact.applied;
        node.committed = fact.applied;
        return null;
    }
  }

  #enter(node: Node, fact: RaftFact, term: number): Violation | null {
    if (term < node.term) {
      return new Violation(
        "terms never fall",
        [`${fact.node} was in term ${node.term} and is in term ${term}.`],
        [fact],
      );
    }
    if (term > node.term) node.isLeader = false;
    node.term = term;
    return null;
  }

  #vote(node: Node, fact: RaftFact & { kind: "vote" }): Violation | null {
    const { term, candidate } = fact;
    const earlier = node.votes.get(term);
    if (earlier !== undefined && earlier.candidate !== candidate) {
      return new Violation(
        "one vote a term",
        [
          `In term ${term} ${fact.node} voted for ${earlier.candidate}, and later for ${candidate}.`,
          "Two candidates can win a term in which one replica votes twice.",
        ],
        [earlier.fact, fact],
      );
    }
    node.votes.set(term, { candidate, fact });
    return this.#enter(node, fact, term);
  }

  #lead(node: Node, fact: RaftFact & { kind: "leader" }): Violation | null {
    const { term } = fact;
    const other = this.#elections.get(term);
    if (other !== undefined && other.node !== fact.node) {
      const why = `${other.node} and ${fact.node} both became leader in term ${term}.`;
      return new Violation("election safety", [why], [other.fact, fact]);
    }
    const fallen = this.#enter(node, fact, term);
    if (fallen) return fallen;
    node.isLeader = true;
    const { base, log } = node;
    const kept = [...log];
    const termAt = (index: number) => (index === base.index ? base.term : kept[index - base.index - 1]?.term);
    const election = { node: fact.node, term, termAt, base: base.index, fact };
    this.#elections.set(term, election);
    for (const committed of this.#committed.values()) {
      const missing = lacks(election, committed);
      if (missing) return missing;
    }
    return null;
  }

  #append(node: Node, fact: RaftFact & { kind: "append" }): Violation | null {
    const { index, term } = fact;
    if (index <= node.base.index || index > node.last + 1) {
      const why = `${fact.node} put entry ${index} into a log that holds ${node.base.index + 1} to ${node.last}.`;
      return new Violation("a log has no holes", [why], [fact]);
    }
    if (index <= node.last) {
      const cut = this.#truncate(node, fact, index);
      if (cut) return cut;
    }
    const entry: Entry = { index, term, value: canonical(fact.value), fact };
    const before = node.termAt(index - 1);
    node.log.push(entry);
    const name = `${index} ${term}`;
    const known = this.#entries.get(name);
    if (known === undefined) {
      this.#entries.set(name, { entry, before });
      return null;
    }
    const where = `entry ${index} of term ${term}`;
    if (known.entry.value !== entry.value) {
      const why = `On ${known.entry.fact.node} ${where} is ${inShort(known.entry.value)}, on ${fact.node} it is ${inShort(entry.value)}.`;
      return new Violation("log matching", [why], [known.entry.fact, fact]);
    }
    if (known.before !== before) {
      const why = `Before ${where}, ${known.entry.fact.node} has an entry of term ${known.before}, ${fact.node} one of term ${before}.`;
      return new Violation("log matching", [why], [known.entry.fact, fact]);
    }
    return null;
  }

  #truncate(node: Node, fact: RaftFact, index: number): Violation | null {
    if (node.isLeader && index <= node.last) {
      const why = `${fact.node} leads term ${node.term} and took entry ${index} out of its log or overwrote it.`;
      return new Violation("leader append-only", [why], [this.#elections.get(node.term)!.fact, fact]);
    }
    if (index <= node.committed) {
      const why = `${fact.node} took entry ${index} out of its log, though it knew all up to ${node.committed} to be committed.`;
      return new Violation("committed entries stay", [why], [fact]);
    }
    node.log.length = Math.min(node.log.length, Math.max(0, index - node.base.index - 1));
    return null;
  }

  #snapshot(node: Node, { index, term }: RaftFact & { kind: "snapshot" }): null {
    const isMatching = node.termAt(index) === term;
    node.log = isMatching ? node.log.slice(index - node.base.index) : [];
    node.base = { index, term };
    node.committed = Math.max(node.committed, index);
    node.applied = Math.max(node.applied, index);
    return null;
  }

  #commit(node: Node, fact: RaftFact & { kind: "commit" }): Violation | null {
    if (fact.index > node.last) {
      const why = `${fact.node} says all up to ${fact.index} is committed, but its log ends at ${node.last}.`;
      return new Violation("committed entries are in the log", [why], [fact]);
    }
    for (let index = node.committed + 1; index <= fact.index; index++) {
      const entry = node.entry(index);
      if (entry === undefined) continue;
      const known = this.#committed.get(index);
      if (known !== undefined && (known.entry.term !== entry.term || known.entry.value !== entry.value)) {
        const why = `At index ${index} ${known.fact.node} committed an entry of term ${known.entry.term}, ${fact.node} one of term ${entry.term}.`;
        return new Violation("state machine safety", [why], [known.fact, fact]);
      }
      const term = Math.max(node.term, entry.term);
      if (known !== undefined && known.term <= term) continue;
      const committed = { entry, term, fact };
      this.#committed.set(index, committed);
      for (const election of this.#elections.values()) {
        const missing = lacks(election, committed);
        if (missing) return missing;
      }
    }
    node.committed = Math.max(node.committed, fact.index);
    return null;
  }

  #apply(node: Node, fact: RaftFact & { kind: "apply" }): Violation | null {
    const { index } = fact;
    const value = canonical(fact.value);
    if (index !== node.applied + 1) {
      const why = `${fact.node} applied entry ${index} after entry ${node.applied}.`;
      return new Violation("entries are applied in order, once", [why], [fact]);
    }
    if (index > node.committed) {
      const why = `${fact.node} applied entry ${index}, but knew only ${node.committed} to be committed.`;
      return new Violation("only committed entries are applied", [why], [fact]);
    }
    const own = node.entry(index);
    if (own !== undefined && own.value !== value) {
      const why = `${fact.node} applied ${inShort(fact.value)} at index ${index}, where its log has ${inShort(own.value)}.`;
      return new Violation("state machine safety", [why], [own.fact, fact]);
    }
    const other = this.#applied.get(index);
    if (other !== undefined && other.value !== value) {
      const why = `At index ${index} ${other.fact.node} applied ${inShort(other.value)} and ${fact.node} ${inShort(fact.value)}.`;
      return new Violation("state machine safety", [why], [other.fact, fact]);
    }
    if (other === undefined) this.#applied.set(index, { value, fact });
    node.applied = index;
    return null;
  }
}

/** Leader completeness: what was committed by some term is in the log of every leader of a later one. */
function lacks(
  election: Election,
  committed: { readonly entry: Entry; readonly term: number; readonly fact: RaftFact },
): Violation | null {
  const { index, term } = committed.entry;
  if (election.term <= committed.term || index <= election.base || election.termAt(index) === term)
    return null;
  const found = election.termAt(index);
  return new Violation(
    "leader completeness",
    [
      `Entry ${index} of term ${term} was committed by term ${committed.term}, as ${committed.fact.node} says.`,
      `${election.node} became leader of the later term ${election.term} with ${found === undefined ? "no entry" : `an entry of term ${found}`} there.`,
    ],
    [committed.fact, election.fact],
  );
}

/** `operations` counts facts; a counter-example holds no operations, but sentences and the events of its facts. */
export function checkRaft(facts: Iterable<RaftFact>): Verdict {
  const judge = new Judge();
  let count = 0;
  for (const fact of facts) {
    count += 1;
    const violation = judge.take(fact);
    if (violation === null) continue;
    const events = violation.facts.flatMap(({ event }) => (event ? [event] : []));
    return invalid(
      "raft",
      count,
      `Raft's "${violation.invariant}" does not hold.`,
      [],
      violation.why,
      events,
    );
  }
  return valid("raft", count, `Raft's invariants hold (${plural(count, "fact")}).`);
}
