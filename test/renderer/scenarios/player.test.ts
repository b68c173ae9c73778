/** From the start of a run to its outcome, over a scripted connection. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type SessionLoop, startSessionLoop } from "../../../renderer/base/session-loop.ts";
import { labStore } from "../../../renderer/base/store.ts";
import {
  goTo,
  goToNeighbour,
  isRevealed,
  startRun,
  useStudio,
  watchRuns,
} from "../../../renderer/scenarios/studio.ts";
import { openSession, pointAt } from "../../../renderer/scenarios/open.ts";
import type { ScenarioRunState } from "../../../shared/contract/studio.ts";
import { labLane } from "../../../shared/trace/event.ts";
import { eventually } from "../../eventually.ts";
import { createFakeLab, eventOf, sessionOf } from "../fake-lab.ts";

const running: ScenarioRunState = {
  id: "run-1",
  scenario: "lesson",
  name: "Lesson",
  predict: "What happens?",
  world: "simulated",
  seed: 3,
  status: "running",
  progress: { step: 0, of: 2, words: "the cluster starts" },
  steps: [],
  verdict: null,
  session: null,
  traceSha256: null,
  error: null,
};
const over: ScenarioRunState = { ...running, status: "over", session: "recorded" };
const stepEvent = (id: number, number: number) =>
  eventOf(id, { node: labLane, op: "lab", name: "step", detail: { number, of: 2, words: `act ${number}` } });
const recording = [eventOf(1), eventOf(2), stepEvent(3, 1), eventOf(4), stepEvent(5, 2), eventOf(6)];

const state = () => labStore.getState();
const reveals = (run: ScenarioRunState) => isRevealed(run, useStudio.getState().revealed);
const selected = (id: number) => ({ kind: "event", id });

const shown = () => {
  const { mode } = state();
  return mode.kind === "recorded" ? mode.session.id : "live";
};

describe("the player of scenarios", () => {
  const first = labStore.getInitialState();
  let fake: ReturnType<typeof createFakeLab>;
  let loop: SessionLoop;
  let stop: () => void;

  beforeEach(async () => {
    vi.stubGlobal("document", { visibilityState: "visible" });
    vi.stubGlobal("requestAnimationFrame", (run: () => void) => setTimeout(run, 0));
    labStore.setState(first, true);
    useStudio.setState(useStudio.getInitialState(), true);
    fake = createFakeLab();
    fake.record("live", [eventOf(1)]);
    fake.record("recorded", recording);
    fake.answers["session.open"] = ({ session }: { session: string }) =>
      sessionOf(session, { recording: false });
    fake.answers["scenario.start"] = () => ({ run: "run-1" });
    loop = startSessionLoop(fake.connection, {
      exportSession: async () => null,
      importSession: async () => null,
    });
    stop = watchRuns();
    await loop.settled();
  });
  afterEach(() => {
    stop();
    loop.end();
    vi.unstubAllGlobals();
  });

  const shows = (run: ScenarioRunState) => fake.setState({ studio: { run, hunt: null } });
  const reads = () => fake.calls.filter(({ name }) => name === "events.page").length;
  async function play(): Promise<void> {
    await startRun("lesson", "simulated", 3);
    shows(over);
    await eventually(() => expect(state().cursor).not.toBeNull());
  }

  it("opens the run it started, before its first step", async () => {
    await startRun("lesson", "simulated", 3);
    expect(fake.calls).toContainEqual({
      name: "scenario.start",
      params: { scenario: "lesson", world: "simulated", seed: 3 },
    });
    expect(useStudio.getState()).toMatchObject({ chosen: "lesson", seed: "3" });
    shows(running);
    expect(shown()).toBe("live");
    shows(over);
    await eventually(() => expect(shown()).toBe("recorded"));
    await eventually(() => expect(state().cursor).toBe(recording[1]!.at));
    expect(state().selection).toBeNull();
  });

  it("opens a run that was over before the answer to its start came", async () => {
    fake.answers["scenario.start"] = () => {
      shows(over);
      return { run: "run-1" };
    };
    await startRun("lesson", "simulated", 3);
    await eventually(() => expect(shown()).toBe("recorded"));
  });

  it("leaves the window where it is when another one started the run, or when it was cancelled", async () => {
    shows({ ...running, id: "run-0" });
    shows({ ...over, id: "run-0" });
    await loop.settled();
    await startRun("lesson", "simulated", 3);
    shows({ ...running, status: "cancelled" });
    await loop.settled();
    expect(fake.calls.filter(({ name }) => name === "session.open")).toEqual([]);
    expect(useStudio.getState().awaited).toBeNull();
  });

  it("steps through, and shows the outcome when the end is reached and not before", async () => {
    await play();
    const walked: unknown[] = [];
    for (let times = 0; times < 3; times++) {
      walked.push([state().selection, reveals(over)]);
      goToNeighbour(1);
    }
    expect(walked).toEqual([
      [null, false],
      [selected(3), false],
      [selected(5), false],
    ]);
    expect(state().cursor).toBeNull();
    expect(reveals(over)).toBe(true);
    goToNeighbour(-1);
    expect(state().selection).toEqual(selected(5));
  });

  it("asks nothing of a scenario without a question", () => {
    expect(reveals({ ...over, predict: null })).toBe(true);
    expect(reveals(over)).toBe(false);
  });

  it("does not take the end of another session for that of the run", async () => {
    await play();
    fake.record("other", recording);
    await openSession("other", () => goTo("before"));
    await eventually(() => expect(state().cursor).toBe(recording[1]!.at));
    goTo("end");
    expect(reveals(over)).toBe(false);
  });

  it("points at proof in a session that is read first, and in one that is shown without reading it again", async () => {
    await openSession("recorded", () => pointAt([4, 6], 6));
    await eventually(() => expect(state().selection).toEqual({ kind: "event", id: 6 }));
    expect([...state().marked]).toEqual([4, 6]);
    expect(state().cursor).toBe(recording[5]!.at);
    const before = reads();
    await openSession("recorded", () => pointAt([4], 4));
    expect(state().selection).toEqual({ kind: "event", id: 4 });
    expect(reads()).toBe(before);
    state().backToLive();
    await loop.settled();
    expect(state().marked.size).toBe(0);
  });

  it("does not point into a session that was left while it was read", async () => {
    const opened = vi.fn();
    await openSession("recorded", opened);
    state().backToLive();
    await loop.settled();
    expect(opened).not.toHaveBeenCalled();
  });
});
