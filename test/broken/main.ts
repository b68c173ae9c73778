/**
 * `npm run -s hunt:broken [-- name…]`: proof that the checks can fail. Each deliberately broken core must be found by a
 * hunt within its number of seeds; ends with 0 only if each was.
 *
 * `npm run -s hunt:broken -- stores [name…]`: the same for stores, each of which must be found by its tests.
 */
import { brokenCores } from "./cores.ts";
import type { BrokenCore } from "./cores/types.ts";
import { huntCore } from "./hunt-core.ts";
import { huntStores } from "./hunt-stores.ts";

const minimiseBudget = 2_000;

const names = process.argv.slice(2);
if (names[0] === "stores") process.exit(await huntStores(names.slice(1)));
const unknown = names.find((name) => !brokenCores.some((core) => core.name === name));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no broken core "${unknown}". There are: ${brokenCores.map(({ name }) => name).join(", ")}.\n`,
  );
  process.exit(2);
}

const rows: string[][] = [["core", "seed", "nodes", "faults", "operations", "rule broken"]];
let missed = 0;
for (const core of brokenCores) {
  if (names.length > 0 && !names.includes(core.name)) continue;
  if (!(await isFound(core))) missed += 1;
}
process.stdout.write(`\n${table(rows)}\n`);
process.stdout.write(missed === 0 ? "Every broken core was found.\n" : `${missed} were not found.\n`);
process.exitCode = missed === 0 ? 0 : 1;

/** Prints how it was found, with the scenario that is left. */
async function isFound(core: BrokenCore): Promise<boolean> {
  const { name, rule, within, scenario: file } = core;
  const { failure, small, scenario } = await huntCore(core, minimiseBudget);
  const took = failure === null ? `none of ${within}` : `${failure.seed} of ${within}`;
  const size = (kind: "nodes" | "faults" | "operations") =>
    small === null ? "" : `${small.before[kind]} → ${small.after[kind]}`;
  rows.push([name, took, size("nodes"), size("faults"), size("operations"), rule]);
  process.stdout.write(`${name}: ${rule}\n  ${file}, seed ${took}\n`);
  if (failure !== null) process.stdout.write(`  ${failure.words}: ${failure.found}\n`);
  if (scenario !== null) process.stdout.write(`${scenario.trimEnd().replaceAll(/^/gm, "    ")}\n`);
  return failure !== null;
}

function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
