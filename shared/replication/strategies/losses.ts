/**
 * Which versions last-write-wins has lost, so that each node says so exactly once.
 *
 * A version is lost to one whose writer had not seen it. A node finds that out when it takes in the winner while it
 * holds the loser, or the other way round. Afterwards the loser's dot is covered by the key's context and its version is
 * not held any more, so the same loss is never found again. On the way to the store a state may be merged several times
 * (the answers to a read, say), so what was lost is remembered with the state that came of it.
 */
import { isAmong, isSeen, type KeyState, type Version } from "../../clock/dotted.ts";
import { isLost } from "./last-write-wins.ts";

const none: readonly Version[] = [];

export class Losses {
  readonly #of = new WeakMap<KeyState, readonly Version[]>();

  /** `state` came of merging these two. */
  merged(a: KeyState, b: KeyState, state: KeyState): void {
    if (state === a || state.versions.length === 0) return;
    const winner = state.versions[0]!;
    const candidates = [...a.versions, ...b.versions, ...this.#known(a), ...this.#known(b)];
    const lost: Version[] = [];
    for (const version of candidates) {
      if (isLost(version, winner) && !isAmong(version.dot, lost)) lost.push(version);
    }
    if (lost.length > 0) this.#of.set(state, lost);
  }

  /** What a node loses that holds `before` and takes `state` in its place. */
  found(before: KeyState, state: KeyState): readonly Version[] {
    const winner = state.versions[0];
    if (winner === undefined) return none;
    const held = before.versions.filter((version) => isLost(version, winner));
    const passing = this.#known(state).filter(
      (version) =>
        !isAmong(version.dot, before.versions) &&
        !isSeen(version.dot, before.context) &&
        isLost(version, winner),
    );
    return [...held, ...passing];
  }

  #known(state: KeyState): readonly Version[] {
    return this.#of.get(state) ?? none;
  }
}
