/**
 * Makes a directory and those above it, or throws.
 *
 * Node's own recursive mkdir goes round for ever where a file system takes no directories and says ENOENT (below /proc,
 * for one): the process then neither starts nor answers SIGTERM.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

export function makeDirectory(path: string): void {
  const whole = resolve(path);
  const found = statSync(whole, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found === undefined) makeDirectory(dirname(whole));
  try {
    mkdirSync(whole, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (!statSync(whole, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
