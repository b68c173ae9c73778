import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderedPairs, pairName, planPartition } from "../../../main/lab/partition.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import { partitionKinds } from "../../../shared/contract/state.ts";

const nodesUpTo = (count: number) => Array.from({ length: count }, (_, index) => `node-${index + 1}`);
const five = nodesUpTo(5);

/** Whom `node` still hears, itself included. */
const heardBy = (node: string, nodes: readonly string[], cut: readonly string[]) =>
  nodes.filter((other) => other === node || !cut.includes(pairName(other, node)));

describe("partition kinds", () => {
  it("halves: the larger half first, cut both ways", () => {
    const { groups, cut } = planPartition(five, { kind: "halves" });
    expect(groups).toEqual([
      ["node-1", "node-2", "node-3"],
      ["node-4", "node-5"],
    ]);
    expect(cut).toHaveLength(12);
    expect(cut).toContain("node-1>node-4");
    expect(cut).toContain("node-4>node-1");
  });

  it("isolate: one node hears nobody and is heard by nobody", () => {
    const { groups, cut } = planPartition(five, { kind: "isolate", node: "node-3" });
    expect(groups[0]).toEqual(["node-3"]);
    expect(cut).toHaveLength(8);
    expect(cut.every((pair) => pair.includes("node-3"))).toBe(true);
  });

  it("bridge: one node still reaches both sides", () => {
    const { groups, cut } = planPartition(five, { kind: "bridge", node: "node-3" });
    expect(groups).toEqual([
      ["node-1", "node-2", "node-3"],
      ["node-3", "node-4", "node-5"],
    ]);
    expect(cut).toHaveLength(8);
    expect(heardBy("node-3", five, cut)).toEqual(five);
    expect(heardBy("node-1", five, cut)).toEqual(["node-1", "node-2", "node-3"]);
  });

  it("one-way: only the outgoing links of the node die", () => {
    const { cut } = planPartition(five, { kind: "one-way", node: "node-2" });
    expect(cut).toEqual(["node-2>node-1", "node-2>node-3", "node-2>node-4", "node-2>node-5"]);
  });

  it.each([3, 4, 5, 6, 7, 8, 9])(
    "majorities ring of %i: each node hears a majority, no two the same",
    (count) => {
      const nodes = nodesUpTo(count);
      const { cut } = planPartition(nodes, { kind: "majorities-ring" });
      const views = nodes.map((node) => heardBy(node, nodes, cut));
      for (const view of views) expect(view.length).toBeGreaterThan(count / 2);
      expect(new Set(views.map((view) => view.join())).size).toBe(count);
    },
  );

  it("majorities ring of five: links work both ways and each node loses exactly two", () => {
    const { cut } = planPartition(five, { kind: "majorities-ring" });
    expect(cut).toHaveLength(10);
    for (const pair of cut) {
      const [from, to] = pair.split(">");
      expect(cut).toContain(`${to}>${from}`);
    }
  });

  it("custom: nodes that no side names stand together", () => {
    const { groups, cut } = planPartition(five, { kind: "custom", groups: [["node-1"], ["node-2"]] });
    expect(groups).toEqual([["node-1"], ["node-2"], ["node-3", "node-4", "node-5"]]);
    expect(cut).not.toContain("node-3>node-4");
    expect(cut).toContain("node-1>node-2");
  });

  it("custom: a node on two sides is a bridge between them", () => {
    const groups = [
      ["node-1", "node-2", "node-3"],
      ["node-3", "node-4", "node-5"],
    ];
    expect(planPartition(five, { kind: "custom", groups }).cut).toEqual(
      planPartition(five, { kind: "bridge", node: "node-3" }).cut,
    );
  });

  it("refuses what cannot be meant, in one sentence each", () => {
    const attempts = [
      { nodes: five, request: { kind: "isolate", node: "node-9" }, code: "unknown_node" },
      { nodes: five, request: { kind: "custom" }, code: "bad_input" },
      { nodes: five, request: { kind: "custom", groups: [five] }, code: "bad_input" },
      { nodes: nodesUpTo(1), request: { kind: "halves" }, code: "bad_input" },
      { nodes: nodesUpTo(2), request: { kind: "majorities-ring" }, code: "bad_input" },
    ] as const;
    for (const { nodes, request, code } of attempts) {
      const refusal = catchError(() => planPartition(nodes, request));
      expect(refusal).toBeInstanceOf(LabError);
      expect(refusal).toMatchObject({ code });
    }
  });

  it("never cuts a node from itself, nor a pair that does not exist, nor one twice", () => {
    const kinds = partitionKinds.filter((kind) => kind !== "custom");
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), fc.constantFrom(...kinds), (count, kind) => {
        const nodes = nodesUpTo(count);
        const { cut } = planPartition(nodes, { kind, node: "node-2" });
        const pairs = new Set(orderedPairs(nodes).map(([from, to]) => pairName(from, to)));
        expect(cut.every((pair) => pairs.has(pair))).toBe(true);
        expect(new Set(cut).size).toBe(cut.length);
      }),
    );
  });
});

function catchError(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}
