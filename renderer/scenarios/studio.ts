/** What the window remembers of scenarios and hunts beside the lab's own state, and what can be done with them. */
import { create } from "zustand";
import type { ScenarioInfo, ScenarioRunState, World } from "../../shared/contract/studio.ts";
import type { TimeMs } from "../../shared/ids.ts";
import type { History } from "../../shared/trace/history.ts";
import { runCommand } from "../base/commands.ts";
import { labStore, type LabStore } from "../base/store.ts";
import { neighbourMoment, useReplay } from "../session/replay.ts";
import { openSession } from "./open.ts";
import { neighbourStep, type ShownStep, stepsOf } from "./steps.ts";
import { inOrder } from "./words.ts";

interface Studio {
  /** Null until the first answer. */
  readonly scenarios: readonly ScenarioInfo[] | null;
  /** Id of the scenario looked at; null is the first one. */
  readonly chosen: string | null;
  /** As typed. */
  readonly seed: string;
  readonly hunt: {
    readonly scenario: string | null;
    readonly from: string;
    readonly to: string;
    readonly stopAtFirst: boolean;
  };
  /** The panel whose first control shall have the focus as soon as it is there. */
  readonly begin: "scenarios" | "hunt" | null;
  /** The run this window started and opens when it is over. */
  readonly awaited: string | null;
  /** Session of the run whose outcome may be shown, although its scenario asks for a prediction first. */
  readonly revealed: string | null;
}

export const useStudio = create<Studio>()(() => ({
  scenarios: null,
  chosen: null,
  seed: "1",
  hunt: { scenario: null, from: "1", to: "1000", stopAtFirst: true },
  begin: null,
  awaited: null,
  revealed: null,
}));

const runOf = (state: LabStore) => state.lab?.studio.run ?? null;

/** Shows a panel with the focus where one begins. */
export function beginIn(tab: "scenarios" | "hunt"): void {
  labStore.getState().showDrawer(tab);
  useStudio.setState({ begin: tab });
}

/** Reads the list anew: files come and go while one looks. */
async function readScenarios(): Promise<void> {
  const { connected, run } = labStore.getState();
  if (connected !== "open") return;
  const answer = await run("scenario.list", {});
  if (answer !== undefined) useStudio.setState({ scenarios: inOrder(answer.scenarios) });
}

/** Keeps the list fresh while it is looked at. Returns the function that stops. */
export function watchScenarios(): () => void {
  void readScenarios();
  return labStore.subscribe((now, before) => {
    if (now.connected !== before.connected) void readScenarios();
  });
}

/** Starts a run, which is opened when it is over. */
export async function startRun(scenario: string, world: World, seed: number): Promise<void> {
  useStudio.setState({ chosen: scenario, seed: String(seed) });
  labStore.getState().showDrawer("scenarios");
  const answer = await labStore.getState().run("scenario.start", { scenario, world, seed });
  if (answer === undefined) return;
  useStudio.setState({ awaited: answer.run });
  openAwaited();
}

/** A run can be over before the answer to its start is here: both news come this way. */
function openAwaited(): void {
  const run = runOf(labStore.getState());
  if (run === null || run.id !== useStudio.getState().awaited || run.status === "running") return;
  useStudio.setState({ awaited: null });
  if (run.session !== null) openRun(run.session);
}

/** Opens the recording of a run before its first step, as a player does, with all its steps in sight. */
export function openRun(session: string): void {
  void openSession(session, () => {
    goTo("before");
    runCommand("timeline.from-cursor");
  });
}

/** Whether the outcome of a run may be seen. */
export const isRevealed = (run: ScenarioRunState, revealed: string | null) =>
  run.predict === null || run.session === revealed;

export function reveal(run: ScenarioRunState): void {
  useStudio.setState({ revealed: run.session });
}

/** Opens runs that this window waits for, and shows the outcome of one whose end was reached. */
export function watchRuns(): () => void {
  return labStore.subscribe((now, before) => {
    if (now.lab !== before.lab) openAwaited();
    const reachedEnd = now.cursor === null && before.cursor !== null && now.history === before.history;
    const run = runOf(now);
    if (reachedEnd && now.mode.kind === "recorded" && run !== null && run.session === now.mode.session.id)
      reveal(run);
  });
}

const selectedEvent = ({ selection }: LabStore) => (selection?.kind === "event" ? selection.id : null);

/** Puts the time cursor on a step and selects it; "before" is the last moment before the first step. */
export function goTo(place: ShownStep | "before" | "end"): void {
  const { history, select, setCursor } = labStore.getState();
  useReplay.setState({ playing: false });
  if (place === "end") setCursor(null);
  else if (place === "before") setCursor(beforeSteps(history));
  else setCursor(place.at);
  select(typeof place === "string" ? null : { kind: "event", id: place.event });
}

function beforeSteps(history: History): TimeMs {
  const [first] = stepsOf(history.lab);
  return (first === undefined ? null : neighbourMoment(history, first.at, -1, true)) ?? history.first;
}

export function goToNeighbour(direction: 1 | -1): void {
  const state = labStore.getState();
  goTo(neighbourStep(stepsOf(state.history.lab), state.cursor, selectedEvent(state), direction));
}
