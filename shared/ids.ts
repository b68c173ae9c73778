/**
 * Names of things, each its own type, so that a key is never passed where a node is meant.
 * They are plain strings at run time.
 */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A node of the cluster, e.g. `node-1`. Unique for the life of the cluster; see {@link isNodeId}. */
export type NodeId = Branded<string, "NodeId">;
/** A key of the store: 1 to {@link keyBytesMax} bytes of UTF-8. */
export type Key = Branded<string, "Key">;
/** One transmission of one message: unique over all nodes and all lives of a node. */
export type MessageId = Branded<string, "MessageId">;
/** One client request, from its arrival at the first node to its reply. */
export type RequestId = Branded<string, "RequestId">;
/** Milliseconds since the Unix epoch, with fractions; never runs backwards within one life of a process. */
export type TimeMs = number;

export const keyBytesMax = 1024;
export const valueBytesMax = 1024 * 1024;

const nodeIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * A node id is 1 to 63 letters, digits, dots, dashes or underscores, the first a letter or a digit. The few words every
 * JavaScript object answers to ("constructor", "toString") are none: clocks are plain objects keyed by node.
 */
export function isNodeId(text: string): text is NodeId {
  return nodeIdPattern.test(text) && !(text in Object.prototype);
}

/** For ids already known to be well formed (literals in tests, values read back from our own files). */
export const asNodeId = (text: string) => text as NodeId;
export const asKey = (text: string) => text as Key;
export const asMessageId = (text: string) => text as MessageId;
export const asRequestId = (text: string) => text as RequestId;
