/** Scenarios on real processes: every act, what rules do, and how runs end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type RealRunResult, runScenario } from "../../../main/scenario/real-run.ts";
import type { RunVerdict } from "../../../shared/scenario/run.types.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { skipped } from "../../skipped.ts";
import { causalClient, expectSessionsKept } from "../../shared/scenario/causal-client.ts";
import { isRunning } from "../lab/running-lab.ts";
import { workersOf } from "./workers.ts";

const linuxOnly = skipped(process.platform !== "linux", "the test finds processes in /proc");

/** Runs make their folders here, where nobody else does. */
const temporary = mkdtempSync(join(tmpdir(), "lightcone-runs-"));
process.env["TMPDIR"] = temporary;
afterAll(() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));

const workerEntry = join(import.meta.dirname, "../../../main/worker/main.ts");

interface Options {
  readonly signal?: AbortSignal;
  readonly onStep?: (step: number) => void;
}

function play(yaml: string, { signal, onStep }: Options = {}): Promise<RealRunResult> {
  const scenario = parseScenario(yaml, "test.yaml");
  return runScenario({
    // The usual second is soon over on a machine that does much else.
    scenario: { ...scenario, cluster: { ...scenario.cluster, requestTimeout: 7_000 } },
    seed: 1,
    workerEntry,
    version: "0.0.0",
    ...(signal !== undefined && { signal }),
    onProgress: ({ step }) => onStep?.(step),
  });
}

const labActs = ({ record }: RealRunResult): RecordedEvent[] =>
  record.events.filter(({ op, name }) => op === "lab" && name !== "step" && name !== "effect");
/** Shows what does not hold. */
function expectHolds({ verdict, results, broken }: RunVerdict): void {
  expect(results.filter((result) => result.verdict !== "holds")).toEqual([]);
  expect({ verdict, broken }).toEqual({ verdict: "holds", broken: null });
}
const outcomes = ({ record }: RealRunResult) => record.calls.map(({ outcome }) => outcome);
/** Folders of runs that are there now. */
const scratchFolders = () => readdirSync(temporary).filter((name) => name.startsWith("lightcone-run-"));

describe("clients", () => {
  it("keep their session wherever they ask, and are told when they repeat themselves", async () => {
    const { record, verdict } = await play(causalClient);
    expect(verdict.broken).toBeNull();
    expectSessionsKept(record);
  });
});

describe("acts", () => {
  it("carries out every act on processes, network, clocks and application, and records it", async () => {
    const result = await play(`
      name: Everything
      cluster: { nodes: [A, B, C], w: 3, r: 2 }
      network: { latency: 1ms }
      steps:
        - do:
            - put: { node: A, key: k, value: one, as: first }
            - get: { node: B, key: k }
            - put: { node: C, key: k, value: two, context: first }
            - snapshot: before
            - delete: { node: B, key: k }
            - get: { node: A, key: k }
            - mint: { node: B }
            - local: { node: A, text: alone }
            - clock: { node: B, offset: 60s }
            - broadcast: { node: B, text: hello, order: fifo }
            - tell: { node: A, to: C, text: hi }
        - when: { event: { node: C, name: TELL, type: receive, text: hi } }
          do:
            - link: { from: A, to: B, latency: 20ms, loss: 0.1 }
            - cut: { from: A, to: B }
            - clog: { from: B, to: C }
            - rule: { do: delay, message: PING, by: 5ms, name: slow }
            - end-rule: slow
            - heal: all
            - partition: { groups: [[A], [B, C]] }
            - isolate: B
            - flap: { from: A, to: C, up: 20ms, down: 20ms }
            - heal: cuts
        - when: { settled: [A, B, C] }
          within: 60s
          do:
            - pause: C
            - resume: C
            - stop: C
            - restart: C
            - kill: C
            - wipe: C
            - restart: { node: C, clock: lose }
            - add: D
        - when: { settled: [A, B, C, D] }
          within: 60s
          do: { remove: D }
        - when: { settled: [A, B, C] }
          within: 60s
          do: { note: done }
      end: 100ms
      expect:
        - event: { name: TELL, type: receive, node: C, count: 1 }
        - state: { node: A, key: k, values: [] }
        - operations: { outcome: ok, at-least: 6 }
    `);
    expectHolds(result.verdict);
    const acts = new Set(labActs(result).map(({ name }) => name));
    const wanted =
      "kill pause resume stop restart wipe node-added node-removed clock link partition heal rule end-rule note";
    for (const act of wanted.split(" ")) expect(acts, act).toContain(act);
    const { snapshots, final, nodes, events } = result.record;
    expect(nodes).toEqual(["A", "B", "C", "D"]);
    const [, state] = snapshots.get("before")![0]!.keys.find(([key]) => key === "k")!;
    expect(state.versions.map(({ value }) => value)).toEqual(["two"]);
    expect(final.map(({ node, running }) => [node, running])).toEqual([
      ["A", true],
      ["B", true],
      ["C", true],
    ]);
    expect(final[0]!.ring).toEqual(["A", "B", "C"]);
    expect(final[0]!.members.filter(({ status }) => status === "alive").map(({ node }) => node)).toEqual(
      expect.arrayContaining(["A", "B", "C"]),
    );
    const broadcast = events.find(({ node, name }) => node === "B" && name === "broadcast")!;
    expect(Number(broadcast.detail!["wall"]) - broadcast.at).toBeGreaterThan(50_000);
    const ids = events.map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
  });

  it("says honestly what a failed request means: refused had no effect, broken may have had one", async () => {
    const result = await play(`
      name: Failures
      cluster: { nodes: [A, B] }
      steps:
        - do:
            - kill: B
            - put: { node: B, key: k, value: refused }
            - get: { node: B, key: k }
            - pause: A
        - do: { put: { node: A, key: k, value: broken } }
          background: true
        - after: 2s
          do: { kill: A }
    `);
    expect(outcomes(result)).toEqual(["fail", "fail", "unknown"]);
    expect(result.record.calls.map(({ answer }) => answer)).toMatchObject([
      { ok: false, definite: true, code: "unreachable" },
      { ok: false, definite: true, code: "unreachable" },
      { ok: false, definite: false, code: "unreachable" },
    ]);
    expect(result.record.final.every(({ running }) => !running)).toBe(true);
  });

  it("an act that cannot be done ends the run with its sentence", async () => {
    const { verdict } = await play(`
      name: Wrong
      cluster: { nodes: [A, B] }
      steps: [{ do: { resume: A } }]
    `);
    expect(verdict).toMatchObject({ verdict: "unknown", broken: expect.stringMatching(/A is not paused/) });
  });
});

describe("message rules", () => {
  it("drops the second REPLICATE for key k from A, and no other", async () => {
    const { verdict } = await play(`
      name: The second
      cluster: { nodes: [A, B], n: 2, r: 2, w: 1 }
      steps:
        - do:
            - rule: { do: drop, message: REPLICATE, from: A, key: k, nth: 2, name: the second }
            - put: { node: A, key: k, value: one }
        - when: { event: { node: B, type: receive, name: REPLICATE, key: k } }
          do:
            - put: { node: A, key: k, value: two }
            - put: { node: A, key: other, value: passes }
        - when: { event: { node: B, type: receive, name: REPLICATE, key: other } }
          do: { note: look }
      expect:
        - event: { type: lost, name: REPLICATE, count: 1 }
        - event: { node: A, type: lost, name: REPLICATE, key: k, detail: { reason: rule, rule: the second }, count: 1 }
        - state: { node: A, key: k, values: [two] }
        - state: { node: B, key: k, values: [one] }
    `);
    expectHolds(verdict);
  });

  it("a sender that was killed goes on counting where it was", async () => {
    const { verdict } = await play(`
      name: Counting over restarts
      cluster: { nodes: [A, B], n: 2, r: 2, w: 1 }
      steps:
        - do:
            - rule: { do: drop, message: REPLICATE, from: A, nth: 2 }
            - put: { node: A, key: k, value: one }
            - kill: A
            - restart: A
        - when: { settled: true }
          within: 60s
          do: { put: { node: A, key: k, value: two } }
        - when: { event: { node: A, type: lost, name: REPLICATE } }
          do: { note: dropped }
      expect:
        - event: { type: lost, name: REPLICATE, detail: { reason: rule }, count: 1 }
        - state: { node: B, key: k, values: [one] }
    `);
    expectHolds(verdict);
  });

  it("a held message and a clogged one arrive when all is healed", async () => {
    const { verdict } = await play(`
      name: Held
      cluster: { nodes: [A, B, C], gossip: true }
      steps:
        - do:
            - rule: { do: hold, message: TELL, to: B }
            - tell: { node: A, to: B, text: held }
            - clog: { from: A, to: C }
            - tell: { node: A, to: C, text: clogged }
            - tell: { node: B, to: C, text: passes }
        - when: { event: { node: C, type: receive, name: TELL, text: passes } }
          do: { heal: all }
        - when: { event: { type: receive, name: TELL, nth: 2 } }
          do: { note: both are there }
      label:
        passes: { node: C, type: receive, name: TELL, text: passes }
        healed: { action: heal }
        held: { node: B, type: receive, name: TELL, text: held }
        clogged: { node: C, type: receive, name: TELL, text: clogged }
      expect:
        - order: [passes, healed, held]
        - order: [passes, healed, clogged]
    `);
    expectHolds(verdict);
  });
});

describe("settings of the cluster", () => {
  it("membership, virtual nodes, no gossip, quorums that may miss writes, and the clock store", async () => {
    const { verdict, record } = await play(`
      name: Settings
      cluster:
        nodes: [solo, other]
        gossip: false
        virtualNodes: 7
        n: 1
        r: 1
        w: 1
        membership: { probeInterval: 50 }
        clocks: memory
      steps: [{ do: { put: { node: solo, key: k, value: v } } }]
      expect:
        - event: { name: start, detail: { clockStore: memory }, count: 2 }
        - operations: { outcome: ok, count: 1 }
    `);
    expectHolds(verdict);
    expect(record.final.map(({ virtualNodes, ring }) => [virtualNodes, ring])).toEqual([
      [7, ["solo"]],
      [7, ["other"]],
    ]);
  });

  it("a cluster may be set to read what it wrote only sometimes", async () => {
    const { verdict } = await play(`
      name: Weak
      cluster: { nodes: [A, B, C], n: 3, r: 1, w: 1 }
      steps: [{ do: { put: { node: A, key: k, value: v } } }]
      expect: [{ operations: { outcome: ok, count: 1 } }]
    `);
    expectHolds(verdict);
  });
});

describe("the end of a run", () => {
  it("violated: what was found, and which events prove it", async () => {
    const { verdict } = await play(`
      name: Violated
      cluster: { nodes: [A, B] }
      steps: [{ do: { put: { node: A, key: k, value: v } } }]
      expect:
        - operations: { outcome: ok, count: 1 }
        - event: { name: REPLICATE, type: receive, count: 0 }
    `);
    expect(verdict.verdict).toBe("violated");
    expect(verdict.results.map((result) => result.verdict)).toEqual(["holds", "violated"]);
    expect(verdict.results[1]!.proof.length).toBeGreaterThan(0);
  });

  it("a condition that never comes true: unknown, with what was waited for", async () => {
    const { verdict } = await play(`
      name: Never
      cluster: { nodes: [A, B] }
      steps: [{ when: { event: { name: unicorn } }, within: 300ms, do: { kill: A } }]
    `);
    expect(verdict).toMatchObject({ verdict: "unknown", broken: expect.stringMatching(/unicorn/) });
  });

  it.skipIf(linuxOnly)("a node that ends by itself: unknown, with its sentence", async () => {
    let isKilled = false;
    const result = play(
      `
      name: Killed from outside
      cluster: { nodes: [A, B] }
      steps: [{ do: { note: look } }, { after: 30s, do: { note: never } }]
    `,
      {
        onStep: (step) => {
          if (step === 1) isKilled = true;
        },
      },
    );
    await expect.poll(() => isKilled).toBe(true);
    process.kill(workersOf(process.pid).find(({ node }) => node === "A")!.pid, "SIGKILL");
    const { verdict } = await result;
    expect(verdict).toMatchObject({
      verdict: "unknown",
      broken: "A was ended by SIGKILL from outside the lab.",
    });
  });

  it("cancelled while it plays and while the cluster starts: nothing runs on, no folder stays", async () => {
    const yaml = `
      name: Long
      cluster: { nodes: [A, B] }
      steps: [{ do: { pause: B } }, { after: 1h, do: { note: never } }]
      expect: [{ state: { node: A, key: k, values: [] } }]
    `;
    for (const when of [0, 1]) {
      const ending = new AbortController();
      const { verdict } = await play(yaml, {
        signal: ending.signal,
        onStep: (step) => {
          if (step === when) setImmediate(() => ending.abort());
        },
      });
      expect(verdict).toMatchObject({ verdict: "unknown", broken: "The run was cancelled." });
      // What there is when the run is broken off is looked at all the same.
      expect(verdict.results[0]!.verdict).toBe(when === 0 ? "unknown" : "holds");
    }
    expect(scratchFolders()).toEqual([]);
    if (process.platform === "linux") expect(workersOf(process.pid)).toEqual([]);
  });

  it.skipIf(linuxOnly)("killed: neither its nodes stay, not even a stopped one, nor its folder", async () => {
    const file = join(temporary, "long.yaml");
    writeFileSync(
      file,
      "name: Long\ncluster: { nodes: [A, B] }\nsteps: [{ do: { pause: B } }, { do: { note: paused } }, { after: 1h, do: { note: never } }]\n",
    );
    const script = fileURLToPath(new URL("run-process.ts", import.meta.url));
    const run = spawn(process.execPath, [script, file, workerEntry], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TMPDIR: temporary },
    });
    const ended = once(run, "close");
    let steps = "";
    run.stdout.setEncoding("utf8").on("data", (text: string) => (steps += text));
    await expect.poll(() => steps).toContain("2\n");
    const pids = workersOf(run.pid!).map(({ pid }) => pid);
    expect(pids).toHaveLength(2);
    expect(scratchFolders()).toHaveLength(1);
    run.kill("SIGKILL");
    await ended;
    await expect.poll(() => pids.filter(isRunning)).toEqual([]);
    await expect.poll(scratchFolders).toEqual([]);
  });
});
