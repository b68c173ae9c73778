import { describe, expect, it } from "vitest";
import { nativeHasher } from "../../../main/scenario/native-hasher.ts";
import { checkCausal } from "../../../shared/checks/causal.ts";
import { checkSession } from "../../../shared/checks/session.ts";
import { historyOf } from "../../../shared/scenario/history.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import type { RunRecord } from "../../../shared/scenario/run.types.ts";
import { simulate } from "../../../shared/simulation/simulate.ts";
import { noLimits } from "../checks/histories.ts";
import { causalClient, expectSessionsKept } from "../scenario/causal-client.ts";

const play = (yaml: string, seed = 1) =>
  simulate({
    scenario: parseScenario(yaml, "test.yaml"),
    seed,
    version: "test",
    buggify: seed > 1,
    hasher: nativeHasher(),
  });

it("clients keep their session wherever they ask, and are told when they repeat themselves", () => {
  const { record, verdict } = play(causalClient);
  expect(verdict.broken).toBeNull();
  expectSessionsKept(record);
});

/** Clients that go to any node, asking for little, while the cluster is cut in changing ways. */
const roaming = (consistency: string, strategy: string) => `
name: Roaming clients
cluster: { nodes: [A, B, C], n: 3, r: 1, w: 1, replication: { conflicts: { "": ${strategy} } } }
network: { latency: { min: 1ms, max: 60ms } }
load: { clients: 4, rate: 60, for: 3s, keys: 3, consistency: ${consistency}, mix: { put: 2, get: 3 } }
storm: { for: 3s, every: 400ms, faults: [partition, isolate, one-way, delay, pause, clock] }
calm: 1s
`;

const answered = (record: RunRecord) => record.calls.filter(({ outcome }) => outcome === "ok").length;

describe("a load of clients that go to any node", () => {
  const seeds = Array.from({ length: 5 }, (_, index) => index + 1);
  const historiesOf = (consistency: string, strategy = "siblings") =>
    seeds.map((seed) => {
      const { record, verdict } = play(roaming(consistency, strategy), seed);
      expect(verdict.broken).toBeNull();
      return { record, history: historyOf(record) };
    });
  it.each([
    ["siblings"],
    // Whose stamps say nothing of what a client has met, and whose wall clocks are wrong.
    ["last-write-wins"],
  ])("that asks for causal never sees one of the four guarantees broken: %s", (strategy) => {
    for (const { record, history } of historiesOf("causal", strategy)) {
      expect(answered(record)).toBeGreaterThan(50);
      expect(checkSession(history, noLimits)).toMatchObject({ verdict: "valid" });
      expect(checkCausal(history, noLimits)).toMatchObject({ verdict: "valid" });
    }
  });

  it("that asks for eventual does", () => {
    const broken = historiesOf("eventual").filter(
      ({ history }) => checkSession(history, noLimits).verdict === "invalid",
    );
    expect(broken.length).toBeGreaterThan(0);
  });
});
