/** Scenarios and hunts for a lab: what the commands `scenario.*` and `hunt.*` of the contract do. */
import { join } from "node:path";
import type { Studio, StudioMaker, StudioTools } from "../lab/studio.ts";
import { Hunts } from "./hunts.ts";
import { Library } from "./library.ts";
import { Runs } from "./runs.ts";
import { playReal, playSimulated } from "./worlds.ts";

export interface StudioOptions {
  /** The scenarios that come with Lightcone. */
  readonly scenarios: string;
  /** The node program. */
  readonly workerEntry: string;
  /** The program of a hunt's threads. */
  readonly huntWorkerEntry: string;
  readonly version: string;
}

const done: Record<string, never> = {};
const usualSeed = 1;

export function studio(options: StudioOptions): StudioMaker {
  return (tools: StudioTools): Studio => {
    const library = new Library([options.scenarios, join(tools.dataDir, "scenarios")]);
    const runs = new Runs(tools, { simulated: playSimulated(options), real: playReal(options) });
    const hunts = new Hunts(tools, options.version, options.huntWorkerEntry);
    return {
      get state() {
        return { run: runs.state, hunt: hunts.state };
      },
      handlers: {
        "scenario.list": () => ({ scenarios: library.list() }),
        "scenario.start": ({ scenario, world, seed }) => ({
          run: runs.start(library.load(scenario), world, seed ?? usualSeed),
        }),
        "scenario.cancel": async () => {
          await runs.cancel();
          return done;
        },
        "hunt.start": ({ scenario, from, to, stopAtFirst }) => {
          hunts.start(library.load(scenario), { from, to, stopAtFirst: stopAtFirst === true });
          return done;
        },
        "hunt.cancel": async () => {
          await hunts.cancel();
          return done;
        },
      },
      close: async () => {
        await Promise.all([runs.cancel(), hunts.cancel()]);
      },
    };
  };
}
