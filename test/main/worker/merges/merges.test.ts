/** Merge functions on a real node and on the command line. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Merges } from "../../../../main/worker/merges/merges.ts";
import { parseNodeOptions } from "../../../../main/worker/options.ts";
import { TestCluster } from "../cluster.ts";
import { Files, union } from "./files.ts";

const files = new Files();
const cluster = new TestCluster();
afterAll(async () => {
  await cluster.end();
  files.remove();
});

describe("merges", () => {
  it("fold siblings in their order, and say which function gave nothing", async () => {
    const path = files.file(`export const merge = (a, b) => { if (a === b || a > b) return a; return b; };`);
    const merges = await Merges.open([{ name: "top", path }]);
    expect(await merges.resolve("top", ["b", "c", "a"])).toEqual({ value: "c" });
    expect(await merges.resolve("top", ["b"])).toEqual({ value: "b" });
    expect(await merges.resolve("other", ["a", "b"])).toMatchObject({
      error: expect.stringContaining("other") as string,
    });
    merges.close();
    expect(await merges.resolve("top", ["b", "c"])).toHaveProperty("error");
  });

  it("are refused with the counter-example", async () => {
    const path = files.file("export const merge = (a) => a;");
    const opened = Merges.open([{ name: "first", path }]);
    await expect(opened).rejects.toThrow(
      /^The merge function first .* is refused\. It is not commutative\.\nmerge\(/,
    );
  });
});

describe("the options of a node", () => {
  const least = { nodeId: "node-1", dataDir: "somewhere", port: 0 };
  const replication = JSON.stringify({ conflicts: { "cart:": "custom:union" } });

  it("take a merge function by name", () => {
    const { merges } = parseNodeOptions({ ...least, replication, merges: ["union=a=b.js"] });
    expect(merges).toEqual([{ name: "union", path: "a=b.js" }]);
  });

  it("want one for every strategy that names one", () => {
    expect(() => parseNodeOptions({ ...least, replication })).toThrow(
      "custom:union needs its merge function",
    );
    expect(() => parseNodeOptions({ ...least, merges: ["union"] })).toThrow("--merge must be like");
  });
});

const conflicts = `--replication={"conflicts": {"cart:": "custom:union"}}`;
const single = ["--n=1", "--r=1", "--w=1", conflicts];

describe("a node", () => {
  it("shows one value made of siblings, and the siblings with the reason where they cannot be merged", async () => {
    const node = await cluster.start("node-1", { flags: [...single, `--merge=union=${files.file(union)}`] });
    const put = (key: string, value: string) => node.put(key, value, {});
    await put("cart:1", `["tea"]`);
    await put("cart:1", `["milk"]`);
    const merged = await node.get("cart:1");
    expect(merged.body).toMatchObject({
      value: `["milk","tea"]`,
      values: [`["milk","tea"]`],
      conflict: false,
    });
    expect(merged.body["siblings"]).toHaveLength(2);
    await put("cart:2", "no list");
    await put("cart:2", `["milk"]`);
    const failed = await node.get("cart:2");
    expect(failed.body).toMatchObject({
      values: ["no list", `["milk"]`],
      merge_error: expect.stringContaining(
        "The merge function union gave nothing: it threw SyntaxError",
      ) as string,
    });
    await put("plain", "a");
    await put("plain", "b");
    expect((await node.get("plain")).body["values"]).toEqual(["a", "b"]);
  });

  it("outlives a function that throws, loops or takes all memory, shows the siblings and why, and goes on", async () => {
    const path = files.file(`
      export const examples = ["a", "b"];
      export function merge(a, b) {
        for (const text of [a, b]) {
          if (text === "of throwing") throw new Error("not this");
          if (text === "of looping") for (;;);
          if (text === "of allocating") for (const all = [];;) all.push("x".repeat(1e6) + all.length);
          if (text === "of returning nothing") return;
        }
        return a > b ? a : b;
      }`);
    const node = await cluster.start("node-3", { flags: [...single, `--merge=union=${path}`] });
    const expected = {
      "of throwing": "it threw Error: not this",
      "of looping": "it did not return within 100 ms",
      "of allocating": /it used more than 64 MiB|it did not return within 100 ms/,
      "of returning nothing": "it returned undefined where a string is due",
    };
    for (const [value, why] of Object.entries(expected)) {
      const key = `cart:${value}`;
      for (const each of ["a", value]) await node.put(key, each, {});
      const { status, body } = await node.get(key);
      expect(status).toBe(200);
      expect(body).toMatchObject({ values: ["a", value], conflict: true });
      expect(body["merge_error"]).toMatch(why);
      // Nothing is lost, so the client can end it as it could without a function.
      await node.put(key, "b", body["context"] as Record<string, number>);
      expect((await node.get(key)).body).toMatchObject({ value: "b", conflict: false });
    }
    for (const each of ["a", "b"]) await node.put("cart:fine", each, {});
    expect((await node.get("cart:fine")).body).toMatchObject({ values: ["b"], conflict: false });
  }, 120_000);

  it.each([
    [
      "throws",
      `export const examples = ["a"]; export const merge = () => { throw new Error("no"); };`,
      "It gives no answer.",
    ],
    ["loops", `export const examples = ["a"]; export const merge = () => { for (;;); };`, "within 100 ms"],
    ["is no semilattice", `export const merge = (a, b) => (a < b ? a + b : b + a);`, "It is not idempotent."],
  ])("does not start with a function that %s", async (_, text, words) => {
    const flags = [...single, `--merge=union=${files.file(text)}`];
    const node = cluster.spawn("node-4", 0, { flags });
    expect(await node.exit).toEqual({ code: 2, signal: null });
    await expect.poll(() => node.stderr).toContain(words);
    await expect.poll(() => node.stderr).toContain("merge(");
  });

  it("does not start with a function that breaks a law", async () => {
    const path = files.file("export const merge = (a) => a;");
    const node = cluster.spawn("node-2", 0, { flags: [...single, `--merge=union=${path}`] });
    expect(await node.exit).toEqual({ code: 2, signal: null });
    expect(node.stderr).toContain("It is not commutative.\nmerge(");
  });
});

const check = (text: string) => {
  const main = resolve(import.meta.dirname, "../../../../main/cli/main.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "merge-check", files.file(text)], {
    encoding: "utf8",
  });
  return { status, text: stdout + stderr };
};

describe("lightcone merge-check", () => {
  it.each([
    [0, union, /trials: it may be used/],
    [1, "export const merge = (a) => a;", /It is not commutative\.\nmerge\(/],
    [2, "export const merge = () => { throw 1; };", /export examples/],
    [2, "not a program", /is no merge function/],
    [2, "export default (a, b) => a;", /It may say "export function merge\(a, b\)/],
  ])("ends with %i", (status, text, words) => {
    const found = check(text);
    expect(found.text).toMatch(words);
    expect(found.status).toBe(status);
  });
});
