/** Everything that can be done in a step. */
import { z } from "zod";
import { broadcastOrders } from "../../broadcast/types.ts";
import {
  asked,
  count,
  duration,
  key,
  label,
  link,
  nodeId,
  nodeIds,
  offset,
  one,
  requestToken,
} from "./terms.ts";

/** Absent: what the node has seen. "blind": nothing. Else the name (`as`) of an earlier operation whose answer is meant. */
const client = {
  node: nodeId,
  key,
  client: z.string().optional(),
  as: label.optional(),
  context: z.string().optional(),
  ...asked,
};
const write = {
  ...client,
  token: requestToken
    .optional()
    .describe("The client's own name for it: done again under the same name, it is not carried out twice."),
};

const ruleMatch = {
  message: z.string().optional().describe("The kind in capitals, as on the timeline."),
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
  by: duration.optional().describe("For delay."),
  name: label.optional(),
});
export type MessageRule = z.infer<typeof ruleSchema>;

const restart = z.union([
  nodeId.transform((node) => ({ node, clock: "keep" as const })),
  z.strictObject({ node: nodeId, clock: z.enum(["keep", "lose"]).default("keep") }),
]);
const failureSchema = z.strictObject({
  operation: z
    .enum(["write", "sync", "rename"])
    .describe("Simulated disks write and sync; they rename nothing."),
  nth: z.number().int().min(1).default(1).describe("The nth from now."),
  lasts: z.enum(["once", "always"]).default("once").describe("That one, or it and all after it."),
});

const diskSchema = z.strictObject({
  node: nodeId,
  slow: duration.optional().describe("Each flush takes this long, until it is 0 again."),
  full: z
    .boolean()
    .optional()
    .describe(
      "Writes fail: the node stops, as a node does whose disk is full, and starts when it is no longer.",
    ),
  fail: failureSchema
    .optional()
    .describe("One operation of the disk fails, or all from then on, as long as the process lasts."),
  tear: z
    .boolean()
    .optional()
    .describe(
      "The next kill is a power cut: it loses what was not flushed, and may tear the last write in two.",
    ),
  rot: count.optional().describe("This many stored values lose a bit, to be found at the next start."),
});

/** Everything that can be done in a step. One key, the name of the act. */
export const actionSchemas = {
  put: z.strictObject({ ...write, value: z.string() }),
  get: z.strictObject(client),
  delete: z.strictObject(write),
  fill: z
    .strictObject({
      node: nodeId,
      keys: z.number().int().min(1).max(100_000),
      prefix: z.string().max(1_000).default("key-"),
      value: z.string().default("value"),
    })
    .describe("Writes this many keys, many at a time: prefix and a number from 1."),
  compare: z
    .strictObject({ node: nodeId, with: nodeId })
    .describe("The two compare their Merkle trees now, and repair what differs."),
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
  "old-disk": z
    .strictObject({ node: nodeId, of: label })
    .describe("The disk as it was at this snapshot comes back; the node is down when it does."),
  partition: z
    .strictObject({ groups: z.array(nodeIds).min(2) })
    .describe("Every link between nodes of different groups is cut, both ways."),
  isolate: nodeId,
  cut: z.strictObject({ from: nodeId, to: nodeId }).describe("One direction only."),
  flap: z
    .strictObject({ from: nodeId, to: nodeId, up: duration, down: duration })
    .describe("Cuts and heals this pair for ever, down and up in turn. Ends with heal."),
  heal: z
    .enum(["cuts", "all"])
    .describe('"cuts": every cut and flap ends. "all": link settings and rules too; clogged links let go.'),
  link: z.strictObject({ from: nodeId.optional(), to: nodeId.optional(), ...link }),
  clog: z.strictObject({ from: nodeId, to: nodeId }).describe("Messages on this link wait until heal."),
  rule: ruleSchema,
  "end-rule": label.describe("Rules of this name end; what they held arrives now."),
  /** The node's wall clock is wrong by this much from now on, and drifts. */
  clock: z.strictObject({
    node: nodeId,
    offset,
    drift: z.number().min(-1e6).max(1e6).default(0).describe("parts per million"),
  }),
  disk: diskSchema,
  snapshot: label.describe("Keeps what every node shows now, under a name that expectations use."),
  note: z.string().min(1).max(1_000),
} as const;

type ActionSchemas = typeof actionSchemas;
export type ActionName = keyof ActionSchemas;
/** `{ do: "put", … }` as the interpreter hands it on: the name and its checked value. */
export type Action = {
  readonly [Name in ActionName]: { readonly name: Name; readonly value: z.infer<ActionSchemas[Name]> };
}[ActionName];

export const actionSchema = z
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
