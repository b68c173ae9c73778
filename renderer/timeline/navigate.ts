/** From one event to the next: along a lane, along causes, to the lane beside it; and how near to go to see one. */
import type { NodeId } from "../../shared/ids.ts";
import type { Causality } from "../../shared/trace/causality.ts";
import { labLane, type RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import type { Track, Tracks } from "./tracks.ts";
import type { View } from "./types.ts";

export type Direction = "previous" | "next" | "cause" | "effect";

interface Paths {
  readonly history: History;
  readonly causality: Causality;
  readonly tracks: Tracks;
}

/** The event one step on, among those that are drawn; null at the end of the road. */
export function stepFrom(
  { history, causality, tracks }: Paths,
  id: number,
  direction: Direction,
): number | null {
  const event = history.event(id);
  if (event === undefined) return null;
  if (direction === "cause" || direction === "effect") {
    const message = direction === "cause" ? messageCause(history, event) : messageEffect(history, event);
    if (message !== undefined) return message.id;
    if (event.type === "lost") return causality.causes(id)[0] ?? null;
  }
  const back = direction === "cause" || direction === "previous";
  if (event.node === labLane) {
    const lane = history.lab;
    return lane[lane.indexOf(event) + (back ? -1 : 1)]?.id ?? null;
  }
  const track = tracks.of(event.node);
  if (track === undefined) return null;
  const index = track.indexOf(event);
  const isShown = track.events[index]?.id === id;
  return track.events[back ? index - 1 : isShown ? index + 1 : index]?.id ?? null;
}

/** A message tells more than the lane: its send is the cause that is shown first. */
function messageCause(history: History, event: RecordedEvent): RecordedEvent | undefined {
  if (event.type !== "receive" && event.type !== "lost") return undefined;
  return event.message === undefined ? undefined : history.send(event.message);
}

function messageEffect(history: History, event: RecordedEvent): RecordedEvent | undefined {
  if (event.type !== "send" || event.message === undefined) return undefined;
  return history.receives(event.message)[0] ?? history.lost(event.message);
}

/** The event of a lane nearest to a place. */
export function nearestIn(track: Track, x: number): RecordedEvent | null {
  const index = track.indexAt(x);
  const [after, before] = [track.events[index], track.events[index - 1]];
  if (after === undefined || before === undefined) return after ?? before ?? null;
  return track.xs[index]! - x < x - track.xs[index - 1]! ? after : before;
}

/** The event beside the given one in the lane above or below. */
export function besideOf(
  { history, tracks }: Paths,
  lanes: readonly NodeId[],
  id: number,
  by: -1 | 1,
): number | null {
  const event = history.event(id);
  if (event === undefined) return null;
  for (let index = lanes.indexOf(event.node) + by; index >= 0 && index < lanes.length; index += by) {
    const track = tracks.of(lanes[index]!);
    const nearest = track === undefined ? null : nearestIn(track, tracks.xOf(event));
    if (nearest !== null) return nearest.id;
  }
  return null;
}

/**
 * A view with the event in the middle, near enough to tell it from its neighbours: it holds the request the event is
 * part of, or else its direct causes and effects in other lanes.
 */
export function viewAround(
  { history, causality, tracks }: Paths,
  event: RecordedEvent,
  spanMin: number,
): View {
  const x = tracks.xOf(event);
  let reach = spanMin;
  // The lab's own act stands on no lane: what the nodes did about then is what there is to see.
  if (event.node === labLane)
    for (const track of tracks.all()) {
      const near = track.xs[Math.min(track.indexAt(x), track.placed - 1)];
      if (near !== undefined) reach = Math.max(reach, Math.abs(near - x));
    }
  for (const id of [...causality.causes(event.id), ...causality.effects(event.id)]) {
    const other = history.event(id)!;
    if (other.node !== event.node) reach = Math.max(reach, Math.abs(tracks.xOf(other) - x));
  }
  if (event.request !== undefined) {
    for (const track of tracks.all()) {
      const index = track.indexAt(x);
      // A request is over in a moment: what belongs to it lies close by in each lane.
      for (
        let near = Math.max(0, index - requestReach);
        near < Math.min(track.placed, index + requestReach);
        near++
      )
        if (track.events[near]!.request === event.request)
          reach = Math.max(reach, Math.abs(track.xs[near]! - x));
    }
  }
  return { from: x - reach * 1.35, to: x + reach * 1.35 };
}

const requestReach = 60;
