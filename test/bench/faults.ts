/** Half an hour of load on real processes with a fault every ten seconds, and what its checks say afterwards. */
import { join } from "node:path";
import { runScenario } from "../../main/scenario/real-run.ts";
import { scenarioSchema } from "../../shared/scenario/schema.ts";
import { report } from "./report.ts";

const minutes = 30;
const workerEntry = join(import.meta.dirname, "..", "..", "main", "worker", "main.ts");

const scenario = scenarioSchema.parse({
  name: "Half an hour of faults",
  cluster: { nodes: 5, n: 3, r: 2, w: 2, replication: { antiEntropyInterval: "2s" } },
  load: { clients: 5, rate: 10, for: `${minutes}m`, keys: 50, mix: { put: 3, get: 2, delete: 1 } },
  storm: {
    for: `${minutes}m`,
    every: "10s",
    faults: [
      "kill",
      "pause",
      "partition",
      "isolate",
      "one-way",
      "flap",
      "loss",
      "delay",
      "clock",
      "join",
      "leave",
    ],
  },
  calm: "60s",
  expect: [{ "no-lost-writes": true }, { converged: true }, { settled: true }],
});

/** Expectations that do not hold; what was found stands beside each. */
export async function faults(): Promise<void> {
  const { record, verdict, ms } = await runScenario({ scenario, seed: 1, workerEntry, version: "bench" });
  const amiss = verdict.results.filter((one) => one.verdict !== "holds");
  const calls = record.calls.length;
  const answered = record.calls.filter(({ outcome }) => outcome === "ok").length;
  report({
    bench: "faults-30min",
    value: amiss.length + (verdict.broken === null ? 0 : 1),
    unit: "expectations amiss",
    target: 0,
    better: "lower",
    detail: {
      minutes: Math.round(ms / 60_000),
      operations: calls,
      acknowledged: answered,
      events: record.events.length,
      found: verdict.results.map(({ verdict, words, found }) => `${verdict}: ${words}. ${found}`),
      ...(verdict.broken !== null && { broken: verdict.broken }),
    },
  });
}
