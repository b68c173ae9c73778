/**
 * Where scenarios and hunts plug into the lab. They are built on top of it (main/studio), so the lab only knows their
 * place in the contract and in its state.
 */
import type { CommandParams, CommandResults } from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import type { StudioResults, StudioState } from "../../shared/contract/studio.ts";
import type { Sessions } from "./sessions.ts";

type StudioHandlers = {
  readonly [Name in keyof StudioResults]: (
    params: CommandParams<Name>,
  ) => CommandResults[Name] | Promise<CommandResults[Name]>;
};

export interface Studio {
  readonly state: StudioState;
  readonly handlers: StudioHandlers;
  /** Ends what runs. */
  close(): Promise<void>;
}

export interface StudioTools {
  /** The lab's data directory. */
  readonly dataDir: string;
  /** Where the recordings of runs go. */
  readonly sessions: Sessions;
  onChange(): void;
}

export type StudioMaker = (tools: StudioTools) => Studio;

const refuse = (): never => {
  throw new LabError("wrong_state", "This lab was started without scenarios.");
};

export const noStudio: StudioMaker = () => ({
  state: { run: null, hunt: null },
  handlers: {
    "scenario.list": () => ({ scenarios: [] }),
    "scenario.start": refuse,
    "scenario.cancel": refuse,
    "hunt.start": refuse,
    "hunt.cancel": refuse,
  },
  close: () => Promise.resolve(),
});
