/**
 * One text for one row, whatever the order in which its properties were written.
 *
 * Two nodes, or one node before and after a restart, hold the same rows as different objects. Whether they are the same
 * "bit by bit" can only be said of an encoding that leaves nothing to chance: properties by name, what is absent left
 * out (P6).
 */
import type { Row } from "./types.ts";

export function canonicalText(row: Row): string {
  if (typeof row !== "object" || row === null) return JSON.stringify(row);
  if (Array.isArray(row)) return `[${(row as readonly Row[]).map(canonicalText).join()}]`;
  const fields = row as { readonly [name: string]: Row | undefined };
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  const written = names.sort().map((name) => `${JSON.stringify(name)}:${canonicalText(fields[name]!)}`);
  return `{${written.join()}}`;
}
