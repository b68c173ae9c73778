/** `npm ci` must work on every system we ship for, so the lock file must name their platform packages, not only ours. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface LockFile {
  packages: Record<string, { optionalDependencies?: Record<string, string>; resolved?: string }>;
}
const root = join(import.meta.dirname, "..", "..");
const text = readFileSync(join(root, "package-lock.json"), "utf8");
const lock = JSON.parse(text) as LockFile;
const names = Object.keys(lock.packages);

describe("package-lock.json", () => {
  it("names every platform package that any package may need", () => {
    const missing = names.flatMap((holder) =>
      Object.keys(lock.packages[holder]!.optionalDependencies ?? {}).filter(
        (wanted) => !names.some((name) => name.endsWith(`node_modules/${wanted}`)),
      ),
    );
    expect(missing).toEqual([]);
  });

  it.each(["linux-x64", "linux-arm64", "darwin-arm64", "darwin-x64", "win32-x64"])(
    "holds binaries for %s",
    (system) => {
      expect(names.filter((name) => name.includes(system)).length).toBeGreaterThan(5);
    },
  );
});
