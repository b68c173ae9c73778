/** What is in shared/ runs anywhere and decides alike everywhere: no I/O, no time, no chance of its own. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "shared");

const banned = [
  /\bDate\b/,
  /Math\.random/,
  /\bperformance\b/,
  /\b(?:set|clear)(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bprocess\./,
  /\bconsole\b/,
  /\b(?:crypto|fetch|Intl|navigator|window|document|structuredClone)\b[.(]/,
  /\bText(?:En|De)coder\b/,
  /["']node:/,
  /toLocale/,
];

/** The transports of the contract carry time-outs; they are no part of what a node decides. */
const core = ["clock", "ring", "membership", "replication", "replica", "trace"];

/** Text between comment marks and in comment lines is prose. */
const withoutComments = (text: string) =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/\/\/.*$/gm, "");

describe("the core is pure", () => {
  it.each(core.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root })))("%s", (file) => {
    const code = withoutComments(readFileSync(join(root, file), "utf8"));
    for (const pattern of banned) expect(code.match(pattern)?.[0], `${file} uses ${pattern}`).toBeUndefined();
  });
});
