/** What is in sight: a frame's worth of marks, columns, arrows and flags, in px, before any of it is painted. */
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import type { Band } from "../../shared/trace/bands.ts";
import type { Causality } from "../../shared/trace/causality.ts";
import { text } from "../../shared/trace/detail.ts";
import { labLane, type Operation, type RecordedEvent } from "../../shared/trace/event.ts";
import { type History, programOrder } from "../../shared/trace/history.ts";
import { type Cluster, type Column, leadingOp, lodOf } from "./clusters.ts";
import { fanMaxMs, fanOut } from "./fan.ts";
import { type Flag, flagsOf } from "./flags.ts";
import { cutBetween, type Layout, type PartitionBand, type Row } from "./layout.ts";
import type { Track, Tracks } from "./tracks.ts";
import type { TimelineSelection, View } from "./types.ts";
import { pxOf, spanOf } from "./view.ts";

/** How a mark stands to the selected event; "none" when no event is selected. */
export type Standing = "past" | "self" | "future" | "concurrent" | "none";

export interface Mark extends Cluster {
  readonly row: Row;
  readonly track: Track;
  readonly x: number;
  readonly op: Operation;
  readonly standing: Standing;
  readonly isWarned: boolean;
  readonly isConflict: boolean;
  readonly isMatch: boolean;
  readonly isKey: boolean;
}

export interface Arrow {
  readonly kind: "arrived" | "again" | "lost" | "open";
  readonly op: Operation;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly standing: Standing;
  /** The receive, the loss, or the send of a message whose end is not known. */
  readonly event: RecordedEvent;
  readonly isSelected: boolean;
}

interface LaneColumns {
  readonly row: Row;
  readonly track: Track;
  readonly columns: readonly Column[];
}

export interface Scene {
  readonly marks: readonly Mark[];
  readonly columns: readonly LaneColumns[];
  readonly arrows: readonly Arrow[];
  readonly flags: readonly Flag[];
  /** True when there are too many messages to draw them all. */
  readonly isDense: boolean;
  readonly cone: ReadonlyMap<NodeId, ConeBounds> | null;
}

/** The selected event's light cone in one lane, in px: past to the left of one, future to the right of the other. */
interface ConeBounds {
  readonly past: number | null;
  readonly future: number | null;
  readonly lastPast: RecordedEvent | null;
  readonly firstFuture: RecordedEvent | null;
}

export interface SceneInput {
  readonly history: History;
  readonly causality: Causality;
  readonly tracks: Tracks;
  readonly bands: readonly Band[];
  readonly layout: Layout;
  readonly view: View;
  readonly now: TimeMs;
  /** Radius of a mark in px. */
  readonly radius: number;
  readonly selection: TimelineSelection | null;
  readonly hoveredKey: string | null;
  readonly matches: ReadonlySet<number>;
  readonly isWarned: (event: RecordedEvent) => boolean;
}

/** More messages in sight than this are drawn only for the selected event. */
const arrowsMax = 900;
/** Marks of more events than this are not searched for what is special among them. */
const searchedMax = 32;

export function sceneOf(input: SceneInput): Scene {
  const { layout, tracks, view } = input;
  const plot = layout.width - layout.gutter;
  const cone = coneOf(input, plot);
  const marks: Mark[] = [];
  const columns: LaneColumns[] = [];
  const arrows: Arrow[] = [];
  const fanned = new Map<number, number>();
  const reach = tracks.axis === 1 ? (fanMaxMs / spanOf(view)) * plot : 0;
  let messages = 0;
  for (const row of layout.rows) {
    const track = tracks.of(row.node);
    if (track === undefined) continue;
    const lod = lodOf(track, view, plot, input.radius * 1.9);
    if (lod.columns.length > 0) {
      columns.push({
        row,
        track,
        columns: lod.columns.map((column) => ({ ...column, x: column.x + layout.gutter })),
      });
      messages += arrowsMax + 1;
    }
    const pxOfEvent = (event: RecordedEvent) => pxOf(view, plot, tracks.xOf(event));
    for (const cluster of fanOut(lod.clusters, track, { ...input, reach }, pxOfEvent)) {
      if (cluster.isFanned) fanned.set(track.events[cluster.start]!.id, cluster.x1);
      marks.push(markOf(input, row, track, cluster, cone));
      messages += cluster.end - cluster.start;
    }
  }
  const isDense = messages > arrowsMax * 2;
  const context = { ...input, plot, cone, fanned };
  if (!isDense) gatherArrows(context, arrows);
  gatherSelected(context, arrows);
  return { marks, columns, arrows, flags: flagsOf(input, plot), isDense, cone };
}

function markOf(input: SceneInput, row: Row, track: Track, cluster: Cluster, cone: Scene["cone"]): Mark {
  const { gutter } = input.layout;
  const [x1, x2] = [cluster.x1 + gutter, cluster.x2 + gutter];
  let [isWarned, isConflict, isMatch, isKey] = [false, false, false, false];
  const wanted = input.selection?.kind === "key" ? input.selection.key : input.hoveredKey;
  if (cluster.end - cluster.start <= searchedMax) {
    for (let index = cluster.start; index < cluster.end; index++) {
      const event = track.events[index]!;
      isWarned ||= input.isWarned(event);
      isConflict ||= event.name === "conflict";
      isMatch ||= input.matches.has(event.id);
      isKey ||= wanted !== null && event.key === wanted;
    }
  }
  const [first, last] = [track.events[cluster.start]!, track.events[cluster.end - 1]!];
  const standing = clusterStanding(first, last, cone, input.selection);
  const op = leadingOp(track, cluster.start, cluster.end);
  return {
    ...cluster,
    row,
    track,
    x1,
    x2,
    x: (x1 + x2) / 2,
    op,
    standing,
    isWarned,
    isConflict,
    isMatch,
    isKey,
  };
}

function clusterStanding(
  first: RecordedEvent,
  last: RecordedEvent,
  cone: Scene["cone"],
  selection: TimelineSelection | null,
): Standing {
  const start = standingOf(first, cone, selection);
  if (first === last) return start;
  const end = standingOf(last, cone, selection);
  if (start === "none" || start === end) return start;
  const holdsSelf = start === "self" || end === "self" || (start === "past" && end === "future");
  if (holdsSelf) return "self";
  return start === "past" ? "past" : "future";
}

/** By the edges of the cone, so that it costs two comparisons. */
export function standingOf(
  event: RecordedEvent,
  cone: Scene["cone"],
  selection: TimelineSelection | null,
): Standing {
  if (selection?.kind !== "event" || cone === null) return "none";
  if (event.id === selection.id) return "self";
  const bounds = cone.get(event.node);
  if (bounds === undefined) return "concurrent";
  if (bounds.lastPast !== null && programOrder(event, bounds.lastPast) <= 0) return "past";
  if (bounds.firstFuture !== null && programOrder(event, bounds.firstFuture) >= 0) return "future";
  return "concurrent";
}

function coneOf(
  { causality, history, layout, selection, tracks, view }: SceneInput,
  plot: number,
): Scene["cone"] {
  const event = selection?.kind === "event" ? history.event(selection.id) : undefined;
  // The lab's own acts lie on no path of messages: nothing is before, after or concurrent to them.
  if (event === undefined || event.node === labLane) return null;
  const px = (event: RecordedEvent | null) =>
    event === null ? null : layout.gutter + pxOf(view, plot, tracks.xOf(event));
  const cone = new Map<NodeId, ConeBounds>();
  for (const [node, { lastPast, firstFuture }] of causality.cone(event.id))
    cone.set(node, { lastPast, firstFuture, past: px(lastPast), future: px(firstFuture) });
  return cone;
}

type ArrowContext = SceneInput & {
  readonly plot: number;
  readonly cone: Scene["cone"];
  /** Px of the events that stand beside their place. */
  readonly fanned: ReadonlyMap<number, number>;
};

function gatherArrows(context: ArrowContext, arrows: Arrow[]): void {
  const { tracks, view, layout } = context;
  for (const row of layout.rows) {
    const track = tracks.of(row.node);
    if (track === undefined) continue;
    const end = track.indexAt(view.to);
    for (let index = track.indexAt(view.from); index < end; index++) {
      const event = track.events[index]!;
      if (event.type === "receive") pushArrival(context, arrows, event, false);
      else if (event.type === "send") pushSend(context, arrows, event, false);
    }
  }
}

/** The messages of the selected event are drawn however dense the rest is. */
function gatherSelected(context: ArrowContext, arrows: Arrow[]): void {
  const { selection, history } = context;
  const event = selection?.kind === "event" ? history.event(selection.id) : undefined;
  if (event?.message === undefined) return;
  for (const receive of history.receives(event.message)) pushArrival(context, arrows, receive, true);
  const send = history.send(event.message);
  if (send !== undefined) pushSend(context, arrows, send, true);
}

function pushArrival(
  context: ArrowContext,
  arrows: Arrow[],
  receive: RecordedEvent,
  isSelected: boolean,
): void {
  const send = receive.message === undefined ? undefined : context.history.send(receive.message);
  if (send === undefined) return;
  const isAgain = context.history.receives(receive.message!)[0] !== receive;
  push(context, arrows, send, receive, isAgain ? "again" : "arrived", isSelected);
}

/** A send draws its arrow itself only when no receive in sight does. */
function pushSend(context: ArrowContext, arrows: Arrow[], send: RecordedEvent, isSelected: boolean): void {
  const { history, tracks, view, now, layout } = context;
  if (send.message === undefined) return;
  const receives = history.receives(send.message);
  const lost = history.lost(send.message);
  if (lost !== undefined) push(context, arrows, send, lost, "lost", isSelected);
  if (isSelected) return;
  for (const receive of receives)
    if (tracks.xOf(receive) >= view.to) pushArrival(context, arrows, receive, false);
  const isKnown = send.peer !== undefined && layout.rows.some((row) => row.node === send.peer);
  if (receives.length === 0 && lost === undefined && isKnown && now - send.at > 250)
    push(context, arrows, send, send, "open", isSelected);
}

function push(
  context: ArrowContext,
  arrows: Arrow[],
  send: RecordedEvent,
  event: RecordedEvent,
  kind: Arrow["kind"],
  isSelected: boolean,
): void {
  const { layout, view, plot, tracks, cone, selection, radius, fanned } = context;
  const row = layout.rows.find((candidate) => candidate.node === send.node);
  const target = kind === "lost" || kind === "open" ? send.peer : event.node;
  const peer = layout.rows.find((candidate) => candidate.node === target);
  if (row === undefined) return;
  const px = (of: RecordedEvent) => layout.gutter + (fanned.get(of.id) ?? pxOf(view, plot, tracks.xOf(of)));
  const x1 = px(send);
  const standing =
    kind === "arrived" || kind === "again"
      ? arrowStanding(standingOf(send, cone, selection), standingOf(event, cone, selection))
      : standingOf(send, cone, selection);
  const shared = { kind, op: send.op, x1, y1: row.y, standing, event, isSelected };
  if (kind === "lost" || kind === "open") {
    const y2 =
      peer === undefined ? row.top + (row.y - row.top) * 0.4 : deathOf(context, send, event, row, peer);
    arrows.push({ ...shared, x2: Math.max(px(event), x1 + radius * 1.6), y2 });
  } else if (peer !== undefined) arrows.push({ ...shared, x2: px(event), y2: peer.y });
}

/** A message lies in the past when its receive does, in the future when its send does. */
function arrowStanding(send: Standing, receive: Standing): Standing {
  if (receive === "past" || receive === "self") return "past";
  return send === "self" || send === "future" ? "future" : send === "none" ? "none" : "concurrent";
}

/** The height at which a message died: at the cut, before the door of a dead peer, or half way. */
function deathOf(
  context: ArrowContext,
  send: RecordedEvent,
  event: RecordedEvent,
  row: Row,
  peer: Row,
): number {
  const reason = event === send ? null : text(event.detail?.["reason"]);
  const band = reason === "blocked" ? partitionAt(context.bands, event.at) : null;
  const cut = band === null ? null : cutBetween(context.layout, band.groups, row.node, peer.node);
  if (cut !== null) return cut;
  const share = reason === "unreachable" ? 0.82 : reason === null ? 0.3 : 0.5;
  return row.y + (peer.y - row.y) * share;
}

function partitionAt(bands: readonly Band[], at: TimeMs): PartitionBand | null {
  const found = bands.findLast(
    (band) => band.kind === "partition" && band.from <= at + 1 && (band.to ?? Number.POSITIVE_INFINITY) >= at,
  );
  return found?.kind === "partition" ? found : null;
}
