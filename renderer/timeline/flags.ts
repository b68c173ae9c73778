/** The flags above the lanes: what the lab itself did. */
import type { NodeId } from "../../shared/ids.ts";
import type { Band } from "../../shared/trace/bands.ts";
import { text } from "../../shared/trace/detail.ts";
import { labLane, type RecordedEvent } from "../../shared/trace/event.ts";
import { diskFlag } from "../storage/event-words.ts";
import type { SceneInput } from "./scene.ts";
import { pxOf } from "./view.ts";

export interface Flag {
  readonly x: number;
  readonly event: RecordedEvent;
  readonly text: string;
  /** Acts that share its pole. */
  readonly more: number;
}

const unflagged = new Set(["effect", "node-started", "load", "cluster"]);

/** The lab's acts in sight. What the system reported is flagged only when nobody asked for it. */
export function flagsOf({ history, layout, radius, tracks, view, bands }: SceneInput, plot: number): Flag[] {
  const from = tracks.timeAt(view.from);
  const to = tracks.timeAt(view.to);
  const [lane] = history.lanes;
  const flags: Flag[] = [];
  const [start, end] = history.span(labLane, from, to);
  for (let index = start; index < end; index++) {
    const event = history.lab[index]!;
    if (unflagged.has(event.name)) continue;
    if (event.name === "exited" && event.detail?.["expected"] !== false) continue;
    const node = (text(event.detail?.["node"]) as NodeId | null) ?? lane;
    if (node === undefined) continue;
    const x = layout.gutter + pxOf(view, plot, tracks.xOfTime(node, event.at));
    const same = flags.at(-1);
    // Flags on one spot share one pole; what a person noted there is what it says.
    if (same !== undefined && Math.abs(same.x - x) < radius) {
      const words = event.name === "note" ? { event, text: flagText(event, bands) } : {};
      flags[flags.length - 1] = { ...same, ...words, more: same.more + 1 };
    } else flags.push({ x, event, text: flagText(event, bands), more: 0 });
  }
  return flags;
}

function flagText(event: RecordedEvent, bands: readonly Band[]): string {
  const node = text(event.detail?.["node"]) ?? "";
  switch (event.name) {
    case "partition": {
      const band = bands.find((candidate) => candidate.event === event.id);
      const groups = band?.kind === "partition" ? band.groups : [];
      return groups.length > 1 ? `cut ${groups.map((group) => group.length).join(" | ")}` : "cut";
    }
    case "step":
      return text(event.detail?.["words"]) ?? "step";
    case "note":
      return text(event.detail?.["text"]) ?? "note";
    case "restart":
      return `restart ${node}${event.detail?.["clock"] === "lose" ? " without its clock" : ""}`;
    case "exited":
      return `${node} ended by itself`;
    case "node-added":
      return `add ${node}`;
    case "node-removed":
      return `remove ${node}`;
    case "link":
      return `link ${text(event.detail?.["from"]) ?? ""} → ${text(event.detail?.["to"]) ?? ""}`;
    default:
      return diskFlag(event) ?? `${event.name} ${node}`.trim();
  }
}
