/** The suites run on what the build left behind, so it must be whole and no older than its sources. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const changedAt = (path: string) => statSync(join(root, path)).mtimeMs;
const newestUnder = (folder: string) =>
  Math.max(
    ...readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

describe("the build", () => {
  it.each([
    ["dist/renderer/index.html", "renderer"],
    ["dist/renderer/desktop.html", "renderer"],
    ["dist/preload/preload.cjs", "shared/contract"],
    ["dist/main/cli.js", "main"],
    ["dist/main/worker.js", "main"],
    ["dist/main/electron.js", "main"],
  ])("made %s after the last change of %s", (made, folder) => {
    expect(changedAt(made)).toBeGreaterThan(newestUnder(folder));
  });
});
