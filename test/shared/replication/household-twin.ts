/**
 * A household beside a twin that never forgets anything: whatever is done to the one is done to the other. What both
 * show of a key must be the same, always.
 */
import {
  absentKey,
  formatDot,
  type KeyState,
  liveVersions,
  sync,
  write,
} from "../../../shared/clock/dotted.ts";
import type { Key, NodeId } from "../../../shared/ids.ts";
import { Household, lifetime } from "./household.ts";

/** A state on its way, in both worlds. */
interface Copy {
  readonly to: NodeId;
  readonly due: number;
  readonly state: KeyState;
  readonly twin: KeyState;
  /** Who keeps it as a hint until `to` can be reached; null for a message. */
  readonly keeper: NodeId | null;
}

const slice = lifetime / 50;

export class TwinHousehold {
  readonly household: Household;
  readonly #key: Key;
  readonly #nodes: readonly NodeId[];
  readonly #twin: Map<NodeId, KeyState>;
  #copies: Copy[] = [];

  constructor(nodes: readonly NodeId[], key: Key) {
    this.household = new Household(nodes);
    this.#nodes = nodes;
    this.#key = key;
    this.#twin = new Map(nodes.map((node) => [node, absentKey]));
  }

  isUp(node: NodeId): boolean {
    return this.household.status.get(node) === "alive";
  }

  write(node: NodeId, value: string | null, isBlind: boolean): void {
    const known = this.#twin.get(node)!;
    const { context, versions } = this.household.write(node, this.#key, value, isBlind ? {} : undefined);
    const version = versions.find(({ dot }) => dot.node === node && dot.counter === context[node])!;
    this.#twin.set(node, write(known, version, isBlind ? {} : known.context));
  }

  /** Sends what `from` has of the key; messages take `delay`, hints as long as it takes. */
  copy(from: NodeId, to: NodeId, delay: number, isHint: boolean): void {
    if (from === to || !this.household.home(from).store.all.has(this.#key)) return;
    const due = this.household.now + (isHint ? 0 : delay);
    const state = this.household.state(from, this.#key);
    this.#copies.push({ to, due, state, twin: this.#twin.get(from)!, keeper: isHint ? from : null });
    this.#deliver();
  }

  converge(): void {
    const up = this.#nodes.filter((node) => this.isUp(node));
    this.household.converge(this.#key, up);
    const all = up.map((node) => this.#twin.get(node)!).reduce(sync, absentKey);
    for (const node of up) this.#twin.set(node, all);
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= slice) {
      this.household.pass(Math.min(left, slice));
      this.#deliver();
    }
  }

  stop(node: NodeId): void {
    this.household.status.set(node, "dead");
  }

  start(node: NodeId): void {
    if (this.isUp(node)) return;
    this.household.restart(node);
    this.household.status.set(node, "alive");
  }

  /** The live versions at each node in the end, when every hint has been delivered and all know what each knows. */
  end(): { readonly shown: readonly string[][]; readonly expected: string[] } {
    for (const node of this.#nodes) this.start(node);
    this.#deliver();
    this.converge();
    return {
      shown: this.#nodes.map((node) => dotsOf(this.household.state(node, this.#key))),
      expected: dotsOf(this.#twin.get(this.#nodes[0]!)!),
    };
  }

  #deliver(): void {
    const due = this.#copies.filter((copy) => copy.due <= this.household.now);
    this.#copies = this.#copies.filter((copy) => copy.due > this.household.now);
    for (const copy of due) {
      const canArrive = this.isUp(copy.to) && (copy.keeper === null || this.isUp(copy.keeper));
      if (canArrive) this.#arrive(copy);
      else if (copy.keeper !== null) this.#copies.push(copy);
    }
    for (const [node, { hints }] of this.household.homes) {
      if (this.#copies.some(({ keeper }) => keeper === node)) hints.add(this.#key);
      else hints.delete(this.#key);
    }
  }

  #arrive({ to, state, twin }: Copy): void {
    this.household.copy(to, this.#key, state);
    this.#twin.set(to, sync(this.#twin.get(to)!, twin));
  }
}

const dotsOf = (state: KeyState) =>
  liveVersions(state)
    .map(({ dot }) => formatDot(dot))
    .sort();
