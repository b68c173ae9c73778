/**
 * Runs the tests that have to fail on a broken store.
 *
 * As with a broken core, a few words of the source are exchanged while it is loaded, and each text must stand exactly
 * once in its file: a rule that is rewritten is reported and does not quietly test nothing. Processes that a test starts
 * load the sound source.
 */
import { join } from "node:path";
import { startVitest, type TestModule } from "vitest/node";
import type { Edit } from "./cores/types.ts";
import type { BrokenStore } from "./stores/types.ts";

const root = join(import.meta.dirname, "../..");

/** The first test that failed; null when all passed. Throws when no test ran, or another source than was meant. */
export async function firstFailure({ name, edits, foundBy }: BrokenStore): Promise<string | null> {
  const unused = new Set(edits);
  const vitest = await startVitest(
    "test",
    [foundBy],
    {
      root,
      config: false,
      watch: false,
      bail: 1,
      // What was loaded for a sound run is not what is to be loaded here.
      fsModuleCache: false,
      include: ["test/**/*.test.ts"],
      testTimeout: 180_000,
      hookTimeout: 180_000,
      maxWorkers: 2,
      reporters: [{}],
    },
    {
      plugins: [
        {
          name: "broken-store",
          enforce: "pre",
          transform(code, id) {
            const wanted = edits.filter(({ file }) => id === join(root, file));
            for (const edit of wanted) unused.delete(edit);
            return wanted.length === 0 ? null : wanted.reduce(exchanged, code);
          },
        },
      ],
    },
  );
  const modules = vitest.state.getTestModules();
  await vitest.close();
  // It is for whoever asked to say whether that is good or bad.
  process.exitCode = 0;
  if (modules.length === 0) throw new Error(`${name}: there is no ${foundBy}`);
  for (const { file } of unused) throw new Error(`${name}: ${file} is not loaded by ${foundBy}`);
  return modules.map(failureIn).find((failure) => failure !== null) ?? null;
}

function failureIn(module: TestModule): string | null {
  const [error] = module.errors();
  if (error !== undefined) throw new Error(`${module.moduleId} cannot be run: ${error.message}`);
  for (const test of module.children.allTests("failed")) {
    const [cause] = test.result().errors ?? [];
    // A file that does not even load is told above; JSON that is damaged is a SyntaxError too.
    if (cause?.name === "ReferenceError") {
      throw new Error(`the exchanged words make no program: ${cause.message}`);
    }
    return test.fullName;
  }
  return null;
}

function exchanged(text: string, { file, find, put }: Edit): string {
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(put);
  throw new Error(`${file} holds ${JSON.stringify(find)} ${parts.length - 1} times, not once`);
}
