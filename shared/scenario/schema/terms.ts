/** The words every part of a scenario is made of: durations, names, quorums, settings of a link, and how events are chosen. */
import { z } from "zod";
import { isNodeId, type NodeId } from "../../ids.ts";
import { consistencies } from "../../replication/session.ts";
import { eventTypes, operations } from "../../trace/event.ts";

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
    context.addIssue({ code: "custom", message: `must be ${durationText}, at most 24h` });
    return z.NEVER;
  }
  return negative ? -ms : ms;
};
export const offset = z.union([z.string(), z.number()]).transform(toMs).meta({ description: durationText });
export const duration = offset.refine((ms) => ms >= 0, "cannot be negative");

export const nodeId = z
  .string()
  .refine((text): boolean => isNodeId(text), "must be 1 to 63 letters, digits, dots, dashes or underscores")
  .transform((text) => text as NodeId);
export const nodeIds = z.array(nodeId).min(1).max(1_000);
export const share = z.number().min(0).max(1);
export const count = z.number().int().min(0).max(1_000_000);
export const key = z.string().min(1).max(1_024);
export const label = z.string().min(1).max(100);

const latency = z.union([
  duration.transform((ms) => ({ kind: "constant" as const, ms })),
  z
    .strictObject({ min: duration, max: duration })
    .transform(({ min, max }) => ({ kind: "uniform" as const, minMs: min, maxMs: max })),
  z
    .strictObject({ mean: duration })
    .transform(({ mean }) => ({ kind: "exponential" as const, meanMs: mean })),
]);

export type Latency = z.infer<typeof latency>;

/** Settings of an ordered link; what is absent is left as it is. */
export const link = {
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
  detail: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe("Any other detail, by name, compared as it is."),
  nth: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("The nth that matches, from 1 (the first, where one event is wanted)."),
});
export type EventMatch = z.infer<typeof eventMatchSchema>;

export const quorum = {
  n: z.number().int().min(1).optional(),
  r: z.number().int().min(1).optional(),
  w: z.number().int().min(1).optional(),
};
export const consistency = z.enum(consistencies);
/** How a data operation is to be served, beyond what the cluster does by itself. */
export const asked = {
  ...quorum,
  sloppy: z.boolean().optional().describe("Copies on stand-ins count, or do not, for this operation."),
  consistency: consistency
    .optional()
    .describe('"causal": never less than the client has seen or done, on whichever node it asks.'),
};
/** A client's own name for what it wants done. */
export const requestToken = z
  .string()
  .regex(/^[\x21-\x7e]{1,100}$/, "must be 1 to 100 visible ASCII characters");

/** An object with this one field. */
export const one = <Name extends string, Schema extends z.ZodType>(
  name: Name,
  schema: Schema,
): z.ZodObject<Record<Name, Schema>, z.core.$strict> =>
  z.strictObject({ [name]: schema } as Record<Name, Schema>);
