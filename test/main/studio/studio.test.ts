/** Scenarios and hunts in a real lab, beside its running cluster. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { studio } from "../../../main/studio/studio.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { portableHasher } from "../../../shared/simulation/canonical.ts";
import { simulate } from "../../../shared/simulation/simulate.ts";
import type { HuntState, ScenarioRunState, World } from "../../../shared/contract/studio.ts";
import { eventually, isRunning, RunningLab, workerEntry } from "../lab/running-lab.ts";
import { sometimes, violatedSeeds } from "../hunt/sometimes.ts";
import { workersOf } from "../scenario/workers.ts";

const huntWorkerEntry = join(import.meta.dirname, "../../../main/hunt/worker.ts");
/** Where the runs make their folders. */
const scratch = mkdtempSync(join(tmpdir(), "lightcone-studio-"));
const before = process.env["TMPDIR"];
let lab: RunningLab;

const files = {
  sometimes,
  broken: "name: broken\ncluster: { nodes: 2 }\nspeed: 3\n",
  played: `name: played
lesson: 1
predict: What comes back?
cluster: { nodes: [A, B], requestTimeout: 7s }
steps:
  - do: { put: { node: A, key: k, value: v } }
  - do: { note: look }
expect:
  - operations: { outcome: ok, count: 1 }
`,
  wrong: `name: wrong
cluster: { nodes: [A] }
steps: [{ do: { put: { node: A, key: k, value: v } } }]
expect: [{ operations: { count: 2 } }]
`,
  endless:
    "name: endless\ncluster: { nodes: [A, B], preset: lab }\nsteps: [{ do: { note: on } }]\nend: 20h\n",
  always: `${sometimes.replace("0.01", "0")}  - operations: { f: put, count: 0 }\n`,
};

beforeAll(async () => {
  process.env["TMPDIR"] = scratch;
  const dataDir = join(scratch, "data");
  mkdirSync(join(dataDir, "scenarios", "folder.yaml"), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(dataDir, "scenarios", `${name}.yaml`), text);
  }
  writeFileSync(join(dataDir, "scenarios", "readme.txt"), "none");
  lab = await start(dataDir);
});
afterEach(async () => {
  await lab.call("scenario.cancel", {});
  await lab.call("hunt.cancel", {});
  // Of runs nothing is left but what the lab keeps.
  expect(readdirSync(scratch).filter((name) => name.startsWith("lightcone-"))).toEqual([]);
});
afterAll(async () => {
  await lab.close();
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
});

function start(dataDir: string): Promise<RunningLab> {
  const scenarios = join(import.meta.dirname, "../../../assets/scenarios");
  return RunningLab.start({
    dataDir,
    nodes: 1,
    studio: studio({ scenarios, workerEntry, huntWorkerEntry, version: "test" }),
  });
}

const pids = () => workersOf(process.pid).map(({ pid }) => pid);

const run = async (): Promise<ScenarioRunState> => (await lab.state()).studio.run!;
const hunting = async (): Promise<HuntState> => (await lab.state()).studio.hunt!;

async function played(scenario: string, world: World): Promise<ScenarioRunState> {
  const { run: id } = await lab.call("scenario.start", { scenario, world, seed: 3 });
  return eventually(async () => {
    const state = await run();
    expect(state).toMatchObject({ id, world, seed: 3 });
    expect(state.status).not.toBe("running");
    return state;
  });
}

async function hunted(scenario: string, to: number, stopAtFirst: boolean): Promise<HuntState> {
  await lab.call("hunt.start", { scenario, from: 1, to, stopAtFirst });
  return eventually(async () => {
    const state = await hunting();
    expect(state.status).not.toBe("running");
    return state;
  });
}

describe("the scenarios of a lab", () => {
  it("are those of the program and the user's own, with what is wrong in one and where", async () => {
    const { scenarios } = await lab.call("scenario.list", {});
    const of = (id: string) => scenarios.find((each) => each.id === id);
    expect(of("01-happens-before")).toMatchObject({ lesson: 1, error: null });
    expect(of("played")).toMatchObject({
      name: "played",
      lesson: 1,
      predict: "What comes back?",
      error: null,
    });
    expect(of("broken")?.error).toMatch(/^broken\.yaml:3: .*speed/);
    expect(of("folder")?.error).toMatch(/EISDIR/);
    expect(of("readme")).toBeUndefined();
    await expect(lab.call("scenario.start", { scenario: "broken", world: "simulated" })).rejects.toThrow(
      /^broken\.yaml:3: /,
    );
    await expect(lab.call("hunt.start", { scenario: "none", from: 1, to: 2 })).rejects.toThrow(
      'There is no scenario "none"',
    );
  });
});

describe("a scenario in a lab", () => {
  it.each(["simulated", "real"] as const)("is played %s, judged and recorded", async (world) => {
    const state = await played("played", world);
    expect(state).toMatchObject({ status: "over", error: null, verdict: { verdict: "holds", broken: null } });
    expect(state.steps.map(({ words }) => words)).toEqual(['put "v" under k at A', "look"]);
    expect(state.traceSha256).toEqual(world === "real" ? null : expect.stringMatching(/^[0-9a-f]{64}$/));
    const { events } = await lab.call("events.page", { session: state.session!, after: 0, limit: 20_000 });
    for (const { event, words } of state.steps) {
      expect(events.find(({ id }) => id === event)).toMatchObject({
        op: "lab",
        name: "step",
        detail: { words },
      });
    }
    expect((await lab.call("session.list", {})).sessions.map(({ id }) => id)).toContain(state.session);
  });

  it("is the same run as `lightcone simulate` has, and its violation is a verdict and no error", async () => {
    const first = await played("wrong", "simulated");
    expect(first).toMatchObject({ status: "over", verdict: { verdict: "violated" } });
    const scenario = parseScenario(files.wrong, "wrong.yaml");
    const options = { scenario, seed: 3, version: "test", buggify: true, hasher: portableHasher() };
    expect(first.traceSha256).toBe(simulate(options).traceSha256);
  });

  it.each(["simulated", "real"] as const)("is one at a time, and is cancelled %s", async (world) => {
    const nodes = pids();
    await lab.call("scenario.start", { scenario: "endless", world });
    await expect(lab.call("scenario.start", { scenario: "wrong", world })).rejects.toThrow(
      "A scenario is running: wait for its end or cancel it.",
    );
    await eventually(async () => expect((await run()).progress).toMatchObject({ step: 1, words: "on" }));
    await lab.call("scenario.cancel", {});
    expect(await run()).toMatchObject({ status: "cancelled", verdict: null, session: null, error: null });
    expect(pids()).toEqual(nodes);
  });
});

describe("a hunt in a lab", () => {
  it("finds the first failure, makes it small and opens it", async () => {
    const state = await hunted("sometimes", 1_000, true);
    const [first] = violatedSeeds(sometimes, 1, 60);
    expect(state).toMatchObject({ scenario: "sometimes", status: "over", error: null });
    const [failure] = state.failures;
    expect(failure).toMatchObject({ seed: first, words: "exactly 0 unknown put" });
    expect(failure!.minimised!.operations[1]).toBeLessThan(failure!.minimised!.operations[0]);
    const { events } = await lab.call("events.page", { session: failure!.session!, after: 0, limit: 20_000 });
    expect(events.length).toBeGreaterThan(0);
    if (failure!.proof !== null) expect(events.map(({ id }) => id)).toContain(failure!.proof);
  });

  it("tells about itself no more often than the lab pushes its state", async () => {
    let pushes = 0;
    const stop = lab.connection.on("state", () => (pushes += 1));
    const startedAt = performance.now();
    const state = await hunted("always", 150, false);
    stop();
    expect(state).toMatchObject({ status: "over", done: 150 });
    expect(state.failures).toHaveLength(150);
    // One push in 100 ms, however long it took; a timer may go off a little early.
    expect(pushes).toBeLessThanOrEqual((performance.now() - startedAt) / 95 + 1);
    expect(state.failures.filter(({ minimised }) => minimised !== null)).toHaveLength(5);
  });

  it("ends when it has more failures than anybody looks at", async () => {
    const state = await hunted("always", 1_000_000, false);
    expect(state.status).toBe("over");
    expect(state.failures).toHaveLength(200);
  });

  it("is one at a time, refuses a range that is none, and is cancelled", async () => {
    await expect(lab.call("hunt.start", { scenario: "sometimes", from: 5, to: 1 })).rejects.toThrow(
      "The seeds 5 to 1 are none",
    );
    await lab.call("hunt.start", { scenario: "sometimes", from: 1, to: Number.MAX_SAFE_INTEGER });
    await expect(lab.call("hunt.start", { scenario: "sometimes", from: 1, to: 2 })).rejects.toThrow(
      "A hunt is running: cancel it first.",
    );
    await eventually(async () => expect((await hunting()).done).toBeGreaterThan(0));
    await lab.call("hunt.cancel", {});
    expect(await hunting()).toMatchObject({ status: "cancelled", error: null });
  });
});

it("leaves nothing behind when the lab closes while a scenario and a hunt run", async () => {
  const nodes = pids();
  const other = await start(join(scratch, "other"));
  mkdirSync(join(other.dataDir, "scenarios"));
  for (const name of ["endless", "sometimes"] as const) {
    writeFileSync(join(other.dataDir, "scenarios", `${name}.yaml`), files[name]);
  }
  await other.call("scenario.start", { scenario: "endless", world: "real" });
  await other.call("hunt.start", { scenario: "sometimes", from: 1, to: Number.MAX_SAFE_INTEGER });
  await eventually(async () => {
    const { run: playing, hunt: seeking } = (await other.state()).studio;
    expect(playing!.progress.step).toBe(1);
    expect(seeking!.done).toBeGreaterThan(0);
  });
  const started = pids().filter((pid) => !nodes.includes(pid));
  expect(started).toHaveLength(3);
  await other.close();
  expect(started.filter(isRunning)).toEqual([]);
});
