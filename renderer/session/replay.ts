import { create } from "zustand";
import type { TimeMs } from "../../shared/ids.ts";
import { labLane, type TraceEvent } from "../../shared/trace/event.ts";
import { type History, lowerBound } from "../../shared/trace/history.ts";
import { labStore } from "../base/store.ts";

export const speeds = [0.1, 0.5, 1, 2, 10] as const;

interface Replay {
  readonly playing: boolean;
  /** Seconds of the session per second. */
  readonly speed: number;
  readonly toggle: () => void;
  readonly setSpeed: (speed: number) => void;
}

export const useReplay = create<Replay>()((set, get) => ({
  playing: false,
  speed: 1,
  setSpeed: (speed) => set({ speed }),
  toggle() {
    const playing = !get().playing;
    set({ playing });
    if (!playing) return;
    const { history, cursor, setCursor } = labStore.getState();
    if (cursor === null || cursor >= history.last) setCursor(history.first);
    requestAnimationFrame((now) => play(now));
  },
}));

function play(before: number): void {
  requestAnimationFrame((now) => {
    const { playing, speed } = useReplay.getState();
    const { history, cursor, setCursor } = labStore.getState();
    if (!playing || cursor === null) {
      useReplay.setState({ playing: false });
      return;
    }
    const next = cursor + (now - before) * speed;
    if (next >= history.last) {
      setCursor(null);
      useReplay.setState({ playing: false });
      return;
    }
    setCursor(next);
    play(now);
  });
}

/** The moment of the next (or previous) event that is shown, seen from `from`; null when there is none. */
export function neighbourMoment(
  history: History,
  from: TimeMs,
  direction: 1 | -1,
  membershipShown: boolean,
): TimeMs | null {
  const isShown = (event: TraceEvent) => membershipShown || event.op !== "membership";
  let best: TimeMs | null = null;
  for (const lane of [labLane, ...history.lanes]) {
    const events = history.lane(lane);
    let index =
      direction === 1
        ? lowerBound(events, (event) => event.at <= from)
        : lowerBound(events, (event) => event.at < from) - 1;
    while (events[index] !== undefined && !isShown(events[index]!)) index += direction;
    const at = events[index]?.at;
    if (at !== undefined && (best === null || (direction === 1 ? at < best : at > best))) best = at;
  }
  return best;
}

export function step(direction: 1 | -1): void {
  const { history, cursor, setCursor, membershipShown } = labStore.getState();
  useReplay.setState({ playing: false });
  const from = cursor ?? (direction === -1 ? history.last + 1 : history.last);
  const moment = neighbourMoment(history, from, direction, membershipShown);
  if (moment !== null) setCursor(moment);
  else if (direction === 1) setCursor(null);
}
