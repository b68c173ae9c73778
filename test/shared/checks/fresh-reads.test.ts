import { describe, expect, it } from "vitest";
import { type Access, checkFreshReads } from "../../../shared/checks/invariants/fresh-reads.ts";

let moment = 0;
function access(
  f: "put" | "get",
  dot: string | null,
  seen: Record<string, number>,
  spans?: [number, number],
): Access {
  const [invoked, returned] = spans ?? [(moment += 1), (moment += 1)];
  const operation = {
    id: invoked,
    process: `c${invoked}`,
    f,
    key: "k",
    input: f === "put" ? dot : null,
    output: null,
    outcome: "ok" as const,
    invoked,
    returned,
    invokedNs: 0,
    returnedNs: 0,
  };
  return { operation, dot, seen };
}

describe("fresh reads", () => {
  it("asks of a read all writes that were acknowledged before it began", () => {
    const write = access("put", "A:3", { A: 3 });
    expect(checkFreshReads([write, access("get", null, { A: 3 })]).verdict).toBe("valid");
    expect(checkFreshReads([write, access("get", null, { A: 9, B: 1 })]).verdict).toBe("valid");
    const stale = checkFreshReads([write, access("get", null, { A: 2, B: 7 })]);
    expect(stale.verdict).toBe("invalid");
    expect(stale.counterExample!.operations).toHaveLength(2);
    expect(stale.counterExample!.why[0]).toContain("as A:3, and was acknowledged");
  });

  it("asks nothing of a read beside the write, whichever it saw", () => {
    const write = access("put", "A:3", { A: 3 }, [10, 20]);
    expect(checkFreshReads([write, access("get", null, {}, [11, 30])]).verdict).toBe("valid");
    expect(checkFreshReads([write, access("get", null, {}, [5, 30])]).verdict).toBe("valid");
    expect(checkFreshReads([write, access("get", null, {}, [21, 30])]).verdict).toBe("invalid");
  });

  it("holds each coordinator's newest write against the read, and each key by itself", () => {
    const writes = [access("put", "A:3", {}), access("put", "B:1", {}), access("put", "A:2", {})];
    expect(checkFreshReads([...writes, access("get", null, { A: 3, B: 1 })]).verdict).toBe("valid");
    expect(checkFreshReads([...writes, access("get", null, { A: 3 })]).verdict).toBe("invalid");
    const elsewhere = access("get", null, {});
    const other = { ...elsewhere, operation: { ...elsewhere.operation, key: "other" } };
    expect(checkFreshReads([...writes, other]).verdict).toBe("valid");
  });
});
