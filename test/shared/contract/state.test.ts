import { describe, expect, it } from "vitest";
import { nodeIdSchema } from "../../../shared/contract/state.ts";
import { isNodeId } from "../../../shared/ids.ts";

describe("a node id from outside", () => {
  it.each([
    "node-1",
    "a",
    "A.b_c-9",
    "constructor",
    "toString",
    "__proto__",
    "hasOwnProperty",
    "",
    "-a",
    "a b",
    "a".repeat(64),
  ])("%j is taken exactly when it is one", (text) => {
    expect(nodeIdSchema.safeParse(text).success).toBe(isNodeId(text));
  });
});
