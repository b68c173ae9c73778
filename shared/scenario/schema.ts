/**
 * A scenario as people write it: cluster, load, steps, expectations. The one schema: files are checked with it, editors
 * get it as JSON Schema, and the interpreter in this folder takes its output.
 *
 * Durations are "250ms", "5s", "2m" or a number of milliseconds. Times count from the moment the cluster is ready: every
 * node serves and, with gossip, sees every other alive.
 */
import { z } from "zod";
import { broadcastOrders } from "../broadcast/types.ts";
import { isNodeId, type NodeId } from "../ids.ts";
import { presets } from "../membership/types.ts";
import { eventTypes, operations } from "../trace/event.ts";

const durationPattern = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m|h)?$/;
const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const durationMsMax = 24 * 3_600_000;

/** Milliseconds of "250ms", "1.5s", "2m"; null when it is no duration. */
export function parseDuration(text: string): number | null {
  const match = durationPattern.exec(text.trim());
  return match === null ? null : Number(match[1]) * units[match[2] ?? "ms"]!;
}

const durationText = "a duration like 250ms, 5s or 2m";
const toMs = (value: string | number, context: z.RefinementCtx): number => {
  const negative = typeof value === "string" && value.startsWith("-");
  const ms = typeof value === "number" ? value : parseDuration(negative ? value.slice(1) : value);
  if (ms === null || !Number.isFinite(ms) || Math.abs(ms) > durationMsMax) {
    context.addIssue({ code: "custom", message: `It must be ${durationText}, at most 24h.` });
    return z.NEVER;
  }
  return negative ? -ms : ms;
};
const offset = z.union([z.string(), z.number()]).transform(toMs).meta({ description: durationText });
const duration = offset.refine((ms) => ms >= 0, "A duration cannot be negative.");

const nodeId = z
  .string()
  .refine(
    (text): boolean => isNodeId(text),
    "A node id is 1 to 63 letters, digits, dots, dashes or underscores.",
  )
  .transform((text) => text as NodeId);
const nodeIds = z.array(nodeId).min(1).max(1_000);
const share = z.number().min(0).max(1);
const count = z.number().int().min(0).max(1_000_000);
const key = z.string().min(1).max(1_024);
const label = z.string().min(1).max(100);

const latency = z.union([
  duration.transform((ms) => ({ kind: "constant" as const, ms })),
  z
    .strictObject({ min: duration, max: duration })
    .transform(({ min, max }) => ({ kind: "uniform" as const, minMs: min, maxMs: max })),
  z
    .strictObject({ mean: duration })
    .transform(({ mean }) => ({ kind: "exponential" as const, meanMs: mean })),
]);

/** Settings of an ordered link; what is absent is left as it is. */
const link = {
  latency: latency.nullable().optional(),
  loss: share.optional(),
  duplicate: share.optional(),
  reorder: share.optional(),
  blocked: z.boolean().optional(),
};

/** Chooses events of the trace. `text` is detail.text; `about` and `status` are those of a "member" event. */
export const eventMatchSchema = z.strictObject({
  node: nodeId.optional(),
  type: z.enum(eventTypes).optional(),
  op: z.enum(operations).optional(),
  name: z.string().optional(),
  peer: nodeId.optional(),
  key: key.optional(),
  text: z.string().optional(),
  about: nodeId.optional(),
  status: z.enum(["alive", "suspect", "dead", "left"]).optional(),
  /** Any other detail, by name, compared as it is. */
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  /** The nth that matches, from 1 (the first, where one event is wanted). */
  nth: z.number().int().min(1).optional(),
});
export type EventMatch = z.infer<typeof eventMatchSchema>;

const conditionSchema = z.union([
  z.strictObject({ event: eventMatchSchema }),
  /** Every running node sees exactly these (or all running ones) alive. */
  z.strictObject({ settled: z.union([z.literal(true), nodeIds]) }),
  /** No client operation is under way. */
  z.strictObject({ idle: z.literal(true) }),
]);
export type Condition = z.infer<typeof conditionSchema>;

const quorum = {
  n: z.number().int().min(1).optional(),
  r: z.number().int().min(1).optional(),
  w: z.number().int().min(1).optional(),
};
/** Absent: what the node has seen. "blind": nothing. Else the name (`as`) of an earlier operation whose answer is meant. */
const client = {
  node: nodeId,
  key,
  client: z.string().optional(),
  as: label.optional(),
  context: z.string().optional(),
  ...quorum,
};

const ruleMatch = {
  /** The kind in capitals, as on the timeline. */
  message: z.string().optional(),
  from: nodeId.optional(),
  to: nodeId.optional(),
  key: key.optional(),
};
/** What happens to chosen messages: the nth that matches (or every one), `times` of them. */
const ruleSchema = z.strictObject({
  do: z.enum(["drop", "delay", "duplicate", "hold"]),
  ...ruleMatch,
  nth: z.number().int().min(1).optional(),
  times: z.number().int().min(1).optional(),
  /** For delay. */
  by: duration.optional(),
  name: label.optional(),
});
export type MessageRule = z.infer<typeof ruleSchema>;

const one = <Name extends string, Schema extends z.ZodType>(name: Name, schema: Schema) =>
  z.strictObject({ [name]: schema } as Record<Name, Schema>);

const restart = z.union([
  nodeId.transform((node) => ({ node, clock: "keep" as const })),
  z.strictObject({ node: nodeId, clock: z.enum(["keep", "lose"]).default("keep") }),
]);
const diskSchema = z.strictObject({
  node: nodeId,
  /** Each flush takes this long. */
  slow: duration.optional(),
  /** Flushes fail: the node stops, as a node does whose disk is full. */
  full: z.boolean().optional(),
  /** The next crash loses what was not flushed, and may tear the last write in two. */
  tear: z.boolean().optional(),
  /** This many stored values lose a bit, to be found at the next start. */
  rot: count.optional(),
});

/** Everything that can be done in a step. One key, the name of the act. */
export const actionSchemas = {
  put: z.strictObject({ ...client, value: z.string() }),
  get: z.strictObject(client),
  delete: z.strictObject(client),
  local: z.strictObject({ node: nodeId, text: z.string() }),
  tell: z.strictObject({ node: nodeId, to: nodeId, text: z.string() }),
  broadcast: z.strictObject({
    node: nodeId,
    text: z.string(),
    order: z.enum(broadcastOrders).default("unordered"),
  }),
  mint: z.strictObject({ node: nodeId, client: z.string().optional(), as: label.optional() }),
  kill: nodeId,
  pause: nodeId,
  resume: nodeId,
  stop: nodeId,
  restart,
  add: nodeId,
  remove: nodeId,
  wipe: nodeId,
  /** Simulated only: the disk as it was at this snapshot comes back; the node is down when it does. */
  "old-disk": z.strictObject({ node: nodeId, of: label }),
  /** Every link between nodes of different groups is cut, both ways. */
  partition: z.strictObject({ groups: z.array(nodeIds).min(2) }),
  isolate: nodeId,
  /** One direction only. */
  cut: z.strictObject({ from: nodeId, to: nodeId }),
  /** Cuts and heals this pair for ever, `down` and `up` in turn. Ends with heal. */
  flap: z.strictObject({ from: nodeId, to: nodeId, up: duration, down: duration }),
  /** "cuts": every cut and flap ends. "all": link settings and rules too; clogged links let go. */
  heal: z.enum(["cuts", "all"]),
  link: z.strictObject({ from: nodeId.optional(), to: nodeId.optional(), ...link }),
  /** Messages on this link wait until heal. */
  clog: z.strictObject({ from: nodeId, to: nodeId }),
  rule: ruleSchema,
  /** Rules of this name end; what they held arrives now. */
  "end-rule": label,
  /** The node's wall clock is wrong by this much from now on, and drifts. */
  clock: z.strictObject({
    node: nodeId,
    offset,
    drift: z.number().min(-1e6).max(1e6).default(0).describe("parts per million"),
  }),
  disk: diskSchema,
  /** Keeps what every node shows now, under a name that expectations use. */
  snapshot: label,
  note: z.string().min(1).max(1_000),
} as const;

type ActionSchemas = typeof actionSchemas;
export type ActionName = keyof ActionSchemas;
/** `{ do: "put", … }` as the interpreter hands it on: the name and its checked value. */
export type Action = {
  readonly [Name in ActionName]: { readonly name: Name; readonly value: z.infer<ActionSchemas[Name]> };
}[ActionName];

const actionSchema = z
  .union(
    Object.entries(actionSchemas).map(([name, schema]) => one(name, schema)) as unknown as [
      z.ZodType,
      z.ZodType,
    ],
  )
  .transform((written) => {
    const [name, value] = Object.entries(written as Record<string, unknown>)[0]!;
    return { name, value } as unknown as Action;
  });

export const stepSchema = z.strictObject({
  /** Not before this time. */
  at: duration.optional(),
  /** This long after the step before it was done. */
  after: duration.optional(),
  /** As soon as this holds, looking at what happened since the step before it began. */
  when: conditionSchema.optional(),
  /** How long `when` may take before the run is given up as "unknown" (10 s). */
  within: duration.optional(),
  /** One act or several, in order. */
  do: z.union([actionSchema.transform((action) => [action]), z.array(actionSchema).min(1)]),
  repeat: z
    .strictObject({ times: z.number().int().min(1).max(100_000), every: duration.default(0) })
    .optional(),
  /** The next step does not wait for the answers of this one. */
  background: z.boolean().optional(),
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
] as const;
export type FaultKind = (typeof faultKinds)[number];

export const modelNames = [
  "register",
  "register-cas",
  "kv",
  "kv-append",
  "counter",
  "queue",
  "set",
  "list-append",
  "session",
  "causal",
  "bank",
] as const;

/** Clients that write and read by themselves. */
const loadSchema = z.strictObject({
  clients: z.number().int().min(1).max(1_000).default(3),
  /** Operations a second, all clients together. */
  rate: z.number().min(0.1).max(100_000).default(20),
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
  /** Clients keep to one node, or go to any. */
  stick: z.boolean().default(false),
  ...quorum,
});

const numbers = {
  /** Exactly this many (or a range of). */
  count: count.optional(),
  "at-least": count.optional(),
  "at-most": count.optional(),
};

export const expectationSchema = z.union([
  one("event", z.strictObject({ ...eventMatchSchema.shape, ...numbers })),
  /** Matching events happened in this order on their node (or in true time on several). */
  one("order", z.array(label).min(2)),
  /** True happened-before, from message edges: each before the next. */
  one("before", z.array(label).min(2)),
  one("concurrent", z.array(label).min(2)),
  /** The past of one labelled event among the labelled ones is exactly these. */
  one("past", z.strictObject({ of: label, is: z.array(label) })),
  /** The application's vector clock at labelled events, in the order of the cluster's nodes. */
  one("stamps", z.record(label, z.array(count))),
  /** The wall-clock stamp of the first is smaller than that of the second (whatever happened before what). */
  one("earlier-by-wall-clock", z.tuple([label, label])),
  /** Sorting all application events so breaks cause and effect this often. */
  one(
    "sorted-by",
    z.strictObject({ clock: z.enum(["wall", "lamport", "vector"]), reversals: z.strictObject(numbers) }),
  ),
  /** Pairs with L(a) < L(b) and incomparable vectors. */
  one("lamport-without-cause", z.strictObject(numbers)),
  /** Deliveries on any node out of this order; `order`: only of broadcasts sent under this discipline. */
  one(
    "delivery-violations",
    z.strictObject({
      of: z.enum(["fifo", "causal", "total"]),
      order: z.enum(broadcastOrders).optional(),
      ...numbers,
    }),
  ),
  /** Broadcasts that were received and had to wait, on this node. */
  one("held", z.strictObject({ node: nodeId.optional(), ...numbers })),
  /** Client operations. `value` of a get: one of the values returned. */
  one(
    "operations",
    z.strictObject({
      f: z.enum(["put", "get", "delete", "mint"]).optional(),
      key: key.optional(),
      node: nodeId.optional(),
      client: z.string().optional(),
      outcome: z.enum(["ok", "fail", "unknown"]).optional(),
      value: z.string().optional(),
      as: label.optional(),
      ...numbers,
    }),
  ),
  one("unique-ids", z.boolean()),
  one(
    "check",
    z.strictObject({ model: z.enum(modelNames), is: z.enum(["valid", "invalid"]).default("valid") }),
  ),
  /** Every acknowledged write is there at the end, or was causally overwritten, on some running replica. */
  one("no-lost-writes", z.literal(true)),
  /** At the end all running replicas of every key agree. */
  one("converged", z.literal(true)),
  /** Nobody convicts a node that runs and can be reached; everybody convicts one that does not, in time. */
  one("membership", z.enum(["accurate", "complete", "both"])),
  /** What a node saw another go through, after each of these labelled events or acts: the same every time. */
  one(
    "same-view",
    z.strictObject({
      node: nodeId,
      about: nodeId,
      statuses: z.array(z.string()).min(1),
      after: z.array(label).min(2),
    }),
  ),
  /** A key on a node at the end: its live values, in any order. */
  one("state", z.strictObject({ node: nodeId, key, values: z.array(z.string()) })),
  /** Share of `keys` keys whose first owner differs between two snapshots; and who gained. */
  one(
    "moved",
    z.strictObject({
      from: label,
      to: label,
      keys: count,
      ring: z.tuple([share, share]),
      modulo: z.tuple([share, share]),
      "gained-only-by": nodeId.optional(),
    }),
  ),
  /** A rumour reaches every node, within this many rounds of gossip, and faster in the middle than at either end. */
  one(
    "spread",
    z.strictObject({
      about: nodeId,
      status: z.enum(["alive", "suspect", "dead", "left"]),
      rounds: z.number().positive(),
      "s-curve": z.boolean().default(false),
      after: label.optional(),
    }),
  ),
]);
export type Expectation = z.infer<typeof expectationSchema>;

/** A fault or an operation fixed in time: what a storm and a load come to under a seed. Written by the minimiser. */
const plannedSchema = z.strictObject({
  faults: z.array(z.strictObject({ at: duration, do: actionSchema })).default([]),
  operations: z.array(z.strictObject({ at: duration, client: z.string(), do: actionSchema })).default([]),
});
export type Plan = z.infer<typeof plannedSchema>;

export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(100),
  /** What it shows, for people. */
  about: z.string().optional(),
  /** Number in the list of demonstrations. */
  lesson: z.number().int().optional(),
  /** The question asked before the answer is shown. */
  predict: z.string().optional(),
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
    /** Single values of the preset, by their names in it. */
    membership: z.record(z.string(), z.number().min(0)).optional(),
    requestTimeout: duration.default(1_000),
    /** "memory": the clock is lost in every crash. */
    clocks: z.enum(["durable", "memory"]).default("durable"),
  }),
  /** Every link from the beginning. Simulated links have 1 ms where nothing is said; real ones have what they have. */
  network: z.strictObject(link).optional(),
  load: loadSchema.optional(),
  /** Random faults of these kinds by seed, then everything healed and restarted: storm for safety, calm for liveness. */
  storm: z
    .strictObject({
      for: duration,
      faults: z.array(z.enum(faultKinds)).min(1),
      every: duration.default(1_000),
    })
    .optional(),
  calm: duration.optional(),
  planned: plannedSchema.optional(),
  steps: z.array(stepSchema).max(10_000).default([]),
  /** How long the run goes on after the last step. */
  end: duration.default(0),
  /** Names for events, used by expectations. `action` names the lab's own act instead, e.g. { action: kill, node: C }. */
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
    .default({}),
  expect: z.array(expectationSchema).default([]),
});
export type Scenario = z.infer<typeof scenarioSchema>;
/** As written in a file, before durations and short forms are read. */
export type ScenarioSource = z.input<typeof scenarioSchema>;
