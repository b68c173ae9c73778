/** The window over a running lab, as a person uses it. */
import type { Locator, Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { RunningLab } from "../../main/lab/running-lab.ts";
import { useRealWindow } from "./real-window.ts";

const isFocused = (locator: Locator) => locator.evaluate((element) => element === document.activeElement);

describe("the window", () => {
  const real = useRealWindow();
  const { complaints, idle, tab, button, panel } = real;
  let page: Page;
  let running: RunningLab;
  beforeEach(() => {
    ({ page, running } = real);
  });
  const theme = () => page.evaluate(() => document.documentElement.dataset["theme"]);
  async function runFromPalette(words: string): Promise<void> {
    const field = page.getByPlaceholder("What shall be done?");
    await page.keyboard.press("Control+Shift+P");
    await field.fill(words);
    const wanted = new RegExp(words.replaceAll(" ", ".*"), "i");
    await page.getByRole("option", { name: wanted, selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await field.waitFor({ state: "detached" });
  }
  const isSelected = (name: string) => tab(name).getAttribute("aria-selected");
  const isLoaded = async () => (await running.state()).load.running;
  const sizeOf = async (name: string) => {
    const { width, height } = (await panel(name).boundingBox())!;
    return { width, height };
  };
  const timelineArea = async () => {
    const { width, height } = await sizeOf("timeline");
    return width * height;
  };
  const drawerHeight = async () => (await sizeOf("drawer")).height;
  /** Node circles are buttons named after their node. */
  const selectNode = (node: string) => runFromPalette(`Select ${node}`);

  it("opens on a running cluster with three things to try, and breaks no rule of its policy", async () => {
    await page.getByText("Write a value and follow it").waitFor();
    await page.getByText("Cut the network and write on both sides").waitFor();
    await page.getByText("Kill a node and lose its clock").waitFor();
    await page.getByText("nodes alive 3/3").waitFor();
    for (const name of [
      "Data",
      "Conflicts",
      "Storage",
      "Members' beliefs",
      "Links",
      "Statistics",
      "Log",
      "Sessions",
    ]) {
      await tab(name).click();
    }
    await tab("Ring").click();
    await button("Faults").click();
    const item = page.getByRole("menuitem", { name: "Into halves" });
    await item.waitFor();
    await page.keyboard.press("Escape");
    await item.waitFor({ state: "detached" });
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "All keys" }).waitFor();
    await idle();
    expect(complaints).toEqual([]);
  });

  it("gives the timeline half of a small screen, whatever is selected", async () => {
    await selectNode("node-2");
    await panel("inspector").getByRole("article", { name: "Selected node node-2" }).waitFor();
    await idle();
    await expect.poll(timelineArea).toBeGreaterThanOrEqual((1280 * 800) / 2);
  });

  it("leads through a first write and ends by pointing at it", async () => {
    await page.getByText("Write a value and follow it").click();
    await button("Write colour = blue").click();
    await page.getByText(/had it on disk when the reply left/).waitFor();
    await button("Read it elsewhere").click();
    await page.getByText(/answered “blue”/).waitFor();
    await panel("inspector").getByRole("heading", { name: "reply" }).waitFor();
    await panel("inspector").getByRole("button", { name: "colour", exact: true }).waitFor();
  });

  it("leads through a split brain to the conflict it causes", async () => {
    await page.getByText("Cut the network and write on both sides").click();
    await button("Cut the network").click();
    await button("Write on both sides").click();
    await button("Heal and read").click();
    await page.getByText(/Neither write could have known of the other/).waitFor();
    await panel("inspector")
      .getByRole("heading", { name: /conflict/ })
      .waitFor();
    await expect.poll(async () => (await running.state()).partition).toBeNull();
  });

  it("leads through a lost clock to the first stamp that is wrong", async () => {
    await page.getByText("Kill a node and lose its clock").click();
    await button("Write through one node").click();
    await button("Kill it").click();
    await button("Start it without its clock").click();
    await page.getByText(/The event selected carries a warning/).waitFor();
    await panel("inspector")
      .getByText(/its clock ran backwards|does not cover/)
      .waitFor();
    await running.untilAlive(["node-1", "node-2", "node-3"]);
  });

  it("kills, restarts and cuts off what is selected by single keys, and takes a cut back", async () => {
    const status = async () => (await running.node("node-3")).status;
    const partition = async () => (await running.state()).partition?.kind;
    await selectNode("node-3");
    // What a key does depends on what the window knows: the next is pressed when it has heard of the one before.
    await page.keyboard.press("k");
    await page.getByText("nodes alive 2/3").waitFor();
    await button("Undo: restart node-3").waitFor();
    expect(await status()).toBe("killed");
    await page.keyboard.press("r");
    await page.getByText("nodes alive 3/3").waitFor();
    await expect.poll(status).toBe("running");
    await page.keyboard.press("x");
    await button("Undo: heal the partition").waitFor();
    expect(await partition()).toBe("isolate");
    await page.keyboard.press("Control+z");
    await expect.poll(partition).toBeUndefined();
    await running.untilAlive(["node-1", "node-2", "node-3"]);
  });

  it("says what to select when a key has nothing to work on", async () => {
    await page.keyboard.press("k");
    await page
      .getByText(/^Select a node first/)
      .first()
      .waitFor();
  });

  it("leaves keys to whoever types", async () => {
    await selectNode("node-2");
    await page.keyboard.press("/");
    await page.keyboard.type("kprx");
    await expect.poll(() => page.getByLabel("Search the events").inputValue()).toBe("kprx");
    await idle();
    expect((await running.node("node-2")).status).toBe("running");
    expect((await running.state()).partition).toBeNull();
  });

  it("runs and holds the load with Space, also right after a button was clicked", async () => {
    await tab("Statistics").click();
    await page.keyboard.press("Space");
    await button("Hold the load").waitFor();
    await expect.poll(isLoaded).toBe(true);
    await page.keyboard.press("Space");
    await button("Run the load").waitFor();
    await expect.poll(isLoaded).toBe(false);
  });

  it("comes back as it was left: theme, panels, sizes, cards", async () => {
    await runFromPalette("theme projector");
    await expect.poll(theme).toBe("projector");
    await button("Close for good").click();
    await tab("Start here").waitFor({ state: "detached" });
    await button("Hide inspector").click();
    await panel("inspector").waitFor({ state: "detached" });
    await tab("Log").click();
    await expect.poll(() => isSelected("Log")).toBe("true");
    await idle();
    const before = await drawerHeight();
    const border = page.locator('[data-separator][aria-orientation="horizontal"]').last();
    await border.focus();
    await expect.poll(() => isFocused(border)).toBe(true);
    await page.keyboard.press("ArrowUp");
    await expect.poll(drawerHeight).toBeGreaterThan(before + 10);
    await idle();
    const left = await drawerHeight();
    await page.reload();
    await idle();
    await expect.poll(theme).toBe("projector");
    await expect.poll(() => isSelected("Log")).toBe("true");
    await expect.poll(drawerHeight).toBeCloseTo(left, -1);
    expect(await panel("inspector").count()).toBe(0);
    expect(await tab("Start here").count()).toBe(0);
    await runFromPalette("Three things to try");
    await page.getByText("Write a value and follow it").waitFor();
  });

  it("knows in one place whether it follows the present", async () => {
    const time = page.getByRole("region", { name: "Time", exact: true });
    const isFollowing = () =>
      time.getByRole("button", { name: "Follow the present" }).getAttribute("aria-pressed");
    await expect.poll(isFollowing).toBe("true");
    await page.keyboard.press("a");
    await panel("timeline").getByText("Follow the present").waitFor();
    await expect.poll(isFollowing).toBe("false");
    await page.keyboard.press("n");
    await panel("timeline").getByText("Follow the present").waitFor({ state: "detached" });
    await expect.poll(isFollowing).toBe("true");
    await time.getByRole("button", { name: "To the beginning" }).click();
    await expect.poll(isFollowing).toBe("false");
    await time.getByRole("button", { name: "Follow the present" }).click();
    await expect.poll(isFollowing).toBe("true");
    await time.getByText("now").waitFor();
  });

  it("stops at each tab list once on the way by keyboard, also after a click into it", async () => {
    const help = button("View and help");
    await tab("Ring").click();
    await expect.poll(() => isSelected("Ring")).toBe("true");
    await tab("Map").click();
    await expect.poll(() => isSelected("Map")).toBe("true");
    await help.focus();
    await page.keyboard.press("Tab");
    await expect.poll(() => isFocused(tab("Map"))).toBe(true);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => isSelected("Ring")).toBe("true");
    await expect.poll(() => isFocused(tab("Ring"))).toBe(true);
    await page.keyboard.press("Shift+Tab");
    await expect.poll(() => isFocused(help)).toBe(true);
  });

  it("fills the window with the panel under the pointer and gives its place back", async () => {
    await panel("timeline").hover();
    await page.keyboard.press("F11");
    await expect.poll(() => sizeOf("timeline")).toEqual({ width: 1280, height: 800 });
    await page.keyboard.press("F11");
    await expect.poll(async () => (await sizeOf("timeline")).width).toBeLessThan(1280);
  });

  it("says where it is typed why a quorum cannot work", async () => {
    await runFromPalette("new cluster");
    await page.getByLabel("N, copies").fill("9");
    await page.getByText(/Copies of a key: 1 to 3/).waitFor();
    await expect.poll(() => button("Start the cluster").isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("refuses an address without its token in a sentence", async () => {
    const stranger = await real.browser.newContext();
    const other = await stranger.newPage();
    await other.goto(real.host.url.split("#")[0]!);
    await other.getByText("This address lacks its token.").waitFor();
    await stranger.close();
  });

  it("says that the connection was lost", async () => {
    await real.host.close();
    await page.getByText("The connection to the lab was lost.").waitFor();
    await real.serve();
  });
});
