/** Runs the desktop host on the double: real main-process code, a real page, a lab of the test's own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { vi } from "vitest";
import { runDesktop } from "../../../main/electron/desktop.ts";
import type { LightconeBridge } from "../../../shared/contract/bridge.ts";
import type { LabService } from "../../../shared/contract/server.ts";
import { makeRendererDir } from "../web/renderer-dir.ts";
import { currentWindow, startElectron } from "./double/electron.ts";

declare global {
  interface Window {
    readonly lightcone?: LightconeBridge;
  }
}

export interface OpenDesktop {
  readonly page: Page;
  readonly dataDir: string;
  /** How often the lab was closed. */
  readonly closings: () => number;
  /** Calls what the host has set up for a signal, and nobody else's handlers in this process. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void;
  close(): Promise<void>;
}

const preload = join(import.meta.dirname, "..", "..", "..", "dist", "preload", "preload.cjs");
const processEvents = ["SIGINT", "SIGTERM", "SIGHUP", "uncaughtException"] as const;

export interface OpenOptions {
  readonly args?: readonly string[];
  /** Kept by its giver; else one is made and removed. */
  readonly dataDir?: string;
}

export async function openDesktop(
  browser: Browser,
  lab: LabService,
  options: OpenOptions = {},
): Promise<OpenDesktop> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "lightcone-desktop-"));
  const renderer = makeRendererDir();
  const endElectron = await startElectron(browser, dataDir);
  const argv = process.argv;
  const before = new Set(processEvents.flatMap((name) => process.listeners(name as "SIGINT")));
  const ownListeners = (name: string) =>
    process.listeners(name as "SIGINT").filter((listener) => !before.has(listener));
  let closings = 0;
  process.argv = ["electron", "app", `--data-dir=${dataDir}`, ...(options.args ?? [])];
  await runDesktop({
    rendererDir: renderer.path,
    preload,
    icon: "icon.png",
    defaultDataDir: "/never",
    startLab: async () => ({
      dispatch: (name, params) => lab.dispatch(name, params),
      on: (name, listener) => lab.on(name, listener),
      close: async () => void closings++,
    }),
  });
  process.argv = argv;
  await vi.waitUntil(() => currentWindow().visible, 60_000);
  return {
    page: await currentWindow().webContents.page,
    dataDir,
    closings: () => closings,
    signal(name) {
      for (const listener of ownListeners(name)) listener(name);
    },
    async close() {
      await endElectron();
      for (const name of processEvents) {
        for (const listener of ownListeners(name)) process.removeListener(name, listener);
      }
      renderer.remove();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true });
    },
  };
}
