import { describe, expect, it } from "vitest";
import { rowsOf } from "../../../renderer/merkle/rows.ts";
import { savingWords } from "../../../renderer/merkle/words.ts";
import type { Branch, KeyPair, Verdict } from "../../../shared/trace/exchange.ts";

const branch = (prefix: string, verdict: Verdict, parts: Partial<Branch> = {}): Branch => ({
  range: "node-1,node-2",
  prefix,
  asked: "aaaa",
  answered: verdict === "open" ? null : "bbbb",
  verdict,
  isLeaf: false,
  branches: [],
  keys: [],
  ...parts,
});
const pair = (key: string, verdict: Verdict): KeyPair => ({
  key,
  asked: "a",
  answered: "b",
  verdict,
  repair: "none",
});

const root = branch("", "differs", {
  range: "",
  branches: [
    branch("", "differs", {
      branches: [
        branch("0", "equal"),
        branch("1", "equal"),
        branch("2", "differs", { keys: [pair("kiwi", "differs"), pair("lime", "equal")] }),
        branch("3", "equal"),
      ],
    }),
  ],
});

const drawn = (toggled: readonly string[] = []) =>
  rowsOf(root, new Set(toggled)).map(({ depth, name, verdict }) => `${"  ".repeat(depth)}${name} ${verdict}`);

describe("the rows of two trees", () => {
  it("show what differs and close what is equal, where it is many, into one line", () => {
    expect(drawn()).toEqual([
      "all ranges differs",
      "  node-1, node-2 differs",
      "    2 differs",
      "      kiwi differs",
      "      lime equal",
      "    3 branches equal equal",
    ]);
  });

  it("open and close by hand", () => {
    const bundle = rowsOf(root, new Set()).at(-1)!;
    expect(bundle).toMatchObject({ kind: "bundle", isOpen: false });
    expect(drawn([bundle.id])).toContain("    3 equal");
    const range = rowsOf(root, new Set())[1]!;
    expect(drawn([range.id])).toEqual(["all ranges differs", "  node-1, node-2 differs"]);
  });
});

describe("what a comparison cost", () => {
  it("is told against sending everything, small shares too", () => {
    expect(savingWords(1_200, 48_000)).toBe("1.2 kB instead of 48 kB for everything, 2.5 %");
    expect(savingWords(300, 1_000_000)).toMatch(/0\.03 %$/);
    expect(savingWords(300, 0)).toBeNull();
  });
});
