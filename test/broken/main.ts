/**
 * `npm run -s hunt:broken [-- name…]`: proof that the checks can fail. Each deliberately broken core must be found by a
 * hunt within its number of seeds; ends with 0 only if each was.
 */
import { brokenCores } from "./cores.ts";
import { huntCore } from "./hunt-core.ts";

const minimiseBudget = 600;

const names = process.argv.slice(2);
const unknown = names.find((name) => !brokenCores.some((core) => core.name === name));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no broken core "${unknown}". There are: ${brokenCores.map(({ name }) => name).join(", ")}.\n`,
  );
  process.exit(2);
}

let missed = 0;
for (const core of brokenCores) {
  if (names.length > 0 && !names.includes(core.name)) continue;
  const { seeds, words, found, before, after, scenario } = await huntCore(core, minimiseBudget);
  const sizes =
    before && after
      ? `${before.nodes} → ${after.nodes} nodes, ${before.faults} → ${after.faults} faults, ${before.operations} → ${after.operations} operations`
      : "";
  if (seeds === null) missed += 1;
  const took =
    seeds === null ? `NOT FOUND in ${core.within} seeds` : `found at seed ${seeds} of ${core.within}`;
  process.stdout.write(`${core.name}: ${core.rule}\n  ${took} of ${core.scenario}\n`);
  if (seeds !== null) process.stdout.write(`  ${words}: ${found}\n  ${sizes}\n`);
  if (scenario !== null) process.stdout.write(`${scenario.replaceAll(/^/gm, "    ").trimEnd()}\n`);
}
process.stdout.write(missed === 0 ? "Every broken core was found.\n" : `${missed} were not found.\n`);
process.exitCode = missed === 0 ? 0 : 1;
