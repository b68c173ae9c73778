import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { asKey, asNodeId, asRequestId } from "../../../shared/ids.ts";
import {
  causalHash,
  firstParent,
  OperationLog,
  operationsMax,
  valueRead,
} from "../../../shared/replication/operation-log.ts";

const node = asNodeId("a");
const key = asKey("k");
const append = (log: OperationLog, i: number, value = `v${i}`) =>
  log.append(asRequestId(`r${i}`), "put", key, value, { a: i }, i);

describe("the operation log", () => {
  it("P6: hashes a canonical text, so the order of a clock's entries does not matter", () => {
    for (const value of ["red", "ä\ud800", "x".repeat(5_000)]) {
      const text = JSON.stringify([firstParent, "put", "k", value, [["a", 1], ["b", 2]]]); // prettier-ignore
      const expected = createHash("sha256").update(text).digest("hex");
      expect(causalHash(firstParent, "put", key, value, { b: 2, a: 1 })).toBe(expected);
    }
  });

  it("chains: every hash vouches for all operations before it", () => {
    const log = new OperationLog(node, []);
    for (let i = 1; i <= 5; i++) append(log, i);
    let parent = firstParent;
    for (const item of log.items()) {
      expect(item.hash).toBe(causalHash(parent, item.op, item.key, item.value, item.clock));
      parent = item.hash;
    }
    const other = new OperationLog(node, []);
    for (let i = 1; i <= 5; i++) append(other, i, i === 1 ? "changed" : `v${i}`);
    expect(other.items().at(-1)!.hash).not.toBe(log.items().at(-1)!.hash);
  });

  it("goes on after a restart where it ended", () => {
    const log = new OperationLog(node, []);
    for (let i = 1; i <= 3; i++) append(log, i);
    const again = new OperationLog(node, log.items());
    expect(append(again, 4)).toEqual(append(log, 4));
    expect(again.count).toBe(4);
  });

  it("keeps the newest operations and counts all", () => {
    const log = new OperationLog(node, []);
    for (let i = 1; i <= 2 * operationsMax + 5; i++) append(log, i);
    expect(log.items()).toHaveLength(operationsMax);
    expect(log.items().at(-1)!.id).toBe(`r${2 * operationsMax + 5}`);
    expect(log.count).toBe(2 * operationsMax + 5);
  });

  it("keeps the beginning of a long value, and hashes all of it", () => {
    const log = new OperationLog(node, []);
    const value = "x".repeat(10_000);
    const item = append(log, 1, value);
    expect(item.value!.length).toBeLessThan(5_000);
    expect(item.hash).toBe(causalHash(firstParent, "put", key, value, { a: 1 }));
  });

  it("says what a read found", () => {
    expect([[], ["x"], ["x", "y"]].map(valueRead)).toEqual([null, "x", '["x","y"]']);
  });
});
