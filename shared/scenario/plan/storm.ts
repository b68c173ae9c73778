/**
 * A storm: faults of the kinds asked for, one about every `every`, each with an end of its own inside the storm.
 *
 * Faults overlap freely where they can. Where they cannot (a node is killed once at a time; the lab keeps one cut of
 * the network at a time) a place is taken until its fault has ended, and another kind is tried meanwhile.
 */
import type { NodeId, TimeMs } from "../../ids.ts";
import type { Action, FaultKind, Plan, Scenario } from "../schema.ts";
import type { Draw } from "./draw.ts";

/** A fault begins with `begin` and is over after `end`; none of its places can have another meanwhile. */
interface Fault {
  readonly places: readonly string[];
  /** Before a place is taken again; {@link restMs} where nothing is said. */
  readonly rest?: TimeMs;
  /** It lasts this long at least; {@link shortestMs} where nothing is said. */
  readonly least?: TimeMs;
  readonly begin: readonly Action[];
  readonly end: readonly Action[];
}

/** A process that was restarted gets this long before it is touched again. */
const restMs = 250;
/** A leave may take this long, and nobody can come back who has not gone. */
const moveMs = 3_000;
/** Between two moves of the ring. */
const ringRestMs = 2_000;
const joinersMax = 3;
/** A shorter time is no fault that anybody would notice. */
const shortestMs = 10;

/** Ascending by time. Nothing when the cluster has no node that could be hit. */
export function stormOf(scenario: Scenario, draw: Draw): Plan["faults"] {
  const { for: length, faults: kinds, every } = scenario.storm!;
  const { nodes } = scenario.cluster;
  const planned: Plan["faults"] = [];
  const takenUntil = new Map<string, TimeMs>();
  let at = draw.between(0, Math.min(every, length / 2));
  for (; at < length - shortestMs; at += Math.max(1, draw.between(every / 2, every * 1.5))) {
    const fault = faultOf(draw.one(kinds), nodes, scenario.network ?? {}, draw);
    const wanted = draw.between(every / 2, every * 3);
    if (fault === null || fault.places.some((place) => (takenUntil.get(place) ?? 0) > at)) continue;
    const end = Math.floor(Math.min(length, at + Math.max(fault.least ?? shortestMs, wanted)));
    for (const action of fault.begin) planned.push({ at, do: action });
    for (const action of fault.end) planned.push({ at: end, do: action });
    for (const place of fault.places) takenUntil.set(place, end + (fault.rest ?? restMs));
  }
  // A stable sort: what begins or ends together stays in its order.
  return planned.sort((a, b) => a.at - b.at);
}

/** Null when this kind needs more nodes than there are. */
function faultOf(
  kind: FaultKind,
  nodes: readonly NodeId[],
  network: NonNullable<Scenario["network"]>,
  draw: Draw,
): Fault | null {
  switch (kind) {
    case "kill":
    case "pause":
    case "lose-clock":
    case "tear":
    case "slow-disk":
    case "clock":
      return nodeFault(kind, draw.one(nodes), draw);
    case "join": {
      const joiner = `joiner-${draw.below(joinersMax) + 1}` as NodeId;
      return ringFault(joiner, { name: "add", value: joiner }, { name: "remove", value: joiner });
    }
    case "leave": {
      const leaver = draw.one(nodes);
      return ringFault(leaver, { name: "remove", value: leaver }, { name: "add", value: leaver });
    }
    default:
      return nodes.length < 2 ? null : networkFault(kind, nodes, network, draw);
  }
}

/** One move of the ring at a time, and then a while in which its keys may settle. */
const ringFault = (node: NodeId, begin: Action, end: Action): Fault => ({
  places: ["ring", `process ${node}`],
  rest: ringRestMs,
  least: moveMs,
  begin: [begin],
  end: [end],
});

type NodeFaultKind = "kill" | "pause" | "lose-clock" | "tear" | "slow-disk" | "clock";

function nodeFault(kind: NodeFaultKind, node: NodeId, draw: Draw): Fault {
  const process = `process ${node}`;
  const kill: Action = { name: "kill", value: node };
  const restart = (clock: "keep" | "lose"): Action => ({ name: "restart", value: { node, clock } });
  switch (kind) {
    case "kill":
      return { places: [process], begin: [kill], end: [restart("keep")] };
    case "lose-clock":
      return { places: [process], begin: [kill], end: [restart("lose")] };
    case "tear":
      return {
        places: [process],
        begin: [{ name: "disk", value: { node, tear: true } }, kill],
        end: [restart("keep")],
      };
    case "pause":
      return {
        places: [process],
        begin: [{ name: "pause", value: node }],
        end: [{ name: "resume", value: node }],
      };
    case "slow-disk":
      return {
        places: [`disk ${node}`],
        begin: [{ name: "disk", value: { node, slow: draw.between(5, 100) } }],
        end: [{ name: "disk", value: { node, slow: 0 } }],
      };
    case "clock": {
      const value = { node, offset: draw.between(-10_000, 10_000), drift: draw.between(-500, 500) };
      return {
        places: [`clock ${node}`],
        begin: [{ name: "clock", value }],
        end: [{ name: "clock", value: { node, offset: 0, drift: 0 } }],
      };
    }
  }
}

function networkFault(
  kind: Exclude<FaultKind, NodeFaultKind | "join" | "leave">,
  nodes: readonly NodeId[],
  network: NonNullable<Scenario["network"]>,
  draw: Draw,
): Fault {
  switch (kind) {
    case "partition": {
      const mixed = draw.shuffled(nodes);
      const sides = draw.between(1, nodes.length - 1);
      return cut({ name: "partition", value: { groups: [mixed.slice(0, sides), mixed.slice(sides)] } });
    }
    case "isolate":
      return cut({ name: "isolate", value: draw.one(nodes) });
    case "one-way":
      return cut({ name: "cut", value: pair(nodes, draw) });
    case "flap": {
      const [up, down] = [draw.between(20, 500), draw.between(20, 500)];
      return cut({ name: "flap", value: { ...pair(nodes, draw), up, down } });
    }
    case "clog":
      return cut({ name: "clog", value: pair(nodes, draw) }, "all");
    case "loss":
      return onLinks(kind, nodes, draw, { loss: draw.share(0.05, 0.5) }, { loss: network.loss ?? 0 });
    case "duplicate":
      return onLinks(
        kind,
        nodes,
        draw,
        { duplicate: draw.share(0.05, 0.5) },
        { duplicate: network.duplicate ?? 0 },
      );
    case "reorder":
      return onLinks(kind, nodes, draw, { reorder: draw.share(0.1, 0.5) }, { reorder: network.reorder ?? 0 });
    case "delay": {
      const slow = { kind: "uniform" as const, minMs: 0, maxMs: draw.between(20, 300) };
      return onLinks(kind, nodes, draw, { latency: slow }, { latency: network.latency ?? null });
    }
  }
}

const pair = (nodes: readonly NodeId[], draw: Draw) => {
  const [from, to] = draw.two(nodes);
  return { from, to };
};

/** One at a time: healing knows no single cut. Only healing all lets a clogged link go. */
const cut = (begin: Action, what: "cuts" | "all" = "cuts"): Fault => ({
  places: ["network"],
  begin: [begin],
  end: [{ name: "heal", value: what }],
});

type LinkValue = Extract<Action, { name: "link" }>["value"];

/** On one link, or on all. */
function onLinks(
  kind: FaultKind,
  nodes: readonly NodeId[],
  draw: Draw,
  begin: LinkValue,
  end: LinkValue,
): Fault {
  const where = draw.below(2) === 0 ? {} : pair(nodes, draw);
  return {
    places: [kind],
    begin: [{ name: "link", value: { ...where, ...begin } }],
    end: [{ name: "link", value: { ...where, ...end } }],
  };
}
