import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Recorder } from "../../../main/lab/recorder.ts";
import { SessionFile } from "../../../main/lab/session-file.ts";
import type { RecordedEvent, TraceEvent } from "../../../shared/trace/event.ts";
import { eventually } from "../../eventually.ts";
import { eventsOf } from "./events.ts";
import { temporaryDir } from "./temporary.ts";

const meta = { id: "s", name: "S", createdAt: 1, recordedBy: "0.0.0" };

/** A recorder over a node's own trace of `kept` events, life 7. */
function setUp(kept: readonly TraceEvent[] = []) {
  const file = SessionFile.create(join(temporaryDir(), "s.lightcone"), meta);
  const pushed: RecordedEvent[] = [];
  const failures: Error[] = [];
  const recorder = new Recorder({
    file,
    onRecorded: (events) => {
      expect(file.last, "pushed only after it is in the file").toBeGreaterThanOrEqual(events.at(-1)!.id);
      pushed.push(...events);
    },
    onFailed: (error) => failures.push(error),
    readTrace: (_node, life, after) => kept.filter((event) => event.life === life && event.seq > after),
  });
  return { file, recorder, pushed, failures };
}

const seqsOf = (events: readonly TraceEvent[]) => events.map((event) => event.seq);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe("the recorder", () => {
  it("pushes by itself soon after, in the order of id", async () => {
    const { recorder, pushed, file } = setUp();
    recorder.accept(eventsOf("node-1", 7, 1, 3));
    await eventually(() => expect(pushed.map(({ id }) => id)).toEqual([1, 2, 3]));
    file.close();
  });

  it("takes an event once, however often it arrives", () => {
    const { recorder, pushed, file } = setUp();
    recorder.accept(eventsOf("node-1", 7, 1, 5));
    recorder.accept(eventsOf("node-1", 7, 2, 8));
    recorder.accept(eventsOf("node-1", 7, 1, 8));
    recorder.flush();
    expect(seqsOf(pushed)).toEqual(upTo(8));
    file.close();
  });

  it("reads a gap from the node's own trace before it goes on", () => {
    const { recorder, pushed, file } = setUp(eventsOf("node-1", 7, 1, 20));
    recorder.accept(eventsOf("node-1", 7, 1, 3));
    recorder.accept(eventsOf("node-1", 7, 9, 10));
    recorder.flush();
    expect(seqsOf(pushed)).toEqual(upTo(10));
    file.close();
  });

  it("reads what a killed node had kept and not sent", () => {
    const { recorder, pushed, file } = setUp(eventsOf("node-1", 7, 1, 20));
    recorder.accept(eventsOf("node-1", 7, 1, 3));
    recorder.catchUp("node-1", 7);
    recorder.flush();
    expect(seqsOf(pushed)).toEqual(upTo(20));
    file.close();
  });

  it("keeps lives and nodes apart", () => {
    const { recorder, pushed, file } = setUp();
    recorder.accept(eventsOf("node-1", 7, 1, 2));
    recorder.accept(eventsOf("node-2", 7, 1, 2));
    recorder.accept(eventsOf("node-1", 8, 1, 2));
    recorder.flush();
    expect(pushed.map((event) => [event.node, event.life, event.seq])).toEqual([
      ["node-1", 7, 1],
      ["node-1", 7, 2],
      ["node-2", 7, 1],
      ["node-2", 7, 2],
      ["node-1", 8, 1],
      ["node-1", 8, 2],
    ]);
    file.close();
  });

  it("an act of the lab is in the file when the call returns, after all that came before it", () => {
    const { recorder, file } = setUp();
    recorder.accept(eventsOf("node-1", 7, 1, 2));
    recorder.lab("kill", { node: "node-1", pid: 42 });
    recorder.lab("heal", { id: null });
    const events = file.page(0, 10);
    expect(events.map((event) => event.name)).toEqual(["REPLICATE", "REPLICATE", "kill", "heal"]);
    expect(events.slice(2)).toMatchObject([
      { node: "lab", op: "lab", type: "local", seq: 1, clock: null, detail: { node: "node-1", pid: 42 } },
      { node: "lab", seq: 2, detail: { id: null } },
    ]);
    expect(events[2]!.life).toBe(events[3]!.life);
    file.close();
  });

  it("says once that the file cannot be written, and pushes nothing that is not in it", () => {
    const { recorder, file, pushed, failures } = setUp();
    recorder.accept(eventsOf("node-1", 7, 1, 2));
    file.close();
    recorder.flush();
    recorder.accept(eventsOf("node-1", 7, 3, 4));
    recorder.flush();
    expect(failures).toHaveLength(1);
    expect(pushed).toEqual([]);
  });

  it("whatever pieces arrive in whatever overlap, the recording is 1, 2, 3 …", () => {
    const kept = eventsOf("node-1", 7, 1, 60);
    const piece = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 15 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const recorded: TraceEvent[] = [];
        const recorder = new Recorder({
          file: { append: (events: readonly TraceEvent[]) => events } as unknown as SessionFile,
          onRecorded: (events) => recorded.push(...events),
          onFailed: (error) => {
            throw error;
          },
          readTrace: (_node, _life, after) => kept.filter((event) => event.seq > after).slice(0, 7),
        });
        for (const [from, length] of pieces) recorder.accept(kept.slice(from - 1, from + length));
        recorder.catchUp("node-1", 7);
        recorder.close();
        expect(seqsOf(recorded)).toEqual(upTo(60));
      }),
      { numRuns: 50 },
    );
  });

  it("killed while it records, it leaves a session that opens and holds everything that was pushed", async () => {
    const path = join(temporaryDir(), "crash.lightcone");
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("recorder-process.ts", import.meta.url)), path],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    await eventually(() => expect(Number(printed.split("\n").at(-2) ?? 0)).toBeGreaterThan(500));
    const ended = once(child, "close");
    child.kill("SIGKILL");
    await ended;
    const pushed = Number(printed.split("\n").at(-2));
    const file = SessionFile.open(path, true);
    expect(file.last).toBeGreaterThanOrEqual(pushed);
    expect(seqsOf(file.page(0, file.last))).toEqual(upTo(file.last));
    file.close();
  });
});
