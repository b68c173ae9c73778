/** The diagram in a real browser: what a hand does to it, and that it says when it has drawn everything. */
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build, preview, type PreviewServer } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layoutLanes } from "../../../renderer/timeline/layout.ts";
import { launchBrowser } from "../../browser.ts";
import type { Harness } from "./harness.tsx";
import { noise } from "./synthetic.ts";

const plot = "canvas[aria-roledescription]";
let server: PreviewServer;
let browser: Browser;
let outDir: string;

beforeAll(async () => {
  outDir = mkdtempSync(join(tmpdir(), "lightcone-timeline-"));
  const shared = { configFile: false, root: import.meta.dirname, logLevel: "error" } as const;
  const input = join(import.meta.dirname, "harness.html");
  await build({
    ...shared,
    plugins: [react()],
    build: { outDir, emptyOutDir: true, target: "es2023", minify: false, rolldownOptions: { input } },
  });
  server = await preview({
    ...shared,
    build: { outDir },
    preview: { host: "127.0.0.1", port: 0, open: false },
  });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(outDir, { recursive: true, force: true });
});

async function open(query: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`${server.resolvedUrls!.local[0]!}harness.html?${query}`);
  await page.waitForFunction(() => window.harness !== undefined && document.fonts.status === "loaded");
  await idle(page);
  expect(errors).toEqual([]);
  return page;
}

/** All that was asked has been drawn: React hands it on by the next frame, and the diagram paints within one more. */
async function idle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frames = 0; frames < 2; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
    while (document.querySelector('[data-idle="true"]') === null)
      await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}
const selectionOf = (page: Page): Promise<Harness["selection"]> =>
  page.evaluate(() => window.harness.selection);
const selected = async (page: Page) => {
  const selection = await selectionOf(page);
  return selection?.kind === "event" ? selection.id : null;
};

const nodeOfSelected = (page: Page) =>
  page.evaluate(() => {
    const { history, selection } = window.harness;
    return selection?.kind === "event" ? history.event(selection.id)?.node : undefined;
  });

/** Where things are, by the same rules as the diagram's. */
async function placesOf(page: Page) {
  const box = (await page.locator(plot).boundingBox())!;
  const lanes = await page.evaluate(() => [...window.harness.history.lanes]);
  const layout = layoutLanes(lanes, { width: box.width, height: box.height, em: 13, scroll: 0 });
  const laneY = (node: string) => box.y + layout.rows.find((row) => row.node === node)!.y;
  const middle = Math.round(box.x + layout.gutter + (box.width - layout.gutter) / 2);
  return { box, layout, laneY, middle, axisY: box.y + 8, left: box.x + layout.gutter };
}

/** Ink on the sheet above the picture: selection, cursor, span. */
const overlayInk = (page: Page) =>
  page.evaluate((selector) => {
    const canvas = document.querySelector<HTMLCanvasElement>(selector)!;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let ink = 0;
    for (let index = 3; index < data.length; index += 4) if (data[index]! > 0) ink += 1;
    return ink;
  }, plot);

/** An early receive, selected and brought to the middle, near enough to stand alone. */
async function centred(page: Page) {
  const found = await page.evaluate(() => {
    const { history, select, timeline } = window.harness;
    const event = history.all.find((each) => each.name === "REPLICATE" && each.type === "receive")!;
    select({ kind: "event", id: event.id });
    timeline.current!.centreOn(event.id);
    return {
      id: event.id,
      node: event.node,
      send: history.send(event.message!)!.id,
    };
  });
  await expect.poll(() => selected(page)).toBe(found.id);
  await idle(page);
  return found;
}

describe("the diagram in a browser", () => {
  it("fills its sheets at the resolution of the screen, in the colours of the theme", async () => {
    for (const theme of ["light", "dark", "projector"]) {
      const page = await open(`session=story&theme=${theme}`, { deviceScaleFactor: 2 });
      const seen = await page.evaluate(() => {
        const canvas = document.querySelectorAll("canvas")[1]!;
        const ctx = canvas.getContext("2d")!;
        const ground = [...ctx.getImageData(canvas.width - 8, canvas.height - 8, 1, 1).data].slice(0, 3);
        const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set<number>();
        for (let index = 0; index < data.length; index += 4)
          colours.add((data[index]! << 16) | (data[index + 1]! << 8) | data[index + 2]!);
        const surface = getComputedStyle(document.documentElement).getPropertyValue("--lc-surface").trim();
        return { ratio: canvas.width / canvas.clientWidth, ground, colours: colours.size, surface };
      });
      expect(seen.ratio).toBeCloseTo(2, 1);
      expect(`#${seen.ground.map((part) => part.toString(16).padStart(2, "0")).join("")}`).toBe(seen.surface);
      expect(seen.colours).toBeGreaterThan(100);
      await page.close();
    }
  });

  it("selects what is clicked, goes to its cause on a double click, and lets go on empty ground", async () => {
    const page = await open("session=story");
    const { id, node, send } = await centred(page);
    const { laneY, middle, box } = await placesOf(page);
    await page.evaluate(() => window.harness.select(null));
    await expect.poll(() => selected(page)).toBeNull();
    await page.mouse.click(middle, laneY(node));
    await expect.poll(() => selected(page)).toBe(id);
    await expect.poll(() => page.locator("[aria-live]").textContent()).toContain("received REPLICATE");
    await page.mouse.dblclick(middle, laneY(node));
    await expect.poll(() => selected(page)).toBe(send);
    await idle(page);
    await page.mouse.click(box.x + box.width - 20, box.y + box.height - 4);
    await expect.poll(() => selected(page)).toBeNull();
    await page.close();
  });

  it("selects a node by its name and tells whoever asks for a menu what lies there", async () => {
    const page = await open("session=story");
    const { id, node } = await centred(page);
    const { laneY, middle, box, left } = await placesOf(page);
    await page.mouse.click(box.x + 30, laneY("node-2"));
    await expect.poll(() => selectionOf(page)).toEqual({ kind: "node", node: "node-2" });
    await page.mouse.click(middle, laneY(node), { button: "right" });
    await page.mouse.click(box.x + 30, laneY("node-3"), { button: "right" });
    await page.mouse.click(left + 5, laneY("node-1") + 25, { button: "right" });
    await expect
      .poll(() => page.evaluate(() => window.harness.menus))
      .toMatchObject([{ kind: "event", id }, { kind: "node", node: "node-3" }, { kind: "time" }]);
    await page.close();
  });

  it("shows belief and truth where the pointer rests", async () => {
    const page = await open("session=story");
    const { node } = await centred(page);
    const { laneY, middle, left } = await placesOf(page);
    await page.mouse.move(middle, laneY(node));
    const tooltip = page.locator("[role=tooltip]");
    await tooltip.waitFor();
    await expect.poll(() => tooltip.textContent()).toMatch(/received REPLICATE.*belief.*truth/s);
    await page.mouse.move(left + 3, laneY("node-1") + 30);
    await tooltip.waitFor({ state: "detached" });
    await page.close();
  });

  it("is worked by keys alone", async () => {
    const page = await open("session=story");
    await page.locator(plot).focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => selected(page)).not.toBeNull();
    const first = await selected(page);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => selected(page)).not.toBe(first);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => selected(page)).toBe(first);
    await idle(page);
    await page.keyboard.press("ArrowDown");
    // The cut is in sight, so node-4 stands next to node-1, on its side.
    await expect.poll(() => nodeOfSelected(page)).toBe("node-4");
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => nodeOfSelected(page)).toBe("node-1");
    const { id, send } = await centred(page);
    await page.evaluate(() => window.harness.timeline.current!.step("cause"));
    await expect.poll(() => selected(page)).toBe(send);
    await page.evaluate(() => window.harness.timeline.current!.step("effect"));
    await expect.poll(() => selected(page)).toBe(id);
    await page.keyboard.press("Escape");
    await expect.poll(() => selected(page)).toBeNull();
    await page.close();
  });

  it("pans with the wheel and zooms at the pointer with Ctrl", async () => {
    const page = await open("session=story");
    const { axisY, middle, laneY } = await placesOf(page);
    const timeAt = async (x: number) => {
      await page.evaluate(() => window.harness.setCursor(null));
      await page.waitForFunction(() => window.harness.cursor === null);
      await page.mouse.click(x, axisY);
      await page.waitForFunction(() => window.harness.cursor !== null);
      return page.evaluate(() => window.harness.cursor!);
    };
    const [before, beside] = [await timeAt(middle), await timeAt(middle + 100)];
    await page.mouse.move(middle, laneY("node-1"));
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -400);
    await page.keyboard.up("Control");
    const besideNow = async () => (await timeAt(middle + 100)) - before;
    await expect.poll(besideNow).toBeLessThan((beside - before) * 0.6);
    await idle(page);
    expect(await timeAt(middle)).toBeCloseTo(before, 0);
    const nearer = await besideNow();
    await page.mouse.move(middle, laneY("node-1"));
    await page.mouse.wheel(0, 100);
    await expect.poll(async () => (await timeAt(middle)) - before).toBeCloseTo(nearer, 0);
    await page.mouse.dblclick(middle, axisY);
    await page.waitForFunction(() => window.harness.cursor === null);
    await page.close();
  });

  it("drags, and chooses a stretch with Shift", async () => {
    const page = await open("session=story");
    const { axisY, middle, laneY } = await placesOf(page);
    const y = laneY("node-1") + 30;
    await page.mouse.click(middle, axisY);
    await page.waitForFunction(() => window.harness.cursor !== null);
    const before = await page.evaluate(() => window.harness.cursor!);
    await page.evaluate(() => window.harness.timeline.current!.zoomBy(4));
    await idle(page);
    await page.mouse.move(middle, y);
    await page.mouse.down();
    await page.mouse.move(middle - 150, y, { steps: 4 });
    await page.mouse.up();
    await idle(page);
    await page.mouse.click(middle, axisY);
    await expect.poll(() => page.evaluate(() => window.harness.cursor!)).toBeGreaterThan(before + 1);
    await page.mouse.dblclick(middle, axisY);
    await page.waitForFunction(() => window.harness.cursor === null);
    await idle(page);
    const ink = await overlayInk(page);
    await page.keyboard.down("Shift");
    await page.mouse.move(middle - 100, y);
    await page.mouse.down();
    await page.mouse.move(middle + 100, y, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    await expect.poll(() => overlayInk(page)).toBeGreaterThan(ink + 50_000);
    await page.locator(plot).focus();
    await page.keyboard.press("Escape");
    await expect.poll(() => overlayInk(page)).toBeLessThan(ink + 5_000);
    await page.close();
  });

  it("keeps up with a live session, follows it until it is panned, and says when all is drawn", async () => {
    const page = await open("session=0&live=1");
    const before = await page.evaluate(() => window.harness.history.size);
    await page.evaluate(() => window.harness.stream(500, 1));
    await idle(page);
    await expect.poll(() => page.evaluate(() => window.harness.history.size)).toBeGreaterThan(before + 400);
    await expect.poll(() => page.evaluate(() => window.harness.follow)).toBe(true);
    const { middle, laneY } = await placesOf(page);
    await page.mouse.move(middle, laneY("node-2"));
    await page.mouse.wheel(0, -200);
    await expect.poll(() => page.evaluate(() => window.harness.follow)).toBe(false);
    await page.locator(plot).focus();
    await page.keyboard.press("End");
    await expect.poll(() => page.evaluate(() => window.harness.follow)).toBe(true);
    await page.close();
  });

  it("goes to an event in the same moment in which its session has been read", async () => {
    const events = noise(3_000, 100);
    const wanted = events.findLast((event) => event.type === "receive" && event.op === "put")!;
    const page = await open("session=empty");
    // As text: the type of what crosses into the page is otherwise worked out over all of Json.
    await page.evaluate(
      ([all, id]) => {
        window.harness.history.append(JSON.parse(all) as RecordedEvent[]);
        window.harness.timeline.current!.centreOn(Number(id));
      },
      [JSON.stringify(events), String(wanted.id)] as const,
    );
    await idle(page);
    const { laneY, middle } = await placesOf(page);
    await page.mouse.click(middle, laneY(wanted.node));
    await expect.poll(() => selected(page)).toBe(wanted.id);
    await page.close();
  });

  it("moves at once under reduced motion", async () => {
    const page = await open("session=story", { reducedMotion: "reduce" });
    // From now on a frame takes 16 ms of the page's own time, however long it takes this machine.
    await page.evaluate(() => {
      const nextFrame = window.requestAnimationFrame.bind(window);
      let now = performance.now();
      performance.now = () => now;
      window.requestAnimationFrame = (run) => nextFrame(() => run(now));
      const goOn = () => {
        now += 16;
        nextFrame(goOn);
      };
      goOn();
    });
    const framesUntilIdle = () =>
      page.evaluate(async () => {
        const sheet = document.querySelector("[data-idle]")!;
        window.harness.timeline.current!.zoomBy(3);
        for (let frame = 1; ; frame++) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
          if (sheet.getAttribute("data-idle") === "true" && frame > 1) return frame;
        }
      });
    expect(await framesUntilIdle()).toBeLessThanOrEqual(2);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await framesUntilIdle()).toBeGreaterThan(10);
    await page.close();
  });

  it("teaches while there is nothing to draw, and stops when there is", async () => {
    const page = await open("session=empty&live=1");
    const lesson = page.getByText("Nothing has happened yet");
    await lesson.waitFor();
    await expect.poll(() => page.locator("[aria-label=Signs] li").count()).toBe(7);
    await page.evaluate(() => window.harness.stream(200, 0.2));
    await lesson.waitFor({ state: "detached" });
    await page.close();
  });

  it("draws a hundred thousand events, and any of them by itself", async () => {
    const page = await open("session=100000");
    const id = await page.evaluate(() => {
      const { history, select, timeline } = window.harness;
      const event = history.all.findLast((each) => each.type === "receive" && each.op === "put")!;
      select({ kind: "event", id: event.id });
      timeline.current!.centreOn(event.id);
      return event.id;
    });
    await idle(page);
    const { laneY, middle } = await placesOf(page);
    const node = await page.evaluate((wanted) => window.harness.history.event(wanted)!.node, id);
    await page.evaluate(() => window.harness.select(null));
    await expect.poll(() => selected(page)).toBeNull();
    await page.mouse.click(middle, laneY(node));
    await expect.poll(() => selected(page)).toBe(id);
    await page.close();
  });

  it("shows the selected event even when the filter hides its kind", async () => {
    const page = await open("session=story");
    await page.evaluate(() => {
      const { history, select, timeline } = window.harness;
      const ping = history.all.find((each) => each.op === "membership" && each.type === "local")!;
      select({ kind: "event", id: ping.id });
      timeline.current!.centreOn(ping.id);
    });
    await page.waitForFunction(() => window.harness.selection !== null);
    await idle(page);
    await expect.poll(() => overlayInk(page)).toBeGreaterThan(100);
    await page.close();
  });

  it("explains the selected event beside it", async () => {
    const page = await open("session=story");
    const { send } = await centred(page);
    const inspector = page.getByRole("article", { name: "Selected event" });
    for (const part of [
      "received REPLICATE",
      "Caused by",
      "Led to",
      "before it",
      "concurrent",
      "Sent",
      "Received",
    ])
      await expect.poll(() => inspector.textContent()).toContain(part);
    await inspector
      .getByRole("button", { name: /REPLICATE$/ })
      .first()
      .click();
    await expect.poll(() => selected(page)).toBe(send);
    await page.close();
  });
});
