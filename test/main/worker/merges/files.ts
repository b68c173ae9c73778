/** Merge functions in files, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Files {
  readonly #folder = mkdtempSync(join(tmpdir(), "lightcone-merges-"));
  #written = 0;

  /** The path of a file with this text. */
  file(text: string): string {
    const path = join(this.#folder, `merge-${++this.#written}.js`);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const union = `
export const examples = ['["milk"]', '["eggs","milk"]'];
export function merge(a, b) {
  return JSON.stringify([...new Set([...JSON.parse(a), ...JSON.parse(b)])].sort());
}
`;
