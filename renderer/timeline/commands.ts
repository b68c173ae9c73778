/** What the window's keys and palette do to the timeline. */
import type { WindowCommand } from "../base/commands.ts";
import type { LabStore } from "../base/store.ts";
import type { TimelineHandle } from "./types.ts";

const selectedEvent = ({ selection }: LabStore) => (selection?.kind === "event" ? selection.id : null);

export function timelineCommands(handle: () => TimelineHandle | null): readonly WindowCommand[] {
  /** What F went to last: pressed again it shows everything. */
  let centred: number | null = null;
  const command = (
    id: string,
    title: string,
    keys: readonly string[],
    run: (timeline: TimelineHandle, state: LabStore) => void,
    words = "",
  ): WindowCommand => ({
    id: `timeline.${id}`,
    title,
    group: "Timeline",
    keys,
    words,
    run(state) {
      const timeline = handle();
      if (timeline !== null) run(timeline, state);
    },
  });
  return [
    command("zoom-in", "Zoom in", ["W"], (timeline) => timeline.zoomBy(1.6), "nearer larger"),
    command("zoom-out", "Zoom out", ["S"], (timeline) => timeline.zoomBy(1 / 1.6), "farther smaller"),
    command("back", "Pan back in time", ["A"], (timeline) => timeline.panBy(-0.3), "left earlier"),
    command("on", "Pan on in time", ["D"], (timeline) => timeline.panBy(0.3), "right later"),
    command("cause", "Go to the cause", ["["], (timeline) => timeline.step("cause"), "why before"),
    command("effect", "Go to the effect", ["]"], (timeline) => timeline.step("effect"), "then after"),
    command("previous", "Previous event of the lane", [","], (timeline) => timeline.step("previous")),
    command("next", "Next event of the lane", ["."], (timeline) => timeline.step("next")),
    command(
      "fit",
      "Go to the selection, and again to everything",
      ["F"],
      (timeline, state) => {
        const id = selectedEvent(state);
        if (id === null || id === centred) timeline.fit();
        else timeline.centreOn(id);
        centred = id === centred ? null : id;
      },
      "fit focus whole",
    ),
    // For what points at an event: unlike F it never goes back to everything.
    {
      id: "timeline.centre",
      title: "Go to the selected event",
      group: "Timeline",
      keyOnly: true,
      run(state) {
        const id = selectedEvent(state);
        if (id !== null) handle()?.centreOn(id);
      },
    },
    {
      id: "timeline.marked",
      title: "Show all marked events",
      group: "Timeline",
      words: "proof",
      enabled: (state) => state.marked.size > 0,
      run: (state) => handle()?.showAll(state.marked),
    },
    {
      id: "timeline.from-cursor",
      title: "Show what comes after the time cursor",
      group: "Timeline",
      words: "rest later",
      enabled: (state) => state.cursor !== null,
      run(state) {
        if (state.cursor !== null) handle()?.showFrom(state.cursor);
      },
    },
    {
      id: "timeline.follow",
      title: (state) => (state.following ? "Stop following the present" : "Follow the present"),
      group: "Timeline",
      keys: ["N"],
      words: "live now latest",
      live: true,
      run: (state) => state.follow(!state.following),
    },
  ];
}
