/**
 * Whether the desktop shell can be used on this machine, and how to start it. Runs under plain Node and imports nothing
 * of Electron.
 *
 * Electron's package brings no binary; it is fetched when first wanted. Everything that can stand in the way is found
 * before a window is tried and told in one sentence, because the same lab opens in the browser and nobody should have
 * to read a stack trace to get there.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** The folder with package.json: two levels up, from the sources as from the build. */
const root = join(import.meta.dirname, "..", "..");
const packageDir = join(root, "node_modules", "electron");

/** A source from which nothing comes for this long is unreachable. */
const silenceMsMax = 5_000;
const trialMsMax = 20_000;

/** What the answer depends on; handed in by tests. */
export interface Machine {
  readonly platform: string;
  readonly isRoot: boolean;
  readonly hasDisplay: boolean;
  /** electron's npm package is here (its binary may not be). */
  readonly hasPackage: boolean;
  /** The system keeps ordinary programs from building a sandbox, as some distributions do. */
  readonly forbidsSandbox: boolean;
}

/** One sentence that says why no desktop window can open here, whatever is fetched; null when one can. */
export function desktopObstacle(machine: Machine = thisMachine()): string | null {
  if (!machine.hasPackage) return "The desktop window is not part of this installation.";
  if (machine.platform !== "linux") return null;
  if (!machine.hasDisplay) {
    return "There is no display for a desktop window (neither DISPLAY nor WAYLAND_DISPLAY is set).";
  }
  if (machine.isRoot) return "A desktop window would have to give up its sandbox to run as root.";
  if (machine.forbidsSandbox) {
    return "This system does not let a desktop window build its sandbox (unprivileged user namespaces are off).";
  }
  return null;
}

function thisMachine(): Machine {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    hasDisplay: Boolean(DISPLAY) || Boolean(WAYLAND_DISPLAY),
    hasPackage: existsSync(join(packageDir, "package.json")),
    forbidsSandbox:
      kernelSwitch("kernel/apparmor_restrict_unprivileged_userns") === "1" ||
      kernelSwitch("kernel/unprivileged_userns_clone") === "0" ||
      kernelSwitch("user/max_user_namespaces") === "0",
  };
}

function kernelSwitch(name: string): string | null {
  const file = `/proc/sys/${name}`;
  return existsSync(file) ? readFileSync(file, "utf8").trim() : null;
}

/** The binary's path, or null while it has not been fetched. The same test as electron's own installer makes. */
export function electronBinary(): string | null {
  const pathFile = join(packageDir, "path.txt");
  if (!existsSync(pathFile)) return null;
  const binary = join(packageDir, "dist", readFileSync(pathFile, "utf8"));
  return existsSync(binary) ? binary : null;
}

/**
 * Makes sure that the binary is here and starts. `onProgress` hears the share fetched so far, 0 to 1; it is not called
 * when nothing has to be fetched. Resolves with null, or with one sentence that says why it cannot be used.
 */
export async function fetchElectron(onProgress: (share: number) => void): Promise<string | null> {
  if (electronBinary() === null) {
    try {
      await download(onProgress);
      // Finds the download in the cache, checks it again and unpacks it.
      await promisify(execFile)(process.execPath, [join(packageDir, "install.js")]);
    } catch (error) {
      return `Electron's binary could not be fetched (${reasonOf(error)}).`;
    }
  }
  const binary = electronBinary();
  return binary === null ? "Electron's binary could not be unpacked." : await tryOut(binary);
}

async function download(onProgress: (share: number) => void): Promise<void> {
  const { downloadArtifact } = await import("@electron/get");
  const silence = new AbortController();
  const watch = () =>
    setTimeout(() => silence.abort(new Error(`nothing came for ${silenceMsMax / 1000} s`)), silenceMsMax);
  let timer = watch();
  const getProgressCallback = async ({ percent }: { percent: number }) => {
    clearTimeout(timer);
    if (percent < 1) timer = watch();
    onProgress(percent);
  };
  try {
    await downloadArtifact({
      version: readJson("package.json")["version"] as string,
      artifactName: "electron",
      platform: process.platform,
      arch: process.arch,
      checksums: readJson("checksums.json") as Record<string, string>,
      downloadOptions: { signal: silence.signal, getProgressCallback, quiet: true },
    });
  } finally {
    clearTimeout(timer);
  }
}

const readJson = (name: string) =>
  JSON.parse(readFileSync(join(packageDir, name), "utf8")) as Record<string, unknown>;

/** fetch says no more than "fetch failed"; what happened stands in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return (inner instanceof Error ? inner.message : error.message).split("\n")[0]!;
}

/** Starts the binary as plain Node: on a machine that lacks one of its libraries it says which, and ends. */
async function tryOut(binary: string): Promise<string | null> {
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
  try {
    await promisify(execFile)(binary, ["-e", "0"], { env, timeout: trialMsMax });
    return null;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const reason = stderr?.trim().split("\n").at(-1);
    return `Electron does not start here (${reason === undefined || reason === "" ? reasonOf(error) : reason}).`;
  }
}

/** Starts the desktop host with the given flags; its output is ours. Only after `fetchElectron` resolved with null. */
export function launchElectron(args: readonly string[]): ChildProcess {
  const binary = electronBinary();
  if (binary === null) throw new Error("launchElectron before fetchElectron");
  const env = { ...process.env };
  // Set where an Electron application started us; with it, Electron would be a plain Node.
  delete env["ELECTRON_RUN_AS_NODE"];
  return spawn(binary, [root, ...args], { stdio: "inherit", env });
}
