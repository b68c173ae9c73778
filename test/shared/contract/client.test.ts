/** The protocol class over a channel of the test's own: what only a wrong or absent host can show. */
import { describe, expect, it } from "vitest";
import { createConnection, type FrameChannel } from "../../../shared/contract/client.ts";
import type { ClientFrame, HostFrame } from "../../../shared/contract/contract.ts";
import type { LabError } from "../../../shared/contract/errors.ts";
import { serveConnection } from "../../../shared/contract/server.ts";
import { contractSuite, manualTimers } from "./suite.ts";

const ignore = () => {};

/** Moves frames within the process, each as a copy and never within the call that sent it. */
contractSuite("function calls", async (lab) => {
  let toHost: (frame: unknown) => void = ignore;
  let onFrame: (frame: HostFrame) => void = ignore;
  let onState: (connected: boolean) => void = ignore;
  let hangUp = ignore;
  let line = 0;
  const connect = () => {
    const mine = ++line;
    serveConnection(lab, {
      send: (frame) => queueMicrotask(() => mine === line && onFrame(structuredClone(frame))),
      onFrame: (listener) =>
        void (toHost = (frame) => queueMicrotask(() => mine === line && listener(structuredClone(frame)))),
      onClose: (listener) => void (hangUp = listener),
    });
    onState(true);
  };
  const disconnect = () => {
    line++;
    hangUp();
    onState(false);
  };
  const channel: FrameChannel = {
    send: (frame) => toHost(frame),
    onFrame: (listener) => void (onFrame = listener),
    onState(listener) {
      onState = listener;
      connect();
    },
    close: () => hangUp(),
  };
  return {
    channel,
    sendRaw: (garbage) => toHost(garbage),
    disconnect() {
      disconnect();
      setImmediate(connect);
    },
    close: async () => hangUp(),
  };
});

function openByHand() {
  const sent: ClientFrame[] = [];
  const timers = manualTimers();
  let deliver: (frame: unknown) => void = ignore;
  let setConnected: (connected: boolean) => void = ignore;
  const connection = createConnection(
    {
      send: (frame) => void sent.push(frame),
      onFrame: (listener) => void (deliver = listener as (frame: unknown) => void),
      onState: (listener) => void (setConnected = listener),
      close: () => {},
    },
    { schedule: timers.schedule },
  );
  return {
    connection,
    sent,
    timers,
    deliver: (frame: unknown) => deliver(frame),
    setConnected: (connected: boolean) => setConnected(connected),
  };
}

const errorOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error as LabError);

describe("a connection", () => {
  it("holds calls back until the first connection, then sends them in order", () => {
    const { connection, sent, setConnected } = openByHand();
    void connection.call("lab.state", {});
    void connection.call("session.list", {});
    expect(sent).toEqual([]);
    setConnected(true);
    expect(sent.map((frame) => frame.command)).toEqual(["lab.state", "session.list"]);
  });

  it("is certain that a call which never left had no effect", async () => {
    const { connection, timers } = openByHand();
    const waiting = errorOf(connection.call("undo", {}));
    timers.expire();
    expect(await waiting).toMatchObject({ code: "timed_out", definite: true });
  });

  it("tells of a failed first attempt only when it was connected before", () => {
    const { connection, setConnected } = openByHand();
    const states: boolean[] = [];
    connection.onConnected((connected) => states.push(connected));
    setConnected(false);
    setConnected(true);
    setConnected(true);
    setConnected(false);
    expect(states).toEqual([true, false]);
  });

  it("ignores frames that make no sense and answers to calls it never made", async () => {
    const { connection, deliver, setConnected } = openByHand();
    setConnected(true);
    const call = connection.call("session.list", {});
    const garbage = [
      null,
      undefined,
      3,
      "x",
      [],
      {},
      { id: "1", result: 1 },
      { id: 1 },
      { id: 1, error: null },
    ];
    for (const frame of [...garbage, { event: 4, payload: 1 }, { id: 99, result: {} }]) deliver(frame);
    deliver({ id: 1, result: { sessions: [] } });
    expect(await call).toEqual({ sessions: [] });
  });

  it("keeps the sentence of an error whose code it does not know", async () => {
    const { connection, deliver, setConnected } = openByHand();
    setConnected(true);
    const call = errorOf(connection.call("undo", {}));
    deliver({ id: 1, error: { code: "too_new", message: "A newer lab says this.", definite: true } });
    expect(await call).toMatchObject({ code: "internal", message: "A newer lab says this." });
  });

  it("ends everything that waits when it is closed", async () => {
    const { connection, setConnected, timers } = openByHand();
    setConnected(true);
    const call = errorOf(connection.call("undo", {}));
    connection.close();
    expect(await call).toMatchObject({ code: "unreachable", definite: false });
    expect(timers.count()).toBe(0);
    expect(await errorOf(connection.call("undo", {}))).toMatchObject({ code: "unreachable", definite: true });
  });
});
