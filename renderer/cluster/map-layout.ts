import { placesOnCircle, type Point } from "./geometry.ts";
import type { Size } from "./use-size.ts";

export interface MapLayout {
  readonly places: ReadonlyMap<string, Point>;
  readonly centre: Point;
  /** Radius of a node's sign. */
  readonly radius: number;
  /**
   * What has room beside a node: its name and what is unusual about it, the same in fewer words, only what is unusual
   * (the number in its sign says which node it is), or nothing.
   */
  readonly labels: "full" | "short" | "notes" | "none";
  /** False in a small panel, where what is written on links would cover them. */
  readonly hasLinkTexts: boolean;
  readonly hasCaption: boolean;
}

/** Nodes on an ellipse that uses the panel's room, not more than half as long again one way as the other. */
export function layoutMap(nodes: readonly string[], { width, height, em }: Size): MapLayout {
  const isCrowded = nodes.length > 14;
  const isSmall = Math.min(width, height) < em * 26;
  if (isCrowded) return layoutIn(nodes, { width, height, em }, { x: 2.6, y: 3.1 }, isSmall, () => "none");
  const wide = layoutIn(
    nodes,
    { width, height, em },
    isSmall ? { x: 3.4, y: 4.4 } : { x: 4.4, y: 4.9 },
    isSmall,
    (gap) => (gap > em * 9 ? "full" : gap > em * 5.4 ? "short" : "notes"),
  );
  // Without names the nodes themselves can use the room.
  return wide.labels === "notes"
    ? layoutIn(nodes, { width, height, em }, { x: 2.6, y: 3.4 }, isSmall, () => "notes")
    : wide;
}

function layoutIn(
  nodes: readonly string[],
  { width, height, em }: Size,
  room: Point,
  isSmall: boolean,
  labelsFor: (gap: number) => MapLayout["labels"],
): MapLayout {
  const caption = isSmall ? 0 : em * 1.8;
  const half = {
    x: Math.max(20, width / 2 - room.x * em),
    y: Math.max(20, (height - caption) / 2 - room.y * em),
  };
  const short = Math.min(half.x, half.y);
  const stretch = { x: Math.min(half.x, short * 1.5), y: Math.min(half.y, short * 1.5) };
  const centre = { x: width / 2, y: (height - caption) / 2 };
  const unit = placesOnCircle(nodes.length, { x: 0, y: 0 }, 1);
  const places = new Map(
    nodes.map((node, i) => [
      node,
      { x: centre.x + unit[i]!.x * stretch.x, y: centre.y + unit[i]!.y * stretch.y },
    ]),
  );
  const gap = (2 * Math.PI * short) / Math.max(1, nodes.length);
  const radius = Math.max(em * 0.7, Math.min(em * 1.75, gap * 0.36, short * 0.27));
  return {
    places,
    centre,
    radius,
    labels: labelsFor(labelRoom([...places.values()], width, em)),
    hasLinkTexts: short > em * 7.5,
    hasCaption: !isSmall,
  };
}

/** How wide a label may be: it touches neither the label of a node at about its height nor the panel's edge. */
function labelRoom(places: readonly Point[], width: number, em: number): number {
  let room = width;
  places.forEach((place, index) => {
    room = Math.min(room, 2 * place.x, 2 * (width - place.x));
    for (const other of places.slice(index + 1))
      if (Math.abs(other.y - place.y) < em * 3.2) room = Math.min(room, Math.abs(other.x - place.x));
  });
  return room;
}
