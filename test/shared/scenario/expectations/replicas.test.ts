import { describe, expect, it } from "vitest";
import type { KeyState } from "../../../../shared/clock/dotted.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { judged, nodeIds, viewOf } from "./record.ts";

const stateOf = (...values: (string | null)[]): KeyState => ({
  context: { A: values.length },
  versions: values.map((value, index) => ({
    dot: { node: asNodeId("A"), counter: index + 1 },
    value,
    at: 0,
  })),
});

describe("state", () => {
  const final = [
    viewOf("A", { keys: { k: stateOf("w", "v"), gone: stateOf(null) } }),
    viewOf("B", { running: false }),
  ];
  const state = (node: string, key: string, values: string[]) =>
    judged({ state: { node, key, values } }, { final });

  it("is the live values in any order", () => {
    expect(state("A", "k", ["v", "w"]).verdict).toBe("holds");
    expect(state("A", "gone", []).verdict).toBe("holds");
    expect(state("A", "never", []).verdict).toBe("holds");
    expect(state("A", "k", ["v"])).toMatchObject({ verdict: "violated", found: 'It holds "v" and "w".' });
    expect(state("A", "k", []).verdict).toBe("violated");
  });

  it("of a node that does not run is unknown", () => {
    expect(state("B", "k", ["v"]).verdict).toBe("unknown");
    expect(state("C", "k", ["v"]).verdict).toBe("unknown");
  });
});

const viewsOf = (...names: string[]) => names.map((name) => viewOf(name, { ring: nodeIds(...names) }));

describe("moved", () => {
  const snapshots = { four: viewsOf("A", "B", "C", "D"), five: viewsOf("A", "B", "C", "D", "E") };
  const moved = {
    from: "four",
    to: "five",
    keys: 2_000,
    ring: [0.15, 0.25],
    modulo: [0.75, 0.85],
    "gained-only-by": "E",
  } as {
    from: string;
    to: string;
    keys: number;
    ring: [number, number];
    modulo: [number, number];
    "gained-only-by"?: string;
  };

  it("holds for a ring, and not for the share modulo would move", () => {
    expect(judged({ moved }, { snapshots }).verdict).toBe("holds");
    expect(judged({ moved: { ...moved, ring: [0.75, 0.85] } }, { snapshots }).verdict).toBe("violated");
    expect(judged({ moved: { ...moved, modulo: [0.15, 0.25] } }, { snapshots }).verdict).toBe("violated");
    expect(judged({ moved: { ...moved, "gained-only-by": "A" } }, { snapshots }).verdict).toBe("violated");
    expect(judged({ moved: { ...moved, from: "five", to: "four" } }, { snapshots })).toMatchObject({
      verdict: "violated",
    });
    expect(judged({ moved: { ...moved, to: "four" } }, { snapshots })).toMatchObject({
      verdict: "violated",
      found: "The ring moves 0.0 %, modulo 0.0 %; none gained on the ring.",
    });
    expect(judged({ moved: { ...moved, to: "six" } }, { snapshots }).verdict).toBe("violated");
  });

  it("is unknown while the nodes disagree", () => {
    const mixed = [...viewsOf("A", "B"), viewOf("C", { ring: nodeIds("A", "B", "C") })];
    expect(judged({ moved: { ...moved, to: "mixed" } }, { snapshots: { ...snapshots, mixed } }).verdict).toBe(
      "unknown",
    );
    const down = viewsOf("A", "B").map((view) => ({ ...view, running: false }));
    expect(judged({ moved: { ...moved, to: "down" } }, { snapshots: { ...snapshots, down } }).verdict).toBe(
      "unknown",
    );
  });
});
