/** The window under a real lab in a real browser: how soon an event is seen, and whether drawing keeps up. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { WebSocket } from "ws";
import { connectToLab } from "../../main/web/connect.ts";
import type { LabConnection } from "../../shared/contract/contract.ts";
import { launchBrowser } from "../browser.ts";
import { cliEntry } from "./processes.ts";
import { median, percentile, report } from "./report.ts";

interface Hook {
  idle(): Promise<void>;
  events(): readonly { id: number; key?: string; at: number }[];
}
declare global {
  interface Window {
    __lightcone: Hook;
  }
}

async function withLab(body: (page: Page, lab: LabConnection) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "lightcone-bench-"));
  const child = spawn(
    process.execPath,
    [cliEntry, "lab", "--host=browser", "--no-open", `--data-dir=${dataDir}`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        const line = /^http\S+$/m.exec(text);
        if (line) resolve(line[0]);
      });
      void ended.then(() => reject(new Error("the lab ended before it was up")));
      setTimeout(() => reject(new Error("the lab was not up within 30 s")), 30_000).unref();
    });
    const lab = await connectToLab(
      url,
      (address, protocols, settings) => new WebSocket(address, protocols, settings),
    );
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(url);
      await page.waitForFunction(() => "__lightcone" in window);
      await page.evaluate(() => window.__lightcone.idle());
      await body(page, lab);
    } finally {
      lab.close();
      await browser.close();
    }
  } finally {
    child.kill("SIGTERM");
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** From the moment a node stamps the arrival of a request to the frame in which the window has drawn it. */
export async function eventToScreen(): Promise<void> {
  const samples: number[] = [];
  await withLab(async (page, lab) => {
    for (let round = 0; round < 40; round++) {
      const key = `bench-${round}`;
      const drawn = page.evaluate(async (wanted) => {
        for (const end = performance.now() + 10_000; performance.now() < end;) {
          const found = window.__lightcone.events().findLast((event) => event.key === wanted);
          if (found) {
            await window.__lightcone.idle();
            return performance.timeOrigin + performance.now() - found.at;
          }
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }
        throw new Error(`${wanted} was not seen within 10 s`);
      }, key);
      await lab.call("data.put", { node: `node-${1 + (round % 5)}`, key, value: "x" });
      samples.push(await drawn);
    }
  });
  report({
    bench: "event-to-screen",
    value: percentile(samples, 0.95),
    unit: "ms",
    target: 100,
    better: "lower",
    detail: { p50ms: Math.round(median(samples)), worst: Math.round(Math.max(...samples)) },
  });
}

/** Frames a second while the window follows about 1,000 events a second. */
export async function frames(): Promise<void> {
  await withLab(async (page, lab) => {
    await lab.call("load.set", { running: true, opsPerSecond: 80 });
    await page.waitForTimeout(3000);
    const result = await page.evaluate(async () => {
      const before = window.__lightcone.events().length;
      const start = performance.now();
      const gaps: number[] = [];
      let last = start;
      while (last - start < 10_000) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        gaps.push(now - last);
        last = now;
      }
      const seconds = (last - start) / 1000;
      return { gaps, eventsPerSecond: (window.__lightcone.events().length - before) / seconds, seconds };
    });
    report({
      bench: "frames",
      value: result.gaps.length / result.seconds,
      unit: "frames/s",
      target: 60,
      better: "higher",
      detail: {
        eventsPerSecond: Math.round(result.eventsPerSecond),
        p99FrameMs: Math.round(percentile(result.gaps, 0.99)),
      },
    });
  });
}
