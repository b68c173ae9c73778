import { describe, expect, it } from "vitest";
import { linkActions, nodeActions } from "../../../renderer/cluster/node-actions.ts";
import { commandSchemas } from "../../../shared/contract/contract.ts";
import { nodeStatuses, restingLink } from "../../../shared/contract/state.ts";

const labels = (status: (typeof nodeStatuses)[number]) =>
  nodeActions("node-1", status, true).map((action) => action.label);

describe("what one can do to a node", () => {
  it("depends on how it is", () => {
    expect(labels("running")).toContain("Pause");
    expect(labels("running")).toContain("Kill (SIGKILL)");
    expect(labels("running")).not.toContain("Wipe its disk…");
    expect(labels("paused")).toContain("Resume");
    expect(labels("paused")).not.toContain("Pause");
    expect(labels("killed")).toEqual([
      "Start again",
      "Start again without its clock",
      "Isolate from all others",
      "Wipe its disk…",
      "Remove from the cluster…",
    ]);
  });

  it("asks before what cannot be undone, and only then", () => {
    for (const action of nodeActions("node-1", "killed", true))
      expect(action.ask !== undefined, action.label).toBe(action.group === "end");
  });

  it.each(nodeStatuses)("is always within the contract (%s)", (status) => {
    for (const { calls } of nodeActions("node-1", status, true))
      for (const { command, params } of calls)
        expect(commandSchemas[command].safeParse(params).success).toBe(true);
  });
});

describe("what one can do to a link", () => {
  const cut = { ...restingLink, blocked: true };

  it("is to cut it while it is open, and to heal what is cut", () => {
    const open = linkActions("a", "b", new Map());
    expect(open.map((action) => action.label)).toEqual([
      "Cut both ways",
      "Cut only a to b",
      "Cut only b to a",
    ]);
    const oneWay = linkActions("a", "b", new Map([["b>a", cut]]));
    expect(oneWay.map((action) => action.label)).toEqual(["Heal", "Cut only a to b"]);
    expect(oneWay[0]!.calls).toEqual([
      { command: "link.set", params: { from: "b", to: "a", settings: { blocked: false } } },
    ]);
  });

  it("ends impairments without healing a cut", () => {
    const actions = linkActions("a", "b", new Map([["a>b", { ...cut, loss: 0.5 }]]));
    const end = actions.find((action) => action.label.startsWith("End latency"))!;
    for (const call of end.calls) expect(call.params).not.toHaveProperty("settings.blocked");
  });
});
