/** The window over a running lab, as a person uses it. */
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { RunningLab } from "../../main/lab/running-lab.ts";
import { useRealWindow } from "./real-window.ts";

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
    await page.keyboard.press("Control+Shift+P");
    await page.getByPlaceholder("What shall be done?").fill(words);
    await page.keyboard.press("Enter");
  }
  /** Node circles are buttons named after their node. */
  const selectNode = (node: string) => runFromPalette(`Select ${node}`);

  it("opens on a running cluster with three things to try, and breaks no rule of its policy", async () => {
    await page.getByText("Write a value and follow it").waitFor();
    await page.getByText("Cut the network and write on both sides").waitFor();
    await page.getByText("Kill a node and lose its clock").waitFor();
    await page.getByText("nodes alive 3/3").waitFor();
    for (const name of ["Data", "Conflicts", "Members' beliefs", "Links", "Statistics", "Log", "Sessions"]) {
      await tab(name).click();
    }
    await tab("Ring").click();
    await button("Faults").click();
    await page.getByRole("menuitem", { name: "Into halves" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "All keys" }).waitFor();
    await idle();
    expect(complaints).toEqual([]);
  });

  it("gives the timeline half of a small screen, whatever is selected", async () => {
    await selectNode("node-2");
    const box = (await panel("timeline").boundingBox())!;
    expect(box.width * box.height).toBeGreaterThanOrEqual((1280 * 800) / 2);
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
    expect((await running.state()).partition).toBeNull();
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
    await selectNode("node-3");
    await page.keyboard.press("k");
    await vi.waitFor(async () => expect((await running.node("node-3")).status).toBe("killed"));
    await page.keyboard.press("r");
    await vi.waitFor(async () => expect((await running.node("node-3")).status).toBe("running"));
    await page.keyboard.press("x");
    await vi.waitFor(async () => expect((await running.state()).partition?.kind).toBe("isolate"));
    await page.keyboard.press("Control+z");
    await vi.waitFor(async () => expect((await running.state()).partition).toBeNull());
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
    expect(await page.getByLabel("Search the events").inputValue()).toBe("kprx");
    expect((await running.node("node-2")).status).toBe("running");
    expect((await running.state()).partition).toBeNull();
  });

  it("runs and holds the load with Space, also right after a button was clicked", async () => {
    await tab("Statistics").click();
    await page.keyboard.press("Space");
    await button("Hold the load").waitFor();
    expect((await running.state()).load.running).toBe(true);
    await page.keyboard.press("Space");
    await button("Run the load").waitFor();
    expect((await running.state()).load.running).toBe(false);
  });

  it("comes back as it was left: theme, panels, sizes, cards", async () => {
    await runFromPalette("theme projector");
    expect(await theme()).toBe("projector");
    await button("Close for good").click();
    await button("Hide inspector").click();
    await tab("Log").click();
    const border = page.locator('[data-separator][aria-orientation="horizontal"]').last();
    await border.focus();
    await page.keyboard.press("ArrowUp");
    const height = (await panel("drawer").boundingBox())!.height;
    await page.reload();
    await idle();
    expect(await theme()).toBe("projector");
    expect(await panel("inspector").count()).toBe(0);
    expect(await tab("Start here").count()).toBe(0);
    expect(await tab("Log").getAttribute("aria-selected")).toBe("true");
    expect((await panel("drawer").boundingBox())!.height).toBeCloseTo(height, -1);
    await runFromPalette("Three things to try");
    await page.getByText("Write a value and follow it").waitFor();
  });

  it("knows in one place whether it follows the present", async () => {
    const time = page.getByRole("region", { name: "Time", exact: true });
    const isFollowing = () =>
      time.getByRole("button", { name: "Follow the present" }).getAttribute("aria-pressed");
    expect(await isFollowing()).toBe("true");
    await page.keyboard.press("a");
    await panel("timeline").getByText("Follow the present").waitFor();
    expect(await isFollowing()).toBe("false");
    await page.keyboard.press("n");
    await panel("timeline").getByText("Follow the present").waitFor({ state: "detached" });
    expect(await isFollowing()).toBe("true");
    await time.getByRole("button", { name: "To the beginning" }).click();
    expect(await isFollowing()).toBe("false");
    await time.getByRole("button", { name: "Follow the present" }).click();
    expect(await isFollowing()).toBe("true");
    await time.getByText("now").waitFor();
  });

  it("stops at each tab list once on the way by keyboard, also after a click into it", async () => {
    await tab("Ring").click();
    await tab("Map").click();
    await button("View and help").focus();
    await page.keyboard.press("Tab");
    expect(await tab("Map").evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("ArrowRight");
    expect(await tab("Ring").getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("Shift+Tab");
    expect(await button("View and help").evaluate((element) => element === document.activeElement)).toBe(
      true,
    );
    await tab("Map").click();
  });

  it("fills the window with the panel under the pointer and gives its place back", async () => {
    await panel("timeline").hover();
    await page.keyboard.press("F11");
    await vi.waitFor(async () => expect((await panel("timeline").boundingBox())!.width).toBe(1280));
    expect((await panel("timeline").boundingBox())!.height).toBe(800);
    await page.keyboard.press("F11");
    await vi.waitFor(async () => expect((await panel("timeline").boundingBox())!.width).toBeLessThan(1280));
  });

  it("says where it is typed why a quorum cannot work", async () => {
    await runFromPalette("new cluster");
    await page.getByLabel("N, copies").fill("9");
    await page.getByText(/Copies of a key: 1 to 3/).waitFor();
    expect(await button("Start the cluster").isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
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
