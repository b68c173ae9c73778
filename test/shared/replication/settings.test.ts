import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseMergeFile, settingsSchema } from "../../../shared/replication/settings.ts";

describe("a merge function's flag", () => {
  it.each([
    ["union=union.js", { name: "union", path: "union.js" }],
    ["newest-2=../my merges/a=b.js", { name: "newest-2", path: "../my merges/a=b.js" }],
  ])("%s is a name and a path", (flag, file) => {
    expect(parseMergeFile(flag)).toEqual(file);
  });

  it.each([
    "",
    "union",
    "union=",
    "=union.js",
    "Union=a.js",
    "2nd=a.js",
    " union=a.js",
    `${"x".repeat(64)}=a.js`,
  ])("%j is none", (flag) => {
    expect(parseMergeFile(flag)).toBeNull();
  });

  it("takes the names that a conflict strategy may have, and no others", () => {
    const schema = settingsSchema(z.number());
    for (const name of ["union", "newest-2", "x".repeat(63), "x".repeat(64), "Union", "2nd", "", "a b"]) {
      const isStrategy = schema.safeParse({ conflicts: { "cart:": `custom:${name}` } }).success;
      expect(parseMergeFile(`${name}=a.js`) !== null, name).toBe(isStrategy);
    }
  });
});
