import { describe, expect, it } from "vitest";
import type { KeyState } from "../../../../shared/clock/dotted.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import type { CallRecord } from "../../../../shared/scenario/run.types.ts";
import { ApplicationTrace, callOf, get, judged, put, viewOf } from "./record.ts";

const holding = (counter: number, value: string): KeyState => ({
  context: { A: counter },
  versions: [{ dot: { node: asNodeId("A"), counter }, value, at: 0 }],
});
const failed: Partial<CallRecord> = {
  outcome: "fail",
  answer: { ok: false, definite: true, code: "down", message: "A is down." },
};
const blind = (key: string, value: string, dot: string) =>
  callOf("A", { ...put(key, value), context: {} } as CallRecord["call"]["request"], {
    dots: [dot],
    context: { A: Number(dot.slice(2)) },
  });

/** Any: without events nobody can say what an unanswered write overwrote. */
const events = [new ApplicationTrace().event("A", "something")];

describe("lost writes", () => {
  // Neither had seen the other, and one of the two is gone; of another key both are there.
  const calls = [blind("k", "v", "A:1"), blind("k", "w", "A:2"), blind("l", "x", "A:3")];
  const final = [viewOf("A", { keys: { k: holding(2, "w"), l: holding(3, "x") } })];
  const count = (numbers: { key?: string; count: number }) =>
    judged({ "lost-writes": numbers }, { calls, final, events });

  it("are counted, of all keys or of one", () => {
    expect(count({ count: 1 })).toMatchObject({ verdict: "holds" });
    expect(count({ count: 1 }).found).toContain("1 acknowledged write lost.");
    expect(count({ key: "k", count: 1 }).verdict).toBe("holds");
    expect(count({ key: "l", count: 0 }).verdict).toBe("holds");
    expect(count({ key: "k", count: 0 }).verdict).toBe("violated");
    expect(count({ key: "l", count: 1 }).verdict).toBe("violated");
  });

  it("are none of those that were overwritten by one that had seen them", () => {
    const read = callOf("A", put("k", "w"), { dots: ["A:2"], context: { A: 2 } });
    const seen = [blind("k", "v", "A:1"), read];
    expect(judged({ "lost-writes": { count: 0 } }, { calls: seen, final, events }).verdict).toBe("holds");
  });

  it("cannot be told when nothing was acknowledged, or nobody runs", () => {
    const none = [callOf("A", put("k", "v"), failed)];
    expect(judged({ "lost-writes": { count: 0 } }, { calls: none, final, events }).verdict).toBe("unknown");
    const down = [viewOf("A", { running: false })];
    expect(judged({ "lost-writes": { count: 0 } }, { calls, final: down, events }).verdict).toBe("unknown");
  });
});

const read = (seen: number) =>
  callOf("B", get("k"), { values: seen < 4 ? [] : ["v"], context: seen === 0 ? {} : { A: seen } });
const stale = (numbers: { key?: string; count: number }, calls: readonly CallRecord[]) =>
  judged({ "stale-reads": numbers }, { calls }).verdict;

describe("stale reads", () => {
  const written = callOf("A", put("k", "v"), { dots: ["A:4"], context: { A: 4 } });

  it("are those that had not seen a write acknowledged before they began", () => {
    const calls = [written, read(0), read(3), read(4)];
    expect(stale({ count: 2 }, calls)).toBe("holds");
    expect(stale({ count: 1 }, calls)).toBe("violated");
    expect(stale({ key: "k", count: 2 }, calls)).toBe("holds");
  });

  it("are none of those that began before", () => {
    const early = read(0);
    const later = callOf("A", put("k", "w"), { dots: ["A:5"], context: { A: 5 } });
    expect(stale({ count: 0 }, [early, later])).toBe("holds");
  });

  it("cannot be told where nothing was read", () => {
    expect(stale({ count: 0 }, [written])).toBe("unknown");
    expect(stale({ key: "l", count: 0 }, [written, read(4)])).toBe("unknown");
  });
});
