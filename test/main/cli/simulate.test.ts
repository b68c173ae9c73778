/** `lightcone simulate` as a person types it: output, exit codes, the folder it leaves. */
import { spawn, spawnSync } from "node:child_process";
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
import { afterAll, describe, expect, it } from "vitest";
import { SessionFile } from "../../../main/lab/session-file.ts";
import { readRunFolder } from "../../../main/scenario/run-folder.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const entry = join(root, "main", "cli", "main.ts");
const demonstration = join(root, "assets", "scenarios", "01-happens-before.yaml");
const dir = mkdtempSync(join(tmpdir(), "lightcone-simulate-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function simulate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, "simulate", ...args], {
    encoding: "utf8",
    cwd: dir,
  });
  return { status, stdout, stderr };
}

function scenario(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

const failing = () =>
  scenario(
    "failing.yaml",
    "name: failing\ncluster: { nodes: 2 }\nsteps: [{ do: { put: { node: node-1, key: k, value: v } } }]\nexpect: [{ operations: { f: put, count: 2 } }]\n",
  );

/** The one sentence with which it ends. */
function refused(...args: string[]): string {
  const { status, stderr } = simulate(...args);
  expect(status).toBe(2);
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
}

describe("lightcone simulate", () => {
  it("ends with verdict, seed, version and the hash of the trace, the same each time", () => {
    const first = simulate(demonstration, "--seed", "7", "--out", "first");
    expect(first.stderr).toBe("");
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(
      /verdict: holds\nseed: 7\nversion: \d+\.\d+\.\d+\ntrace sha256: [0-9a-f]{64}\n$/,
    );
    const sha256 = first.stdout.trimEnd().slice(-64);
    const again = simulate(
      demonstration,
      "--seed",
      "7",
      "--out",
      "again",
      "--expect-sha256",
      sha256,
      "--compare",
      "first",
    );
    expect(again.status).toBe(0);
    expect(again.stdout).toContain(sha256);

    const other = simulate(
      demonstration,
      "--seed",
      "8",
      "--out",
      "other",
      "--expect-sha256",
      sha256,
      "--compare",
      "first",
    );
    expect(other.status).toBe(1);
    expect(other.stdout).toMatch(/The trace is not the expected one/);
    expect(other.stdout).toMatch(
      /This run parts from first .* at event \d+\. It had seed 7, this one has 8\.\n {2}there: \[.*\n {2}here: {2}\[/,
    );
  });

  it("leaves a folder with everything that is needed to look at the run again", () => {
    const { status } = simulate(demonstration, "--out", "whole");
    expect(status).toBe(0);
    const folder = join(dir, "whole");
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    expect(read("scenario.yaml")).toBe(readFileSync(demonstration, "utf8"));
    expect(JSON.parse(read("run.json"))).toMatchObject({ world: "simulated", seed: 1, verdict: "holds" });
    expect(JSON.parse(read("verdict.json"))).toMatchObject({ verdict: "holds", broken: null });
    expect(existsSync(join(folder, "history.jsonl"))).toBe(true);
    expect(readdirSync(join(folder, "nodes")).sort()).toEqual(["A.jsonl", "B.jsonl", "C.jsonl"]);
    const [start] = read("nodes/A.jsonl").split("\n");
    expect(JSON.parse(start!)).toMatchObject({ node: "A", seq: 1, name: "start" });
    const session = SessionFile.open(join(folder, "session.lightcone"), true);
    const { last } = session;
    session.close();
    expect(readRunFolder(folder).events).toHaveLength(last);
  });

  it("ends with 1 when an expectation is violated, and prints it all as JSON when asked", () => {
    const { status, stdout } = simulate(failing(), "--json", "--out", "violated");
    expect(status).toBe(1);
    const outcome = JSON.parse(stdout) as Record<string, unknown>;
    expect(outcome).toMatchObject({ seed: 1, folder: "violated", verdict: { verdict: "violated" } });
    expect(outcome["traceSha256"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("refuses in one sentence what it cannot use, with exit code 2", () => {
    expect(refused("nowhere.yaml")).toMatch(/nowhere\.yaml cannot be read/);
    expect(refused(scenario("odd.yaml", "name: odd\ncluster: { nodes: 2 }\nspeed: 3\n"))).toMatch(
      /odd\.yaml.*3/,
    );
    expect(refused(demonstration, "--seed", "1e400")).toMatch(/whole number/);
    expect(refused(demonstration, "--compare", "nothing")).toMatch(/name a folder that a run has left/);
    mkdirSync(join(dir, "mine"));
    writeFileSync(join(dir, "mine", "diary.txt"), "");
    expect(refused(demonstration, "--out", "mine")).toMatch(/something else than a run/);
    expect(readdirSync(join(dir, "mine"))).toEqual(["diary.txt"]);
  });

  it("prints nothing that would steer the terminal", () => {
    const steering = '[{ state: { node: node-1, key: "\\e[2J\\u202E", values: ["\\a"] } }]';
    const odd = scenario("steering.yaml", `name: odd\ncluster: { nodes: 1 }\nexpect: ${steering}\n`);
    const { status, stdout } = simulate(odd, "--out", "steering");
    expect(status).toBe(1);
    expect(stdout).toContain('holds "\uFFFD" for key \uFFFD[2J\uFFFD');
  });

  it("ends as it would have when nobody reads on, and with 2 when its output is lost", () => {
    const shell = (rest: string) =>
      spawnSync("bash", ["-c", `"$0" "$1" simulate "$2" ${rest}`, process.execPath, entry, demonstration], {
        encoding: "utf8",
        cwd: dir,
      });
    const unread = shell("--out unread | true; exit ${PIPESTATUS[0]}");
    expect(unread).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(dir, "unread", "run.json"))).toBe(true);
    if (!existsSync("/dev/full")) return;
    const lost = shell("--out lost > /dev/full");
    expect(lost.status).toBe(2);
    expect(lost.stderr).toMatch(/^The output cannot be written \(ENOSPC.*\)\.\n$/);
  });

  it("refuses as JSON when asked, too", () => {
    const { status, stdout, stderr } = simulate("nowhere.yaml", "--json");
    expect(status).toBe(2);
    const { error } = JSON.parse(stdout) as { error: string };
    expect(stderr).toBe(`${error}\n`);
    expect(error).toMatch(/nowhere\.yaml cannot be read/);
  });

  it("ends cleanly on Ctrl+C, with what there is until then", async () => {
    const endless = scenario("endless.yaml", "name: endless\ncluster: { nodes: 3, preset: lab }\nend: 20h\n");
    const child = spawn(process.execPath, [entry, "simulate", endless, "--out", "cut"], { cwd: dir });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text) => (stdout += String(text)));
    child.stderr.on("data", (text) => {
      if (stderr === "") child.kill("SIGINT");
      stderr += String(text);
    });
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect(stderr).toMatch(/s of virtual time, \d+ events/);
    expect(stdout).toMatch(/ended early: The run was ended after .*\nverdict: unknown\nseed: 1/);
    expect(status).toBe(2);
    expect(JSON.parse(readFileSync(join(dir, "cut", "run.json"), "utf8"))).toMatchObject({
      verdict: "unknown",
    });
  });
});
