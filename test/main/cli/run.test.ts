/** `lightcone run` as a person types it: progress, verdict, folder, exit code, Ctrl+C. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { skipped } from "../../skipped.ts";
import { isRunning } from "../lab/running-lab.ts";
import { workersOf } from "../scenario/workers.ts";

const start = join(import.meta.dirname, "..", "..", "..", "main", "start.mjs");
const dir = mkdtempSync(join(tmpdir(), "lightcone-cli-"));
afterAll(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
/** Where the runs make their temporary folders. */
const scratch = join(dir, "tmp");
mkdirSync(scratch);
const folders = () => readdirSync(scratch).filter((name) => name.startsWith("lightcone-"));
const env = { ...process.env, TMPDIR: scratch };

function scenario(name: string, rest: string): string {
  const file = join(dir, `${name}.yaml`);
  writeFileSync(file, `name: ${name}\ncluster: { nodes: [A, B], requestTimeout: 7s }\n${rest}\n`);
  return file;
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [start, "run", ...args], {
    encoding: "utf8",
    env,
  });
  expect(folders()).toEqual([]);
  return { status, stdout, stderr };
}

it("holds: 0, with each step on the way, each expectation at the end, and the run's folder", () => {
  const put = "{ do: { put: { node: A, key: k, value: v } } }";
  const file = scenario(
    "holding",
    `steps: [${put}, { do: { note: look } }]\nexpect: [{ operations: { outcome: ok, count: 1 } }]`,
  );
  const out = join(dir, "held");
  const { status, stdout, stderr } = run(file, "--out", out, "--seed", "7");
  expect(status).toBe(0);
  expect(stderr).toMatch(/the cluster starts\nstep 1 of 2: put "v" under k at A\nstep 2 of 2: look\n$/);
  expect(stdout).toMatch(/^\d+ events in [\d.]+ s, left in .*held\nholds .*\nverdict: holds\n$/);
  expect(JSON.parse(readFileSync(join(out, "run.json"), "utf8"))).toMatchObject({
    world: "real",
    seed: 7,
    verdict: "holds",
  });
  expect(readFileSync(join(out, "history.jsonl"), "utf8")).toMatch(/"f":"put"/);
  for (const name of [
    "scenario.yaml",
    "verdict.json",
    "session.lightcone",
    "nodes/A.jsonl",
    "nodes/B.jsonl",
  ]) {
    expect(existsSync(join(out, name)), name).toBe(true);
  }
});

it("violated: 1, as JSON too", () => {
  const file = scenario("violating", "expect: [{ event: { name: unicorn, count: 1 } }]");
  const { status, stdout } = run(file, "--out", join(dir, "violated"), "--json");
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ seed: 1, verdict: { verdict: "violated", results: [{}] } });
});

it("a condition that never comes true: 2, and why", () => {
  const file = scenario(
    "waiting",
    "steps: [{ when: { event: { name: unicorn } }, within: 200ms, do: { kill: A } }]",
  );
  const { status, stdout } = run(file, "--out", join(dir, "unknown"));
  expect(status).toBe(2);
  expect(stdout).toMatch(/ended early: Step 1 .*unicorn.*\nverdict: unknown\n$/);
});

it("an unusable file: 2, in one sentence with its name", () => {
  const file = scenario("unusable", "steps: [{ do: { kil: A } }]");
  const { status, stdout, stderr } = run(file, "--out", join(dir, "unusable"));
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^\S*unusable\.yaml:3: .*\n$/);
  expect(existsSync(join(dir, "unusable"))).toBe(false);
});

it.each([
  [["--seed", "many"], /whole number/],
  [["--frobnicate"], /unknown option/],
])("refuses %j with 2", (args, sentence) => {
  const { status, stderr } = run(scenario("refused", ""), ...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(sentence);
});

it("a folder that holds something else is not touched", () => {
  const { status, stderr } = run(scenario("elsewhere", ""), "--out", dir);
  expect(status).toBe(2);
  expect(stderr).toMatch(/holds something else than a run/);
});

it.skipIf(skipped(process.platform !== "linux", "the test finds processes in /proc"))(
  "Ctrl+C ends every node and judges what there is",
  async () => {
    const file = scenario(
      "long",
      "steps: [{ do: { pause: B } }, { do: { note: paused } }, { after: 1h, do: { note: never } }]",
    );
    const out = join(dir, "interrupted");
    const child = spawn(process.execPath, [start, "run", file, "--out", out], { env });
    const ended = once(child, "close");
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await expect.poll(() => stderr).toContain("step 2 of 3");
    const pids = workersOf(child.pid!).map(({ pid }) => pid);
    expect(pids).toHaveLength(2);
    child.kill("SIGINT");
    expect(await ended).toEqual([2, null]);
    expect(stdout).toMatch(/ended early: The run was cancelled\.\nverdict: unknown\n$/);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(folders()).toEqual([]);
    expect(existsSync(join(out, "run.json"))).toBe(true);
  },
);
