/** The one error a node's store raises; `message` is one sentence that says what to do. */

export type NodeStoreErrorKind =
  /** The directory holds the data of another node, or of another cluster. */
  | "other_node"
  | "other_cluster"
  /** Written by a newer Lightcone. */
  | "newer_format"
  /** Not a database of a node at all. */
  | "foreign"
  | "unreadable"
  /** Another process uses the directory. */
  | "locked"
  | "damaged"
  /** A commit failed: what it held is not durable, and the store takes nothing more (P33). */
  | "commit_failed"
  | "closed";

export class NodeStoreError extends Error {
  readonly kind: NodeStoreErrorKind;
  constructor(kind: NodeStoreErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "NodeStoreError";
    this.kind = kind;
  }
}
