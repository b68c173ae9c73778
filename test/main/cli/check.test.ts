/** `lightcone check` in a process of its own: files in, a verdict and an exit code out. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkFile } from "../../../main/cli/check.ts";
import { SessionFile } from "../../../main/lab/session-file.ts";
import { asKey, asNodeId, asRequestId } from "../../../shared/ids.ts";
import type { Detail, TraceEvent } from "../../../shared/trace/event.ts";

const main = join(import.meta.dirname, "..", "..", "..", "main", "cli", "main.ts");
const dir = mkdtempSync(join(tmpdir(), "lightcone-check-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function check(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", main, "check", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

/** `0 write x 1`, `1 read x 1`: one after the other. */
function history(text: string): string {
  let index = 0;
  const lines = text.split("\n").flatMap((line) => {
    const [process, f, key, value] = line.trim().split(" ");
    return ["invoke", "ok"].map((type) => {
      index += 1;
      const said = f === "write" || type === "ok" ? { value: JSON.parse(value!) as unknown } : {};
      return JSON.stringify({ process: Number(process), type, f, key, ...said, time: index * 1000, index });
    });
  });
  return `${lines.join("\n")}\n`;
}

const limits = { time: 30_000, memory: 2 ** 29 };
const stale = file("stale.jsonl", history("0 write x 1\n0 write x 2\n1 read x 2\n1 read x 1"));
const sound = file("sound.jsonl", history("0 write x 1\n1 read x 1"));

const event = (
  seq: number,
  op: "put" | "get",
  name: string,
  request: string,
  detail: Detail,
): TraceEvent => ({
  node: asNodeId("node-1"),
  life: 1,
  seq,
  at: seq,
  type: "local",
  op,
  name,
  clock: { "node-1": seq },
  key: asKey("cart"),
  request: asRequestId(request),
  detail,
});

describe("lightcone check", () => {
  it("calls a sound history valid, with 0", () => {
    const { status, stdout, stderr } = check(sound, "--model", "causal");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^valid: .*\nModel causal, 2 operations\.\n$/);
  });

  it("shows why another is not, with 1", () => {
    const { status, stdout } = check(stale, "--model", "session");
    expect(status).toBe(1);
    expect(stdout).toBe(`invalid: Process 1 read 1 from x (line 7), which breaks monotonic reads.
Model session, 4 operations.

The smallest part that shows it:
  line  process  operation     answer  invoked   returned
  1     0        write 1 to x  ok      0.001 ms  0.002 ms
  3     0        write 2 to x  ok      0.003 ms  0.004 ms
  5     1        read x        2       0.005 ms  0.006 ms
  7     1        read x        1       0.007 ms  0.008 ms

Why:
  1. Process 0 wrote 1 to x (line 1) before it wrote 2 to x (line 3).
  2. Process 1 read 2 from x (line 5), which process 0 had written.
  3. Process 1 read 2 from x (line 5) before it read 1 from x (line 7).
  4. By monotonic reads, process 1 must read "write 2 to x" or something newer, yet it read what came before.
`);
  });

  it("prints the verdict as JSON", () => {
    const { status, stdout } = check(stale, "--model", "register", "--json");
    expect(status).toBe(1);
    const verdict = JSON.parse(stdout) as { counterExample: { operations: unknown[] } };
    expect(verdict).toMatchObject({ verdict: "invalid", checker: "register", operations: 4 });
    expect(verdict.counterExample.operations.length).toBeGreaterThan(0);
  });

  it("ends with 2 when its limits do not suffice", () => {
    const { status, stdout } = check(sound, "--model", "causal", "--time", "0ms");
    expect(status).toBe(2);
    expect(stdout).toMatch(/^unknown: /);
  });

  it("reads a history of Jepsen", async () => {
    const path = file(
      "history.edn",
      "[{:process 0, :type :invoke, :f :read, :value nil}\n {:process 0, :type :ok, :f :read, :value 5}]",
    );
    expect(await checkFile(path, { ...limits, model: "register" })).toMatchObject({ verdict: "invalid" });
  });

  it("reads a session whose events say enough", async () => {
    const path = join(dir, "run.lightcone");
    const session = SessionFile.create(path, { id: "r", name: "run", createdAt: 0, recordedBy: "test" });
    session.append([
      event(1, "put", "request", "a", { value: "milk" }),
      event(2, "put", "reply", "a", { ok: true }),
      event(3, "get", "request", "b", {}),
      event(4, "get", "reply", "b", { ok: true, values: [] }),
    ]);
    session.close();
    const verdict = await checkFile(path, { ...limits, model: "kv" });
    expect(verdict.verdict).toBe("invalid");
    expect(verdict.counterExample!.events).toContainEqual({ node: "node-1", life: 1, seq: 4 });
    await expect(checkFile(path, { ...limits, model: "causal" })).rejects.toThrow(
      /^run\.lightcone: the events of this session do not say which client asked.*\.$/,
    );
  });

  it("documents the format in its help", () => {
    const { status, stdout } = check("--help");
    expect(status).toBe(0);
    expect(stdout).toContain(
      '{"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":1000,"index":0}',
    );
    expect(stdout).toMatch(/ {2}causal +Causal consistency/);
  });

  it.each([
    [[sound], /required option '--model <name>'/],
    [[sound, "--model", "serializable"], /Allowed choices are register, register-cas, kv/],
    [[sound, "--model", "causal", "--time", "soon"], /It takes a number and ms, s, m or h/],
    [[sound, "--model", "causal", "--memory", "lots"], /It takes a number and K, M or G/],
    [[file("empty.jsonl", ""), "--model", "causal"], /^empty\.jsonl: there is no operation in it/],
  ])("ends with 2 and a sentence for %j", (args, sentence) => {
    const { status, stdout, stderr } = check(...args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    [join(dir, "none.jsonl"), /^There is no file .*none\.jsonl\.$/],
    [dir, /^\S+ is no file: save the history to one, and name that\.$/],
    ["-", /^- is no file: save the history to one/],
    [
      file("cut.jsonl", history("0 write x 1").slice(0, -20)),
      /^cut\.jsonl line 2: the file ends in the middle of this line/,
    ],
    [
      file("cas.jsonl", history("0 cas x 1")),
      /^cas\.jsonl: The model "causal" understands .*, not "cas" \(line 1\)\.$/,
    ],
    [file("bytes.jsonl", "\u0000\u001b[31m"), /^bytes\.jsonl line 1: this is no history/],
    [
      file("text.lightcone", "SQLite format 3\0 and no more"),
      /^text\.lightcone cannot be opened as a session/,
    ],
  ])("refuses %s in a sentence", async (path, sentence) => {
    await expect(checkFile(path, { ...limits, model: "causal" })).rejects.toThrow(sentence);
  });

  it("refuses a file that would not fit in the memory allowed", async () => {
    await expect(checkFile(sound, { ...limits, model: "causal", memory: 100 })).rejects.toThrow(
      /^sound\.jsonl is too large for the memory allowed; give it more with --memory\.$/,
    );
  });

  it("prints nothing that would steer a terminal", () => {
    const path = file("steer.jsonl", history("0 read \u001b]0;x\u0007 1"));
    const { status, stdout } = check(path, "--model", "causal");
    expect(status).toBe(1);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });
});
