/**
 * How a cluster replicates, beyond its quorum: the one list of settings. A node's flag, a scenario's `replication` and
 * the lab's new-cluster form all take these, by these names.
 */
import { z } from "zod";
import { conflictStrategies } from "../clock/strategies.ts";

const mergeName = "[a-z][a-z0-9-]{0,62}";

/** `custom:<name>`: a merge function of the user's own; the node keeps siblings and its host merges them for readers. */
const strategy = z.union(
  [
    z.enum(conflictStrategies),
    z.templateLiteral(["custom:", z.string().regex(new RegExp(`^${mergeName}$`))]),
  ],
  { error: `A conflict strategy is one of ${conflictStrategies.join(", ")} or custom:<name>.` },
);
export type ConflictStrategy = z.infer<typeof strategy>;

const mergeFilePattern = new RegExp(`^(${mergeName})=(.+)$`, "s");

/** Of a flag like `--merge=union=path/to/union.js`; null when it is not a name and a path. */
export function parseMergeFile(flag: string): { readonly name: string; readonly path: string } | null {
  const [, name, path] = mergeFilePattern.exec(flag) ?? [];
  return name === undefined || path === undefined ? null : { name, path };
}

/** `duration` parses a length of time into milliseconds. All fields are optional; see {@link replicationDefaults}. */
export const settingsSchema = <Duration extends z.ZodType<number>>(duration: Duration) =>
  z
    .strictObject({
      sloppy: z
        .boolean()
        .describe("Copies on stand-ins count towards W, and stand-ins answer reads: available, not fresh."),
      hints: z
        .boolean()
        .describe("Writes for an owner out of reach are kept by a stand-in until it is back."),
      hintLifetime: duration.describe("A hint is given up after this; anti-entropy mends what it leaves."),
      hintsPerSecond: z.number().min(0.1).max(1e6).describe("To each owner that is back, at most."),
      readRepair: z
        .enum(["off", "background", "blocking"])
        .describe('"blocking": a read is answered when a write quorum has what it returns.'),
      antiEntropyInterval: duration.describe(
        "Between two comparisons with another node; 0: only on command.",
      ),
      conflicts: z
        .record(z.string().max(1_024), strategy)
        .describe("Strategy by key prefix; the longest that fits wins, siblings where none does."),
      tombstones: z
        .boolean()
        .describe("False: a deleted key is forgotten at once, and comes back. Only to show why not."),
      tombstoneLifetime: duration.describe("A tombstone is not reaped before this age."),
    })
    .partial();

export interface ReplicationSettings {
  readonly sloppy: boolean;
  readonly hints: boolean;
  readonly hintLifetime: number;
  readonly hintsPerSecond: number;
  readonly readRepair: "off" | "background" | "blocking";
  readonly antiEntropyInterval: number;
  readonly conflicts: Readonly<Record<string, ConflictStrategy>>;
  readonly tombstones: boolean;
  readonly tombstoneLifetime: number;
}

export const replicationDefaults: ReplicationSettings = {
  sloppy: false,
  hints: true,
  hintLifetime: 3 * 3_600_000,
  hintsPerSecond: 500,
  readRepair: "background",
  antiEntropyInterval: 10_000,
  conflicts: {},
  tombstones: true,
  tombstoneLifetime: 24 * 3_600_000,
};

/** Null when the settings go together; else a sentence that says what to change. */
export function problemOfSettings(
  { hints, hintLifetime, tombstoneLifetime }: ReplicationSettings,
  requestTimeout: number,
): string | null {
  if (hints && hintLifetime >= tombstoneLifetime) {
    return `hintLifetime (${hintLifetime} ms) must be shorter than tombstoneLifetime (${tombstoneLifetime} ms): a hint that outlives the tombstone of its key would bring the deleted value back.`;
  }
  if (2 * requestTimeout >= tombstoneLifetime) {
    return `tombstoneLifetime (${tombstoneLifetime} ms) must be longer than twice the request time-out (${requestTimeout} ms): a request under way may still carry the deleted value.`;
  }
  return null;
}
