/** Where Electron starts: the desktop host with the real lab behind it. */
import { join } from "node:path";
import { app, dialog } from "electron";
import packageJson from "../../package.json" with { type: "json" };
import { defaultDataDir } from "../lab/data-dir.ts";
import { startLab } from "../lab/lab.ts";
import { studio } from "../studio/studio.ts";
import { runDesktop } from "./desktop.ts";

const here = import.meta.dirname;
const dist = join(here, "..");

/** In a package the files of processes and threads lie beside the archive: neither can read from within it. */
const beside = (file: string) => join(here, file).replace("app.asar", "app.asar.unpacked");
const workerEntry = beside("worker.js");
const { version } = packageJson;

runDesktop({
  rendererDir: join(dist, "renderer"),
  preload: join(dist, "preload", "preload.cjs"),
  icon: join(dist, "..", "assets", "icons", "icon.png"),
  defaultDataDir: defaultDataDir(),
  startLab: (flags) =>
    startLab({
      ...flags,
      workerEntry,
      version,
      studio: studio({
        scenarios: join(dist, "..", "assets", "scenarios"),
        workerEntry,
        huntWorkerEntry: beside("hunt-worker.js"),
        version,
      }),
    }),
}).catch((error: unknown) => {
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${sentence}\n`);
  if (app.isPackaged) dialog.showErrorBox("Lightcone cannot start", sentence);
  app.exit(1);
});
