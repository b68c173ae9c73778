/** The contract over Electron's IPC: the real preload in a real page, the real main process, the double between. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, vi } from "vitest";
import type { ClientFrame, HostFrame } from "../../../shared/contract/contract.ts";
import { launchBrowser } from "../../browser.ts";
import { contractSuite } from "../../shared/contract/suite.ts";
import { openDesktop } from "./open-desktop.ts";

vi.mock("electron", () => import("./double/electron.ts"));

let browser: Browser;
beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser.close());

contractSuite("Electron's IPC", async (lab) => {
  const desktop = await openDesktop(browser, lab);
  const { page } = desktop;
  let onFrame: ((frame: HostFrame) => void) | undefined;
  await page.exposeFunction("frameForTest", (frame: HostFrame) => onFrame?.(frame));
  await page.evaluate(() => {
    const page = window as unknown as { frameForTest(frame: unknown): void };
    window.lightcone?.onFrame((frame) => page.frameForTest(frame));
  });
  const send = (frame: unknown) =>
    void page.evaluate((value) => window.lightcone?.send(value as ClientFrame), frame);
  return {
    channel: {
      send,
      onFrame: (listener) => void (onFrame = listener),
      onState: (listener) => listener(true),
      close: () => {},
    },
    sendRaw: send,
    close: () => desktop.close(),
  };
});
