/** The scenarios a lab offers: those that come with Lightcone, and the user's own in `scenarios` of the data directory. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";
import type { ScenarioInfo } from "../../shared/contract/studio.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";

const ending = /\.ya?ml$/;

export interface LoadedScenario {
  readonly id: string;
  readonly path: string;
  readonly text: string;
  readonly scenario: Scenario;
}

export class Library {
  /** Later ones hide earlier ones of the same name. */
  readonly #folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** All files, in the order of their names; one that cannot be used says why. Read anew each time. */
  list(): ScenarioInfo[] {
    return [...this.#paths()].map(([id, path]) => {
      try {
        const { name, lesson, about, predict } = parseScenario(readFileSync(path, "utf8"), basename(path));
        return {
          id,
          path,
          name,
          lesson: lesson ?? null,
          about: about ?? null,
          predict: predict ?? null,
          error: null,
        };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { id, path, name: id, lesson: null, about: null, predict: null, error: why };
      }
    });
  }

  /** Throws LabError: there is no such file, or what is wrong in it and where. */
  load(id: string): LoadedScenario {
    const path = this.#paths().get(id);
    if (path === undefined) throw new LabError("bad_input", `There is no scenario "${id}" any more.`);
    try {
      const text = readFileSync(path, "utf8");
      return { id, path, text, scenario: parseScenario(text, basename(path)) };
    } catch (error) {
      throw new LabError("bad_input", error instanceof Error ? error.message : String(error));
    }
  }

  #paths(): Map<string, string> {
    const found = new Map<string, string>();
    for (const folder of this.#folders) {
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) continue;
      for (const file of readdirSync(folder)) {
        if (ending.test(file)) found.set(file.replace(ending, ""), join(folder, file));
      }
    }
    return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}
