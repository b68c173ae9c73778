/** The built desktop host as a whole: bundle, preload, window and real nodes, with only Electron itself doubled. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { eventually } from "../../eventually.ts";
import type { LabState } from "../../../shared/contract/state.ts";
import { launchBrowser } from "../../browser.ts";
import { isRunning } from "../lab/running-lab.ts";
import * as electron from "./double/electron.ts";

vi.mock("electron", () => import("./double/electron.ts"));

const bundle = join(import.meta.dirname, "..", "..", "..", "dist", "main", "electron.js");

describe("the built desktop host", () => {
  let browser: Browser;
  let endElectron: () => Promise<void>;
  let dataDir: string;
  let page: Page;
  const violations: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
    dataDir = mkdtempSync(join(tmpdir(), "lightcone-whole-"));
    endElectron = await electron.startElectron(browser, dataDir);
    process.argv = ["electron", "app", `--data-dir=${dataDir}`, "--nodes=3"];
    electron.app.once("web-contents-created", (_event, contents: { page: Promise<Page> }) => {
      void contents.page.then((opened) =>
        opened.on("console", (message) => {
          if (message.type() === "error") violations.push(message.text());
        }),
      );
    });
    await import(bundle);
    await vi.waitUntil(() => electron.hasWindow() && electron.currentWindow().visible, 60_000);
    page = await electron.currentWindow().webContents.page;
  });
  afterAll(async () => {
    if (electron.app.exitCode === null) electron.app.quit();
    await eventually(() => expect(electron.app.exitCode).not.toBeNull());
    await endElectron();
    await browser.close();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  const labState = () =>
    page.evaluate(
      () =>
        new Promise<LabState>((resolve) => {
          const stop = window.lightcone?.onFrame((frame) => {
            if (!("id" in frame) || frame.id !== 1e9 || !("result" in frame)) return;
            stop?.();
            resolve(frame.result as LabState);
          });
          window.lightcone?.send({ id: 1e9, command: "lab.state", params: {} });
        }),
    );

  it("shows the lab's window with its nodes, under a policy that allows nothing from elsewhere", async () => {
    await page.getByText("3 nodes, lab preset").waitFor();
    expect(violations).toEqual([]);
  });

  it("runs real nodes, and closes them all when it quits", async () => {
    const { nodes } = await labState();
    const pids = nodes.map((node) => node.pid!);
    expect(pids.filter(isRunning)).toHaveLength(3);
    electron.app.quit();
    await eventually(() => expect(electron.app.exitCode).toBe(0));
    await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
  });
});
