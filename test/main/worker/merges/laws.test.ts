import { afterAll, describe, expect, it } from "vitest";
import { checkLaws } from "../../../../main/worker/merges/laws.ts";
import { MergeFunction } from "../../../../main/worker/merges/merge-function.ts";
import { Files, union } from "./files.ts";

const files = new Files();
afterAll(() => files.remove());

async function verdictOf(text: string) {
  const loaded = await MergeFunction.load(files.file(text));
  try {
    return await checkLaws(loaded);
  } finally {
    loaded.close();
  }
}

describe("the laws of merging", () => {
  it.each([
    ["the union of lists", union],
    ["the larger text", "export const merge = (a, b) => (a > b ? a : b);"],
    [
      "the longer text, then the larger",
      "export const merge = (a, b) => (a.length - b.length || (a > b ? 1 : -1)) > 0 ? a : b;",
    ],
    [
      "the larger number of each field",
      `
      export const examples = ['{"a":1}', '{"a":2,"b":1}'];
      export const merge = (a, b) => {
        const [x, y] = [a, b].map((text) => {
          const counts = JSON.parse(text);
          const isMap = typeof counts === "object" && counts !== null && !Array.isArray(counts);
          if (!isMap || !Object.values(counts).every((each) => each >= 0)) throw new Error("no counts");
          return counts;
        });
        const names = [...new Set([...Object.keys(x), ...Object.keys(y)])].sort();
        return JSON.stringify(Object.fromEntries(names.map((name) => [name, Math.max(x[name] ?? 0, y[name] ?? 0)])));
      };`,
    ],
  ])("hold for %s", async (_, text) => {
    const verdict = await verdictOf(text);
    expect(verdict).toMatchObject({ verdict: "lawful" });
  });

  it.each([
    ["commutative", "the first", "export const merge = (a) => a;"],
    [
      "idempotent",
      "one after the other, in order",
      "export const merge = (a, b) => (a < b ? a + b : b + a);",
    ],
    [
      "associative",
      "the mean",
      `
      export const examples = ["1", "2", "5"];
      export const merge = (a, b) => String((Number(a) + Number(b)) / 2);`,
    ],
    [
      "idempotent",
      "the sum",
      `
      export const examples = ["1", "2", "5"];
      export const merge = (a, b) => String(Number(a) + Number(b));`,
    ],
    [
      "associative",
      "rock, paper, scissors",
      `
      export const examples = ["rock", "paper", "scissors"];
      const beats = { rock: "scissors", scissors: "paper", paper: "rock" };
      export const merge = (a, b) => {
        if (!(a in beats) || !(b in beats)) throw new Error("no such hand");
        return beats[a] === b ? a : b;
      };`,
    ],
    [
      "idempotent",
      "what changes with the number of calls",
      `
      let calls = 0;
      export const merge = (a, b) => (a > b ? a : b) + (++calls > 100 ? "!" : "");`,
    ],
  ])("%s: are broken by %s, and a counter-example shows it", async (law, _, text) => {
    const verdict = await verdictOf(text);
    if (verdict.verdict !== "broken") throw new Error(JSON.stringify(verdict));
    expect(verdict.law).toBe(`It is not ${law}.`);
    expect(verdict.lines.length).toBeGreaterThan(0);
    for (const line of verdict.lines) expect(line).toMatch(/^merge\(".*", ".*"\) = ".*"$/);
  });

  it.each([
    ["loops", "export const merge = () => { for (;;); };", "100 ms"],
    ["returns no text", "export const merge = () => 1;", "it returned number"],
    [
      "throws on its own example",
      `export const examples = ["a"]; export const merge = () => { throw 1; };`,
      "it threw 1",
    ],
    [
      "throws on what it returned",
      `
      export const examples = ["a", "b"];
      export const merge = (a, b) => {
        if (a.length + b.length > 2) throw new Error("too long");
        return a === b ? a : "ab";
      };`,
      "too long",
    ],
  ])("cannot be told of one that %s: it is refused", async (_, text, words) => {
    const verdict = await verdictOf(text);
    if (verdict.verdict !== "broken") throw new Error(JSON.stringify(verdict));
    expect(verdict.law).toBe("It gives no answer.");
    expect(verdict.lines.join("\n")).toContain(words);
  });

  it("cannot be told of one that refuses every text tried", async () => {
    const verdict = await verdictOf(`export const merge = () => { throw new Error("not mine"); };`);
    expect(verdict).toMatchObject({
      verdict: "unknown",
      why: expect.stringContaining("export examples") as string,
    });
  });
});
