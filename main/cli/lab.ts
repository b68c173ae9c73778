/**
 * `lightcone lab`: what `npm start` runs. The desktop window where it can be had, else the browser, and always the
 * same lab behind it.
 */
import { platform } from "node:os";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { LabError } from "../../shared/contract/errors.ts";
import { type ClockStoreKind, clockStoreKinds } from "../../shared/contract/state.ts";
import {
  logKinds,
  recoveryModes,
  snapshotKinds,
  storageDefaults,
  type StorageSettings,
  syncPolicies,
} from "../../shared/contract/storage.ts";
import { type Preset, presets } from "../../shared/membership/types.ts";
import { parseMergeFile } from "../../shared/replication/settings.ts";
import { desktopObstacle, fetchElectron, launchElectron } from "../electron/locate.ts";
import { defaultDataDir } from "../lab/data-dir.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { studio } from "../studio/studio.ts";
import { startWebHost } from "../web/host.ts";
import { onInterrupts } from "../worker/interrupts.ts";
import { announce } from "./running.ts";

interface LabFlags extends StorageSettings {
  nodes: number;
  preset: Preset;
  dataDir: string;
  port?: number;
  open: boolean;
  host?: "desktop" | "browser";
  merge: Readonly<Record<string, string>>;
  clockStore: ClockStoreKind;
}

/** The port tried first when none is asked for; any free one when it is taken. */
const usualPort = 4747;

const wholeNumber = (low: number, high: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new InvalidArgumentError(`It takes a whole number from ${low} to ${high}.`);
  }
  return value;
};

/** One more of "name=file", the path as seen from here. */
function mergeFile(text: string, before: Readonly<Record<string, string>>) {
  const file = parseMergeFile(text);
  if (file === null) throw new InvalidArgumentError("It takes a name and a file, like union=union.js.");
  return { ...before, [file.name]: resolve(file.path) };
}

const kindOption = (flag: string, about: string, kinds: readonly string[], usual: string) =>
  new Option(`${flag} <kind>`, about).choices(kinds).default(usual);

export function labCommand(version: string): Command {
  return new Command("lab")
    .description("Open the lab with a running cluster and a light load on it")
    .option("--nodes <count>", "nodes to start with", wholeNumber(1, 32), 5)
    .addOption(
      new Option(
        "--preset <name>",
        "speed of failure detection: fast on one machine, as on a LAN, slow enough to watch",
      )
        .choices(presets)
        .default("lab"),
    )
    .option("--data-dir <dir>", "where clusters and sessions are kept", defaultDataDir())
    .option(
      "--port <port>",
      `port of the browser host (default: ${usualPort}, or a free one)`,
      wholeNumber(1, 65_535),
    )
    .option(
      "--merge <name=file>",
      'a merge function for key prefixes whose strategy is "custom:<name>"; repeat it for several',
      mergeFile,
      {},
    )
    .addOption(kindOption("--clock-store", "where nodes keep their vector clocks", clockStoreKinds, "sqlite"))
    .addOption(kindOption("--log", "where they keep their logs", logKinds, storageDefaults.log))
    .addOption(
      kindOption("--snapshots", "where they keep snapshots", snapshotKinds, storageDefaults.snapshots),
    )
    .addOption(
      kindOption("--sync", "when a commit is flushed to the disk", syncPolicies, storageDefaults.sync),
    )
    .addOption(
      kindOption("--recovery", "what a start does about damage", recoveryModes, storageDefaults.recovery),
    )
    .option("--no-open", "do not open a browser")
    .addOption(
      new Option("--host <kind>", "where to show it (default: desktop where possible)").choices([
        "desktop",
        "browser",
      ]),
    )
    .action((flags: LabFlags) => runLab(flags, version));
}

async function runLab(flags: LabFlags, version: string): Promise<void> {
  if (flags.host !== "browser" && flags.port === undefined) {
    const obstacle = desktopObstacle() ?? (await fetchDesktop());
    if (obstacle === null) {
      process.exitCode = await runDesktop(flags);
      return;
    }
    if (flags.host === "desktop") throw new LabError("refused", obstacle);
    process.stdout.write(`${obstacle} The same lab opens in the browser.\n`);
  }
  await runInBrowser(flags, version);
}

/** Null when the desktop shell is here now, else one sentence why not. */
async function fetchDesktop(): Promise<string | null> {
  const isTerminal = process.stderr.isTTY;
  return fetchElectron((share) => {
    if (isTerminal) process.stderr.write(`\rFetching Electron, once: ${progressBar(share)}`);
    if (isTerminal && share >= 1) process.stderr.write("\n");
  });
}

function progressBar(share: number): string {
  const width = 30;
  const filled = Math.round(share * width);
  return `[${"█".repeat(filled)}${"·".repeat(width - filled)}] ${Math.round(share * 100)} %`;
}

function runDesktop(flags: LabFlags): Promise<number> {
  const child = launchElectron([
    `--nodes=${flags.nodes}`,
    `--preset=${flags.preset}`,
    `--data-dir=${flags.dataDir}`,
    ...Object.entries(flags.merge).map(([name, path]) => `--merge=${name}=${path}`),
    `--clock-store=${flags.clockStore}`,
    ...Object.entries(storageOf(flags)).map(([name, kind]) => `--${name}=${kind}`),
  ]);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => child.kill("SIGTERM"));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}

const storageOf = ({ log, snapshots, sync, recovery }: LabFlags): StorageSettings => ({
  log,
  snapshots,
  sync,
  recovery,
});

async function runInBrowser(flags: LabFlags, version: string): Promise<void> {
  const workerEntry = join(import.meta.dirname, "worker.js");
  const lab = await startLab({
    dataDir: flags.dataDir,
    nodes: flags.nodes,
    preset: flags.preset,
    merges: flags.merge,
    clockStore: flags.clockStore,
    storage: storageOf(flags),
    workerEntry,
    version,
    studio: studio({
      scenarios: join(import.meta.dirname, "..", "..", "assets", "scenarios"),
      workerEntry,
      huntWorkerEntry: join(import.meta.dirname, "hunt-worker.js"),
      version,
    }),
  });
  let withdraw: (() => void) | null = null;
  let ending: Promise<never> | null = null;
  const end = (code: number): Promise<never> => (ending ??= endLab(lab, withdraw, code));
  onInterrupts(
    ["SIGINT", "SIGTERM", "SIGHUP"],
    () => void end(0),
    () => process.exit(1),
  );
  process.on("uncaughtException", (error) => {
    process.stderr.write(`The lab failed and closes its cluster: ${error.stack ?? error.message}\n`);
    void end(1);
  });

  try {
    const url = await startHost(lab, flags.port);
    withdraw = announce(flags.dataDir, url);
    process.stdout.write(
      `${await clusterInWords(lab)} Sessions are kept in ${join(flags.dataDir, "sessions")}. Ctrl+C ends the lab.\n${url}\n`,
    );
    if (flags.open && hasDesktop()) await openInBrowser(url);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await end(1);
  }
}

/** How many nodes run, and why the others do not. */
async function clusterInWords(lab: Lab): Promise<string> {
  const { nodes } = await lab.connect().call("lab.state", {});
  const failures = nodes.filter((node) => node.status === "failed");
  const count = nodes.length - failures.length;
  const running = `${count} ${count === 1 ? "node is" : "nodes are"} running.`;
  return [running, ...failures.map(({ id, error }) => `${id} is not: ${error}`)].join(" ");
}

/** The page and its files, on the wanted port; where none is wanted and the usual one is taken, on a free one. */
async function startHost(lab: Lab, wanted: number | undefined): Promise<string> {
  const rendererDir = join(import.meta.dirname, "..", "renderer");
  const host = await startWebHost({ lab, port: wanted ?? usualPort, rendererDir }).catch((error: unknown) => {
    const isTaken = error instanceof LabError && error.code === "port_in_use";
    if (wanted === undefined && isTaken) return startWebHost({ lab, port: 0, rendererDir });
    throw error;
  });
  return host.url;
}

/** The one way out: whatever fails on it is told, and the process ends all the same. */
async function endLab(lab: Lab, withdraw: (() => void) | null, code: number): Promise<never> {
  try {
    withdraw?.();
    await lab.close();
  } catch (error) {
    process.stderr.write(
      `The lab did not close cleanly: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(1);
  }
  process.exit(code);
}

const hasDesktop = () =>
  platform() === "darwin" ||
  platform() === "win32" ||
  Boolean(process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"]);

async function openInBrowser(url: string): Promise<void> {
  const { default: open } = await import("open");
  const child = await open(url);
  child.on("error", () =>
    process.stdout.write("No browser could be opened; open the address above by hand.\n"),
  );
}
