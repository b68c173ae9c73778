import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type SessionLoop, startSessionLoop } from "../../../renderer/base/session-loop.ts";
import { type Files, labStore } from "../../../renderer/base/store.ts";
import { useToasts } from "../../../renderer/base/toasts.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import { createFakeLab, eventOf, sessionOf } from "../fake-lab.ts";

const files: Files = { exportSession: async () => null, importSession: async () => null };
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => eventOf(from + index));
const first = labStore.getInitialState();
const idsShown = () => labStore.getState().history.all.map((event) => event.id);

const loops: SessionLoop[] = [];

async function start(recorded = 3) {
  const fake = createFakeLab();
  fake.record("live", range(1, recorded));
  const loop = startSessionLoop(fake.connection, files);
  loops.push(loop);
  await loop.settled();
  return { fake, loop };
}

describe("the window's tie to the lab", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    vi.stubGlobal("document", { visibilityState: "visible" });
    vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run, 0));
    labStore.setState(first, true);
    useToasts.setState({ toasts: [] });
  });
  afterEach(() => {
    for (const loop of loops.splice(0)) loop.end();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("shows what was recorded before it opened, and then what comes", async () => {
    const { fake, loop } = await start();
    expect(idsShown()).toEqual([1, 2, 3]);
    expect(labStore.getState()).toMatchObject({ connected: "open", loading: null, mode: { kind: "live" } });
    const version = labStore.getState().historyVersion;
    fake.push("live", range(4, 5));
    await loop.settled();
    expect(idsShown()).toEqual([1, 2, 3, 4, 5]);
    expect(labStore.getState().historyVersion).toBeGreaterThan(version);
  });

  it("begins anew with a new cluster's session", async () => {
    const { fake, loop } = await start();
    labStore.getState().select({ kind: "event", id: 2 });
    fake.record("next", range(1, 1));
    fake.setState({ session: sessionOf("next") });
    await loop.settled();
    expect(idsShown()).toEqual([1]);
    expect(labStore.getState().selection).toBeNull();
  });

  it("catches up after a lost connection, without a gap and without a double", async () => {
    const { fake, loop } = await start();
    fake.setConnected(false);
    expect(labStore.getState().connected).toBe("lost");
    fake.record("live", range(4, 6));
    fake.setConnected(true);
    fake.push("live", range(7, 7));
    await loop.settled();
    expect(idsShown()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(useToasts.getState().toasts).toEqual([]);
  });

  it("shows a recording by the same path, untouched by what goes on, and returns to the present", async () => {
    const { fake, loop } = await start();
    fake.record("old", range(1, 2));
    labStore.getState().openRecorded(sessionOf("old", { recording: false }));
    await loop.settled();
    expect(idsShown()).toEqual([1, 2]);
    fake.push("live", range(4, 4));
    fake.setState({ undo: "something" });
    await loop.settled();
    expect(idsShown()).toEqual([1, 2]);
    expect(labStore.getState().lab?.undo).toBe("something");
    labStore.getState().backToLive();
    await loop.settled();
    expect(idsShown()).toEqual([1, 2, 3, 4]);
  });

  it("is done with reading a session only when all its events can be seen", async () => {
    const { fake, loop } = await start();
    fake.record("old", range(1, 7));
    const seenWhenDone: number[] = [];
    const stop = labStore.subscribe(({ loading, history }) => {
      if (loading === null && history.size !== 3) seenWhenDone.push(history.size);
    });
    labStore.getState().openRecorded(sessionOf("old", { recording: false }));
    await loop.settled();
    stop();
    expect(new Set(seenWhenDone)).toEqual(new Set([7]));
  });

  it("turns a refused command into a toast with its sentence, and the answer into undefined", async () => {
    const { fake } = await start();
    const sentence = "node-9 is not in this cluster. Choose one of node-1 to node-3.";
    fake.answers["node.kill"] = () => {
      throw new LabError("unknown_node", sentence);
    };
    expect(await labStore.getState().run("node.kill", { node: "node-9" })).toBeUndefined();
    expect(useToasts.getState().toasts).toMatchObject([{ level: "error", text: sentence }]);
    await labStore.getState().run("node.kill", { node: "node-9" });
    expect(useToasts.getState().toasts).toHaveLength(1);
  });

  it("offers to try again when a session cannot be read, and does", async () => {
    const { fake, loop } = await start();
    fake.answers["events.page"] = () => {
      throw new LabError("bad_session_file", "The file is cut off.");
    };
    labStore.getState().openRecorded(sessionOf("old", { recording: false }));
    await expect.poll(() => useToasts.getState().toasts).toHaveLength(1);
    fake.record("old", range(1, 2));
    delete fake.answers["events.page"];
    useToasts.getState().toasts[0]!.action!.run();
    await loop.settled();
    expect(idsShown()).toEqual([1, 2]);
  });

  it("says what the lab wants known", async () => {
    const { fake } = await start();
    fake.notice({ level: "warning", text: "The disk is nearly full." });
    expect(useToasts.getState().toasts).toMatchObject([
      { level: "warning", text: "The disk is nearly full." },
    ]);
  });
});
