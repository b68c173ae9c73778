/**
 * Builds the hunt's worker around a core with one rule taken out.
 *
 * A broken core is the sound one with a few words of its source exchanged while it is bundled, so there is no switch
 * for it in the product, and a rule that is rewritten makes its broken twin fail to build instead of quietly testing
 * nothing: each text must stand exactly once in its file.
 */
import { join } from "node:path";
import { build, type Plugin } from "vite";

export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const root = join(import.meta.dirname, "..", "..");
/** Inside the project, so that better-sqlite3 is found from there. */
const cache = join(root, "node_modules", ".cache", "lightcone-broken");

/** Returns the path of the worker. Throws when an edit does not fit the source. */
export async function buildWorker(name: string, edits: readonly Edit[]): Promise<string> {
  const outDir = join(cache, name);
  const unused = new Set(edits);
  await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [exchange(edits, unused)],
    ssr: { noExternal: true, external: ["better-sqlite3"] },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: "node24",
      minify: false,
      copyPublicDir: false,
      rolldownOptions: {
        input: { "hunt-worker": join(root, "main", "hunt", "worker.ts") },
        external: ["better-sqlite3"],
      },
    },
  });
  for (const { file } of unused) throw new Error(`${name}: ${file} is not part of the worker.`);
  return join(outDir, "hunt-worker.js");
}

function exchange(edits: readonly Edit[], unused: Set<Edit>): Plugin {
  return {
    name: "exchange",
    enforce: "pre",
    transform(code, id) {
      let text = code;
      for (const edit of edits) {
        if (id.split("?")[0] !== join(root, edit.file)) continue;
        unused.delete(edit);
        const parts = text.split(edit.find);
        if (parts.length !== 2) {
          throw new Error(
            `${edit.file} holds ${JSON.stringify(edit.find)} ${parts.length - 1} times, not once.`,
          );
        }
        text = parts.join(edit.put);
      }
      return text === code ? null : text;
    },
  };
}
