/** A guide in assets/guides, as tests look at it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

export const guideText = (name: string) => readFileSync(join(root, "assets", "guides", name), "utf8");

export interface CodeBlock {
  readonly language: string;
  /** The file of this repository it shows whole; null when it is only text. */
  readonly file: string | null;
  readonly text: string;
}

export function codeBlocks(guide: string): CodeBlock[] {
  return [...guide.matchAll(/^```(\w+)(?: file=(\S+))?\n([^]*?)^```$/gm)].map(([, language, file, text]) => ({
    language: language!,
    file: file ?? null,
    text: text!,
  }));
}

/** Sentences that a user sees, one quotation each. */
export const quotations = (guide: string): string[] =>
  [...guide.matchAll(/^> (.+)$/gm)].map(([, text]) => text!);

/** Lines of shell blocks that run the lightcone command, their continuations joined. */
export const commandLines = (guide: string): string[] =>
  codeBlocks(guide)
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"))
    .map((line) => line.trim())
    .filter((line) => line.startsWith("lightcone "));

/** Files of this repository that the text names in backquotes. */
export const namedFiles = (guide: string): string[] =>
  [...guide.matchAll(/`((?:shared|main|test|assets)\/[\w./-]+)`/g)].map(([, path]) => path!);

export const textOfFile = (path: string) => readFileSync(join(root, path), "utf8");
