/** The panels in a real browser, on a made-up session, with a connection that records what it is asked. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../browser.ts";
import type { HarnessWindow } from "./harness.tsx";
import { serveHarness } from "./serve.ts";

let server: Awaited<ReturnType<typeof serveHarness>>;
let browser: Browser;
let page: Page;
let faults: string[] = [];

beforeAll(async () => {
  [server, browser] = await Promise.all([serveHarness(), launchBrowser()]);
  page = await browser.newPage({ viewport: { width: 900, height: 640 } });
  page.setDefaultTimeout(60_000);
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

afterEach(() => {
  const found = faults;
  faults = [];
  expect(found, "errors in the page, the content policy's included").toEqual([]);
});

const open = async (query: string) => {
  await page.goto(`${server.url}?${query}`);
  await page.locator("[data-ready]").waitFor();
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
};
const calls = () => page.evaluate(() => (window as unknown as HarnessWindow).calls);
const selection = () => page.evaluate(() => (window as unknown as HarnessWindow).lab.getState().selection);
const button = (name: string | RegExp, exact = true) => page.getByRole("button", { name, exact });
const item = (name: string) => page.getByRole("menuitem", { name });

async function centreOf(selector: string): Promise<{ x: number; y: number }> {
  const box = (await page.locator(selector).boundingBox())!;
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function drag(from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
}

/** Fills in the form of the data panel. */
const fill = async (key: string, value: string) => {
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByLabel("Value", { exact: true }).fill(value);
};

describe("cluster map", () => {
  it("makes a partition of a line drawn between two groups, and says beforehand which", async () => {
    await open("panel=map&calm");
    const [left, right] = [await centreOf("[data-node=node-5]"), await centreOf("[data-node=node-2]")];
    await drag({ x: left.x - 60, y: left.y + 70 }, { x: right.x + 60, y: right.y + 70 });
    await page.getByText("Splits node-1, node-2, node-5 | node-3, node-4").waitFor();
    await page.mouse.up();
    const groups = [
      ["node-1", "node-2", "node-5"],
      ["node-3", "node-4"],
    ];
    await expect.poll(calls).toEqual([{ command: "partition.make", params: { kind: "custom", groups } }]);
  });

  it("does nothing when the line is given up with Escape", async () => {
    await open("panel=map&calm");
    const [left, right] = [await centreOf("[data-node=node-5]"), await centreOf("[data-node=node-2]")];
    await drag({ x: left.x - 60, y: left.y + 70 }, { x: right.x + 60, y: right.y + 70 });
    const said = page.getByText(/^Splits /);
    await said.waitFor();
    await page.keyboard.press("Escape");
    await said.waitFor({ state: "detached" });
    await page.mouse.up();
    await expect.poll(calls).toEqual([]);
  });

  it("opens the link's settings when one node is dragged onto another", async () => {
    await open("panel=map&calm");
    await drag(await centreOf("[data-node=node-1]"), await centreOf("[data-node=node-3]"));
    await page.mouse.up();
    await page.getByRole("dialog", { name: "Link from node-1 to node-3" }).waitFor();
    await page.getByLabel("Latency").selectOption("constant");
    await page.getByLabel("Delay, ms").fill("120");
    await page.getByLabel("Lost, %").fill("12.5");
    await button("Set the link").click();
    const settings = { latency: { kind: "constant", ms: 120 }, loss: 0.125 };
    await expect.poll(calls).toEqual([
      { command: "link.set", params: { from: "node-1", to: "node-3", settings } },
      { command: "link.set", params: { from: "node-3", to: "node-1", settings } },
    ]);
  });

  it("refuses settings that make no sense, with a sentence", async () => {
    await open("panel=map&calm");
    await drag(await centreOf("[data-node=node-1]"), await centreOf("[data-node=node-3]"));
    await page.mouse.up();
    await page.getByLabel("Lost, %").fill("120");
    await page.getByText("A share lies between 0 and 100 %.").waitFor();
    await expect.poll(() => button("Set the link").isDisabled()).toBe(true);
  });

  it("is worked with the keyboard alone: arrows choose a node, Enter opens what can be done", async () => {
    await open("panel=map&calm");
    await page.keyboard.press("Tab");
    await page.locator("[data-node=node-1]:focus").waitFor();
    await page.keyboard.press("ArrowRight");
    await expect.poll(selection).toEqual({ kind: "node", node: "node-2" });
    await page.locator("[data-node=node-2]:focus").waitFor();
    await page.keyboard.press("Enter");
    await item("Pause").waitFor();
    await page.locator("[role=menuitem]:focus").waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(calls).toEqual([{ command: "node.kill", params: { node: "node-2" } }]);
  });

  it("cuts one link from its menu", async () => {
    await open("panel=map&calm");
    const [a, b] = [await centreOf("[data-node=node-3]"), await centreOf("[data-node=node-4]")];
    await page.mouse.click((a.x + b.x) / 2, (a.y + b.y) / 2, { button: "right" });
    await item("Cut both ways").click();
    await expect
      .poll(async () => (await calls()).map(({ params }) => params))
      .toEqual([
        { from: "node-3", to: "node-4", settings: { blocked: true } },
        { from: "node-4", to: "node-3", settings: { blocked: true } },
      ]);
  });

  it("says how each node is, and what the others hold of it", async () => {
    await open("panel=map");
    await button("node-5, killed", false).waitFor();
    await button("node-3, paused", false).waitFor();
    await button("node-1, running, called dead by 1").waitFor();
  });

  it("offers nothing that changes the past in a recording", async () => {
    await open("panel=map&recorded");
    await page.locator("[data-node=node-1]").click({ button: "right" });
    await page.locator("[data-node=node-2]").click();
    expect(await page.getByRole("menu").count()).toBe(0);
    const [a, b] = [await centreOf("[data-node=node-1]"), await centreOf("[data-node=node-3]")];
    await drag(a, b);
    await page.mouse.up();
    expect(await page.getByRole("dialog").count()).toBe(0);
    await expect.poll(calls).toEqual([]);
    await expect.poll(selection).toEqual({ kind: "node", node: "node-2" });
  });
});

describe("link matrix", () => {
  it("blocks and opens a link with a click, and counts what was sent and blocked", async () => {
    await open("panel=links");
    await button(/^node-1 to node-4: blocked; .* sent, [1-9]\d* blocked/, false).click();
    await button(/^node-1 to node-3: open; .* 0 blocked/, false).click();
    await expect.poll(calls).toEqual([
      { command: "link.set", params: { from: "node-1", to: "node-4", settings: { blocked: false } } },
      { command: "link.set", params: { from: "node-1", to: "node-3", settings: { blocked: true } } },
    ]);
  });

  it("is walked with arrows, over the diagonal, and E opens the settings", async () => {
    await open("panel=links&calm");
    await page.keyboard.press("Tab");
    const cell = (row: number, column: number) =>
      page.locator(`[data-row="${row}"][data-column="${column}"]:focus`);
    await cell(0, 1).waitFor();
    await page.keyboard.press("ArrowDown");
    await cell(2, 1).waitFor();
    await page.keyboard.press("ArrowLeft");
    await cell(2, 0).waitFor();
    await page.keyboard.press("e");
    await page.getByRole("dialog", { name: "Link from node-3 to node-1" }).waitFor();
  });

  it("is only a table in a recording", async () => {
    await open("panel=links&recorded");
    await page.getByRole("cell", { name: /^node-1 to node-2: open, 20–80 ms, 5 % lost/ }).waitFor();
    expect(await page.getByRole("button").count()).toBe(0);
  });
});

describe("members", () => {
  it("shows beliefs beside the truth and names every difference", async () => {
    await open("panel=members");
    await page
      .getByRole("row", { name: /The lab knows/ })
      .getByText("killed")
      .waitFor();
    await page.getByText("taken for dead though it runs").first().waitFor();
    await page.getByText("suspected though it runs").first().waitFor();
    await page.getByText("not noticed yet").first().waitFor();
    await page.getByText("observers differ").first().waitFor();
  });
});

describe("statistics", () => {
  it("gives rates and latencies with units, and what was lost", async () => {
    await open("panel=statistics");
    await page
      .getByRole("region", { name: "Latency" })
      .getByRole("row", { name: /PUT .* ms/ })
      .waitFor();
    await page
      .getByText(/✕ \d+ lost/)
      .first()
      .waitFor();
    await page.getByRole("figure", { name: /Operations of each second/ }).waitFor();
  });
});

describe("ring", () => {
  it("walks clockwise from a key to its owners and warns where they are too few", async () => {
    await open("panel=ring");
    await page.getByLabel("Key", { exact: true }).fill("user:7");
    const owners = page.getByRole("region", { name: "Owners of user:7" });
    await owners.getByText(/lies at 0x[0-9a-f]{8}/).waitFor();
    await owners.getByText(/1 of 3 owners can answer: reads need 2 and writes need 2/).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(selection).toEqual({ kind: "key", key: "user:7" });
  });

  it("shows the key that was selected elsewhere, and what a join would move", async () => {
    await open("panel=ring");
    await page.evaluate(() =>
      (window as unknown as HarnessWindow).lab.getState().select({ kind: "key", key: "cart:alice" }),
    );
    await page.getByRole("region", { name: "Owners of cart:alice" }).waitFor();
    await page.getByLabel("What would move").selectOption("join");
    await page.getByText(/% of all positions would change hands/).waitFor();
  });
});

describe("data", () => {
  it("writes through the chosen node, with the quorum and the context that were chosen", async () => {
    await open("panel=data&calm");
    await page.getByLabel("Through").selectOption("node-3");
    await fill("a", "1");
    await button("Put").click();
    await page.getByText("Written on 2 of 3 replicas in 3.4 ms").waitFor();
    await page.getByLabel("W, copies a write waits for").fill("3");
    await page.getByRole("radio", { name: "Nothing (blind)" }).click();
    await button("Put").click();
    await page.getByRole("radio", { name: "What I read" }).click();
    await button("Delete").click();
    const context = { "node-1": 41, "node-4": 28 };
    await expect.poll(calls).toEqual([
      { command: "data.put", params: { node: "node-3", key: "a", value: "1" } },
      { command: "data.put", params: { node: "node-3", key: "a", value: "1", w: 3, context: {} } },
      { command: "data.delete", params: { node: "node-3", key: "a", w: 3, context } },
    ]);
  });

  it("ends a conflict by writing one sibling with the context of all", async () => {
    await open("panel=data&calm");
    await fill("cart:1", "");
    await button("Get").click();
    await page.getByText("2 siblings, read from 2 of 3 replicas").waitFor();
    await button("Keep this one").nth(1).click();
    const params = { node: "node-1", key: "cart:1", value: "green, from the right side" };
    await expect
      .poll(async () => (await calls()).at(-1))
      .toEqual({ command: "data.put", params: { ...params, context: { "node-1": 41, "node-4": 28 } } });
  });

  it("tells whether a failed write may have happened", async () => {
    await open("panel=data&calm");
    const fail = (definite: boolean) =>
      page.evaluate((definite) => {
        (window as unknown as HarnessWindow).failNext = { message: "No quorum.", definite };
      }, definite);
    await fail(false);
    await button("Put").click();
    await page.getByText("It may have happened, or may still happen.").waitFor();
    await fail(true);
    await button("Put").click();
    await page.getByText("It certainly had no effect").waitFor();
  });

  it("has no form in a recording, but the keys as they were", async () => {
    await open("panel=data&recorded");
    await button(/^user:1 /, false).click();
    await expect.poll(selection).toEqual({ kind: "key", key: "user:1" });
    expect(await button("Put").count()).toBe(0);
  });
});

describe("log", () => {
  it("filters, and arrows walk the events that are left", async () => {
    await open("panel=log");
    await page.getByLabel("Node", { exact: true }).selectOption("lab");
    await page.getByText(/^\d+ of [\d,]+$/).waitFor();
    const row = button(/partition/, false);
    await row.click();
    await expect.poll(selection).toMatchObject({ kind: "event" });
    const before = await selection();
    const focused = () =>
      page.evaluate(() => Number((document.activeElement as HTMLElement).dataset["event"]));
    await expect.poll(focused).toBe(before?.kind === "event" ? before.id : 0);
    await page.keyboard.press("ArrowDown");
    await expect.poll(selection).not.toEqual(before);
    const after = await selection();
    await expect.poll(focused).toBe(after?.kind === "event" ? after.id : 0);
    await page.keyboard.press("ArrowUp");
    await expect.poll(selection).toEqual(before);
    await page.getByLabel("Words in the event").fill("no such word");
    await page.getByText("No event fits the filter.").waitFor();
  });

  it("draws only the rows in view, and follows the end until the person scrolls", async () => {
    await open("panel=log");
    await page.locator("[data-event]").first().waitFor();
    expect(await page.locator("[data-event]").count()).toBeLessThan(60);
    const follow = button("Follow");
    await expect.poll(() => follow.getAttribute("aria-pressed")).toBe("true");
    await page.mouse.move(400, 400);
    await page.mouse.wheel(0, -2000);
    await expect.poll(() => follow.getAttribute("aria-pressed")).toBe("false");
  });
});

describe("conflicts", () => {
  it("leads to the event, and to the siblings in the data panel", async () => {
    await open("panel=conflicts");
    await page.getByText("2 concurrent versions, written at node-1:41 and node-4:29").waitFor();
    await button("Show on the timeline").click();
    await expect.poll(selection).toMatchObject({ kind: "event" });
    await button("Resolve").click();
    await expect
      .poll(async () => (await calls()).at(-1))
      .toMatchObject({ command: "data.get", params: { key: "cart:alice" } });
    const tab = () => page.evaluate(() => (window as unknown as HarnessWindow).lab.getState().drawerTab);
    await expect.poll(tab).toBe("data");
  });
});

it.each([
  ["map", "The nodes and their links appear here"],
  ["links", "Every link from each node to each other appears here"],
  ["members", "What each node believes of the others appears here"],
  ["statistics", "Throughput, latency and messages appear here"],
  ["ring", "The hash ring appears here"],
  ["data", "Values are written and read here"],
  ["log", "Every event appears here, in the order it was recorded"],
  ["conflicts", "Keys with concurrent versions appear here"],
])("an empty %s says what will appear and how", async (panel, title) => {
  await open(`panel=${panel}&empty`);
  await page.getByText(title).waitFor();
});
