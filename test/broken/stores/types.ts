import type { Edit } from "../cores/types.ts";

export interface BrokenStore {
  readonly name: string;
  /** The rule that is broken, and its row. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** The test file that must fail. */
  readonly foundBy: string;
}
