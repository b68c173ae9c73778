/**
 * Real operating-system processes, behind the few things the lab does with them.
 *
 * `child_process` and not Electron's `utilityProcess`: only a real child takes SIGKILL and SIGSTOP and reports the
 * signal that ended it. In Electron the same binary runs as plain Node when the variable ELECTRON_RUN_AS_NODE stands
 * in the child's environment, and only there.
 *
 * A node gets a process group of its own, so that Ctrl+C in the terminal reaches the lab alone, and file descriptor 3
 * as its line to the lab. The line closes with the lab, however that ends, and then the node ends itself.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import type { LabToNode, NodeToLab } from "../worker/control.ts";
import { encodeFrame, FrameDecoder, FrameError } from "../worker/frames.ts";

export interface NodeCommand {
  /** The worker's entry file. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface NodeExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it ended, as far as its standard error tells; "" when it tells nothing. */
  readonly lastWords: string;
}

export interface NodeProcess {
  readonly pid: number | null;
  send(message: LabToNode): void;
  signal(signal: "SIGKILL" | "SIGTERM"): void;
  /** The process does nothing until `thaw`; resolves when that is so. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Null where the system does not tell cheaply. */
  isFrozen(): Promise<boolean | null>;
}

export interface ProcessHost {
  /** `onExit` is called once, after the last message the process had sent. */
  start(
    command: NodeCommand,
    onMessage: (message: NodeToLab) => void,
    onExit: (exit: NodeExit) => void,
  ): NodeProcess;
}

const hasStopSignal = process.platform !== "win32";
const controlFd = 3;
const lastWordsMax = 4096;
const freezeMs = 5_000;

export const childProcessHost: ProcessHost = {
  start(command, onMessage, onExit) {
    const child = spawn(process.execPath, [command.entry, ...command.args, `--control-fd=${controlFd}`], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      detached: hasStopSignal,
      windowsHide: true,
      env: {
        ...process.env,
        ...command.env,
        ...(process.versions["electron"] !== undefined && { ELECTRON_RUN_AS_NODE: "1" }),
      },
    });
    let stderr = "";
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (text: string) => (stderr = (stderr + text).slice(-lastWordsMax)));

    let hasEnded = false;
    const end = (code: number | null, signal: string | null) => {
      if (hasEnded) return;
      hasEnded = true;
      onExit({ code, signal, lastWords: lastWordsOf(stderr) });
    };
    child.once("close", end);
    child.once("error", (error) => {
      stderr += `\n${error.message}`;
      if (child.pid === undefined) end(null, null);
    });

    const line = child.stdio[controlFd] as Duplex | null | undefined;
    const frames = new FrameDecoder();
    line?.on("data", (bytes: Buffer) => {
      try {
        for (const message of frames.push(bytes)) onMessage(message as NodeToLab);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        stderr += `\n${error.message}`;
        line.destroy();
        child.kill("SIGKILL");
      }
    });
    // A line that breaks means the process is ending; its exit is reported by itself.
    line?.on("error", () => undefined);

    const send = (message: LabToNode) => {
      if (line?.writable === true) line.write(encodeFrame(message));
    };
    const pid = child.pid ?? null;
    return {
      pid,
      send,
      signal: (signal) => void child.kill(signal),
      async freeze() {
        if (!hasStopSignal) return send({ kind: "freeze" });
        child.kill("SIGSTOP");
        await untilFrozen(pid, true);
      },
      async thaw() {
        if (!hasStopSignal) return send({ kind: "thaw" });
        child.kill("SIGCONT");
        await untilFrozen(pid, false);
      },
      isFrozen: () => isFrozen(pid),
    };
  },
};

/** The error of a crash, which stands above its stack; else the last line. */
function lastWordsOf(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const spoken = lines.filter((line) => line !== "" && !line.startsWith("Node.js v"));
  return spoken.findLast((line) => /^\S*Error\b/.test(line)) ?? spoken.at(-1) ?? "";
}

/** A signal is delivered a moment after it was sent; what the lab reports is what the system confirms. */
async function untilFrozen(pid: number | null, wanted: boolean): Promise<void> {
  const deadline = performance.now() + freezeMs;
  for (;;) {
    const frozen = await isFrozen(pid);
    if (frozen === null || frozen === wanted || performance.now() > deadline) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Linux: the state letter after the command name in /proc/<pid>/stat, T when stopped. */
async function isFrozen(pid: number | null): Promise<boolean | null> {
  if (process.platform !== "linux" || pid === null) return null;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.charAt(stat.lastIndexOf(")") + 2) === "T";
  } catch {
    return null;
  }
}
