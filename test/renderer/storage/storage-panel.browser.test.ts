/** The storage panel in a real browser over a made-up log, with a connection that records what it is asked. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../browser.ts";
import type { HarnessWindow } from "../harness/harness.tsx";
import { serveHarness } from "../harness/serve.ts";

let server: Awaited<ReturnType<typeof serveHarness>>;
let browser: Browser;
let page: Page;
let faults: string[] = [];

beforeAll(async () => {
  [server, browser] = await Promise.all([serveHarness(), launchBrowser()]);
  page = await browser.newPage({ viewport: { width: 1050, height: 700 }, reducedMotion: "reduce" });
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
  await page.goto(`${server.url}?panel=storage&${query}`);
  await page.locator("[data-ready]").waitFor();
};
const calls = (command: string) =>
  page.evaluate(
    (wanted) => (window as unknown as HarnessWindow).calls.filter((call) => call.command === wanted),
    command,
  );
const button = (name: string | RegExp) => page.getByRole("button", { name });
const record = (position: number) => button(new RegExp(`^${position}, `));
const details = (position: number) => page.getByRole("region", { name: `Record ${position}`, exact: true });
const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");

describe("the log of a node", () => {
  it("is shown at its end, and what is durable is told from what is only written", async () => {
    await open("records=5000&behind");
    await page.getByText("4901 to 5000 of 5000").waitFor();
    await page.getByText("Durable up to 4988; 12 transactions are only written.").waitFor();
    await button(/^5000, .* only written$/).waitFor();
    await button(/^4988, .* durable$/).waitFor();
    await page.getByText("A start replays 1 000 transactions, from the snapshot at 4000.").waitFor();
  });

  it("is walked by keys from record to record, from page to page and from file to file", async () => {
    await open("records=4050");
    await record(4050).click();
    await details(4050).waitFor();
    await page.keyboard.press("ArrowUp");
    await details(4049).waitFor();
    expect(await focused()).toMatch(/^4049, /);
    await page.keyboard.press("PageUp");
    await details(4000).waitFor();
    await page.getByText("3901 to 4000 of 4050").waitFor();
    expect(await focused()).toMatch(/^4000, /);
    await page.keyboard.press("ArrowDown");
    await details(4001).waitFor();
    await page.keyboard.press("Home");
    await details(1).waitFor();
    await page.getByText("1 to 100 of 4050").waitFor();
    await page.keyboard.press("End");
    await details(4050).waitFor();
  });

  it("of 100,000 records is never drawn or read as a whole", async () => {
    await open("records=100000");
    await page.getByText("99901 to 100000 of 100000").waitFor();
    expect(await page.locator("[data-record]").count()).toBe(100);
    await button("Show the records at a place of the log").click({ position: { x: 400, y: 5 } });
    await page.getByText(/^[34]\d{4} to [34]\d{4} of 100000$/).waitFor();
    await button("Older records").click();
    await page.getByText(/^[34]\d{4} to [34]\d{4} of 100000$/).waitFor();
    const asked = await calls("node.records");
    expect(asked.length).toBeLessThan(10);
  });

  it("in memory teaches that a restart loses it, and offers nothing to break", async () => {
    await open("records=200&log=memory");
    await page.getByText("Kept in memory only: a restart loses it", { exact: true }).waitFor();
    await record(200).click();
    await details(200).waitFor();
    await expect.poll(() => button("Break it").count()).toBe(0);
  });

  it("of a node that does not run is read from its files", async () => {
    await open("records=200&stopped");
    await page.getByText("Read from its files: node-1 is killed.").waitFor();
    await page.getByText("What was flushed only the running node could tell.").waitFor();
    await button("Start and watch…").waitFor();
  });
});

describe("a record that is broken", () => {
  it("is asked for with its place, and shown where it lies, with its sentence", async () => {
    await open("records=200");
    await record(150).click();
    await details(150).getByLabel("Byte, 0 to").fill("10");
    await details(150).getByRole("button", { name: "Break it" }).click();
    await page.getByText("node-1 has not noticed: it reads its log when it starts").waitFor();
    await details(150)
      .getByText(/^Record 150 in log\/00000001.log at byte \d+ does not have the checksum/)
      .waitFor();
    await button(/^150, .*does not have the checksum/).waitFor();
    const [asked] = await calls("disk.damage");
    expect(asked?.params).toMatchObject({ node: "node-1", damage: { kind: "flip-bit", bit: 3 } });
  });

  it("in a table is broken by its place in the table", async () => {
    await open("records=200&log=sqlite");
    await record(150).click();
    await details(150).getByRole("button", { name: "Break it" }).click();
    await expect
      .poll(async () => (await calls("disk.damage"))[0]?.params)
      .toEqual({ node: "node-1", damage: { kind: "record", file: "log", offset: 150 } });
  });

  it("changes places with another one of its file", async () => {
    await open("records=200");
    await record(150).click();
    const form = details(150).getByRole("form", { name: "Break this record" });
    await form.getByLabel("How to break it").selectOption("swap");
    const option = form.getByLabel("With record").locator("option", { hasText: /^120 / });
    await form.getByLabel("With record").selectOption(await option.getAttribute("value"));
    await form.getByRole("button", { name: "Break it" }).click();
    await expect
      .poll(async () => (await calls("disk.damage"))[0]?.params)
      .toMatchObject({ damage: { kind: "swap", file: "log/00000001.log" } });
  });
});

it("is told of a recording as far as it was recorded", async () => {
  await open("recorded");
  await page.getByLabel("Node", { exact: true }).selectOption("node-2");
  await page.getByText("The files were not recorded").waitFor();
  await page.getByText("In force at this moment: each write and flush takes 200 ms longer.").waitFor();
  await button(/The lab broke the disk of node-2/).click();
  const selection = () => page.evaluate(() => (window as unknown as HarnessWindow).lab.getState().selection);
  await expect.poll(selection).toMatchObject({ kind: "event" });
  expect(await button(/Disk faults|Restart/).count()).toBe(0);
});
