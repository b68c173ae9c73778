/** Whether cluster, load and storm can be at all. */
import { withoutAbsent } from "../../fields.ts";
import { membershipPresets } from "../../membership/presets.ts";
import type { MembershipConfig } from "../../membership/types.ts";
import { problemOfSettings, replicationDefaults } from "../../replication/settings.ts";
import { labLane } from "../../trace/event.ts";
import type { FaultKind, Scenario } from "../schema.ts";
import { durationWords } from "../words.ts";
import { latencyProblems } from "./sense-actions.ts";
import { type Path, type Problem, suggestion } from "./problem.ts";

/** A load of more operations, or a storm of more faults, is a mistake in a unit. */
const operationsMax = 1_000_000;
const faultsMax = 100_000;

/** What membership does again after so many milliseconds: after none, it would do nothing else for ever. */
const periods: ReadonlySet<string> = new Set<keyof MembershipConfig>([
  "probeInterval",
  "probeTimeout",
  "gossipInterval",
  "pushPullInterval",
  "reconnectInterval",
  "forgetLeftAfter",
  "joinRetryInterval",
]);
const periodMsMax = 24 * 3_600_000;
/** Of members and of factors. */
const timesMax = 1_000;
const wholeNumbers: ReadonlySet<string> = new Set<keyof MembershipConfig>([
  "gossipNodes",
  "indirectProbes",
  "awarenessMax",
]);

const onOneNode: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "kill",
  "join",
  "pause",
  "clock",
  "lose-clock",
  "slow-disk",
  "tear",
]);

export function* clusterProblems(scenario: Scenario): Generator<Problem> {
  const { cluster, network, calm, storm, planned } = scenario;
  const { nodes } = cluster;
  const path = ["cluster", "nodes"];
  const seen = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    const problem = seen.has(node)
      ? `the node "${node}" stands twice in the cluster`
      : node === labLane
        ? `"${labLane}" is where the lab writes down its own acts: give the node another name`
        : null;
    if (problem !== null) yield { path: [...path, index], message: problem };
    seen.add(node);
  }
  yield* quorumProblems(cluster, nodes.length, ["cluster"]);
  yield* membershipProblems(cluster);
  yield* replicationProblems(cluster);
  yield* storageProblems(cluster);
  yield* latencyProblems(network?.latency, ["network", "latency"]);
  yield* loadProblems(scenario);
  yield* stormProblems(scenario);
  if (calm !== undefined && storm === undefined && planned?.until === undefined) {
    yield { path: ["calm"], message: `"calm" follows a storm, and there is none: use "end"` };
  }
}

function* replicationProblems({ replication = {}, requestTimeout }: Scenario["cluster"]): Generator<Problem> {
  const settings = { ...replicationDefaults, ...withoutAbsent(replication) };
  const message = problemOfSettings(settings, requestTimeout);
  if (message !== null) yield { path: ["cluster", "replication"], message: message.replace(/\.$/, "") };
}

function* storageProblems({ clocks, storage }: Scenario["cluster"]): Generator<Problem> {
  if (clocks !== "memory" || storage?.clocks === undefined) return;
  yield {
    path: ["cluster", "storage", "clocks"],
    message: `clocks are lost in every crash here ("clocks: memory"), so no store of them can be chosen`,
  };
}

function* membershipProblems({ membership = {}, preset }: Scenario["cluster"]): Generator<Problem> {
  const known = Object.keys(membershipPresets[preset]);
  for (const [name, value] of Object.entries(membership)) {
    const path = ["cluster", "membership", name];
    if (!known.includes(name)) {
      const choice = suggestion(name, known) || `: they are ${known.join(", ")}`;
      yield { path, message: `"${name}" is no setting of membership${choice}` };
    } else if (periods.has(name) && !(value >= 1 && value <= periodMsMax)) {
      yield { path, message: `"${name}" of membership must be from 1 to ${periodMsMax} milliseconds` };
    } else if (!periods.has(name) && value > timesMax) {
      yield { path, message: `"${name}" of membership must be at most ${timesMax}` };
    } else if (wholeNumbers.has(name) && !Number.isInteger(value)) {
      yield { path, message: `"${name}" of membership must be a whole number, not ${value}` };
    }
  }
}

interface PartOfQuorum {
  readonly n?: number | undefined;
  readonly r?: number | undefined;
  readonly w?: number | undefined;
}

/** `usual`: what holds where the part says nothing; majorities of `n` when nothing at all does. */
export function* quorumProblems(
  { n, r, w }: PartOfQuorum,
  nodes: number,
  path: Path,
  usual: PartOfQuorum = {},
): Generator<Problem> {
  if (n !== undefined && n > nodes) {
    yield { path: [...path, "n"], message: `n = ${n} copies need ${n} nodes, and there are ${nodes}` };
    return;
  }
  const copies = n ?? usual.n ?? Math.min(3, nodes);
  for (const [name, wanted] of [
    ["r", r ?? (n === undefined ? undefined : usual.r)],
    ["w", w ?? (n === undefined ? undefined : usual.w)],
  ] as const) {
    if (wanted === undefined || wanted <= copies) continue;
    const at = (name === "r" ? r : w) === undefined ? "n" : name;
    yield {
      path: [...path, at],
      message: `${name} = ${wanted} can never be met: a key has n = ${copies} ${copies === 1 ? "copy" : "copies"}`,
    };
  }
}

function* loadProblems({ load, cluster }: Scenario): Generator<Problem> {
  if (load === undefined) return;
  if (load.for === 0) yield { path: ["load", "for"], message: `a load "for" no time does nothing` };
  const total = Math.round((load.rate * load.for) / 1_000);
  if (total > operationsMax) {
    yield {
      path: ["load"],
      message: `${load.rate} operations a second for ${durationWords(load.for)} are ${total}, more than ${operationsMax}: lower "rate" or "for"`,
    };
  }
  if (Object.values(load.mix).every((share) => share === 0)) {
    yield {
      path: ["load", "mix"],
      message: "the mix of the load has no operation: give one a share above 0",
    };
  }
  yield* quorumProblems(load, cluster.nodes.length, ["load"], cluster);
}

function* stormProblems({ storm, cluster }: Scenario): Generator<Problem> {
  if (storm === undefined) return;
  if (storm.for === 0) yield { path: ["storm", "for"], message: `a storm "for" no time does nothing` };
  if (storm.every === 0) {
    yield { path: ["storm", "every"], message: "a storm with a fault every 0 ms would never get on" };
  } else if (storm.for / storm.every > faultsMax) {
    yield {
      path: ["storm"],
      message: `a fault every ${durationWords(storm.every)} for ${durationWords(storm.for)} makes more than ${faultsMax} faults: raise "every" or lower "for"`,
    };
  }
  if (cluster.nodes.length > 1) return;
  const [between] = storm.faults.filter((kind) => !onOneNode.has(kind));
  if (between === undefined) return;
  yield {
    path: ["storm", "faults", storm.faults.indexOf(between)],
    message: `"${between}" happens between two nodes, and the cluster has one`,
  };
}
