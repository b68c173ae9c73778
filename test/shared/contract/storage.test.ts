/** What may be asked of a node's storage: the schemas that stand between a window and the lab. */
import { describe, expect, it } from "vitest";
import { commandSchemas } from "../../../shared/contract/contract.ts";

const file = "log/00000001.log";

describe("commands about disks", () => {
  it.each([
    ["node.records", { node: "node-1", file, limit: 100 }],
    ["node.records", { node: "node-1", file, limit: 100, after: { offset: 4_096, ordinal: 2 } }],
    ["disk.fault", { node: "node-1", fault: { kind: "fail", operation: "sync", nth: 1, lasts: "always" } }],
    ["disk.fault", { node: "node-1", fault: { kind: "power-cut" } }],
    ["disk.damage", { node: "node-1", damage: { kind: "record", file: "transaction_log", offset: 7 } }],
    ["disk.damage", { node: "node-1", damage: { kind: "swap", file, offset: 0, other: 512, bytes: 512 } }],
    ["disk.copy", { node: "node-1" }],
    ["disk.putBack", { node: "node-1", label: "before-the.cut_2" }],
    ["node.restart", { node: "node-1", storage: { recovery: "strict" } }],
    ["cluster.new", { nodes: 3, preset: "lab", storage: { log: "file", sync: "group" }, clockStore: "file" }],
  ] as const)("%s takes %j as it is", (name, params) => {
    expect(commandSchemas[name].parse(params)).toEqual(params);
  });

  it.each([
    ["node.records", { node: "node-1", file, limit: 0 }],
    ["disk.fault", { node: "node-1", fault: { kind: "fail", operation: "read", nth: 1, lasts: "once" } }],
    ["disk.fault", { node: "node-1", fault: { kind: "slow", ms: -1 } }],
    ["disk.damage", { node: "node-1", damage: { kind: "flip-bit", file, offset: 0, bit: 8 } }],
    ["disk.damage", { node: "node-1", damage: { kind: "zero", file, offset: -1, bytes: 4 } }],
    ["disk.damage", { node: "node-1", damage: { kind: "truncate", file, bytes: 0.5 } }],
    ["disk.copy", { node: "node-1", label: "../elsewhere" }],
    ["disk.putBack", { node: "node-1", label: "" }],
    ["node.restart", { node: "node-1", storage: { log: "tape" } }],
  ] as const)("%s refuses %j", (name, params) => {
    expect(commandSchemas[name].safeParse(params).success).toBe(false);
  });
});
