/** The whole window in a real browser, over the real host and three real nodes, for the tests beside this file. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { studio } from "../../../main/studio/studio.ts";
import { startWebHost, type WebHost } from "../../../main/web/host.ts";
import { launchBrowser } from "../../browser.ts";
import { RunningLab, workerEntry } from "../../main/lab/running-lab.ts";

const root = join(import.meta.dirname, "../../..");
const rendererDir = join(root, "dist/renderer");
const scenarios = join(root, "assets/scenarios");
const huntWorkerEntry = join(root, "main/hunt/worker.ts");

export class RealWindow {
  running!: RunningLab;
  host!: WebHost;
  browser!: Browser;
  page!: Page;
  /** What the browser complained of: a refused style, a failed request, an error nobody caught. */
  readonly complaints: string[] = [];

  async start(): Promise<void> {
    this.running = await RunningLab.start({
      studio: studio({ scenarios, workerEntry, huntWorkerEntry, version: "0.0.0" }),
    });
    await this.running.untilAlive(["node-1", "node-2", "node-3"]);
    await this.serve();
    this.browser = await launchBrowser();
  }

  async serve(): Promise<void> {
    this.host = await startWebHost({ lab: this.running.lab, port: 0, rendererDir });
  }

  async end(): Promise<void> {
    await this.browser?.close();
    await this.host?.close();
    await this.running?.close();
  }

  async open(size = { width: 1280, height: 800 }): Promise<void> {
    this.complaints.length = 0;
    this.page = await this.browser.newPage({ viewport: size, reducedMotion: "reduce" });
    // Shorter than a test may take, so that a step that waits in vain names itself.
    this.page.setDefaultTimeout(60_000);
    this.page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.complaints.push(message.text());
    });
    this.page.on("pageerror", (error) => this.complaints.push(String(error)));
    await this.page.goto(this.host.url);
    await this.page.getByText("3 nodes, lab preset").waitFor();
    await this.idle();
  }

  readonly idle = () => this.page.evaluate("window.__lightcone.idle()");
  readonly tab = (name: string) => this.page.getByRole("tab", { name });
  readonly button = (name: string) => this.page.getByRole("button", { name, exact: true });
  readonly panel = (name: string) => this.page.locator(`[data-part="${name}"]`);
}

/** One lab for all tests of a file, a fresh page for each of them. */
export function useRealWindow(): RealWindow {
  const real = new RealWindow();
  beforeAll(() => real.start());
  afterAll(() => real.end());
  beforeEach(async () => {
    await real.open();
    return async () => {
      await real.page.close();
      await real.running.call("partition.heal", { all: true });
    };
  });
  return real;
}
