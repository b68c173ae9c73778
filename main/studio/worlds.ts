/** The two worlds a scenario of the window is played in. */
import { Worker } from "node:worker_threads";
import { runScenario } from "../scenario/real-run.ts";
import { prepareRunFolder, realRun, writeRunFolder } from "../scenario/run-folder.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "../hunt/messages.ts";
import type { Played, PlayOptions } from "./runs.ts";

/** In a thread of its own: the lab goes on meanwhile, and a run is cancelled by ending the thread. */
export const playSimulated =
  ({ huntWorkerEntry, version }: { readonly huntWorkerEntry: string; readonly version: string }) =>
  async (options: PlayOptions): Promise<Played> => {
    const { loaded, seed, folder, signal } = options;
    const setup: WorkerSetup = { text: loaded.text, file: loaded.path, version };
    const worker = new Worker(huntWorkerEntry, { workerData: setup });
    try {
      return await new Promise<Played>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("cancelled")));
        worker.on("error", reject);
        worker.on("exit", () => reject(new Error("The simulation ended before its time.")));
        worker.on("message", (message: FromWorker) => {
          if (message.kind === "playing") {
            const { step, of, words } = message;
            options.onProgress({ step, of, words });
          } else if (message.kind === "played") resolve(message);
        });
        worker.postMessage({ kind: "play", seed, folder } satisfies ToWorker);
      });
    } finally {
      await worker.terminate();
    }
  };

/** Beside the cluster that runs: its processes and their data are its own, and end with it. */
export const playReal =
  ({ workerEntry, version }: { readonly workerEntry: string; readonly version: string }) =>
  async (options: PlayOptions): Promise<Played> => {
    const { loaded, seed, folder, signal } = options;
    const { scenario, text } = loaded;
    const result = await runScenario({
      scenario,
      seed,
      workerEntry,
      version,
      signal,
      onProgress: (progress) => options.onProgress(progress),
    });
    const name = `${scenario.name}, seed ${seed}, on real processes`;
    prepareRunFolder(folder);
    writeRunFolder(folder, realRun(name, text, { seed, version, ...result }));
    return { verdict: result.verdict, traceSha256: null };
  };
