/**
 * A hunt's worker around a core with one rule taken out.
 *
 * A broken core is the sound one with a few words of its source exchanged while this thread loads it, so there is no
 * switch for it in the product, and a rule that is rewritten makes its broken twin fail to load instead of quietly
 * testing nothing: each text must stand exactly once in its file. Which core it is, the version says.
 */
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";
import type { WorkerSetup } from "../../main/hunt/messages.ts";
import { brokenCores } from "./cores.ts";
import type { Edit } from "./cores/types.ts";

const root = join(import.meta.dirname, "..", "..");
const name = (workerData as WorkerSetup).version;
const edits = brokenCores.find((core) => core.name === name)?.edits ?? [];
const unused = new Set(edits);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const wanted = edits.filter(({ file }) => url === pathToFileURL(join(root, file)).href);
    if (wanted.length === 0) return loaded;
    const source = Buffer.from(loaded.source as Uint8Array).toString("utf8");
    return { ...loaded, source: wanted.reduce(exchanged, source) };
  },
});

function exchanged(text: string, edit: Edit): string {
  const { file, find, put } = edit;
  unused.delete(edit);
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(put);
  throw new Error(`${name}: ${file} holds ${JSON.stringify(find)} ${parts.length - 1} times, not once`);
}

await import("../../main/hunt/worker.ts");
for (const { file } of unused) throw new Error(`${name}: ${file} is not part of the worker`);
