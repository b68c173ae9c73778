/** A node's disk in the window, over real nodes: records broken, starts watched, faults made and healed. */
import type { Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually, type RunningLab } from "../../main/lab/running-lab.ts";
import { useRealWindow } from "../session/real-window.ts";

const nodes = ["node-1", "node-2", "node-3"];

describe("a node's storage in the window", () => {
  const real = useRealWindow();
  const { complaints, idle, tab, button, panel } = real;
  let page: Page;
  let running: RunningLab;
  // One cluster for all: each test leaves its nodes running, but for the last two.
  beforeAll(async () => {
    await real.running.call("cluster.new", {
      nodes: 3,
      preset: "lab",
      storage: { log: "file", snapshots: "file" },
    });
    await real.running.untilAlive(nodes);
  });
  beforeEach(() => {
    ({ page, running } = real);
  });

  const status = async (node: string) => (await running.node(node)).status;
  /** What the lab did to disks, as it was recorded. */
  const acts = async () =>
    (await running.recorded()).filter(({ name }) => name === "disk").map(({ detail }) => detail);
  const drawer = () => panel("drawer");
  const part = (name: string) => drawer().getByRole("region", { name, exact: true });
  const record = (key: string) =>
    drawer().getByRole("button", { name: new RegExp(`, put keys ${key}(,|$)`) });

  async function showStorage(node: string): Promise<void> {
    await tab("Storage").click();
    await drawer().getByLabel("Node", { exact: true }).selectOption(node);
    await drawer().getByText("Log in files, snapshots in files").waitFor();
  }

  async function writeAll(): Promise<void> {
    for (const [key, value] of [
      ["colour", "blue"],
      ["fruit", "kiwi"],
      ["river", "Rhine"],
    ] as const)
      await running.call("data.put", { node: "node-1", key, value, w: 3 });
  }

  async function breakRecord(key: string): Promise<void> {
    await record(key).first().click();
    await drawer().getByRole("button", { name: "Break it" }).click();
    await drawer()
      .getByText(/has not noticed: it reads its log when it starts/)
      .waitFor();
  }

  async function restartIn(mode: string, label: "Restart" | "Start"): Promise<void> {
    await drawer()
      .getByRole("button", { name: `${label} and watch…` })
      .click();
    await page.getByRole("radio", { name: mode }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: `${label} and watch` })
      .click();
  }

  const valueAt = async (node: string, key: string) =>
    (await running.call("data.get", { node, key, r: 1 })).values.map(({ value }) => value);

  it("shows a record broken in place, and its start rebuild it from the other replicas", async () => {
    await writeAll();
    await showStorage("node-2");
    await breakRecord("fruit");
    await drawer()
      .getByRole("button", { name: /Not what was written/ })
      .waitFor();
    await restartIn("Rebuild", "Restart");
    await part("Last start")
      .getByText(/is refilled by the other replicas before it serves/)
      .waitFor();
    await expect.poll(() => part("Set aside").getByRole("listitem").count()).toBeGreaterThan(0);
    await running.untilAlive(nodes);
    await eventually(async () => expect(await valueAt("node-2", "fruit")).toEqual(["kiwi"]));
    await idle();
    expect(complaints).toEqual([]);
  });

  it("shows why a start was refused, and takes the damage back", async () => {
    await writeAll();
    await showStorage("node-2");
    await breakRecord("colour");
    await restartIn("Strict", "Restart");
    const refusal = drawer().getByRole("alert");
    await refusal.getByText(/The transaction log is damaged/).waitFor();
    await refusal.getByText(/put an old copy of its directory back/).waitFor();
    await expect.poll(() => status("node-2")).toBe("failed");
    await drawer()
      .getByRole("button", { name: /^Undo: put log\// })
      .click();
    await expect
      .poll(() =>
        drawer()
          .getByRole("button", { name: /Not what was written/ })
          .count(),
      )
      .toBe(0);
    await restartIn("Strict", "Start");
    await running.untilAlive(nodes);
    await eventually(async () => expect(await valueAt("node-2", "colour")).toEqual(["blue"]));
  });

  it("makes a disk slow from the palette, says so on the map, and heals it from the menu", async () => {
    await showStorage("node-3");
    await page.keyboard.press("Control+Shift+P");
    await page.getByPlaceholder("What shall be done?").fill("slow node-3 disk");
    await page.getByRole("option", { name: "Slow node-3’s disk by 200 ms", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    const words = /each write and flush takes 200 ms longer/;
    await panel("left").getByRole("button", { name: words }).waitFor();
    await drawer()
      .getByText(/In force: /)
      .waitFor();
    await drawer().getByRole("button", { name: "Disk faults" }).click();
    await page.getByRole("menuitem", { name: "Heal its disk" }).click();
    await panel("left").getByRole("button", { name: words }).waitFor({ state: "detached" });
    await drawer()
      .getByText(/In force: /)
      .waitFor({ state: "detached" });
    await expect.poll(acts).toEqual([
      { node: "node-3", slow: 200 },
      { node: "node-3", heal: true },
    ]);
  });

  it("asks before the power is cut, and shows what came back", async () => {
    await writeAll();
    await showStorage("node-3");
    await drawer().getByRole("button", { name: "Disk faults" }).click();
    await page.getByRole("menuitem", { name: "Cut its power…" }).click();
    await page.getByRole("heading", { name: "Cut the power of node-3?" }).waitFor();
    expect(await status("node-3")).toBe("running");
    await button("Cut the power").click();
    await drawer().getByText("Read from its files: node-3 is killed.").waitFor();
    await record("river").first().waitFor();
    await restartIn("Rebuild", "Start");
    await running.untilAlive(nodes);
    await eventually(async () => expect(await valueAt("node-3", "river")).toEqual(["Rhine"]));
  });

  it("keeps a copy of the directory, and puts it back when the node has gone on", async () => {
    await running.call("data.put", { node: "node-1", key: "city", value: "Bern", w: 3 });
    await showStorage("node-2");
    await record("city").first().waitFor();
    await part("Copies of its directory").getByRole("button", { name: "Keep a copy now" }).click();
    await part("Copies of its directory").getByRole("listitem").waitFor();
    await running.call("data.put", { node: "node-1", key: "lake", value: "Thun", w: 3 });
    await record("lake").first().waitFor();
    await part("Copies of its directory").getByRole("button", { name: "Put back" }).click();
    await drawer().getByText("Read from its files: node-2 is killed.").waitFor();
    await expect.poll(() => record("lake").count()).toBe(0);
    await record("city").first().waitFor();
  });

  it("starts a cluster whose nodes keep their log in memory, and says what that means", async () => {
    await page.keyboard.press("Control+Shift+P");
    await page.getByPlaceholder("What shall be done?").fill("new cluster");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Storage", exact: true }).click();
    await dialog.getByLabel("Log", { exact: true }).selectOption("memory");
    await dialog.getByText("Kept in memory only: a restart loses it.").waitFor();
    await dialog.getByRole("button", { name: "Start the cluster" }).click();
    await dialog.waitFor({ state: "detached" });
    await running.untilAlive(nodes);
    await tab("Storage").click();
    await drawer().getByText("Kept in memory only: a restart loses it", { exact: true }).waitFor();
    await expect.poll(async () => (await running.node("node-1")).storage.log).toBe("memory");
  });
});
