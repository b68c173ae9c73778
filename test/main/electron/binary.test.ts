/** The built application in a real Electron, where there is one: what a double cannot promise. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../eventually.ts";
import { desktopObstacle, electronBinary } from "../../../main/electron/locate.ts";
import type { LabState } from "../../../shared/contract/state.ts";
import { isRunning } from "../lab/running-lab.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const binary = electronBinary();
const obstacle = binary === null ? "no Electron binary" : desktopObstacle();
if (obstacle !== null) console.log(`skipped: ${obstacle}`);

describe.skipIf(obstacle !== null)("the desktop application", () => {
  let dataDir: string;
  let application: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "lightcone-electron-"));
    application = await _electron.launch({
      executablePath: binary!,
      args: [root, "--nodes=3", `--data-dir=${dataDir}`],
    });
    page = await application.firstWindow();
    await page.waitForLoadState();
  });
  afterAll(async () => {
    await application?.close();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  /** The lab's state, asked for through the bridge. */
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

  it("shows the window from its own scheme, isolated from Electron and Node", async () => {
    expect(page.url()).toBe("lightcone://app/desktop.html");
    const found = await page.evaluate(() => ({
      bridge: Object.keys(window.lightcone ?? {}).sort(),
      leaks: ["require", "process", "module", "Buffer"].filter((name) => name in window),
    }));
    expect(found).toEqual({
      bridge: ["onFrame", "onMenu", "openDialog", "platform", "saveDialog", "send"],
      leaks: [],
    });
  });

  it("runs its nodes as processes of their own", async () => {
    const { nodes } = await labState();
    expect(nodes.map((node) => node.status)).toEqual(["running", "running", "running"]);
    for (const { pid } of nodes) expect(isRunning(pid!)).toBe(true);
  });

  it("serves nothing from outside the window's folder", async () => {
    const statuses = await application.evaluate(async ({ net }) => {
      const paths = ["desktop.html", "..%2f..%2fpackage.json", "%2e%2e/main/cli.js", "%2fetc%2fhostname"];
      const answers = await Promise.all(paths.map((path) => net.fetch(`lightcone://app/${path}`)));
      return answers.map((answer) => answer.status);
    });
    expect(statuses).toEqual([200, 404, 404, 404]);
  });

  it("neither leaves its page nor opens another", async () => {
    await page.evaluate(() => {
      location.href = "http://127.0.0.1:9/";
      window.open("http://127.0.0.1:9/");
    });
    expect((await labState()).nodes).toHaveLength(3);
    expect(page.url()).toBe("lightcone://app/desktop.html");
    expect(application.windows()).toHaveLength(1);
  });

  it("leaves no node behind when its window is closed", async () => {
    const pids = (await labState()).nodes.map((node) => node.pid!);
    const exited = application.waitForEvent("close");
    await application.evaluate(({ app }) => app.quit());
    await exited;
    await eventually(() => expect(pids.filter(isRunning)).toEqual([]));
  });
});
