/** The attack suite: files that are wrong, each with the exact sentence a person gets. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseScenario, ScenarioError } from "../../../shared/scenario/parse.ts";

/** The message for a file; "ok" when it is accepted. */
function refusal(text: string): string {
  try {
    parseScenario(text, "bad.yaml");
    return "ok";
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message;
  }
}

const head = "name: x\ncluster: { nodes: [A, B, C] }\n";
const oneSentence = /^bad\.yaml(:\d+)?: [^\n]+[.?]$/;

/** Blocks of a title, a file, a line of dashes and what is said of it. `UPDATE=1` rewrites what is said. */
describe("refusals", () => {
  it.each(
    globSync(join(import.meta.dirname, "refusals/*.txt")).map((path) => [basename(path), path] as const),
  )("%s", (_, path) => {
    const written = readFileSync(path, "utf8");
    const blocks = written.split(/^(?=> )/m).map((block) => {
      const [title, ...lines] = block.slice(0, block.indexOf("----\n")).trimEnd().split("\n");
      const said = refusal(`${lines.join("\n")}\n`);
      if (said !== "ok") expect(said, title).toMatch(oneSentence);
      return `${title}\n${lines.join("\n")}\n----\n${said}\n`;
    });
    const actual = blocks.join("\n");
    if (process.env["UPDATE"]) writeFileSync(path, actual);
    else expect(actual).toBe(written);
  });
});

describe("files that are no scenario", () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f", "g"]
    .map((name, index) => `${name}: &${name} [${`*${"abcdef"[index]},`.repeat(10)}]`)
    .join("\n")}\n`;
  it.each([
    ["nothing", "", "bad.yaml:1: the scenario must be a map of fields, not empty."],
    ["a text", "hello", 'bad.yaml:1: the scenario must be a map of fields, not "hello".'],
    ["a list", "- 1", "bad.yaml:1: the scenario must be a map of fields, not a list."],
    [
      "two documents",
      `${head}---\n${head}`,
      "bad.yaml:3: a second document begins here: a file holds one document.",
    ],
    ["a tab", "name: x\ncluster:\n\tnodes: 3\n", "bad.yaml:3: a tab is used for indentation: use spaces."],
    ["a key twice", `${head}name: y\n`, 'bad.yaml:3: "name" stands twice here: keep one.'],
    [
      "an alias of nothing",
      "name: *a\n",
      "bad.yaml:1: the alias *a stands for nothing: no &a comes before it.",
    ],
    ["an alias of itself", "name: &a [*a]\n", 'bad.yaml:1: "name" must be a text, not a list.'],
    [
      "a bomb of aliases",
      bomb,
      "bad.yaml: its aliases (*name) stand for too much: write out what they mean.",
    ],
    ["2 MiB", `name: ${"x".repeat(2 ** 21)}`, "bad.yaml: the file is larger than 1 MiB, and no scenario is."],
    ["a deep nest", "[".repeat(5_000), "bad.yaml:1: it is nested too deeply."],
    ["a deep nest of lines", "- ".repeat(50_000), "bad.yaml:1: it is nested too deeply."],
  ])("%s", (_, text, message) => expect(refusal(text)).toBe(message));

  it.each([
    ["an open brace", "name: x\ncluster: { nodes: 3\n"],
    ["a tag of another language", 'name: !!js/function "x"\n'],
    ["20,000 fields", Array.from({ length: 20_000 }, (_, i) => `f${i}: 1`).join("\n")],
    ["a prototype", `${head}__proto__: { steps: [] }\n`],
  ])("%s", (_, text) => expect(refusal(text)).toMatch(oneSentence));

  it("survives whatever is done to a file", () => {
    const text = readFileSync(
      join(import.meta.dirname, "../../../assets/scenarios/20-gossip-spreads.yaml"),
      "utf8",
    );
    const change = fc.record({
      at: fc.nat(text.length),
      length: fc.nat(20),
      by: fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 8 }),
        fc.constantFrom("\n", "{", "- ", ": ", "&a ", "*a", "\t", "null", "[]"),
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let broken = text;
        for (const { at, length, by } of changes)
          broken = broken.slice(0, at) + by + broken.slice(at + length);
        const said = refusal(broken);
        if (said !== "ok") expect(said).toMatch(oneSentence);
      }),
      { numRuns: 150 },
    );
  });
});
