/**
 * The simulator: how much faster than real time, how many events a second, whether its memory grows, and a cluster of a
 * thousand beside the published figures of SWIM and Lifeguard.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { noRarePaths } from "../../shared/buggify.ts";
import { asKey } from "../../shared/ids.ts";
import { nativeHasher } from "../../main/scenario/native-hasher.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { type Scenario, scenarioSchema } from "../../shared/scenario/schema.ts";
import { TraceHash } from "../../shared/simulation/canonical.ts";
import { simulateMembership } from "../../shared/simulation/membership-world.ts";
import { Simulation } from "../../shared/simulation/simulation.ts";
import { simulate } from "../../shared/simulation/simulate.ts";
import { Streams } from "../../shared/simulation/streams.ts";
import { World } from "../../shared/simulation/world.ts";
import { median, percentile, report } from "./report.ts";

const scenarios = join(import.meta.dirname, "..", "..", "assets", "scenarios");

/** Five replicas under twenty operations a second. */
const underLoad = (minutes: number): Scenario =>
  scenarioSchema.parse({
    name: "five under load",
    cluster: { nodes: 5 },
    load: { clients: 5, rate: 20, for: `${minutes}m`, keys: 10 },
  });

const open = (scenario: Scenario): Simulation =>
  new Simulation({
    scenario,
    seed: 1,
    version: "bench",
    buggify: false,
    keepEvents: false,
    hasher: nativeHasher(),
  });

export function simulateFive(): Promise<void> {
  const rates: { faster: number; events: number }[] = [];
  const simulation = open(underLoad(12));
  // The first minutes compile the code and fill the logs of operations.
  simulation.advance(2 * 60_000);
  for (let minute = 0; minute < 10; minute += 1) {
    const [from, before] = [performance.now(), simulation.events];
    simulation.advance(60_000);
    const ms = performance.now() - from;
    rates.push({ faster: 60_000 / ms, events: ((simulation.events - before) / ms) * 1_000 });
  }
  reportRate(
    "sim-5 speed",
    rates.map(({ faster }) => faster),
    "times real time",
    1_000,
  );
  reportRate(
    "sim-5 events",
    rates.map(({ events }) => events),
    "events/s",
    200_000,
  );
  return Promise.resolve();
}

function reportRate(bench: string, values: readonly number[], unit: string, target: number): void {
  const detail = { best: Math.round(Math.max(...values)), virtualMinutes: values.length };
  report({ bench, value: median(values), unit, target, better: "higher", detail });
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/**
 * Heap after an hour of virtual time, over that after five minutes, while lists of bounded length (requests seen,
 * operations logged) still fill: of the world alone. A run also keeps what its
 * clients saw, about 600 bytes an operation, for its checks.
 */
export function simulateForAnHour(): Promise<void> {
  const hash = new TraceHash(nativeHasher());
  const { cluster, network } = underLoad(1);
  const streams = new Streams(1);
  let events = 0;
  let answers = 0;
  const world = new World({
    name: "five under load",
    cluster,
    network,
    streams,
    rare: noRarePaths,
    recorded: (node, life, seq, placed) => {
      events += placed.length;
      hash.add(node, life, seq, placed);
    },
    returned: ({ id, client }) => {
      answers += 1;
      ask(id + 1, client);
    },
  });
  const random = streams.open("load");
  const ask = (id: number, client: string) =>
    world.time.after(50_000, () => {
      const node = cluster.nodes[Math.floor(random() * cluster.nodes.length)]!;
      const key = asKey(`key-${Math.floor(random() * 10)}`);
      const put = { op: "put", value: `value-${id}` } as const;
      const request = {
        kind: "data",
        key,
        quorum: {},
        ...(random() < 0.5 ? put : { op: "get" as const }),
      } as const;
      world.call({ id, client, node, request });
    });
  world.start((why) => {
    throw new Error(why);
  });
  while (!world.isReady) world.time.next(Number.POSITIVE_INFINITY);
  ask(1, "client");
  const heapAfter = (minutes: number) => {
    const end = world.time.us + minutes * 60_000_000;
    while (world.time.next(end));
    collectGarbage();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const early = heapAfter(5);
  const late = heapAfter(55);
  report({
    bench: "sim-memory",
    value: late / early,
    unit: "times the heap after 5 min",
    target: 1.2,
    better: "lower",
    detail: { earlyMiB: Math.round(early), lateMiB: Math.round(late), events, operations: answers },
  });
  return Promise.resolve();
}

export function thousandMembers(): Promise<void> {
  const from = performance.now();
  const options = { members: 1_000, preset: "lan", minutes: 10, seed: 1, failures: 10 } as const;
  const result = simulateMembership(options);
  const seconds = (performance.now() - from) / 1_000;
  const times = (name: "suspectedAfter" | "firstAfter" | "allAfter") =>
    result.detections.map((each) => each[name] ?? Number.POSITIVE_INFINITY);
  const { falseSuspicions, falseConvictions, messagesPerMemberPerSecond } = result;
  report({
    bench: "swim-1000",
    value: seconds,
    unit: "s for ten virtual minutes",
    target: 60,
    better: "lower",
    detail: {
      suspectedMs: Math.round(median(times("suspectedAfter"))),
      /** SWIM, §3: the expected time to the first suspicion is e / (e - 1) protocol periods, whatever the size. */
      suspectedSwimMs: Math.round((1_000 * Math.E) / (Math.E - 1)),
      convictedMs: Math.round(median(times("firstAfter"))),
      /** Lifeguard, §4 and memberlist: 4 × log10(n) periods when the suspicion is confirmed, after the first probe. */
      convictedLifeguardMs: Math.round((4 * Math.log10(1_000) + Math.E / (Math.E - 1)) * 1_000),
      everywhereMs: Math.round(median(times("allAfter"))),
      everywhereWorstMs: Math.round(percentile(times("allAfter"), 1)),
      messagesPerMemberPerSecond: Number(messagesPerMemberPerSecond.toFixed(2)),
      /** SWIM, §3: a ping and an ack a period sent by each on average; gossip here also has messages of its own. */
      messagesSwim: 2,
      falseSuspicions,
      falseConvictions,
    },
  });
  return Promise.resolve();
}

export function allDemonstrations(): Promise<void> {
  const verdicts: Record<string, string> = {};
  const from = performance.now();
  for (const file of globSync("*.yaml", { cwd: scenarios }).sort()) {
    const scenario = parseScenario(readFileSync(join(scenarios, file), "utf8"), file);
    const buggify = scenario.lesson === undefined;
    const { verdict } = simulate({ scenario, seed: 1, version: "bench", buggify, hasher: nativeHasher() });
    verdicts[file.replace(".yaml", "")] = verdict.verdict;
  }
  report({
    bench: "demonstrations",
    value: (performance.now() - from) / 1_000,
    unit: "s",
    target: 10,
    better: "lower",
    detail: { verdicts },
  });
  return Promise.resolve();
}
