/**
 * The broken stores: for each rule of the log, the snapshots, the clocks, their disks, a start and the tables the one
 * place where it is kept, and what the source says there without it. A test of the file that is named must fail then.
 *
 * A rule that another one keeps as well has no broken twin here, however much it says: with either alone taken out
 * nothing is lost, and no test can tell. Nor has what only processes do that a test starts, for those load the sound
 * source.
 */
import { clockStores } from "./stores/clocks.ts";
import { diskStores } from "./stores/disk.ts";
import { logReadingStores } from "./stores/log-reading.ts";
import { logWritingStores } from "./stores/log-writing.ts";
import { recoveryStores } from "./stores/recovery.ts";
import { runtimeStores } from "./stores/runtime.ts";
import { snapshotStores } from "./stores/snapshots.ts";
import type { BrokenStore } from "./stores/types.ts";

export const brokenStores: readonly BrokenStore[] = [
  ...logReadingStores,
  ...logWritingStores,
  ...diskStores,
  ...clockStores,
  ...snapshotStores,
  ...recoveryStores,
  ...runtimeStores,
];
