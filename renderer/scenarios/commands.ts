/** Scenarios and hunts by key and from the palette. */
import type { WindowCommand } from "../base/commands.ts";
import type { LabStore } from "../base/store.ts";
import { stepsOf } from "./steps.ts";
import { beginIn, goToNeighbour } from "./studio.ts";

const hasSteps = ({ history }: LabStore) => stepsOf(history.lab).length > 0;

export const scenarioCommands: readonly WindowCommand[] = [
  {
    id: "scenario.run",
    title: "Run a scenario…",
    group: "Scenarios",
    words: "lesson play demonstration simulate",
    run: () => beginIn("scenarios"),
  },
  {
    id: "hunt.run",
    title: "Hunt for failures…",
    group: "Scenarios",
    words: "seeds simulate search bugs",
    run: () => beginIn("hunt"),
  },
  {
    id: "step.next",
    title: "Next step",
    group: "Scenarios",
    keys: [">"],
    words: "scenario player forward",
    recorded: true,
    enabled: (state) => state.cursor !== null && hasSteps(state),
    run: () => goToNeighbour(1),
  },
  {
    id: "step.previous",
    title: "Previous step",
    group: "Scenarios",
    keys: ["<"],
    words: "scenario player back",
    recorded: true,
    enabled: hasSteps,
    run: () => goToNeighbour(-1),
  },
  {
    id: "replay.beginning",
    title: "To the beginning",
    group: "Session",
    keys: ["Home"],
    words: "first start rewind",
    recorded: true,
    run: (state) => state.setCursor(state.history.first),
  },
];
