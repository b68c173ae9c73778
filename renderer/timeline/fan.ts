/**
 * Fanning out: a node does several things at one moment, and on the axis of time they would hide each other for ever.
 *
 * Where there is room they stand side by side, in their order, the first at the true place. Never so far that a message
 * would seem to arrive before it was sent: then the mark stays one.
 */
import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import type { Cluster } from "./clusters.ts";
import type { Track } from "./tracks.ts";

export interface Fanned extends Cluster {
  /** The event stands beside its true place. */
  readonly isFanned: boolean;
}

interface Room {
  readonly history: History;
  /** Radius of a mark in px. */
  readonly radius: number;
  /** How far from its true place an event may stand, in px. */
  readonly reach: number;
}

/** On the axis of time nothing is moved by more than this. */
export const fanMaxMs = 1.5;

export function fanOut(
  clusters: readonly Cluster[],
  track: Track,
  { history, radius, reach }: Room,
  pxOfEvent: (event: RecordedEvent) => number,
): readonly Fanned[] {
  const step = radius * 2.6;
  const fanned: Fanned[] = [];
  clusters.forEach((cluster, position) => {
    const events = reach < step ? [] : track.events.slice(cluster.start, cluster.end);
    const places = events.map((_event, index) => cluster.x1 + index * step);
    const next = clusters[position + 1]?.x1 ?? Number.POSITIVE_INFINITY;
    const end = places.at(-1) ?? cluster.x1;
    const fits = events.length > 1 && end - cluster.x1 <= reach && cluster.x2 <= end && end + step * 2 < next;
    if (
      !fits ||
      !events.every((event, index) => arrivesAfter(event, places[index]!, history, pxOfEvent, step))
    ) {
      fanned.push({ ...cluster, isFanned: false });
      return;
    }
    places.forEach((x, index) => {
      const start = cluster.start + index;
      fanned.push({ start, end: start + 1, x1: x, x2: x, isFanned: true });
    });
  });
  return fanned;
}

function arrivesAfter(
  event: RecordedEvent,
  x: number,
  history: History,
  pxOfEvent: (event: RecordedEvent) => number,
  step: number,
): boolean {
  if (event.type !== "send" || event.message === undefined) return true;
  return history.receives(event.message).every((receive) => pxOfEvent(receive) > x + step);
}
