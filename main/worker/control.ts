/**
 * The private line between the lab and one of its nodes: length-prefixed MessagePack over file descriptor 3.
 * A node started by hand has none. When the line closes, the lab is gone and the node ends itself.
 */
import type { LinkCounts, LinkSettings } from "../../shared/contract/state.ts";
import type { LiveDiskFault } from "../../shared/contract/storage.ts";
import type { ActiveRule } from "../../shared/scenario/rules.ts";
import type { TraceEvent } from "../../shared/trace/event.ts";

export type LabToNode =
  /** Settings of the outgoing links, by receiver; a receiver not named is at rest. Replaces what was set before. */
  | { readonly kind: "links"; readonly links: Readonly<Record<string, LinkSettings>> }
  /**
   * Message rules for what this node sends, and receivers whose messages wait. Replaces what was in force; what it held
   * leaves now.
   */
  | {
      readonly kind: "rules";
      readonly rules: readonly ActiveRule[];
      readonly clogged: readonly string[];
    }
  /** The cooperative pause, for systems without SIGSTOP: no input is handled until "thaw". */
  | { readonly kind: "freeze" }
  | { readonly kind: "thaw" }
  /** The node's wall clock is wrong by `offset` ms from now on, and by `driftPpm` µs more each second. */
  | { readonly kind: "wall"; readonly offset: number; readonly driftPpm: number }
  /** Answered with the same number once everything told before is in force, and the events so far are on the line. */
  | { readonly kind: "fence"; readonly number: number }
  /** Its disk from now on; a power cut ends the process. In force when a fence sent after it is answered. */
  | { readonly kind: "disk"; readonly fault: LiveDiskFault }
  /** This member will not return: say so to the others. */
  | { readonly kind: "evict"; readonly node: string }
  /** Leave the cluster, flush, exit 0: the same as SIGTERM. `leave: false` flushes and exits without leaving. */
  | { readonly kind: "stop"; readonly leave: boolean };

export type NodeToLab =
  /** The node serves clients and peers. */
  | { readonly kind: "ready"; readonly life: number; readonly pid: number }
  /** Events already kept in the node's own trace, in program order, without gaps within a life. */
  | { readonly kind: "events"; readonly events: readonly TraceEvent[] }
  /** Once a second and after each change of links: counts of the outgoing links, by receiver. */
  | { readonly kind: "links"; readonly counts: Readonly<Record<string, LinkCounts>> }
  | { readonly kind: "fence"; readonly number: number }
  /** Rules that count have matched so many messages of this node, by the rule's id; sent before the message leaves. */
  | { readonly kind: "seen"; readonly seen: Readonly<Record<number, number>> }
  /** The node cannot go on; it exits right after. */
  | { readonly kind: "failed"; readonly message: string };
