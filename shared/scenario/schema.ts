/**
 * A scenario as people write it: cluster, load, steps, expectations. The one schema: files are checked with it, editors
 * get it as JSON Schema, and the interpreter in this folder takes its output.
 *
 * Durations are "250ms", "5s", "2m" or a number of milliseconds. Times count from the moment the cluster is ready: every
 * node serves and, with gossip, sees every other alive.
 */
import { z } from "zod";
import type { NodeId } from "../ids.ts";
import { presets } from "../membership/types.ts";
import { settingsSchema } from "../replication/settings.ts";
import { actionSchema } from "./schema/actions.ts";
import { expectationSchema } from "./schema/expectations.ts";
import { storageSettingsSchema } from "./schema/storage.ts";
import { asked, duration, eventMatchSchema, label, link, nodeId, nodeIds, quorum } from "./schema/terms.ts";

export { actionSchemas, type Action, type ActionName, type MessageRule } from "./schema/actions.ts";
export type { Expectation } from "./schema/expectations.ts";
export { eventMatchSchema, parseDuration, type EventMatch } from "./schema/terms.ts";

const conditionSchema = z.union([
  z.strictObject({ event: eventMatchSchema }),
  /** Every running node sees exactly these (or all running ones) alive. */
  z.strictObject({ settled: z.union([z.literal(true), nodeIds]) }),
  /** No client operation is under way. */
  z.strictObject({ idle: z.literal(true) }),
]);
export type Condition = z.infer<typeof conditionSchema>;

const stepSchema = z.strictObject({
  at: duration.optional().describe("Not before this time."),
  after: duration.optional().describe("This long after the step before it was done."),
  when: conditionSchema
    .optional()
    .describe("As soon as this holds, looking at what happened since the step before it began."),
  within: duration
    .optional()
    .describe('How long "when" may take before the run is given up as "unknown" (10 s).'),
  do: z
    .union([actionSchema.transform((action) => [action]), z.array(actionSchema).min(1)])
    .describe("One act or several, in order."),
  repeat: z
    .strictObject({ times: z.number().int().min(1).max(100_000), every: duration.default(0) })
    .optional(),
  background: z.boolean().optional().describe("The next step does not wait for the answers of this one."),
});
export type Step = z.infer<typeof stepSchema>;

export const faultKinds = [
  "kill",
  "pause",
  "partition",
  "isolate",
  "one-way",
  "flap",
  "loss",
  "duplicate",
  "reorder",
  "delay",
  "clog",
  "clock",
  "lose-clock",
  "slow-disk",
  "tear",
  "join",
  "leave",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Clients that write and read by themselves. */
const loadSchema = z.strictObject({
  clients: z.number().int().min(1).max(1_000).default(3),
  rate: z.number().min(0.1).max(100_000).default(20).describe("Operations a second, all clients together."),
  for: duration,
  keys: z.number().int().min(1).max(100_000).default(3),
  /** Shares of each operation; they need not add up to 1. */
  mix: z
    .strictObject({
      put: z.number().min(0).default(1),
      get: z.number().min(0).default(1),
      delete: z.number().min(0).default(0),
      mint: z.number().min(0).default(0),
    })
    .prefault({}),
  stick: z.boolean().default(false).describe("Clients keep to one node, or go to any."),
  ...asked,
});

/** A fault or an operation fixed in time: what a storm and a load come to under a seed. Written by the minimiser. */
const plannedSchema = z.strictObject({
  faults: z.array(z.strictObject({ at: duration, do: actionSchema })).default([]),
  operations: z.array(z.strictObject({ at: duration, client: z.string(), do: actionSchema })).default([]),
  until: duration
    .optional()
    .describe(
      "When the calm begins: every link healed, every node resumed or restarted. Absent: nothing is put right.",
    ),
});
export type Plan = z.infer<typeof plannedSchema>;

export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100),
  about: z.string().optional().describe("What it shows, for people."),
  lesson: z.number().int().optional().describe("Number in the list of demonstrations."),
  predict: z.string().optional().describe("The question asked before the answer is shown."),
  cluster: z.strictObject({
    /** Their names, or how many (node-1, node-2 …). */
    nodes: z.union([
      z
        .number()
        .int()
        .min(1)
        .max(1_000)
        .transform((total) => Array.from({ length: total }, (_, i) => `node-${i + 1}` as NodeId)),
      nodeIds,
    ]),
    preset: z.enum(presets).default("lab"),
    ...quorum,
    virtualNodes: z.number().int().min(1).max(1_000).default(150),
    gossip: z.boolean().default(true),
    membership: z
      .record(z.string(), z.number().min(0))
      .optional()
      .describe("Single values of the preset, by their names in it."),
    requestTimeout: duration.default(1_000),
    replication: settingsSchema(duration).optional().describe("How keys are replicated, beyond n, r and w."),
    clocks: z
      .enum(["durable", "memory"])
      .default("durable")
      .describe('"memory": the clock is lost in every crash.'),
    storage: storageSettingsSchema
      .strict()
      .partial()
      .extend({ clocks: z.enum(["sqlite", "file"]).optional() })
      .optional()
      .describe(
        "How nodes keep what they know. The kinds of log, snapshots and clocks make a difference on real processes only; sync and recovery in both worlds.",
      ),
  }),
  network: z
    .strictObject(link)
    .optional()
    .describe(
      "Every link from the beginning. Simulated links have 1 ms where nothing is said; real ones have what they have.",
    ),
  load: loadSchema.optional(),
  storm: z
    .strictObject({
      for: duration,
      faults: z.array(z.enum(faultKinds)).min(1),
      every: duration.default(1_000),
    })
    .optional()
    .describe("Random faults of these kinds by seed; then everything is healed, resumed and restarted."),
  calm: duration.optional().describe("How long the run goes on after the storm, for things to come right."),
  planned: plannedSchema.optional(),
  steps: z.array(stepSchema).max(10_000).default([]),
  end: duration.default(0).describe("How long the run goes on after the last step."),
  label: z
    .record(
      label,
      z.union([
        eventMatchSchema,
        z.strictObject({
          action: z.string(),
          node: nodeId.optional(),
          nth: z.number().int().min(1).optional(),
        }),
      ]),
    )
    .default({})
    .describe(
      "Names for events, used by expectations. An action names the lab's own act instead, e.g. { action: kill, node: C }.",
    ),
  expect: z.array(expectationSchema).default([]),
});
export type Scenario = z.infer<typeof scenarioSchema>;
/** As written in a file, before durations and short forms are read. */
export type ScenarioSource = z.input<typeof scenarioSchema>;
