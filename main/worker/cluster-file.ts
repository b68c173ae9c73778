/**
 * `--cluster-file`: how a cluster replicates and keeps its data, written down once for all of its nodes.
 *
 *     replication:
 *       factor: 3                          # n
 *       consistency: majority              # r and w: one, majority, all
 *       async_replication: false           # true: a write is answered when its coordinator has it (w of 1)
 *       conflict_resolution: vector_clock  # last_write_wins, set, counter …, custom:<name>; or one per key prefix
 *       sloppy: true                       # and any other setting of --replication, by its name there
 *     storage:                             # may be left out, as each of its names may
 *       log: file                          # sqlite, file, memory
 *       snapshots: file                    # sqlite, file, memory
 *       clock_store: file                  # sqlite, file, memory
 *       sync: commit                       # commit, group, off
 *       recovery: rebuild                  # rebuild, strict, truncate, salvage
 *
 * It says nothing that flags cannot say, and a flag that is given wins over it.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { conflictStrategies } from "../../shared/clock/strategies.ts";
import { clockStoreKinds } from "../../shared/contract/state.ts";
import { logKinds, recoveryModes, snapshotKinds, syncPolicies } from "../../shared/contract/storage.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import { ackLevels } from "../../shared/replication/quorum.ts";
import { type ConflictStrategy, settingsSchema } from "../../shared/replication/settings.ts";
import { parseText } from "../../shared/scenario/parse/document.ts";
import { ScenarioError } from "../../shared/scenario/parse/problem.ts";
import { duration } from "../../shared/scenario/schema/terms.ts";
import { OptionsError } from "./options.ts";

/** The file's word for each level of acknowledgement. */
const levels = { one: ackLevels.one, majority: ackLevels.quorum, all: ackLevels.all } as const;

const resolution = z.string("must be a word like vector_clock").transform((word, context) => {
  if (word === "vector_clock") return "siblings";
  const name = word.startsWith("custom:") ? word : word.replaceAll("_", "-");
  const known = conflictStrategies.some((strategy) => strategy === name);
  if (known || /^custom:[a-z][a-z0-9-]{0,62}$/.test(name)) return name as ConflictStrategy;
  const words = conflictStrategies.filter((strategy) => strategy !== "siblings");
  const list = ["vector_clock", ...words.map((strategy) => strategy.replaceAll("-", "_"))].join(", ");
  context.addIssue({ code: "custom", message: `must be one of ${list} or custom:<name>, not "${word}"` });
  return z.NEVER;
});

const wholeNumber = "must be a whole number from 1 to 999";

const word = <Word extends string>(words: readonly [Word, ...Word[]]) =>
  z.enum(words, { error: `must be one of ${words.join(", ")}` }).optional();

const schema = z.strictObject({
  storage: z
    .strictObject({
      log: word(logKinds),
      snapshots: word(snapshotKinds),
      clock_store: word(clockStoreKinds),
      sync: word(syncPolicies),
      recovery: word(recoveryModes),
    })
    .default({}),
  replication: settingsSchema(duration)
    .omit({ conflicts: true })
    .extend({
      factor: z.int(wholeNumber).min(1, wholeNumber).max(999, wholeNumber).optional(),
      consistency: z.enum(["one", "majority", "all"], "must be one, majority or all").default("majority"),
      async_replication: z.boolean("must be true or false").default(false),
      conflict_resolution: z
        .union([resolution.transform((strategy) => ({ "": strategy })), z.record(z.string(), resolution)])
        .optional(),
    }),
});

type Given = Readonly<Record<string, unknown>>;

/**
 * The options of a node: what the file at `path` says, and over it the `flags` that were given. Throws OptionsError with
 * a sentence for each mistake in the file.
 */
export function withClusterFile(path: string, flags: Given): Given {
  const { replication, storage } = read(path);
  const { factor, consistency, async_replication, conflict_resolution, ...settings } = replication;
  const { clock_store: clockStore, ...stores } = storage;
  const n = Number(flags["n"] ?? factor ?? 3);
  const level = levels[consistency](n);
  const conflicts = conflict_resolution === undefined ? {} : { conflicts: conflict_resolution };
  return {
    ...withoutAbsent({ ...stores, clockStore }),
    n,
    r: level,
    w: async_replication ? 1 : level,
    // Whoever writes "one" or "async_replication" down means it.
    allowStaleReads: consistency === "one" || async_replication,
    ...flags,
    replication: overlaid({ ...settings, ...conflicts }, flags["replication"]),
  };
}

/** As the flag has it: JSON text. What is no object stays as it is, to be refused where flags are. */
function overlaid(settings: Given, flag: unknown): string {
  if (typeof flag !== "string") return JSON.stringify(settings);
  let given: unknown;
  try {
    given = JSON.parse(flag);
  } catch {
    return flag;
  }
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  return isObject ? JSON.stringify({ ...settings, ...(given as Given) }) : flag;
}

function read(path: string): z.infer<typeof schema> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new OptionsError(`The cluster file ${path} cannot be read: ${String(error)}.`);
  }
  const parsed = schema.safeParse(sourceOf(text, path));
  if (parsed.success) return parsed.data;
  const sentences = parsed.error.issues.flatMap(sentencesOf);
  throw new OptionsError([...new Set(sentences)].map((sentence) => `${path}: ${sentence}.`).join("\n"));
}

function sourceOf(text: string, path: string): unknown {
  try {
    return parseText(text, path).source;
  } catch (error) {
    if (error instanceof ScenarioError) throw new OptionsError(error.message);
    throw error;
  }
}

const shapeAt = (where: string) =>
  where === ""
    ? schema.shape
    : where === "storage"
      ? schema.shape.storage.unwrap().shape
      : schema.shape.replication.shape;

function sentencesOf(issue: z.core.$ZodIssue): string[] {
  const where = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const names = Object.keys(shapeAt(where));
    return issue.keys.map(
      (key) => `${where || "a cluster file"} has no "${key}"; its names are ${names.join(", ")}`,
    );
  }
  if (issue.code === "invalid_union") {
    const branch = issue.errors.find((issues) => issues.some(({ code }) => code === "custom"));
    return (branch ?? issue.errors[0] ?? []).flatMap((inner) =>
      sentencesOf({ ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  if (where === "") return ['it must be like "replication: {factor: 3, consistency: majority}"'];
  return [`${where} ${issue.message.startsWith("must") ? issue.message : `is wrong (${issue.message})`}`];
}
