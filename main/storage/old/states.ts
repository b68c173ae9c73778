/**
 * A key's state as it lay in node.db until format 3: JSON text, or that text compressed as a BLOB where it is long. Files
 * of formats 1 and 2 have text only, which reads the same.
 */
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { decompress } from "../compression.ts";
import { NodeStoreError } from "../node-store-error.ts";

export type StoredState = string | Buffer;

/** Many siblings of a MiB each; beyond that the file is damaged. */
const stateBytesMax = 2 ** 29;

/** Throws NodeStoreError "damaged". */
export function unpackState(key: string, stored: StoredState): KeyState {
  return reading(`the value of key ${JSON.stringify(key)}`, () => {
    const text = typeof stored === "string" ? stored : decompress(stored, stateBytesMax).toString();
    return JSON.parse(text) as KeyState;
  });
}

/** Throws NodeStoreError "damaged", with what it is that cannot be read. */
export function parseOld(what: string, text: string): unknown {
  return reading(what, () => JSON.parse(text) as unknown);
}

function reading<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    // Whoever opens the file says which it is, and what to do (../rescue).
    throw new NodeStoreError("damaged", `${what} cannot be read`, error);
  }
}
