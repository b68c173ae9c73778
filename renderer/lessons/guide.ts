import type { CommandName, CommandParams, CommandResults } from "../../shared/contract/contract.ts";
import type { LabState, NodeStatus } from "../../shared/contract/state.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { runCommand } from "../base/commands.ts";
import { labStore, type LabStore, type Selection } from "../base/store.ts";

/** What a step of a lesson works with: the lab itself, and the window it points with. */
export interface Guide {
  /** Rejects with the lab's own sentence. */
  call<Name extends CommandName>(name: Name, params: CommandParams<Name>): Promise<CommandResults[Name]>;
  lab(): LabState;
  /** Waits until `pick` finds something; rejects with what was waited for. */
  until<Found>(what: string, pick: (state: LabStore) => Found | null | undefined): Promise<Found>;
  point(selection: Selection): void;
}

const waitMs = 15_000;

export const guide: Guide = {
  call(name, params) {
    const { connection } = labStore.getState();
    if (connection === null) return Promise.reject(new Error("There is no connection to the lab yet."));
    return connection.call(name, params);
  },
  lab() {
    const { lab } = labStore.getState();
    if (lab === null) throw new Error("The lab has not answered yet. Try again in a moment.");
    return lab;
  },
  until(what, pick) {
    return new Promise((resolve, reject) => {
      const found = pick(labStore.getState());
      if (found != null) {
        resolve(found);
        return;
      }
      const end = () => {
        clearTimeout(timer);
        unsubscribe();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`Waited ${waitMs / 1000} s for ${what}. Try the step again.`));
      }, waitMs);
      const unsubscribe = labStore.subscribe((state) => {
        const now = pick(state);
        if (now == null) return;
        end();
        resolve(now);
      });
    });
  },
  point(selection) {
    labStore.getState().setCursor(null);
    labStore.getState().select(selection);
    if (selection.kind === "event") runCommand("timeline.fit");
  },
};

/** The newest event that fits, looking back over at most `depth` events. */
export function newestEvent(
  all: readonly RecordedEvent[],
  fits: (event: RecordedEvent) => boolean,
  depth = 50_000,
): RecordedEvent | undefined {
  for (let index = all.length - 1; index >= Math.max(0, all.length - depth); index--) {
    const event = all[index]!;
    if (fits(event)) return event;
  }
  return undefined;
}

export const statusOf = (state: LabStore, node: string): NodeStatus | undefined =>
  state.lab?.nodes.find((each) => each.id === node)?.status;

export const runningNodes = (lab: LabState): string[] =>
  lab.nodes.filter((node) => node.status === "running").map((node) => node.id);
