/** The quick part of `npm run hunt:broken`: some broken cores are found, and the sound core is not. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenCores } from "./cores.ts";
import { huntCore } from "./hunt-core.ts";
import { brokenStores } from "./stores.ts";

const quick = brokenCores.filter(({ isQuick }) => isQuick === true);
const scenarios = [...new Set(quick.map(({ scenario }) => scenario))];

const root = join(import.meta.dirname, "../..");

describe("a broken core", () => {
  it.each(brokenCores.flatMap(({ name, edits }) => edits.map((edit) => ({ name, ...edit }))))(
    "$name changes one place of $file",
    ({ file, find }) => {
      expect(readFileSync(join(root, file), "utf8").split(find)).toHaveLength(2);
    },
  );
});

describe("a broken store", () => {
  it.each(brokenStores.flatMap(({ name, edits }) => edits.map((edit) => ({ name, ...edit }))))(
    "$name changes one place of $file",
    ({ file, find }) => {
      expect(readFileSync(join(root, file), "utf8").split(find)).toHaveLength(2);
    },
  );

  it.each(brokenStores)("$name is looked for where there are tests", ({ name, foundBy }) => {
    expect(existsSync(join(root, foundBy))).toBe(true);
    expect(brokenStores.filter((store) => store.name === name)).toHaveLength(1);
  });
});

describe("a hunt", () => {
  it.each(quick)("finds $name within $within seeds of $scenario", async (core) => {
    const { failure } = await huntCore(core, 0);
    expect(failure).not.toBeNull();
    // By judging what happened or by the core's own assertions, and not because the exchanged words make no program.
    expect(failure!.found).not.toMatch(/^(SyntaxError|ReferenceError|TypeError)/);
  });

  it("makes a crash of the core as small as a violation", async () => {
    const core = brokenCores.find(({ name }) => name === "counters-reused")!;
    const { failure, small, scenario } = await huntCore(core, 40);
    expect(failure).toMatchObject({ expectation: null });
    expect(failure!.found).toMatch(/^RangeError: dot .* is not new/);
    expect(small!.after.operations).toBeLessThan(small!.before.operations / 4);
    expect(scenario).not.toContain("expect:");
  });

  it.each(scenarios)("finds nothing in the sound core under the first seeds of %s", async (scenario) => {
    const { failure } = await huntCore({ name: "sound", scenario, within: 3 }, 0);
    expect(failure).toBeNull();
  });
});
