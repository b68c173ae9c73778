/**
 * What lasted: partitions, and the times in which a node was not its usual self.
 *
 * Events are points; a person reading a timeline asks about stretches ("what was written while the network was cut?").
 * Few events open or close a stretch, so they are kept apart as they arrive and folded anew when one is added.
 */
import type { NodeId, TimeMs } from "../ids.ts";
import { isRecord, number, text, texts } from "./detail.ts";
import { labLane, type Json, type RecordedEvent } from "./event.ts";
import { type History, insertSorted, programOrder } from "./history.ts";

/** `to` is null while it lasts. `event` is the id of the event that began it. */
export type Band =
  | {
      readonly kind: "partition";
      readonly id: number;
      readonly shape: string;
      readonly groups: readonly (readonly NodeId[])[];
      readonly cut: readonly string[];
      readonly from: TimeMs;
      readonly to: TimeMs | null;
      readonly event: number;
    }
  /** The node's process did not run. */
  | {
      readonly kind: "down";
      readonly node: NodeId;
      readonly how: "killed" | "stopped" | "failed" | "removed";
      readonly from: TimeMs;
      readonly to: TimeMs | null;
      readonly event: number;
    }
  | {
      readonly kind: "paused";
      readonly node: NodeId;
      readonly from: TimeMs;
      readonly to: TimeMs | null;
      readonly event: number;
    }
  /** A life after the first began here: a notch, `from` equals `to`. */
  | {
      readonly kind: "restart";
      readonly node: NodeId;
      readonly clock: "restored" | "lost" | "new";
      /** How many keys came back from its disk. */
      readonly keys: number;
      readonly from: TimeMs;
      readonly to: TimeMs;
      readonly event: number;
    }
  /** A link was set to delay, drop, repeat or reorder messages. */
  | {
      readonly kind: "link";
      readonly link: string;
      readonly from: TimeMs;
      readonly to: TimeMs | null;
      readonly event: number;
    };

type Mutable<T> = T extends unknown ? { -readonly [Name in keyof T]: T[Name] } : never;
type OpenBand = Mutable<Band>;

const labNames = new Set(["partition", "heal", "kill", "pause", "resume", "exited", "link", "node-removed"]);
const isTurn = (event: RecordedEvent) =>
  event.node === labLane ? labNames.has(event.name) : event.name === "start" || event.name === "stop";

class Turns {
  readonly #history: History;
  #turns: RecordedEvent[] = [];
  #cursor = 0;
  #epoch = 0;
  #bands: readonly Band[] = [];

  constructor(history: History) {
    this.#history = history;
  }

  bands(): readonly Band[] {
    if (this.#history.epoch !== this.#epoch) {
      this.#turns = [];
      this.#cursor = 0;
      this.#epoch = this.#history.epoch;
    }
    let added = this.#cursor === 0;
    for (; this.#cursor < this.#history.size; this.#cursor++) {
      const event = this.#history.all[this.#cursor]!;
      if (!isTurn(event)) continue;
      insertSorted(this.#turns, event, (a, b) => a.at - b.at || programOrder(a, b));
      added = true;
    }
    if (added) this.#bands = foldBands(this.#turns);
    return this.#bands;
  }
}

function foldBands(turns: readonly RecordedEvent[]): Band[] {
  const bands: OpenBand[] = [];
  const open = new Map<string, OpenBand>();
  const begin = (name: string, band: OpenBand) => {
    bands.push(band);
    open.set(name, band);
  };
  const end = (name: string, at: TimeMs) => {
    const band = open.get(name);
    if (band !== undefined) band.to = at;
    open.delete(name);
  };
  const lives = new Map<NodeId, number>();
  for (const event of turns) {
    const { at, name, id } = event;
    if (event.node !== labLane) foldNodeTurn(event, lives, { begin, end, open, bands });
    else if (name === "partition") {
      end("partition", at);
      begin("partition", partitionOf(event));
    } else if (name === "heal") end("partition", at);
    else if (name === "link") {
      const link = `${text(event.detail?.["from"]) ?? ""}>${text(event.detail?.["to"]) ?? ""}`;
      if (!isAtRest(event.detail?.["settings"]) && !open.has(link))
        begin(link, { kind: "link", link, from: at, to: null, event: id });
      else if (isAtRest(event.detail?.["settings"])) end(link, at);
    } else {
      const node = (text(event.detail?.["node"]) ?? "") as NodeId;
      if (name === "pause") begin(`paused ${node}`, { kind: "paused", node, from: at, to: null, event: id });
      else if (name === "resume") end(`paused ${node}`, at);
      else goDown(event, node, { begin, end, open, bands });
    }
  }
  return bands;
}

interface Drawing {
  readonly begin: (name: string, band: OpenBand) => void;
  readonly end: (name: string, at: TimeMs) => void;
  readonly open: ReadonlyMap<string, OpenBand>;
  readonly bands: OpenBand[];
}

function foldNodeTurn(
  event: RecordedEvent,
  lives: Map<NodeId, number>,
  { begin, end, bands }: Drawing,
): void {
  const { node, at, id } = event;
  if (event.name === "stop") {
    begin(`down ${node}`, { kind: "down", node, how: "stopped", from: at, to: null, event: id });
    return;
  }
  end(`down ${node}`, at);
  end(`paused ${node}`, at);
  const before = lives.get(node);
  if (before !== undefined && before !== event.life) {
    const told = event.detail?.["clock"];
    const clock = told === "lost" || told === "new" ? told : "restored";
    const keys = Number(event.detail?.["keys"] ?? 0);
    bands.push({ kind: "restart", node, clock, keys, from: at, to: at, event: id });
  }
  lives.set(node, event.life);
}

/** The first sign of an end counts: the lab's act, the node's own last event, or what the system reported. */
function goDown(event: RecordedEvent, node: NodeId, { begin, end, open }: Drawing): void {
  const { at, id } = event;
  end(`paused ${node}`, at);
  const already = open.get(`down ${node}`);
  const how = howDown(event);
  if (already?.kind === "down") {
    if (how === "removed" || (how === "failed" && already.how === "stopped")) already.how = how;
  } else begin(`down ${node}`, { kind: "down", node, how, from: at, to: null, event: id });
}

function howDown({ name, detail }: RecordedEvent): "killed" | "stopped" | "failed" | "removed" {
  if (name === "node-removed") return "removed";
  if (name === "kill" || detail?.["signal"] === "SIGKILL") return "killed";
  return detail?.["expected"] === true || detail?.["code"] === 0 ? "stopped" : "failed";
}

function partitionOf(event: RecordedEvent): OpenBand {
  const { at, id, detail } = event;
  const sides: readonly Json[] = Array.isArray(detail?.["groups"]) ? detail["groups"] : [];
  const groups = sides.map((side) => texts(side) as NodeId[]);
  const cut = texts(detail?.["cut"]);
  const shape = text(detail?.["kind"]) ?? "custom";
  return {
    kind: "partition",
    id: number(detail?.["id"]) ?? 0,
    shape,
    groups,
    cut,
    from: at,
    to: null,
    event: id,
  };
}

function isAtRest(settings: Json | undefined): boolean {
  return (
    !isRecord(settings) ||
    Object.values(settings).every((value) => value === false || value === 0 || value === null)
  );
}

const turns = new WeakMap<History, Turns>();

/** Every band of the session in the order in which they began. The same array until one is added or ends. */
export function bands(history: History): readonly Band[] {
  let known = turns.get(history);
  if (known === undefined) {
    known = new Turns(history);
    turns.set(history, known);
  }
  return known.bands();
}
