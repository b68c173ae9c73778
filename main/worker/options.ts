/** What a node is told when it starts. Everything a person may type is checked here, in one place. */
import { hostname } from "node:os";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { clockStoreKinds } from "../../shared/contract/state.ts";
import {
  liveDiskFaultSchema,
  logKinds,
  recoveryModes,
  snapshotKinds,
  storageDefaults,
  syncPolicies,
} from "../../shared/contract/storage.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import { isNodeId } from "../../shared/ids.ts";
import { membershipPresets } from "../../shared/membership/presets.ts";
import { type MembershipConfig, presets } from "../../shared/membership/types.ts";
import {
  parseMergeFile,
  problemOfSettings,
  replicationDefaults,
  settingsSchema,
} from "../../shared/replication/settings.ts";
import { isLoopback, parseAddress } from "./address.ts";

/** Known to everybody who has read this, and so proof of nothing: for loopback only. */
const defaultSecret = "lightcone";

const wholeNumber = (what: string, min: number, max: number) => {
  const sentence = `${what} must be a whole number from ${min} to ${max}.`;
  // An empty text would count as 0.
  const given = z.union([z.number(), z.string().regex(/^\d+$/, sentence).transform(Number)], sentence);
  return given.pipe(z.number(sentence).int(sentence).min(min, sentence).max(max, sentence));
};

const seed = z.string().refine((text) => parseAddress(text) !== null, {
  error: ({ input }) => `--seed-node must be like localhost:8081, not "${String(input)}".`,
});

const membershipNames = Object.keys(membershipPresets.lab) as (keyof MembershipConfig)[];
const membershipSentence = `--membership must be JSON like {"probeInterval": 100}; its names are ${membershipNames.join(", ")}.`;
const membershipText = jsonText(
  membershipSentence,
  z.partialRecord(
    z.enum(membershipNames),
    z.number(membershipSentence).min(0, membershipSentence),
    membershipSentence,
  ),
);

const replicationNames = Object.keys(replicationDefaults).join(", ");
const replicationSentence = `--replication must be JSON like {"sloppy": true}; its names are ${replicationNames}.`;
const replicationSchema = settingsSchema(z.number().min(0));

function jsonText<Schema extends z.ZodType>(sentence: string, schema: Schema) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: sentence });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

const mergeSentence = "--merge must be like union=path/to/union.js.";
const mergeFile = z.string().transform((text, context) => {
  const file = parseMergeFile(text);
  if (file !== null) return file;
  context.addIssue({ code: "custom", message: mergeSentence });
  return z.NEVER;
});

/** One of a few words; the sentence lists them. */
const word = <Word extends string>(flag: string, words: readonly [Word, ...Word[]]) =>
  z.enum(words, { error: `${flag} must be one of ${words.join(", ")}.` });

const diskFaultSentence = `--disk-fault must be JSON like {"kind": "fail", "operation": "sync", "nth": 3, "lasts": "always"}; its kinds are fail, full, slow, heal, power-cut.`;
const diskFault = jsonText(diskFaultSentence, z.unknown()).transform((given, context) => {
  const parsed = liveDiskFaultSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  context.addIssue({ code: "custom", message: diskFaultSentence });
  return z.NEVER;
});

const schema = z
  .object({
    nodeId: z.string({ error: "Say who this node is: --node-id=node-1." }).refine(isNodeId, {
      error: "--node-id must be 1 to 63 letters, digits, dots, dashes or underscores.",
    }),
    host: z.string().min(1).default("127.0.0.1"),
    port: wholeNumber("--port", 0, 65_535),
    /** host:port that others reach this node at; host and port when absent. */
    advertise: z
      .string()
      .refine((text) => parseAddress(text) !== null, { error: "--advertise must be like 10.0.0.5:8081." })
      .optional(),
    dataDir: z.string({ error: "Say where the node keeps its data: --data-dir=./data/node-1." }).min(1),
    seeds: z.array(seed).default([]),
    gossip: z.boolean().default(true),
    preset: z.enum(presets, { error: `--preset must be one of ${presets.join(", ")}.` }).default("lan"),
    /** Single values of the preset, by their names in it. */
    membership: membershipText.default({}),
    /** How long a coordinator waits for its replicas, in milliseconds. */
    requestTimeout: wholeNumber("--request-timeout", 1, 86_400_000).default(2_000),
    /** Single settings of replication, by their names. */
    replication: jsonText(replicationSentence, replicationSchema).default({}),
    /** Merge functions of the user's own, by name. */
    merges: z.array(mergeFile).default([]),
    n: wholeNumber("--n", 1, 999).default(3),
    r: wholeNumber("--r", 1, 999).default(2),
    w: wholeNumber("--w", 1, 999).default(2),
    /** R + W of N or less is meant. */
    allowStaleReads: z.boolean().default(false),
    virtualNodes: wholeNumber("--virtual-nodes", 1, 10_000).default(150),
    clockStore: word("--clock-store", clockStoreKinds).default("sqlite"),
    log: word("--log", logKinds).default(storageDefaults.log),
    snapshots: word("--snapshots", snapshotKinds).default(storageDefaults.snapshots),
    sync: word("--sync", syncPolicies).default(storageDefaults.sync),
    recovery: word("--recovery", recoveryModes).default(storageDefaults.recovery),
    /** In force from the start. */
    diskFaults: z.array(diskFault).default([]),
    cluster: z.string().min(1).max(100).default("lightcone"),
    secret: z.string().min(1).max(1024).default(defaultSecret),
    trace: z.boolean().default(true),
    controlFd: wholeNumber("--control-fd", 3, 1_000).nullable().default(null),
    httpPublic: z.boolean().default(false),
  })
  .superRefine((options, context) => {
    const refuse = (message: string) => context.addIssue({ code: "custom", message });
    const { n, r, w, allowStaleReads: staleReads, host, advertise, secret } = options;
    if (r > n || w > n) refuse(`--r and --w must not be larger than --n (n=${n}, r=${r}, w=${w}).`);
    else if (r + w <= n && !staleReads)
      refuse(
        `--r plus --w must be larger than --n, or reads miss writes (n=${n}, r=${r}, w=${w}); --allow-stale-reads if that is meant.`,
      );
    const problem = problemOfSettings(
      { ...replicationDefaults, ...withoutAbsent(options.replication) },
      options.requestTimeout,
    );
    if (problem !== null) refuse(`--replication: ${problem}`);
    for (const strategy of new Set(Object.values(options.replication.conflicts ?? {}))) {
      const name = strategy.startsWith("custom:") ? strategy.slice("custom:".length) : null;
      if (name === null || options.merges.some((merge) => merge.name === name)) continue;
      refuse(`${strategy} needs its merge function: --merge=${name}=path/to/${name}.js.`);
    }
    if (isLoopback(host)) return;
    if (secret === defaultSecret) {
      refuse(
        `A node that listens on ${host} needs a secret of its own: put one into LIGHTCONE_SECRET or a --secret-file.`,
      );
    }
    if ((host === "0.0.0.0" || host === "::") && advertise === undefined) {
      refuse(`Say how other nodes reach this one: --advertise=${hostname()}:${options.port}.`);
    }
  });

export type NodeOptions = z.infer<typeof schema>;

/** The preset with the values that were given by themselves. */
export function membershipOf({ preset, membership }: NodeOptions): MembershipConfig {
  return { ...membershipPresets[preset], ...(membership as Partial<MembershipConfig>) };
}

/** The quorum, and the settings that were given. */
export function replicationOf({ n, r, w, requestTimeout, replication }: NodeOptions) {
  return { n, r, w, requestTimeout, ...withoutAbsent(replication) };
}

/** Something typed wrongly; `message` says what and how to do it. */
export class OptionsError extends Error {}

/** The names are those of {@link NodeOptions}; absent ones take their defaults. Throws OptionsError. */
export function parseNodeOptions(given: Readonly<Record<string, unknown>>): NodeOptions {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new OptionsError([...new Set(parsed.error.issues.map(({ message }) => message))].join(" "));
}

/** The secret from a file, else from the environment, else undefined. Throws OptionsError. */
export function readSecret(file: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  if (file === undefined) return environment["LIGHTCONE_SECRET"] || undefined;
  try {
    const secret = readFileSync(file, "utf8").trim();
    if (secret !== "") return secret;
  } catch (error) {
    throw new OptionsError(`The secret file ${file} cannot be read: ${String(error)}.`);
  }
  throw new OptionsError(`The secret file ${file} is empty.`);
}
