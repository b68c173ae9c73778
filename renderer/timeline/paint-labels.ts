/** Words beside events, when there is room: what it was above, its clock below with the changed counters bold. */
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../shared/ids.ts";
import { numbers, text } from "../../shared/trace/detail.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { notchText, notchTextAt } from "./paint-lanes.ts";
import type { Picture } from "./paint.ts";
import type { Row } from "./layout.ts";
import type { Mark } from "./scene.ts";
import { pxOf } from "./view.ts";

export interface ClockPart {
  readonly text: string;
  readonly isChanged: boolean;
}

/** ⟨3,0,1⟩ in lane order, in parts; a counter is changed when it differs from the clock before it in the lane. */
export function clockParts(
  clock: VectorClock,
  before: VectorClock | null,
  lanes: readonly NodeId[],
): readonly ClockPart[] {
  const parts: ClockPart[] = [{ text: "⟨", isChanged: false }];
  lanes.forEach((node, index) => {
    if (index > 0) parts.push({ text: ",", isChanged: false });
    const counter = clock[node] ?? 0;
    parts.push({ text: String(counter), isChanged: counter !== (before?.[node] ?? 0) });
  });
  parts.push({ text: "⟩", isChanged: false });
  return parts;
}

/** So far back is the clock before it looked for. */
const nearMax = 200;

/** Texts of the application longer than this are cut off beside their sign. */
const textMax = 24;

/**
 * What an event is called beside its sign: a client's request by what it asks for, a message by its kind, an event of
 * the lessons' application with its text or number.
 */
export function shortName({ name, op, key, detail }: RecordedEvent): string {
  if (name === "request" && key !== undefined) return `${op} ${key}`;
  const said = text(detail?.["text"]) ?? (name === "minted" ? text(detail?.["id"]) : null);
  if (said === null || op === "lab") return name;
  const short = said.length > textMax ? `${said.slice(0, textMax - 1)}…` : said;
  return name === "event" ? short : `${name} ${short}`;
}

/**
 * The application's own clock where it stamped the event, as a textbook counts; else the node's. None for what the
 * application has received and not yet made an event of its own.
 */
export function stampOf({ clock, detail, op }: RecordedEvent): VectorClock | null {
  if (op !== "internal" || detail === undefined) return clock;
  const vector = numbers(detail["vector"]);
  if (Object.keys(vector).length > 0) return vector;
  return text(detail["text"]) === null ? clock : null;
}

/** More marks than this in sight are left without words. */
const wordsMax = 160;

/** One word at a mark: above it what it was, below it its clock or how many events it stands for. */
interface Label {
  readonly mark: Mark;
  readonly parts: readonly ClockPart[];
  readonly width: number;
  readonly isMono: boolean;
}

export function paintLabels(picture: Picture): void {
  const { scene, layout } = picture;
  const sparse = scene.marks.length <= wordsMax;
  for (const row of layout.rows) {
    const marks = scene.marks.filter((mark) => mark.row === row);
    // The selected event has the first claim on the room beside it.
    marks.sort((a, b) => Number(b.standing === "self") - Number(a.standing === "self"));
    // The ring of the selection needs more room than a sign.
    const clear = picture.radius * (marks[0]?.standing === "self" ? 2.3 : 1.35);
    const above = new Shelves(picture, row.y - row.top, clear, -1);
    const below = new Shelves(picture, row.stripeTop - row.y, clear, 1);
    for (const [left, right] of notchWords(picture, row)) above.reserve(left, right);
    for (const mark of marks) {
      if (mark.end - mark.start > 1) below.put(countLabel(picture, mark), false);
      else if (sparse || mark.standing === "self") {
        above.put(nameLabel(picture, mark), true);
        const clock = clockLabel(picture, mark);
        if (clock !== null) below.put(clock, true);
      }
    }
  }
}

/** Where the words stand that say what nodes came back with. */
function notchWords({ bands, ctx, layout, tokens, tracks, view }: Picture, row: Row): [number, number][] {
  const at = notchTextAt(tokens);
  const plot = layout.width - layout.gutter;
  ctx.font = at.font;
  return bands
    .filter((band) => band.kind === "restart")
    .filter((band) => band.node === row.node)
    .map((band) => {
      const x = layout.gutter + pxOf(view, plot, tracks.xOfTime(row.node, band.from));
      return [x, x + at.x + ctx.measureText(notchText(band)).width];
    });
}

/** Shelves over or under a lane: a label goes to the first on which it does not touch another, or nowhere. */
class Shelves {
  readonly #picture: Picture;
  readonly #side: -1 | 1;
  readonly #clear: number;
  readonly #height: number;
  readonly #shelves: { readonly left: number; readonly right: number }[][];

  /** `room` px from the lane, `clear` of them taken by the signs. */
  constructor(picture: Picture, room: number, clear: number, side: -1 | 1) {
    this.#picture = picture;
    this.#side = side;
    this.#clear = clear;
    this.#height = picture.tokens.size * 1.12;
    const count = Math.max(0, Math.min(3, Math.floor((room - clear) / this.#height)));
    this.#shelves = Array.from({ length: count }, () => []);
  }

  /** Takes room on the shelf next to the lane. */
  reserve(left: number, right: number): void {
    this.#shelves[0]?.push({ left, right });
  }

  put(label: Label, mayClimb: boolean): void {
    const { layout } = this.#picture;
    const left = Math.max(layout.gutter + 2, label.mark.x - label.width / 2);
    const right = left + label.width;
    const shelves = mayClimb ? this.#shelves : this.#shelves.slice(0, 1);
    const level = shelves.findIndex((shelf) =>
      shelf.every((other) => right + 5 < other.left || left - 5 > other.right),
    );
    if (level === -1) return;
    shelves[level]!.push({ left, right });
    const y = label.mark.row.y + this.#side * (this.#clear + this.#height * (level + 0.5));
    paintParts(this.#picture, label, left, y);
  }
}

const smallOf = ({ tokens }: Picture) => tokens.size * 0.8;

function countLabel(picture: Picture, mark: Mark): Label {
  const count = String(mark.end - mark.start);
  return {
    mark,
    parts: [{ text: count, isChanged: false }],
    width: count.length * smallOf(picture) * 0.6,
    isMono: true,
  };
}

function nameLabel(picture: Picture, mark: Mark): Label {
  const { ctx, tokens } = picture;
  const name = shortName(mark.track.events[mark.start]!);
  ctx.font = `550 ${smallOf(picture)}px ${tokens.font}`;
  return {
    mark,
    parts: [{ text: name, isChanged: false }],
    width: ctx.measureText(name).width,
    isMono: false,
  };
}

function clockLabel(picture: Picture, mark: Mark): Label | null {
  const event = mark.track.events[mark.start]!;
  const clock = stampOf(event);
  if (clock === null) return null;
  const parts = clockParts(clock, stampBefore(mark.track.events, mark.start), picture.lanes);
  const length = parts.reduce((sum, part) => sum + part.text.length, 0);
  return { mark, parts, width: length * smallOf(picture) * 0.6, isMono: true };
}

const isOwn = (event: RecordedEvent) => stampOf(event) !== event.clock;

/** An application's event that its clock stamped is compared with the one before it of the same clock, near by. */
function stampBefore(events: readonly RecordedEvent[], index: number): VectorClock | null {
  if (!isOwn(events[index]!)) return events[index - 1]?.clock ?? null;
  for (let place = index - 1; place >= 0 && place > index - nearMax; place--) {
    if (isOwn(events[place]!)) return stampOf(events[place]!);
  }
  return null;
}

/** The mono font advances 0.6 em for every character, bold or not. */
function paintParts(picture: Picture, { isMono, mark, parts }: Label, left: number, y: number): void {
  const { ctx, tokens } = picture;
  const size = smallOf(picture);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = tokens.stroke * 2.4;
  ctx.strokeStyle = tokens.surface;
  ctx.globalAlpha = mark.standing === "concurrent" ? 0.5 : 1;
  let x = left;
  for (const part of parts) {
    ctx.font = isMono
      ? `${part.isChanged ? 800 : 450} ${size}px ${tokens.mono}`
      : `550 ${size}px ${tokens.font}`;
    // A rim in the colour of the ground: to be read across the lines behind.
    ctx.strokeText(part.text, x, y);
    ctx.fillStyle = part.isChanged ? tokens.text : tokens.text2;
    ctx.fillText(part.text, x, y);
    x += part.text.length * size * 0.6;
  }
  ctx.globalAlpha = 1;
}
