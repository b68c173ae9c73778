/** Imports point downwards only. The allow-list below is the architecture; a new arrow is a decision to make here. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Which folder may import from which others (besides itself). A folder not listed is a mistake. */
const allowed: Record<string, readonly string[]> = {
  "shared/ids.ts": [],
  "shared/fields.ts": [],
  "shared/clock": ["shared/ids.ts"],
  "shared/ring": ["shared/ids.ts"],
  "shared/merkle": ["shared/ids.ts", "shared/clock"],
  "shared/trace": ["shared/ids.ts", "shared/clock"],
  "shared/membership": ["shared/ids.ts", "shared/buggify.ts", "shared/trace"],
  "shared/buggify.ts": [],
  "shared/replication": [
    "shared/ids.ts",
    "shared/buggify.ts",
    "shared/clock",
    "shared/ring",
    "shared/merkle",
    "shared/membership",
  ],
  "shared/broadcast": ["shared/ids.ts", "shared/clock"],
  "shared/runtime": ["shared/ids.ts", "shared/clock"],
  "shared/replica": [
    "shared/ids.ts",
    "shared/clock",
    "shared/ring",
    "shared/trace",
    "shared/membership",
    "shared/replication",
    "shared/broadcast",
    "shared/runtime",
    "shared/buggify.ts",
  ],
  "shared/checks": ["shared/ids.ts", "shared/clock", "shared/trace"],
  "shared/scenario": [
    "shared/ids.ts",
    "shared/fields.ts",
    "shared/clock",
    "shared/ring",
    "shared/trace",
    "shared/membership",
    "shared/replication",
    "shared/replica/random.ts",
    "shared/broadcast",
    "shared/checks",
  ],
  "shared/simulation": [
    "shared/ids.ts",
    "shared/fields.ts",
    "shared/buggify.ts",
    "shared/clock",
    "shared/ring",
    "shared/trace",
    "shared/membership",
    "shared/replication",
    "shared/replica",
    "shared/broadcast",
    "shared/runtime",
    "shared/checks",
    "shared/scenario",
  ],
  "shared/contract": [
    "shared/ids.ts",
    "shared/clock",
    "shared/trace",
    "shared/membership",
    "shared/replication",
    "shared/scenario",
  ],
  "main/storage": ["shared"],
  "main/worker": ["shared", "main/storage"],
  "main/lab": ["shared", "main/storage", "main/worker/control.ts", "main/worker/frames.ts"],
  "main/scenario": ["shared", "main/storage", "main/lab"],
  "main/hunt": ["shared", "main/storage", "main/lab", "main/scenario"],
  "main/studio": ["shared", "main/lab", "main/scenario", "main/hunt"],
  "main/web": ["shared", "main/lab"],
  "main/electron": ["shared", "main/lab", "main/studio", "package.json"],
  "main/cli": [
    "shared",
    "main/storage",
    "main/worker",
    "main/lab",
    "main/scenario",
    "main/hunt",
    "main/studio",
    "main/web",
    "main/electron/locate.ts",
    "package.json",
  ],
  "main/start.mjs": ["main/node.mjs"],
  "main/node.mjs": [],
  renderer: ["shared"],
};

/** Packages that only one folder may name. */
const onlyIn: Record<string, RegExp> = {
  electron: /^main\/electron\//,
  "better-sqlite3": /^main\/(storage|lab)\//,
  react: /^renderer\//,
};

const roomOf = (file: string): string | undefined =>
  Object.keys(allowed)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];

const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g;

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(importPattern)].map((match) => match[1]!);
}

const files = globSync(["shared/**/*.ts", "main/**/*.{ts,mjs}", "renderer/**/*.{ts,tsx}"], { cwd: root }).map(
  (file) => file.replaceAll("\\", "/"),
);

describe("imports", () => {
  it.each(files)("%s reaches only where it may", (file) => {
    const room = roomOf(file);
    expect(room, `${file} lies in no known room`).toBeDefined();
    for (const target of importsOf(file)) {
      if (!target.startsWith(".")) {
        for (const [name, where] of Object.entries(onlyIn)) {
          if (target === name || target.startsWith(`${name}/`))
            expect(file, `imports ${name}`).toMatch(where);
        }
        if (file.startsWith("shared/")) expect(target, "shared/ runs anywhere").not.toMatch(/^node:/);
        continue;
      }
      const path = relative(root, resolve(root, dirname(file), target)).replaceAll("\\", "/");
      if (path.startsWith(room!)) continue;
      const reachable = allowed[room!]!.some((other) => path === other || path.startsWith(`${other}/`));
      expect(reachable, `${file} imports ${path}`).toBe(true);
    }
  });
});
