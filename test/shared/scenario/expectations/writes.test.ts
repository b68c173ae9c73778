/** What a write overwrote that nobody was answered: told by the trace, and excused by nothing else. */
import { describe, expect, it } from "vitest";
import type { KeyState } from "../../../../shared/clock/dotted.ts";
import { ApplicationTrace, callOf, judged, put, viewOf } from "./record.ts";

const lost = { "no-lost-writes": true } as const;

const holding = (node: string, counter: number, value: string): KeyState => ({
  context: { [node]: counter },
  versions: [{ dot: { node: node as never, counter }, value, at: 0 }],
});

interface Story {
  /** How the first write gets to C, who makes the second one. */
  readonly by: "a copy" | "a handover" | "nothing";
  /** C loses its disk in between. */
  readonly wiped?: boolean;
  /** B, who hands the key over, gets the first write only afterwards. */
  readonly late?: boolean;
}

/** A's write was acknowledged; at the end C's is there alone, whose client was told nothing. */
function verdictOn({ by, wiped = false, late = false }: Story): string {
  const trace = new ApplicationTrace();
  const stored = (node: string, dot: string) =>
    trace.local(node, "stored", { op: "put", key: "k" as never, detail: { dot, siblings: 1, dots: [dot] } });
  stored("A", "A:1");
  if (!late) stored("B", "A:1");
  if (by === "a copy") stored("C", "A:1");
  trace.send("B", "C", "keys", { name: "HANDOVER" });
  if (late) stored("B", "A:1");
  trace.receive("C", "keys");
  if (by === "a handover") trace.local("C", "handover", { detail: { from: "B", keys: ["other", "k"] } });
  if (wiped) trace.restart("C", "keep");
  stored("C", "C:9");
  const calls = [
    callOf("A", put("k", "first"), { dots: ["A:1"], context: { A: 1 } }),
    callOf("C", put("k", "second"), { outcome: "unknown", answer: null }),
  ];
  const final = [viewOf("C", { keys: { k: holding("C", 9, "second") } })];
  return judged(lost, { events: trace.events, calls, final }).verdict;
}

describe("a write that nobody was answered", () => {
  it("excuses what its coordinator had stored", () => {
    expect(verdictOn({ by: "a copy" })).toBe("holds");
    expect(verdictOn({ by: "nothing" })).toBe("violated");
  });

  it("excuses what its coordinator had been handed, as the giver had it then", () => {
    expect(verdictOn({ by: "a handover" })).toBe("holds");
    expect(verdictOn({ by: "a handover", late: true })).toBe("violated");
  });

  it("excuses nothing that was lost with a disk", () => {
    expect(verdictOn({ by: "a copy", wiped: true })).toBe("violated");
    expect(verdictOn({ by: "a handover", wiped: true })).toBe("violated");
  });
});
