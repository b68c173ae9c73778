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
import { type Hasher, TraceHash } from "../../shared/simulation/canonical.ts";
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

/** One virtual minute: how much faster than real time, and events a second; by the clock, and by the thread's own CPU. */
interface Minute {
  readonly faster: number;
  readonly events: number;
  readonly fasterCpu: number;
  readonly eventsCpu: number;
}

function minutesOf(hasher: Hasher | null): Minute[] {
  const [warmUp, measured] = [5, 20];
  const scenario = underLoad(warmUp + measured);
  const options = { scenario, seed: 1, version: "bench", buggify: false, keepEvents: false, hasher };
  const simulation = new Simulation(options);
  // The first minutes compile the code and fill the logs of operations.
  simulation.advance(warmUp * 60_000);
  return Array.from({ length: measured }, () => {
    const [from, cpu, before] = [performance.now(), process.threadCpuUsage(), simulation.events];
    simulation.advance(60_000);
    const ms = performance.now() - from;
    const { user, system } = process.threadCpuUsage(cpu);
    const [cpuMs, events] = [(user + system) / 1_000, (simulation.events - before) * 1_000];
    return { faster: 60_000 / ms, events: events / ms, fasterCpu: 60_000 / cpuMs, eventsCpu: events / cpuMs };
  });
}

/** As a hunt runs it, which wants only the verdict; and beside it with the trace hashed, as `lightcone simulate` does. */
export function simulateFive(): Promise<void> {
  const minutes = minutesOf(null);
  const hashed = minutesOf(nativeHasher());
  const reportRate = (bench: string, name: keyof Minute, cpu: keyof Minute, unit: string, target: number) => {
    const of = (from: readonly Minute[], field: keyof Minute) => from.map((minute) => minute[field]);
    const detail = {
      best: Math.round(Math.max(...of(minutes, name))),
      ofCpuTime: Math.round(median(of(minutes, cpu))),
      hashed: Math.round(median(of(hashed, name))),
      hashedOfCpuTime: Math.round(median(of(hashed, cpu))),
      virtualMinutes: minutes.length,
    };
    report({ bench, value: median(of(minutes, name)), unit, target, better: "higher", detail });
  };
  reportRate("sim-5 speed", "faster", "fasterCpu", "times real time", 1_000);
  reportRate("sim-5 events", "events", "eventsCpu", "events/s", 200_000);
  return Promise.resolve();
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
  const [from, cpu] = [performance.now(), process.threadCpuUsage()];
  const options = { members: 1_000, preset: "lan", minutes: 10, seed: 1, failures: 10 } as const;
  const result = simulateMembership(options);
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.threadCpuUsage(cpu);
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
      cpuSeconds: Number(((user + system) / 1e6).toFixed(1)),
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
