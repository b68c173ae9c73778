/**
 * Clock entries of nodes that left for good, and what a key's state is without them.
 *
 * An entry says which writes of a node have been seen. Taken out of one replica's context alone, the node's versions
 * would look unseen there: an old copy that still holds one would put it back beside its own successor (P4). So an
 * entry is taken out only together with all other members, when no copy holds anything older, and never while a
 * version still has a dot of that node.
 */
import type { KeyState } from "../../clock/dotted.ts";
import type { NodeId } from "../../ids.ts";

/** Whether `state` has entries that are of no use to anybody among `members`. */
export function hasDeparted(state: KeyState, members: ReadonlySet<string>): boolean {
  for (const node in state.context) if (!members.has(node) && !hasDotOf(state, node)) return true;
  return false;
}

/** The nodes whose entries `withoutDeparted` takes out, by name. */
export function departedIn(state: KeyState, members: ReadonlySet<string>): NodeId[] {
  const nodes = Object.keys(state.context).filter((node) => !members.has(node) && !hasDotOf(state, node));
  return (nodes as NodeId[]).sort();
}

/**
 * The same for all members: it depends on nothing but its arguments. Marks of requests stay, or a version that repeats
 * one which the departed node carried out, too, would be shown again; they are few, and go with age.
 */
export function withoutDeparted(state: KeyState, members: ReadonlySet<string>): KeyState {
  const departed = new Set<string>(departedIn(state, members));
  const context = Object.fromEntries(Object.entries(state.context).filter(([node]) => !departed.has(node)));
  return { ...state, context };
}

const hasDotOf = ({ versions }: KeyState, node: string) => versions.some(({ dot }) => dot.node === node);
