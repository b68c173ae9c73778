/** A user's merge function in its sandbox: real processes, and functions that do their worst. */
import { fork } from "node:child_process";
import { resolve } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { MergeFileError, MergeFunction } from "../../../../main/worker/merges/merge-function.ts";
import { Files, union } from "./files.ts";

const files = new Files();
const open: MergeFunction[] = [];

async function load(text: string): Promise<MergeFunction> {
  const loaded = await MergeFunction.load(files.file(text));
  open.push(loaded);
  return loaded;
}

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});
afterAll(() => files.remove());

/** What a function makes of ("a", "b"), and then of ("good", "good") by `merge` as it should be. */
const badOnA = (body: string) => load(`export function merge(a, b) { if (a === "good") return a; ${body} }`);

describe("a merge function", () => {
  it.each([
    ["export function", union],
    [
      "export const",
      `export const merge = (a, b) => JSON.stringify([...new Set([...JSON.parse(a), ...JSON.parse(b)])].sort());`,
    ],
    [
      "module.exports",
      `module.exports = { merge: (a, b) => JSON.stringify([...new Set([...JSON.parse(a), ...JSON.parse(b)])].sort()) };`,
    ],
    [
      "exports.merge",
      `exports.merge = (a, b) => JSON.stringify([...new Set([...JSON.parse(a), ...JSON.parse(b)])].sort());`,
    ],
  ])("is taken from a file that has it as %s", async (_, text) => {
    const loaded = await load(text);
    expect(await loaded.merge(`["b"]`, `["a"]`)).toEqual({ value: `["a","b"]` });
  });

  it("is called once for each call, in turn, with any text", async () => {
    const loaded = await load(`let calls = 0; export const merge = (a, b) => a + "|" + b + "|" + ++calls;`);
    const answers = await Promise.all(["x", "ä\u2028", "\0"].map((text) => loaded.merge(text, "y")));
    expect(answers).toEqual([{ value: "x|y|1" }, { value: "ä\u2028|y|2" }, { value: "\0|y|3" }]);
  });

  it.each([
    ["throws", `throw new Error("no")`, "it threw Error: no"],
    ["throws what cannot be told", `throw { toString() { throw 1 } }`, "it threw"],
    ["throws what never lets itself be told", `throw new Proxy({}, { get() { for (;;); } })`, "100 ms"],
    ["loops", "for (;;);", "it did not return within 100 ms"],
    [
      "loops in promises",
      "(async () => { for (;;) await 0; })(); return a;",
      "it did not return within 100 ms",
    ],
    [
      "loops in a pattern",
      `return String(/^(a+)+$/.test("a".repeat(50) + "!"))`,
      "it did not return within 100 ms",
    ],
    ["never ends calling itself", "return merge(a, b)", "RangeError"],
    ["returns a promise", "return Promise.resolve(a)", "it returned object where a string is due"],
    ["returns nothing", "", "it returned undefined"],
    ["returns more than a value may be", `return "x".repeat(2_000_000)`, "more than 1048576 bytes"],
    ["returns half a character", `return "\\ud800"`, "not well-formed"],
  ])("that %s gets a sentence, and is asked again next time", async (_, body, words) => {
    const loaded = await badOnA(body);
    expect(await loaded.merge("a", "b")).toMatchObject({ error: expect.stringContaining(words) as string });
    expect(await loaded.merge("good", "good")).toEqual({ value: "good" });
  });

  it.each([
    ["in small pieces", "const all = []; for (;;) all.push(new Array(100_000).fill(a + all.length));"],
    ["in one text", `let all = a; for (;;) all += all + all.length;`],
    ["in what V8 ends a process for", `return "x".repeat(500_000_000).split("").join("y")`],
  ])("that takes memory without end %s takes only its own", async (_, body) => {
    const loaded = await badOnA(body);
    expect(await loaded.merge("a", "b")).toHaveProperty("error");
    expect(await loaded.merge("good", "good")).toEqual({ value: "good" });
  });

  it.each([
    ["process", "process.pid"],
    ["require", `require("node:fs")`],
    ["a timer", "setTimeout(() => 0)"],
    ["the console", "console.log(a)"],
    ["the time", "Date.now()"],
    ["chance", "Math.random()"],
    ["memory outside the heap", "new Uint8Array(1e9)"],
    ["code from a string", `eval("1")`],
    ["the constructor of a function", `merge.constructor("return process")()`],
    ["the constructor of the global object", `globalThis.constructor.constructor("return process")()`],
    ["an async constructor", `(async () => 0).constructor("return process")()`],
    ["a caller", `merge.caller.constructor("return process")()`],
    ["its stack", `(Error.prepareStackTrace = (_, all) => all, new Error("x").stack[0].getThis())`],
  ])("reaches for %s and gets nothing", async (_, expression) => {
    const loaded = await badOnA(`return String(${expression})`);
    expect(await loaded.merge("a", "b")).toMatchObject({
      error: expect.stringMatching(/^it threw \w*Error/) as string,
    });
  });

  it.each([
    ["nothing", "", "it exports no function named merge"],
    ["what is no program", "export function merge(a, b {", "it cannot be loaded"],
    ["an import", `import fs from "node:fs"; export const merge = (a) => a;`, `it says "import"`],
    ["an import at run time", `export const merge = (a) => (import("node:fs"), a);`, `it says "import"`],
    ["a program that throws", `throw new Error("early")`, "it cannot be loaded: early"],
    ["a program that never ends", "for (;;);", "it did not return within 100 ms"],
    ["examples that are none", "export const examples = [1]; export const merge = (a) => a;", "its examples"],
  ])("is not made of %s", async (_, text, words) => {
    await expect(load(text)).rejects.toThrow(words);
    await expect(load(text)).rejects.toBeInstanceOf(MergeFileError);
  });

  it("is not made of a file that is not there", async () => {
    await expect(MergeFunction.load("/nowhere/merge.js")).rejects.toThrow("cannot be read");
  });

  it("ends what waits when it is closed", async () => {
    const loaded = await badOnA("for (;;);");
    const waiting = [loaded.merge("a", "b"), loaded.merge("good", "good")];
    loaded.close();
    expect(await Promise.all(waiting)).toEqual([
      { error: "the node is ending" },
      { error: "the node is ending" },
    ]);
    expect(await loaded.merge("good", "good")).toEqual({ error: "the node is ending" });
  });
});

const start = () =>
  fork(resolve(import.meta.dirname, "../../../../main/worker/merges/sandbox.ts"), {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });

describe("a sandbox", () => {
  it("ends with whoever started it", async () => {
    const sandbox = start();
    const ended = new Promise((done) => sandbox.once("exit", done));
    sandbox.send({ source: "export const merge = (a) => a;", file: "x.js", callMs: 100 });
    await new Promise((done) => sandbox.once("message", done));
    sandbox.disconnect();
    await ended;
  });
});
