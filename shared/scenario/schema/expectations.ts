/** What a run is judged by. */
import { z } from "zod";
import { broadcastOrders } from "../../broadcast/types.ts";
import { count, eventMatchSchema, key, label, nodeId, one, share } from "./terms.ts";

const modelNames = [
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
  /** A read that begins after a write was acknowledged has seen it: what R + W > N promises. */
  one("fresh-reads", z.literal(true)),
  /** Acknowledged writes that are gone though nothing that had seen them took their place. */
  one("lost-writes", z.strictObject({ key: key.optional(), ...numbers })),
  /** Reads that missed a write acknowledged before they began. */
  one("stale-reads", z.strictObject({ key: key.optional(), ...numbers })),
  /** The nth comparison of Merkle trees that ended on this node. */
  one(
    "exchange",
    z.strictObject({
      node: nodeId.optional(),
      with: nodeId.optional(),
      nth: z.number().int().min(1).default(1),
      outcome: z.enum(["equal", "repaired", "given up"]).optional(),
      keys: z.strictObject(numbers).optional(),
      hashes: z.strictObject(numbers).optional(),
    }),
  ),
  /** At the end all running replicas of every key agree. */
  one("converged", z.literal(true)),
  /**
   * Accurate: nobody convicts a node that runs and can be reached, or takes back a belief without a higher incarnation.
   * Complete: everybody convicts one that does not run, in time.
   */
  one("membership", z.enum(["accurate", "complete", "both"])),
  /** At the end every running node sees the running ones alive, and no others. */
  one("settled", z.literal(true)),
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
  /** A rumour reaches every node within this many rounds of gossip; an S: in the end it grows by less than before. */
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
