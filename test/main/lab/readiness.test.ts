import { describe, expect, it } from "vitest";
import { Readiness } from "../../../main/lab/readiness.ts";
import type { NodeStatus } from "../../../shared/contract/state.ts";
import { asNodeId } from "../../../shared/ids.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { RunningLab } from "./running-lab.ts";

type Said = readonly [node: string, name: string, about?: string, word?: string];

/** Events of nodes: "start"; "member" with a status; "move" with a phase. */
function events(...said: readonly Said[]): RecordedEvent[] {
  return said.map(([node, name, about, word], index) => ({
    id: index + 1,
    node: asNodeId(node),
    life: 1,
    seq: index + 1,
    at: index,
    type: "local",
    op: "internal",
    name,
    clock: null,
    detail: { ...(about && { about }), ...(name === "member" ? { status: word! } : { phase: word ?? "" }) },
  }));
}

const running = (...ids: string[]) => ids.map((id) => ({ id, status: "running" as NodeStatus }));

describe("a cluster is ready", () => {
  it("when all who run see each other alive, and no move is under way", () => {
    const readiness = new Readiness(true);
    const nodes = running("a", "b");
    expect(readiness.isReady(nodes)).toBe(false);
    readiness.observe(events(["a", "start"], ["b", "start"]));
    expect(readiness.isReady(nodes), "nobody has met anybody").toBe(false);
    readiness.observe(events(["a", "member", "b", "alive"], ["a", "move", "a", "waiting"]));
    readiness.observe(events(["b", "member", "a", "alive"]));
    expect(readiness.isReady(nodes), "a is on the move").toBe(false);
    readiness.observe(events(["a", "move", "a", "done"]));
    expect(readiness.isReady(nodes)).toBe(true);
    readiness.observe(events(["b", "member", "a", "suspect"]));
    expect(readiness.isReady(nodes), "b doubts a").toBe(false);
  });

  it("whatever became of those who do not run", () => {
    const readiness = new Readiness(true);
    readiness.observe(events(["a", "start"]));
    expect(readiness.isReady([...running("a"), { id: "b", status: "failed" }])).toBe(true);
  });

  it("only when a node that started again has met the others again", () => {
    const readiness = new Readiness(true);
    const nodes = running("a", "b");
    readiness.observe(events(["a", "start"], ["b", "start"]));
    readiness.observe(events(["a", "member", "b", "alive"], ["b", "member", "a", "alive"]));
    expect(readiness.isReady(nodes)).toBe(true);
    readiness.observe(events(["b", "start"]));
    expect(readiness.isReady(nodes)).toBe(false);
  });

  it("without gossip as soon as all have started", () => {
    const readiness = new Readiness(false);
    readiness.observe(events(["a", "start"], ["b", "start"]));
    expect(readiness.isReady(running("a", "b"))).toBe(true);
  });
});

describe("the first write of a new cluster", () => {
  it("is not refused for coming too early", async () => {
    const running = await RunningLab.start();
    try {
      const everywhere = async (nodes: readonly string[]) => {
        for (const node of nodes) {
          const { ok } = await running.call("data.put", { node, key: `first:${node}`, value: "v" }).then(
            () => ({ ok: true }),
            (error: Error) => ({ ok: error.message }),
          );
          expect(ok, node).toBe(true);
        }
      };
      await everywhere(["node-3", "node-2", "node-1"]);
      await running.call("cluster.new", { nodes: 4, preset: "lab" });
      await everywhere(["node-4", "node-1"]);
    } finally {
      await running.close();
    }
  });
});
