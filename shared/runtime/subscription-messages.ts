/**
 * What is said over the WebSocket of subscriptions: JSON texts, one message each. A connection carries any number of
 * subscriptions, which the client names; what is said of one carries its name.
 *
 * A client keeps the position of the last `commit` or `progress` it has handled, and the `log` it was told of, and names
 * both when it comes back: it then gets every later commit once, or hears why it cannot.
 */
import { z } from "zod";
import { keyRangeSchema } from "./key-range.ts";
import type { Delivery, SubscriptionErrorCode } from "./subscriptions.ts";
import type { Position } from "./types.ts";

const id = z.string().min(1).max(100);

export const subscriberMessageSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("subscribe"),
    id,
    module: z.string(),
    table: z.string().optional(),
    keys: keyRangeSchema.optional(),
    after: z.union([z.literal("now"), z.int().min(0)]),
    log: z.string().max(200).optional(),
  }),
  z.strictObject({ kind: z.literal("unsubscribe"), id }),
]);
/** From the client. */
export type SubscriberMessage = z.infer<typeof subscriberMessageSchema>;

/** To the client. */
export type PublisherMessage =
  /** Commits after this position follow, from the log of this name. */
  | { readonly kind: "subscribed"; readonly id: string; readonly after: Position; readonly log: string }
  | ({ readonly kind: "commit"; readonly id: string } & Delivery)
  /** Nothing up to this position concerned it: now and then, so that a client that comes back need not begin far back. */
  | { readonly kind: "progress"; readonly id: string; readonly position: Position }
  | { readonly kind: "unsubscribed"; readonly id: string }
  /** The subscription is over, or never was. `id` is null when the message could not be read. */
  | {
      readonly kind: "error";
      readonly id: string | null;
      readonly code:
        | SubscriptionErrorCode
        | "damaged"
        | "bad_message"
        | "id_in_use"
        | "no_such_subscription"
        | "too_many";
      readonly message: string;
    };
