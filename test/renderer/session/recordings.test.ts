/** Recordings in the window: kept, opened, played, taken out as files and back in. */
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import type { RunningLab } from "../../main/lab/running-lab.ts";
import { useRealWindow } from "./real-window.ts";

describe("recordings in the window", () => {
  const real = useRealWindow();
  const { complaints, idle, tab, button, panel } = real;
  let page: Page;
  let running: RunningLab;
  beforeEach(() => {
    ({ page, running } = real);
  });

  it("keeps a recording, replays it without the controls that change the past, and deletes it when told twice", async () => {
    await running.call("data.put", { node: "node-1", key: "errand", value: "milk" });
    // The answer can be here before the recording has its events.
    const isRecorded = `window.__lightcone.events().some((event) => event.key === "errand")`;
    await expect.poll(() => page.evaluate(isRecorded)).toBe(true);
    await idle();
    await page.keyboard.press("Control+s");
    await page.getByLabel("Name").fill("Milk");
    await page.keyboard.press("Enter");
    await page
      .getByText(/^Kept as “Milk”/)
      .first()
      .waitFor();
    await tab("Sessions").click();
    await page.getByRole("row", { name: /Milk/ }).getByRole("button", { name: "Open" }).click();
    await page.getByText("Recorded session").waitFor();
    await idle();
    for (const name of ["Faults", "Recording", "Keep this recording…"])
      await expect.poll(() => button(name).count()).toBe(0);
    await page.getByLabel("Search the events").fill("errand");
    await page.getByLabel("Search the events").press("Enter");
    // Which of its events was recorded first, and so is found first, differs: the put, or a copy of it on its way.
    await panel("inspector").getByRole("button", { name: "errand", exact: true }).waitFor();
    await page.getByLabel("Search the events").press("Escape");
    await expect.poll(() => page.getByLabel("Search the events").inputValue()).toBe("");
    const moment = page.getByLabel("Moment shown");
    const now = async () => Number(await moment.inputValue());
    const end = await now();
    await button("One event back").click();
    await button("One event back").click();
    await expect.poll(now).toBeLessThan(end);
    const before = await running.state();
    for (const key of ["k", "x", "p", "m"]) await page.keyboard.press(key);
    await idle();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect((await running.state()).nodes).toEqual(before.nodes);

    await page.getByRole("row", { name: /Milk/ }).getByRole("button", { name: "Delete…" }).click();
    await button("Cancel").click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => page.getByRole("row", { name: /Milk/ }).count()).toBe(1);
    await page.getByRole("row", { name: /Milk/ }).getByRole("button", { name: "Delete…" }).click();
    await button("Delete the recording").click();
    await page.getByRole("row", { name: /Milk/ }).waitFor({ state: "detached" });
    await button("Faults").waitFor();
    expect(complaints).toEqual([]);
  });

  it("plays a recording from its beginning, holds it, and stops at its end", async () => {
    await running.call("session.save", { name: "Played" });
    await tab("Sessions").click();
    await page
      .getByRole("row", { name: /Played/ })
      .getByRole("button", { name: "Open" })
      .click();
    await page.getByText("Recorded session").waitFor();
    await idle();
    const moment = page.getByLabel("Moment shown");
    const now = async () => Number(await moment.inputValue());
    const [first, last] = [
      Number(await moment.getAttribute("min")),
      Number(await moment.getAttribute("max")),
    ];
    await expect.poll(now).toBeCloseTo(last, 0);
    // Slow enough that it cannot reach the end while one looks.
    await page.getByLabel("Replay speed").selectOption("0.1");
    await button("Play from here").click();
    await button("Hold the replay").waitFor();
    await expect.poll(now).toBeGreaterThan(first + 10);
    expect(await now()).toBeLessThan(last);
    await page.keyboard.press("Space");
    await button("Play from here").waitFor();
    await page.getByLabel("Replay speed").selectOption("10");
    await moment.fill(String(last - 200));
    await expect.poll(now).toBeCloseTo(last - 200, 0);
    await button("Play from here").click();
    await expect.poll(() => moment.getAttribute("aria-valuetext")).toBe("the end");
    await button("Play from here").waitFor();
  });

  it("turns the timeline over to wherever the time cursor goes", async () => {
    const moment = page.getByLabel("Moment shown");
    const now = async () => Number(await moment.inputValue());
    await running.call("session.save", { name: "Turned" });
    await tab("Sessions").click();
    await page
      .getByRole("row", { name: /Turned/ })
      .getByRole("button", { name: "Open" })
      .click();
    await page.getByText("Recorded session").waitFor();
    await idle();
    for (let times = 0; times < 8; times++) await page.keyboard.press("w");
    const [first, last] = [
      Number(await moment.getAttribute("min")),
      Number(await moment.getAttribute("max")),
    ];
    await idle();
    await moment.fill(String(last - 5));
    await expect.poll(now).toBeCloseTo(last - 5, 0);
    const diagram = page.getByLabel(/^Timeline of/);
    await idle();
    const { width } = (await diagram.boundingBox())!;
    await diagram.click({ position: { x: width * 0.75, y: 10 } });
    await expect.poll(now).not.toBeCloseTo(last - 5, 1);
    expect(await now()).toBeGreaterThan(last - (last - first) / 4);
  });

  it("takes a copy of a session out as a file and the file back in", async () => {
    await tab("Sessions").click();
    const download = page.waitForEvent("download");
    await button("Save a copy as a file…").first().click();
    const path = await (await download).path();
    const chooser = page.waitForEvent("filechooser");
    await button("Import…").click();
    await (await chooser).setFiles(path);
    await page.getByText("Recorded session").waitFor();
    await idle();
    await button("Back to live").click();
    await page.getByText("nodes alive").waitFor();
  });

  it("says that a file is no session", async () => {
    await tab("Sessions").click();
    const chooser = page.waitForEvent("filechooser");
    await button("Import…").click();
    await (
      await chooser
    ).setFiles({ name: "holiday.lightcone", mimeType: "image/png", buffer: Buffer.from("no session") });
    await page.locator('[data-state="open"] >> text=/session/').first().waitFor();
    expect(await page.getByText("Recorded session").count()).toBe(0);
  });

  it("takes no click from what lies under a message", async () => {
    await running.call("session.save", { name: "Below" });
    await tab("Sessions").click();
    const rows = page.getByRole("row", { name: /Below/ });
    await rows.first().waitFor();
    const chooser = page.waitForEvent("filechooser");
    await button("Import…").click();
    await (
      await chooser
    ).setFiles({ name: "holiday.lightcone", mimeType: "image/png", buffer: Buffer.from("no session") });
    // An error stays until it is closed, so it is there for as long as the click may take.
    const message = page.locator('li[data-state="open"]');
    await message.waitFor();
    await rows.first().getByRole("button", { name: "Open" }).click();
    await page.getByText("Recorded session").waitFor();
    expect(await message.count()).toBe(1);
    await message.getByRole("button", { name: "Close" }).click();
    await message.waitFor({ state: "detached" });
  });
});
