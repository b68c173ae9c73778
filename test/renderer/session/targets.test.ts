import { describe, expect, it } from "vitest";
import { callsFor } from "../../../renderer/session/targets.ts";
import { sessionOf, stateOf } from "../fake-lab.ts";

const lab = stateOf(3, sessionOf("live"));
const withStatus = (status: (typeof lab.nodes)[number]["status"]) => ({
  ...lab,
  nodes: lab.nodes.map((node) => ({ ...node, status })),
});
const node2 = { kind: "node", node: "node-2" } as const;

const bothWays = (blocked: boolean) => [
  { command: "link.set", params: { from: "node-1", to: "node-3", settings: { blocked } } },
  { command: "link.set", params: { from: "node-3", to: "node-1", settings: { blocked } } },
];

describe("what a gesture does to the selection", () => {
  it("kill, pause and restart mean the selected node", () => {
    expect(callsFor("kill", node2, lab)).toEqual([{ command: "node.kill", params: { node: "node-2" } }]);
    expect(callsFor("pause", node2, lab)).toEqual([{ command: "node.pause", params: { node: "node-2" } }]);
    expect(callsFor("pause", node2, withStatus("paused"))).toEqual([
      { command: "node.resume", params: { node: "node-2" } },
    ]);
    expect(callsFor("restart", node2, withStatus("killed"))).toEqual([
      { command: "node.restart", params: { node: "node-2", clock: "keep" } },
    ]);
  });

  it("says what to do when nothing fitting is selected or the node is down", () => {
    expect(callsFor("kill", null, lab)).toMatch(/^Select a node first/);
    expect(callsFor("cut", null, lab)).toMatch(/^Select a node or a link first/);
    expect(callsFor("kill", node2, withStatus("killed"))).toMatch(/not running/);
  });

  it("cuts and heals both ways of a link", () => {
    const link = { kind: "link", from: "node-1", to: "node-3" } as const;
    expect(callsFor("cut", link, lab)).toEqual(bothWays(true));
    expect(callsFor("heal", link, lab)).toEqual(bothWays(false));
  });

  it("heals every cut link of a node, and the whole network when nothing is selected", () => {
    const links = lab.links.map((link) =>
      link.from === "node-2" ? { ...link, settings: { ...link.settings, blocked: true } } : link,
    );
    expect(callsFor("heal", node2, { ...lab, links })).toEqual(
      ["node-1", "node-3"].map((to) => ({
        command: "link.set",
        params: { from: "node-2", to, settings: { blocked: false } },
      })),
    );
    expect(callsFor("heal", node2, lab)).toBe("No link of node-2 is cut.");
    expect(callsFor("heal", null, lab)).toEqual([{ command: "partition.heal", params: {} }]);
    expect(callsFor("cut", node2, lab)).toEqual([
      { command: "partition.make", params: { kind: "isolate", node: "node-2" } },
    ]);
  });
});
