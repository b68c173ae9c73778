/** Expectations on what single nodes hold, and on where keys lie. */
import { absentKey } from "../../clock/dotted.ts";
import type { Key, NodeId } from "../../ids.ts";
import { Ring } from "../../ring/ring.ts";
import { behaviourOf, Strategies } from "../../replication/strategies/behaviours.ts";
import type { NodeView } from "../run.types.ts";
import { listed } from "./ranges.ts";
import { result, type Judge } from "./subject.ts";

const quoted = (values: readonly string[]) =>
  values.length === 0 ? "nothing" : listed(values.map((value) => `"${value}"`));

export const judgeState: Judge<"state"> = ({ node, key, values }, { record, scenario }) => {
  const wanted = [...values].sort();
  const words = `at the end ${node} holds ${quoted(wanted)} for key ${key}`;
  const view = record.final.find((one) => one.node === node);
  if (view?.running !== true) return result(words, "unknown", `${node} was not running at the end.`);
  const [, state] = view.keys.find(([name]) => name === key) ?? [key, absentKey];
  const strategies = new Strategies(scenario.cluster.replication?.conflicts ?? {});
  const held = [...behaviourOf(strategies.of(key as Key)).values(state)].sort();
  const isSame = held.length === wanted.length && held.every((value, index) => value === wanted[index]);
  return result(words, isSame ? "holds" : "violated", `It holds ${quoted(held)}.`);
};

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const between = ([low, high]: readonly [number, number]) => `${percent(low)} to ${percent(high)}`;

export const judgeMoved: Judge<"moved"> = (value, { record }) => {
  const { from, to, keys, ring, modulo, "gained-only-by": gainer } = value;
  const words =
    `from ${from} to ${to} the ring moves ${between(ring)} of ${keys} keys, modulo ${between(modulo)}` +
    (gainer === undefined ? "" : `, and only ${gainer} gains`);
  const rings: Ring[] = [];
  for (const name of [from, to]) {
    const views = record.snapshots.get(name);
    if (views === undefined) return result(words, "violated", `There is no snapshot "${name}".`);
    const common = commonRing(views);
    if (common === null) {
      return result(words, "unknown", `In snapshot "${name}" the nodes do not agree who is on the ring.`);
    }
    rings.push(common);
  }
  if (keys === 0) return result(words, "unknown", "No key was placed.");
  const found = place(rings[0]!, rings[1]!, keys);
  const others = found.gained.filter((node) => node !== gainer);
  const isRing = found.ring >= ring[0] && found.ring <= ring[1];
  const isModulo = found.modulo >= modulo[0] && found.modulo <= modulo[1];
  const isGain = gainer === undefined || (others.length === 0 && found.gained.length > 0);
  const sentence = `The ring moves ${percent(found.ring)}, modulo ${percent(found.modulo)}; ${listed(found.gained)} gained on the ring.`;
  return {
    ...result(words, isRing && isModulo && isGain ? "holds" : "violated", sentence),
    detail: { ring: found.ring, modulo: found.modulo, gained: found.gained },
  };
};

/** The ring on which all running nodes agree; null when they do not. */
export function commonRing(views: readonly NodeView[]): Ring | null {
  const running = views.filter((view) => view.running);
  const [first, ...others] = running.map((view) => `${view.virtualNodes} ${[...view.ring].sort().join()}`);
  if (first === undefined || others.some((other) => other !== first)) return null;
  return Ring.of(running[0]!.ring, running[0]!.virtualNodes);
}

/** Shares of `keys` keys whose first owner changes, on the ring and by SHA-256 modulo the number of nodes. */
function place(before: Ring, after: Ring, keys: number) {
  const gained = new Set<NodeId>();
  let [ring, modulo] = [0, 0];
  for (let index = 0; index < keys; index++) {
    const key = `key-${index}` as Key;
    const [owner, next] = [before.owners(key, 1)[0]!, after.owners(key, 1)[0]!];
    if (owner !== next) {
      ring += 1;
      gained.add(next);
    }
    const hash = after.position(key);
    if (before.nodes[hash % before.nodes.length] !== after.nodes[hash % after.nodes.length]) modulo += 1;
  }
  return { ring: ring / keys, modulo: modulo / keys, gained: [...gained].sort() };
}
