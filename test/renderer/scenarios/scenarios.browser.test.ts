/** Scenarios and hunts in the window, over a real lab: started, played, revealed, and opened at their proof. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningLab } from "../../main/lab/running-lab.ts";
import { useRealWindow } from "../session/real-window.ts";

/** Violated under every seed: the clock is in memory, so the numbers begin again after the restart. */
const twice = `
name: Numbers given out twice
cluster: { nodes: [A, B, C], clocks: memory }
steps:
  - do: { mint: { node: A, client: before } }
  - do: [{ kill: A }, { restart: A }]
  - do: { mint: { node: A, client: after } }
expect:
  - unique-ids: true
`;
const patient = `
name: Patience
cluster: { nodes: [A] }
steps:
  - do: { note: Wait. }
  - after: 5m
    do: { note: Over. }
expect: []
`;
const misspelt = "name: Misspelt\nstep: []\n";

describe("scenarios in the window", () => {
  const real = useRealWindow();
  const { complaints, idle, tab, button, panel } = real;
  let page: Page;
  let running: RunningLab;
  beforeAll(() => {
    const folder = join(real.running.dataDir, "scenarios");
    mkdirSync(folder);
    writeFileSync(join(folder, "twice.yaml"), twice);
    writeFileSync(join(folder, "patient.yaml"), patient);
    writeFileSync(join(folder, "misspelt.yaml"), misspelt);
  });
  beforeEach(() => {
    ({ page, running } = real);
  });

  const scenario = (name: RegExp) =>
    page.getByRole("list", { name: "Scenarios" }).getByRole("button", { name });
  const isFocused = (name: RegExp) =>
    scenario(name).evaluate((element) => element === document.activeElement);
  const strip = () => page.getByRole("region", { name: "Steps of the scenario" });
  const presentStep = () => strip().locator('[aria-current="step"]').innerText();
  const outcome = () => panel("drawer").getByRole("region", { name: "The last run" });
  const expectations = () => outcome().getByRole("list", { name: "Expectations" }).getByRole("button");
  const selectedEvent = (name: string) => panel("inspector").getByRole("heading", { name });

  it("plays a lesson: simulated, step by step, the answer hidden until it is asked for, then its proof", async () => {
    await tab("Scenarios").click();
    await scenario(/Happened-before/).click();
    await panel("drawer").getByText("Follow the arrows").waitFor();
    await page.getByLabel("Seed", { exact: true }).fill("4");
    await button("Simulate").click();

    await page.getByText("Recorded session").waitFor();
    await outcome().getByText("simulated, seed 4").waitFor();
    await outcome().getByText("Did e happen before d?").waitFor();
    expect(await expectations().count()).toBe(0);
    await expect.poll(() => strip().getByRole("listitem").count()).toBe(5);
    await expect.poll(() => strip().locator('[aria-current="step"]').count()).toBe(0);

    await button("Next step").click();
    await expect.poll(presentStep).toMatch(/C does "e"/);
    await selectedEvent("step").waitFor();
    await page.keyboard.press(">");
    await expect.poll(presentStep).toMatch(/A does "a"/);
    await page.keyboard.press("<");
    await expect.poll(presentStep).toMatch(/C does "e"/);
    await strip()
      .getByRole("button", { name: /A tells B/ })
      .click();
    await expect.poll(presentStep).toMatch(/A tells B "m1"/);
    expect(await expectations().count()).toBe(0);

    await button("Show what happened").click();
    await outcome().getByText("All 4 expectations hold.").waitFor();
    const concurrent = expectations().filter({ hasText: "d ∥ e" });
    await concurrent.click();
    await selectedEvent("TELL").waitFor();
    await concurrent.getByText("event 1 of 2").waitFor();
    await concurrent.click();
    await selectedEvent("e internal, local").waitFor();
    await concurrent.getByText("event 2 of 2").waitFor();
    await outcome()
      .getByText(/^[0-9a-f]{64}$/)
      .waitFor();
    await button("Copy the hash of the trace").click();
    await page.getByText("Copied the hash of the trace.").first().waitFor();
    // A page in the desktop shell may not use the clipboard.
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error("denied"));
    });
    await button("Copy the hash of the trace").click();
    await expect.poll(() => page.evaluate(() => String(getSelection()))).toMatch(/^[0-9a-f]{64}$/);
    await idle();
    expect(complaints).toEqual([]);
  });

  it("shows the answer when the end of the recording is reached, and runs again with another seed", async () => {
    await tab("Scenarios").click();
    await scenario(/Happened-before/).click();
    await page.getByLabel("Seed", { exact: true }).fill("4");
    await page.getByLabel("Seed", { exact: true }).press("Enter");
    await strip().waitFor();
    for (let step = 1; step <= 5; step++) {
      await button("Next step").click();
      await expect.poll(presentStep).toMatch(new RegExp(`^${step}`));
    }
    expect(await expectations().count()).toBe(0);
    await button("Next step").click();
    await outcome().getByText("All 4 expectations hold.").waitFor();
    await expect.poll(() => button("Next step").isDisabled()).toBe(true);
    await page.keyboard.press("Home");
    await expect.poll(() => page.getByLabel("Moment shown").getAttribute("aria-valuetext")).toBe("0.000 s");
    await button("Run again with another seed").click();
    await outcome().getByText("simulated, seed 5").waitFor();
    await button("Show what happened").waitFor();
  });

  it("runs a scenario on real processes beside the cluster, and cancels it when told", async () => {
    await tab("Scenarios").click();
    await scenario(/Patience/).click();
    await button("Run on real processes").click();
    await outcome().getByRole("progressbar", { name: "Steps carried out" }).waitFor();
    await outcome().getByText("Step 1 of 2: Wait.").waitFor();
    await expect.poll(() => button("Simulate").isDisabled()).toBe(true);
    await button("Cancel the run").click();
    await outcome().getByText("Cancelled in step 1 of 2.").waitFor();
    await expect.poll(async () => (await running.state()).studio.run?.status).toBe("cancelled");
    await scenario(/Happened-before/).click();
    await button("Run on real processes").click();
    await outcome().getByText("on real processes, seed 1").waitFor();
    await page.getByText("Recorded session").waitFor();
    await button("Show what happened").click();
    await outcome().getByText("All 4 expectations hold.").waitFor();
    await button("Back to live").click();
    await page.getByText("nodes alive 3/3").waitFor();
    await button("Open the recording").click();
    await strip().waitFor();
  });

  it("says what is wrong in a file, and where one's own go", async () => {
    await tab("Scenarios").click();
    await scenario(/misspelt/).click();
    await panel("drawer")
      .getByText(/^misspelt\.yaml:2: /)
      .waitFor();
    expect(await button("Simulate").count()).toBe(0);
    await panel("drawer")
      .getByText(join(running.dataDir, "scenarios", "misspelt.yaml"))
      .waitFor();
    await scenario(/Happened-before/).click();
    await page.getByLabel("Seed", { exact: true }).fill("many");
    await page.getByText(/^A seed is a whole number/).waitFor();
    await expect.poll(() => button("Simulate").isDisabled()).toBe(true);
  });

  it("leads from the palette to the list, which arrows go through", async () => {
    await page.keyboard.press("Control+Shift+P");
    await page.getByPlaceholder("What shall be done?").fill("run a scenario");
    await page.getByRole("option", { name: "Run a scenario…", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => isFocused(/Happened-before/)).toBe(true);
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => isFocused(/The reply before the question/)).toBe(true);
    await page.keyboard.press("Enter");
    await expect
      .poll(() => scenario(/The reply before the question/).getAttribute("aria-pressed"))
      .toBe("true");
  });

  it("hunts, makes the failure small, and opens it at the event that proves it", async () => {
    await tab("Hunt").click();
    await panel("drawer").getByText("A hunt plays one scenario under many seeds").waitFor();
    await page.getByLabel("Scenario").selectOption({ label: "Numbers given out twice" });
    await page.getByLabel("Seeds to").fill("0");
    await page.getByText("The first seed is above the last: exchange them.").waitFor();
    await expect.poll(() => button("Hunt").isDisabled()).toBe(true);
    await page.getByLabel("Seeds to").fill("3");
    await page.getByText("Stop at the first failure").click();
    await button("Hunt").click();

    const failures = page.getByRole("list", { name: "Seeds that failed" });
    await page.getByText("The hunt is over. 3 failures.").waitFor();
    await expect.poll(() => failures.getByRole("listitem").count()).toBe(3);
    await expect
      .poll(() => page.getByRole("progressbar", { name: "Seeds tried" }).getAttribute("value"))
      .toBe("3");
    const second = failures.getByRole("button", { name: /Seed 2/ });
    await second.getByText(/Made small: 3 → \d nodes/).waitFor();
    await second.click();

    await page.getByText("Recorded session").waitFor();
    const { studio } = await running.state();
    const proof = studio.hunt?.failures.find(({ seed }) => seed === 2)?.proof;
    expect(proof).toEqual(expect.any(Number));
    const named = `window.__lightcone.events().find((event) => event.id === ${proof}).name`;
    await expect.poll(() => page.evaluate(named)).toBe("minted");
    await selectedEvent("minted").waitFor();
    await strip().waitFor();
    expect(complaints).toEqual([]);
  });

  it("cancels a hunt that would take long, and keeps what it knows", async () => {
    await tab("Hunt").click();
    const progress = page.getByRole("region", { name: "Progress of the hunt" });
    const reached = progress.getByRole("table", { name: /rare paths? reached/ });
    await page.getByLabel("Scenario").selectOption({ label: "Unique ids in a storm" });
    await page.getByLabel("Seeds to").fill("1000000");
    await button("Hunt").click();
    await progress.getByText("seeds 1 to 1000000").waitFor();
    await reached.waitFor();
    await button("Cancel the hunt").click();
    await page.getByText(/^The hunt was cancelled\./).waitFor();
    await button("Hunt").waitFor();
    await expect.poll(() => reached.count()).toBe(1);
  });
});
