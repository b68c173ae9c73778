/** Messages of an exchange on their way: their size is worked out once, when they are sent. */
import type { NodeId } from "../../ids.ts";
import type { About, ReplicationEffects } from "../types.ts";
import type { AntiEntropyMessage } from "./messages.ts";

type WithoutBytes<Message> = Message extends unknown ? Omit<Message, "bytes"> : never;
export type Unsized = WithoutBytes<AntiEntropyMessage>;

export const internal: About = { op: "internal" };

/** Returns the bytes sent, counted as characters of JSON. */
export function sendSized(fx: ReplicationEffects, to: NodeId, message: Unsized): number {
  const bytes = JSON.stringify(message).length;
  fx.send(to, { ...message, bytes }, internal);
  return bytes;
}
