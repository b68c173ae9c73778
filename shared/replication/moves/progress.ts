/** How far a move is: for those who carry it out, and for people. */
import type { NodeId, TimeMs } from "../../ids.ts";
import type { Ring } from "../../ring/ring.ts";
import type { About } from "../types.ts";
import { isUnfinished, type Phase, type TopologyRecord } from "./records.ts";

export const internal: About = { op: "internal" };

/** As the event "move" tells it (shared/trace/names). */
export interface MoveProgress {
  readonly [Name: string]: string | number | readonly string[];
  readonly about: NodeId;
  readonly kind: "join" | "leave" | "rebuild";
  /** "" until it has been told for the first time. */
  readonly phase: "waiting" | "receiving" | "switching" | "done" | "given up" | "";
  readonly epoch: number;
  readonly waitingFor: readonly NodeId[];
}

type OwnerLists = readonly (readonly NodeId[])[];

/** A move that this node carries out. */
export interface Move {
  readonly record: TopologyRecord;
  /** The nodes that counted when words were last given. */
  ring: string;
  /** Who has acknowledged this epoch knows of this phase. */
  readonly epoch: number;
  /** Owners that have brought all they have. */
  readonly agreed: Set<NodeId>;
  told: MoveProgress;
  /** The owners whose word it takes, as worked out for these rings. */
  ranges: { readonly before: Ring; readonly after: Ring; readonly lists: OwnerLists } | null;
  /** Owners beyond those that suffice are waited for until then. */
  patientUntil: TimeMs;
  /** Who has acknowledged this epoch knows of its end; null before it. */
  endedAt: number | null;
}

export interface TopologyView {
  readonly epoch: number;
  readonly nodes: readonly TopologyRecord[];
  /** Those that this node carries out. */
  readonly moves: readonly MoveProgress[];
}

export function notToldYet({ node, phase }: TopologyRecord): MoveProgress {
  const isJoin = phase === "joining" || phase === "entering";
  const kind = phase === "rebuilding" ? "rebuild" : isJoin ? "join" : "leave";
  return { about: node, kind, phase: "", epoch: 0, waitingFor: [] };
}

const next: Partial<Record<Phase, Phase>> = {
  joining: "entering",
  entering: "serving",
  rebuilding: "serving",
  leaving: "exiting",
  exiting: "left",
};

/** The phase that follows an unfinished one. */
export function phaseAfter(phase: Phase): Phase {
  const after = next[phase];
  if (after === undefined) throw new Error(`nothing follows ${phase} by itself`);
  return after;
}

/** `other` goes before `record`: it has been counted already, or comes first by name. A rebuilt node moves nothing. */
export function isAhead(other: TopologyRecord, record: TopologyRecord): boolean {
  if (other.node === record.node || !isUnfinished(other)) return false;
  if (other.phase === "rebuilding" || record.phase === "rebuilding") return false;
  if (other.phase === "entering" || other.phase === "exiting") return true;
  return other.node < record.node;
}
