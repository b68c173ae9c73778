/** Runs the tests on each broken store, and says which of them found it. */
import { firstFailure } from "./run-store.ts";
import { brokenStores } from "./stores.ts";

/** All of them without names. Returns the exit code. */
export async function huntStores(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !brokenStores.some((store) => store.name === name));
  if (unknown !== undefined) {
    process.stderr.write(
      `There is no broken store "${unknown}". There are: ${brokenStores.map(({ name }) => name).join(", ")}.\n`,
    );
    return 2;
  }
  let missed = 0;
  for (const store of brokenStores) {
    if (names.length > 0 && !names.includes(store.name)) continue;
    const { name, rule, foundBy } = store;
    const found = await firstFailure(store).catch((error: unknown) => ({ problem: String(error) }));
    const isFound = typeof found === "string";
    if (!isFound) missed += 1;
    const words = isFound ? found : `NOT FOUND${found === null ? "" : `: ${found.problem}`}`;
    process.stdout.write(`${name}: ${rule}\n  ${foundBy}: ${words}\n`);
  }
  process.stdout.write(missed === 0 ? "Every broken store was found.\n" : `${missed} were not found.\n`);
  return missed === 0 ? 0 : 1;
}
