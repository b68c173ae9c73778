/** What every transport must do alike, from calls to the loss of the line. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../eventually.ts";
import { createConnection, type FrameChannel, type Schedule } from "../../../shared/contract/client.ts";
import type { CommandName, LabConnection, LabEvents } from "../../../shared/contract/contract.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import { type TestLab, testLab } from "./test-lab.ts";

export interface Transport {
  readonly channel: FrameChannel;
  /** Sends something that is no frame, the way the transport sends frames. */
  sendRaw(garbage: unknown): void;
  /** Cuts the line from outside; absent where the line lives as long as the window. */
  readonly disconnect?: () => void;
  /** Ends the window and everything opened for it; called once. */
  close(): Promise<void>;
}

/** Timers that go off when a test says so. */
export function manualTimers(): { schedule: Schedule; expire: () => void; count: () => number } {
  const timers = new Set<() => void>();
  return {
    schedule(_ms, fn) {
      timers.add(fn);
      return () => void timers.delete(fn);
    },
    expire() {
      for (const fn of timers) {
        timers.delete(fn);
        fn();
      }
    },
    count: () => timers.size,
  };
}

const put = (value: string) => ({ node: "node-1", key: "k", value });
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("the call must fail"),
    (error: unknown) => error as LabError,
  );

export function contractSuite(name: string, open: (lab: TestLab) => Promise<Transport>): void {
  describe(`the contract over ${name}`, () => {
    let lab: TestLab;
    let transport: Transport;
    let connection: LabConnection;
    let timers: ReturnType<typeof manualTimers>;

    beforeEach(async () => {
      isGone = false;
      lab = testLab();
      timers = manualTimers();
      transport = await open(lab);
      connection = createConnection(transport.channel, { schedule: timers.schedule });
    });
    let isGone: boolean;
    const closeWindow = async () => {
      if (isGone) return;
      isGone = true;
      connection.close();
      await transport.close();
    };
    afterEach(closeWindow);

    const answered = () => connection.call("data.put", put("still here"));

    it("answers a call with what the lab answered", async () => {
      const params = { ...put("größer als ⟨3,0,1⟩"), context: { "node-1": 2 ** 40 }, w: 2 };
      expect(await connection.call("data.put", params)).toEqual(params);
      expect(lab.calls).toEqual([{ name: "data.put", params }]);
      expect(timers.count(), "an answered call leaves no timer behind").toBe(0);
    });

    it("matches answers to calls when they overtake each other", async () => {
      const slow = connection.call("session.save", { name: "slow" });
      expect(await connection.call("data.put", put("fast"))).toMatchObject({ value: "fast" });
      lab.release();
      expect(await slow).toEqual({ name: "slow" });
    });

    it("rebuilds an expected failure with its code, sentence and definiteness", async () => {
      const unknown = await failure(connection.call("node.kill", { node: "node-9" }));
      expect(unknown).toBeInstanceOf(LabError);
      expect(unknown).toMatchObject({
        code: "unknown_node",
        message: 'There is no node "node-9".',
        definite: true,
      });
      const late = await failure(connection.call("data.get", { node: "node-1", key: "k" }));
      expect(late).toMatchObject({ code: "timed_out", definite: false });
    });

    it("reports a mistake inside the lab as internal and indefinite", async () => {
      const error = await failure(connection.call("undo", {}));
      expect(error).toBeInstanceOf(LabError);
      expect(error).toMatchObject({ code: "internal", definite: false });
      expect(error.message).toContain("a mistake of ours");
    });

    it("refuses a command that does not exist, and those named like parts of every object", async () => {
      for (const command of ["lab.explode", "constructor", "__proto__"]) {
        const error = await failure(connection.call(command as CommandName, {}));
        expect(error).toMatchObject({ code: "bad_input", definite: true });
      }
      expect(lab.calls).toEqual([]);
    });

    it("delivers events in order, and those emitted before an answer before it", async () => {
      const seen: string[] = [];
      connection.on("notice", ({ text }) => seen.push(text));
      await answered();
      const sent = Array.from({ length: 500 }, (_, index) => `notice ${index}`);
      for (const text of sent) lab.emit("notice", { level: "info", text });
      await connection.call("note", { text: "last" });
      expect(seen).toEqual([...sent, "last"]);
    });

    it("delivers an event to each listener of its name until that one unsubscribes", async () => {
      const first: LabEvents["notice"][] = [];
      const second: LabEvents["notice"][] = [];
      const stop = connection.on("notice", (notice) => first.push(notice));
      connection.on("notice", (notice) => second.push(notice));
      connection.on("state", () => expect.unreachable("no state was emitted"));
      await connection.call("note", { text: "one" });
      stop();
      await connection.call("note", { text: "two" });
      expect(first.map((notice) => notice.text)).toEqual(["one"]);
      expect(second).toEqual([
        { level: "info", text: "one" },
        { level: "info", text: "two" },
      ]);
    });

    it("carries a value at its limit up and a full page of events down", async () => {
      const value = "ä".repeat(512 * 1024);
      expect(await connection.call("data.put", put(value))).toMatchObject({ value });
      const page = await connection.call("events.page", { session: "s", after: 0, limit: 20_000 });
      expect(page.events).toHaveLength(20_000);
      expect(page.events.at(-1)).toEqual({ id: 19_999, name: "event 19999" });
    });

    it("ends a call that gets no answer", async () => {
      const silent = failure(connection.call("load.set", { running: true }));
      await eventually(() => expect(lab.calls).toHaveLength(1));
      timers.expire();
      expect(await silent).toMatchObject({ code: "timed_out", definite: false });
      expect(await answered()).toMatchObject({ value: "still here" });
    });

    it("survives garbage, answers it where it can, and says so where it cannot", async () => {
      const notices: string[] = [];
      connection.on("notice", ({ text }) => notices.push(text));
      await answered();
      const garbage = [
        null,
        7,
        "text",
        [],
        {},
        { id: "x" },
        { command: "data.put" },
        { id: 1.5e9, command: 3 },
      ];
      for (const frame of garbage) transport.sendRaw(frame);
      expect(await answered()).toMatchObject({ value: "still here" });
      expect(lab.calls.map((call) => call.name)).toEqual(["data.put", "data.put"]);
      expect(notices).toHaveLength(garbage.length - 1);
      expect(notices[0]).toMatch(/does not understand/);
    });

    it("leaves no subscription in the lab when the window is gone", async () => {
      await answered();
      expect(lab.subscriptions()).toBeGreaterThan(0);
      await closeWindow();
      await eventually(() => expect(lab.subscriptions()).toBe(0));
    });

    it("says what is certain about calls when the line is cut, and goes on when it is back", async (context) => {
      const { disconnect } = transport;
      if (disconnect === undefined) return context.skip(`${name} lives as long as its window`);
      const states: boolean[] = [];
      await answered();
      connection.onConnected((connected) => states.push(connected));
      const pending = failure(connection.call("load.set", { running: true }));
      await eventually(() => expect(lab.calls).toHaveLength(2));
      disconnect();
      expect(await pending).toMatchObject({ code: "unreachable", definite: false });
      expect(await failure(answered())).toMatchObject({ code: "unreachable", definite: true });
      await eventually(() => expect(states).toEqual([false, true]));
      expect(await answered()).toMatchObject({ value: "still here" });
      expect(lab.calls, "nothing is sent twice").toHaveLength(3);
    });
  });
}
