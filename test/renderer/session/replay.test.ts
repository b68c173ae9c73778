import { afterEach, describe, expect, it } from "vitest";
import { labStore } from "../../../renderer/base/store.ts";
import { neighbourMoment, step } from "../../../renderer/session/replay.ts";
import { asNodeId } from "../../../shared/ids.ts";
import { History } from "../../../shared/trace/history.ts";
import { eventOf } from "../fake-lab.ts";

function historyOf() {
  const history = new History();
  history.append([
    eventOf(1, { at: 10, node: asNodeId("node-1") }),
    eventOf(2, { at: 20, node: asNodeId("node-2") }),
    eventOf(3, { at: 30, node: asNodeId("node-1"), op: "membership" }),
    eventOf(4, { at: 40, node: asNodeId("lab"), op: "lab", name: "kill" }),
  ]);
  return history;
}

const first = labStore.getInitialState();
afterEach(() => labStore.setState(first, true));

describe("stepping through time", () => {
  it("goes to the next event of any lane, over membership when it is hidden", () => {
    const history = historyOf();
    expect(neighbourMoment(history, 10, 1, false)).toBe(20);
    expect(neighbourMoment(history, 20, 1, false)).toBe(40);
    expect(neighbourMoment(history, 20, 1, true)).toBe(30);
    expect(neighbourMoment(history, 40, 1, true)).toBeNull();
    expect(neighbourMoment(history, 40, -1, false)).toBe(20);
    expect(neighbourMoment(history, 10, -1, false)).toBeNull();
  });

  it("back from the present lands on the last event, on from the last returns to the present", () => {
    labStore.setState({ history: historyOf() });
    step(-1);
    expect(labStore.getState().cursor).toBe(40);
    step(-1);
    expect(labStore.getState().cursor).toBe(20);
    step(1);
    step(1);
    expect(labStore.getState().cursor).toBeNull();
  });
});
