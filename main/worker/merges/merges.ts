/**
 * The merge functions of a node, by the names that its conflict strategies use (`custom:<name>`).
 *
 * For the core such a key has siblings like any other; they become one value here, at each reading, and what a function
 * does wrong at a reading costs that reading nothing but the merge: it shows the siblings and says why.
 */
import { checkLaws } from "./laws.ts";
import { MergeFileError, MergeFunction, type Merged } from "./merge-function.ts";

export interface MergeFile {
  readonly name: string;
  readonly path: string;
}

export class Merges {
  readonly #functions: ReadonlyMap<string, MergeFunction>;

  private constructor(functions: ReadonlyMap<string, MergeFunction>) {
    this.#functions = functions;
  }

  /** Throws MergeFileError for a file that cannot be used, with a counter-example when it breaks a law. */
  static async open(files: readonly MergeFile[]): Promise<Merges> {
    const functions = new Map<string, MergeFunction>();
    const merges = new Merges(functions);
    try {
      for (const { name, path } of files) {
        const loaded = await MergeFunction.load(path);
        functions.set(name, loaded);
        const verdict = await checkLaws(loaded);
        if (verdict.verdict === "unknown") {
          throw new MergeFileError(
            `The merge function ${name} (${path}) was not tried enough. ${verdict.why}`,
          );
        }
        if (verdict.verdict === "broken") {
          const { law, lines } = verdict;
          throw new MergeFileError(
            [`The merge function ${name} (${path}) is refused. ${law}`, ...lines].join("\n"),
          );
        }
      }
      return merges;
    } catch (error) {
      merges.close();
      throw error;
    }
  }

  /** One value made of all of these, which are in the order of their dots. */
  async resolve(name: string, values: readonly string[]): Promise<Merged> {
    const merging = this.#functions.get(name);
    if (merging === undefined) return { error: `The node has no merge function ${name}.` };
    let [value, ...rest] = values as [string, ...string[]];
    for (const next of rest) {
      const merged = await merging.merge(value, next);
      if ("error" in merged) return { error: `The merge function ${name} gave nothing: ${merged.error}.` };
      value = merged.value;
    }
    return { value };
  }

  close(): void {
    for (const merging of this.#functions.values()) merging.close();
  }
}
