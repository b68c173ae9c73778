/** Keys, trees, the ring and requests in the window, over a cluster that only a comparison mends. */
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, it } from "vitest";
import { eventually, type RunningLab } from "../../main/lab/running-lab.ts";
import { useRealWindow } from "./real-window.ts";

const nodes = ["node-1", "node-2", "node-3"];

describe("replication in the window", () => {
  const real = useRealWindow();
  const { complaints, idle, tab, button, panel } = real;
  let page: Page;
  let running: RunningLab;
  beforeEach(async () => {
    ({ page, running } = real);
    await running.call("cluster.new", {
      nodes: 3,
      preset: "lab",
      replication: { hints: false, readRepair: "off", antiEntropyInterval: 0 },
    });
    await running.untilAlive(nodes);
    await idle();
  });

  const put = (node: string, key: string, value: string) =>
    running.call("data.put", { node, key, value, w: 1 });

  /** One key written on both sides of a cut, another on one side only; then the network is whole again. */
  async function differ(): Promise<void> {
    await put("node-1", "colour", "white");
    await running.call("partition.make", { kind: "custom", groups: [["node-1"], ["node-2", "node-3"]] });
    await put("node-1", "colour", "blue");
    await put("node-2", "colour", "green");
    await put("node-2", "fruit", "kiwi");
    await running.call("partition.heal", {});
    await running.untilAlive(nodes);
  }

  async function chooseKey(key: string): Promise<void> {
    await tab("Key").click();
    const field = page.getByRole("combobox", { name: "Key", exact: true });
    await field.fill(key);
    await field.press("Enter");
    await page.getByRole("table", { name: `Replicas of ${key}` }).waitFor();
  }

  const replica = (node: string) => page.getByRole("row", { name: new RegExp(`^${node} `) });

  it("shows a key on all replicas, who is behind, and proves why two versions conflict", async () => {
    await differ();
    await chooseKey("colour");
    await replica("node-1").getByText("blue").waitFor();
    await replica("node-1").getByText("behind, lacks").waitFor();
    await replica("node-3").getByText("green").waitFor();
    await button("Why is there a conflict here?").click();
    await page.getByText(/a client wrote “blue”; node-1 made it durable/).waitFor();
    await page.getByText(/The way from node-1 to node-2 was cut from/).waitFor();
    await page.getByText(/No chain of messages leads from one to the other/).waitFor();
    await button("Show the 5 events that prove it").click();
    await panel("inspector").getByRole("article", { name: "Selected event" }).waitFor();
    await button("Follow the present").first().waitFor();
    await idle();
    expect(complaints).toEqual([]);
  });

  it("compares two nodes: the branches that differ, the keys, their repair", async () => {
    await differ();
    await tab("Merkle").click();
    await page.getByText("Two replicas’ hash trees appear here, face to face").waitFor();
    await page.getByLabel("Compare", { exact: true }).selectOption("node-1");
    await page.getByLabel("with", { exact: true }).selectOption("node-3");
    await button("Compare").click();
    const trees = page.getByRole("treegrid", { name: "Trees of node-1 and node-3" });
    await trees.getByRole("row", { name: /colour .* differs .* repaired/ }).waitFor();
    await trees.getByRole("row", { name: /fruit nothing here differs .* repaired/ }).waitFor();
    await page.getByText("2 keys repaired").first().waitFor();
    await button("First message").click();
    await page.getByText("node-1 sends node-3 one hash over all the keys both own.").waitFor();
    await expect.poll(() => trees.getByRole("row").count()).toBe(2);
    await button("Next message").click();
    await page.getByText(/its hash is another/).waitFor();
    await button("Last message").click();
    await trees.getByRole("row", { name: /fruit/ }).click();
    await page
      .getByRole("region", { name: "Versions of fruit on both sides" })
      .getByText("kiwi")
      .first()
      .waitFor();
    await idle();
    expect(complaints).toEqual([]);
  });

  it("warns of keys without a quorum", async () => {
    await put("node-1", "colour", "white");
    await tab("Ring").click();
    await running.call("node.kill", { node: "node-2" });
    await running.call("node.kill", { node: "node-3" });
    const risks = page.getByRole("region", { name: "Keys at risk" });
    await risks.getByText("1 key of 1 cannot be read or written").waitFor();
    await risks.getByRole("button", { name: "Which" }).click();
    await risks.getByRole("button", { name: "colour" }).click();
    await page.getByRole("table", { name: "Replicas of colour" }).waitFor();
  });

  it("draws a request as it fanned out", async () => {
    await tab("Data").click();
    await page.getByLabel("Key", { exact: true }).first().fill("colour");
    await page.getByLabel("Value", { exact: true }).fill("blue");
    await button("Put").click();
    await button("Show the request on the timeline").first().click();
    const inspector = panel("inspector");
    await inspector.getByText(/^Done after .*, when node-\d.* had answered\.$/).waitFor();
    const asked = inspector.getByRole("list", { name: "Who was asked" });
    await expect.poll(() => asked.getByText(/^copy to node-/).count()).toBe(2);
    await asked
      .getByText(/^copy to node-/)
      .first()
      .click();
    await inspector.getByRole("heading", { name: "REPLICATE_ACK" }).waitFor();
  });

  // The last one: a page opens on three nodes.
  it("counts what a node more would move, and adds it", async () => {
    await tab("Ring").click();
    await page.getByLabel("What would move", { exact: true }).selectOption("join");
    const preview = page.getByRole("region", { name: "What would move" });
    await preview.getByText(/Counted on 10.000 sample keys/).waitFor();
    await preview.getByText("By hash modulo nodes").waitFor();
    await preview.getByRole("button", { name: "Add node-4" }).click();
    await eventually(async () => {
      expect((await running.state()).nodes.map(({ id }) => id)).toContain("node-4");
    });
    await preview.waitFor({ state: "detached" });
  });
});
