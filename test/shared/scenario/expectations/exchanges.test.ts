import { describe, expect, it } from "vitest";
import type { ScenarioSource } from "../../../../shared/scenario/schema.ts";
import { ApplicationTrace, judged } from "./record.ts";

type Wanted = Extract<NonNullable<ScenarioSource["expect"]>[number], { exchange: unknown }>["exchange"];

/** A compares with B, finds two keys, and finds nothing the second time; C has a comparison of its own. */
function compared() {
  const trace = new ApplicationTrace();
  const ended = (node: string, peer: string, outcome: string, keys: string[], hashes: number) =>
    trace.local(node, "exchange-ended", {
      detail: { exchange: "e", peer, outcome, keys, hashes, bytes: 300, everything: 9_000 },
    });
  ended("A", "B", "repaired", ["k", "l"], 40);
  ended("C", "B", "given up", [], 3);
  ended("A", "B", "equal", [], 1);
  return trace.events;
}

const verdict = (wanted: Wanted) => judged({ exchange: wanted }, { events: compared() }).verdict;

describe("a comparison", () => {
  it("is the nth that ended on the node, with the peer that is named", () => {
    expect(verdict({ node: "A", with: "B", outcome: "repaired" })).toBe("holds");
    expect(verdict({ node: "A", with: "B", nth: 2, outcome: "equal" })).toBe("holds");
    expect(verdict({ node: "C", outcome: "given up" })).toBe("holds");
    expect(verdict({ nth: 2, outcome: "given up" })).toBe("holds");
    expect(verdict({ node: "A", with: "C" })).toBe("violated");
    expect(verdict({ node: "A", nth: 3 })).toBe("violated");
  });

  it("is held to its outcome, its keys and its hashes", () => {
    expect(verdict({ node: "A", keys: { count: 2 }, hashes: { "at-most": 40 } })).toBe("holds");
    expect(verdict({ node: "A", outcome: "equal" })).toBe("violated");
    expect(verdict({ node: "A", keys: { count: 3 } })).toBe("violated");
    expect(verdict({ node: "A", hashes: { "at-most": 39 } })).toBe("violated");
    expect(verdict({ node: "A", nth: 2, keys: { count: 0 }, hashes: { count: 1 } })).toBe("holds");
  });

  it("says what was found, and shows the event", () => {
    const found = judged({ exchange: { node: "A" } }, { events: compared() });
    expect(found.found).toBe(
      "It ended repaired, with 2 keys transferred, 40 hashes compared and 300 bytes of 9000 sent.",
    );
    expect(found.proof).toEqual([1]);
  });
});
