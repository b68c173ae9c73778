/** The command as a person types it: the built entry, in a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SessionFile } from "../../../main/lab/session-file.ts";
import { asKey, asMessageId, asNodeId } from "../../../shared/ids.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";

const start = join(import.meta.dirname, "..", "..", "..", "main", "start.mjs");
const dir = mkdtempSync(join(tmpdir(), "lightcone-cli-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function lightcone(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [start, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("lightcone", () => {
  it("says its version", () => {
    expect(lightcone("--version")).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  });

  it.each([[], ["lab"], ["node"], ["call"], ["sessions"], ["events"]])("helps with %j", (...command) => {
    const { status, stdout } = lightcone(...command, "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: lightcone/);
  });

  it.each([
    [["node"], /required option/, 2],
    [["fly"], /unknown command 'fly'/, 2],
    [["lab", "--nodes", "0"], /whole number from 1 to 32/, 2],
    [["lab", "--nodes", "many"], /whole number from 1 to 32/, 2],
    [["lab", "--preset", "wan"], /Allowed choices are lab, lan, classroom/, 2],
    [["lab", "--port", "70000"], /whole number from 1 to 65535/, 2],
    [["lab", "--frobnicate"], /unknown option '--frobnicate'/, 2],
    [["call", "node.explode"], /Allowed choices are/, 2],
    [["call", "lab.state", "{", "--data-dir", dir], /not JSON/, 1],
    [["call", "lab.state", "--data-dir", dir], /No lab is running on/, 1],
    [["sessions", "--data-dir", join(dir, "nowhere")], /no lab has run there/, 1],
    [["events", join(dir, "nothing.lightcone")], /There is no file/, 1],
  ])("refuses %j in one sentence", (args, sentence, code) => {
    const { status, stderr } = lightcone(...args);
    expect(status).toBe(code);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("refuses a file that is no session", () => {
    const file = join(dir, "text.lightcone");
    writeFileSync(file, "hello, this is a text and no database at all");
    const { status, stderr } = lightcone("events", file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/not an SQLite file/);
  });

  it("prints a session's events, filters them, and points at clocks that contradict the truth", () => {
    mkdirSync(join(dir, "sessions"));
    const file = join(dir, "sessions", "s.lightcone");
    const session = SessionFile.create(file, { id: "s", name: "a walk", createdAt: 0, recordedBy: "test" });
    const base = { life: 1, op: "put", key: asKey("cart") } as const;
    const message = asMessageId("node-1.1.1");
    const events: TraceEvent[] = [
      {
        ...base,
        node: asNodeId("node-1"),
        seq: 1,
        at: 1000,
        type: "local",
        name: "request",
        clock: { "node-1": 1 },
      },
      {
        ...base,
        node: asNodeId("node-1"),
        seq: 2,
        at: 1001,
        type: "send",
        name: "REPLICATE",
        clock: { "node-1": 2 },
        message,
        peer: asNodeId("node-2"),
      },
      {
        ...base,
        node: asNodeId("node-2"),
        seq: 1,
        at: 1002,
        type: "receive",
        name: "REPLICATE",
        clock: { "node-2": 1 },
        message,
        peer: asNodeId("node-1"),
      },
    ];
    session.append(events);
    session.close();

    expect(lightcone("sessions", "--data-dir", dir).stdout).toMatch(/3 events {2}a walk/);
    const lines = lightcone("events", file).stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/node-1\s+send REPLICATE cart to node-2 ⟨2,0⟩/);
    const wrong = lightcone("events", file, "--mismatches", "--json").stdout.trimEnd().split("\n");
    expect(wrong.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([3]);
  });
});
