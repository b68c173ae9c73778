import { describe, expect, it } from "vitest";
import { callOf, get, judged, mint, put } from "./record.ts";

const open = { outcome: "unknown", returned: Infinity, returnedAt: null, answer: null } as const;

describe("operations", () => {
  const calls = [
    callOf("A", put("k", "v"), { as: "write" }),
    callOf("B", get("k"), { values: ["v"], client: "reader" }),
    callOf("B", get("k"), { values: ["v", "w"], client: "reader" }),
    callOf("C", get("k"), { values: [] }),
    callOf("C", get("k"), {
      outcome: "fail",
      answer: { ok: false, definite: true, code: "down", message: "C is down." },
    }),
    callOf("A", mint, { minted: "A:1" }),
  ];

  it("are chosen by everything that is said of them", () => {
    const count = (what: object, wanted: number) =>
      expect(judged({ operations: { ...what, count: wanted } }, { calls })).toMatchObject({
        verdict: "holds",
      });
    count({}, 6);
    count({ f: "get" }, 4);
    count({ f: "get", value: "v" }, 2);
    count({ f: "get", value: "w", client: "reader" }, 1);
    count({ f: "put", value: "v", as: "write" }, 1);
    count({ f: "get", outcome: "fail" }, 1);
    count({ node: "C", key: "k", outcome: "ok" }, 1);
    count({ f: "mint" }, 1);
    count({ key: "other" }, 0);
    expect(judged({ operations: { f: "get", value: "v", count: 3 } }, { calls })).toMatchObject({
      verdict: "violated",
      words: 'exactly 3 get with value "v"',
      found: "There were 2 among 4 gets.",
    });
  });

  it("are unknown when it hangs on one that never returned", () => {
    const pending = [...calls, callOf("B", get("k"), open)];
    expect(judged({ operations: { f: "get", value: "v", count: 3 } }, { calls: pending }).verdict).toBe(
      "unknown",
    );
    expect(judged({ operations: { f: "get", outcome: "ok", count: 4 } }, { calls: pending }).verdict).toBe(
      "unknown",
    );
    expect(judged({ operations: { f: "get", value: "v", count: 4 } }, { calls: pending }).verdict).toBe(
      "violated",
    );
    expect(judged({ operations: { f: "get", value: "v", "at-least": 2 } }, { calls: pending }).verdict).toBe(
      "holds",
    );
    expect(judged({ operations: { f: "get", count: 5 } }, { calls: pending }).verdict).toBe("holds");
  });
});
