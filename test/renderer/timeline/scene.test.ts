import { describe, expect, it } from "vitest";
import { eventOf, distanceToSegment, hitAt } from "../../../renderer/timeline/hit.ts";
import {
  cutBetween,
  layoutLanes,
  orderLanes,
  partitionIn,
  rowAt,
} from "../../../renderer/timeline/layout.ts";
import { besideOf, stepFrom, viewAround } from "../../../renderer/timeline/navigate.ts";
import { clockParts, shortName } from "../../../renderer/timeline/paint-labels.ts";
import { type Scene, sceneOf, standingOf } from "../../../renderer/timeline/scene.ts";
import { Tracks } from "../../../renderer/timeline/tracks.ts";
import type { AxisKind, TimelineSelection, View } from "../../../renderer/timeline/types.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { bands } from "../../../shared/trace/bands.ts";
import { Causality } from "../../../shared/trace/causality.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { History } from "../../../shared/trace/history.ts";
import { TraceBuilder } from "../../shared/trace/events.ts";
import { noise } from "./synthetic.ts";

interface Options {
  readonly view?: View;
  readonly selection?: TimelineSelection;
  readonly axis?: AxisKind;
}

function stage(events: readonly RecordedEvent[], { view, selection, axis = 1 }: Options = {}) {
  const history = new History();
  history.append(events);
  const causality = new Causality(history);
  const tracks = new Tracks(history, causality);
  tracks.sync({ membership: true }, axis);
  const lasting = bands(history);
  const groups = partitionIn(lasting, history.first, history.last)?.groups ?? null;
  const layout = layoutLanes(orderLanes(history.lanes, groups), {
    width: 1_000,
    height: 600,
    em: 13,
    scroll: 0,
  });
  const scene = sceneOf({
    history,
    causality,
    tracks,
    bands: lasting,
    layout,
    view: view ?? { from: history.first - 5, to: history.last + 5 },
    now: history.last + 1_000,
    radius: 5,
    selection: selection ?? null,
    hoveredKey: null,
    matches: new Set([2]),
    isWarned: (event) => causality.mismatch(event.id) !== null,
  });
  return { history, causality, tracks, layout, scene };
}

/** A and B on one side, C on the other; messages that arrive, arrive twice, die at the cut, and never end. */
function messages() {
  const trace = new TraceBuilder();
  trace.lab("partition", { id: 1, kind: "custom", groups: [["A", "C"], ["B"]], cut: ["A>B"] });
  trace.local("B", "start");
  trace.local("C", "start");
  trace.send("A", "C", "arrives", { op: "put", key: asKey("k") });
  trace.receive("C", "arrives");
  trace.receive("C", "arrives");
  trace.send("A", "B", "dies", { op: "put" });
  trace.lost("dies", "blocked");
  trace.send("C", "B", "open", { op: "get" });
  return trace;
}

describe("the scene", () => {
  it("draws each message once: arrived, again, lost at the cut, or without an end", () => {
    const { scene, layout } = stage(messages().events);
    expect(scene.arrows.map((arrow) => arrow.kind).sort()).toEqual(["again", "arrived", "lost", "open"]);
    const lost = scene.arrows.find((arrow) => arrow.kind === "lost")!;
    const rowC = layout.rows.find((row) => row.node === asNodeId("C"))!;
    expect(lost.y2).toBe(rowC.bottom);
    expect(lost.x2).toBeGreaterThan(lost.x1);
  });

  it("draws a message whose receive lies beyond the edge", () => {
    const trace = new TraceBuilder();
    trace.send("A", "B", "m", { op: "put" });
    trace.now += 5_000;
    trace.receive("B", "m");
    const arrows = stage(trace.events, { view: { from: 900, to: 1_500 } }).scene.arrows;
    expect(arrows).toHaveLength(1);
    expect(arrows[0]!.x2).toBeGreaterThan(1_000);
    const fromRight = stage(trace.events, { view: { from: 5_000, to: 6_500 } }).scene.arrows;
    expect(fromRight).toHaveLength(1);
    expect(fromRight[0]!.x1).toBeLessThan(0);
  });

  it("gives up on arrows when there are too many, except those of the selected event", () => {
    const events = noise(30_000, 1_000);
    expect(stage(events).scene).toMatchObject({ isDense: true, arrows: [], marks: [] });
    const receive = events.find((event) => event.type === "receive")!;
    const { arrows } = stage(events, { selection: { kind: "event", id: receive.id } }).scene;
    expect(arrows).toMatchObject([{ kind: "arrived", isSelected: true }]);
  });

  it("stands every mark to the selection as causality says", () => {
    const trace = messages();
    for (const selected of trace.events) {
      if (selected.op === "lab" || selected.type === "lost") continue;
      const { scene, causality } = stage(trace.events, { selection: { kind: "event", id: selected.id } });
      for (const event of trace.events) {
        if (event.op === "lab" || event.type === "lost") continue;
        const relation = causality.relation(event.id, selected.id);
        const wanted = { before: "past", after: "future", concurrent: "concurrent", same: "self" }[relation];
        expect(standingOf(event, scene.cone, { kind: "event", id: selected.id })).toBe(wanted);
      }
    }
  });

  it("dims nothing for an act of the lab: it lies on no path of messages", () => {
    const trace = messages();
    const act = trace.events.find((event) => event.op === "lab")!;
    const { scene } = stage(trace.events, { selection: { kind: "event", id: act.id } });
    expect(scene.cone).toBeNull();
    expect(new Set(scene.marks.map((mark) => mark.standing))).toEqual(new Set(["none"]));
    expect(new Set(scene.arrows.map((arrow) => arrow.standing))).toEqual(new Set(["none"]));
  });

  it("flags the lab's acts and marks what was found, what is warned of and what conflicts", () => {
    const trace = new TraceBuilder();
    trace.lab("kill", { node: "A", pid: 1 });
    trace.local("A", "one");
    trace.now += 100;
    trace.restart("A", "lose");
    trace.now += 100;
    trace.local("A", "conflict", { op: "put", detail: { dots: ["A:1", "B:1"] } });
    const { scene } = stage(trace.events);
    expect(scene.flags.map((flag) => flag.text)).toEqual(["kill A"]);
    expect(scene.marks.map(({ isMatch, isWarned, isConflict }) => [isMatch, isWarned, isConflict])).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });
});

/** B receives, stores and answers in one step; the answer takes two milliseconds. */
const step = () => {
  const trace = new TraceBuilder();
  trace.send("A", "B", "ask", { op: "put", at: 1_000 });
  trace.receive("B", "ask", { at: 1_003 });
  trace.local("B", "stored", { op: "put", at: 1_003 });
  trace.send("B", "A", "answer", { op: "put", at: 1_003 });
  trace.receive("A", "answer", { at: 1_005 });
  return trace.events;
};
const onB = (scene: Scene) => scene.marks.filter((mark) => mark.row.node === asNodeId("B"));

describe("several events of one moment", () => {
  it("stand side by side in their order when the view is near", () => {
    const { scene } = stage(step(), { view: { from: 998, to: 1_008 } });
    const marks = onB(scene);
    expect(marks.map((mark) => mark.end - mark.start)).toEqual([1, 1, 1]);
    expect(marks[1]!.x - marks[0]!.x).toBeGreaterThan(10);
    const answer = scene.arrows.find((arrow) => arrow.event.node === asNodeId("A"))!;
    expect(answer.x1).toBe(marks[2]!.x);
    expect(answer.x2).toBeGreaterThan(answer.x1);
  });

  it("are one mark when the view is far, or when an answer would arrive before it was sent", () => {
    expect(onB(stage(step(), { view: { from: 0, to: 2_000 } }).scene)).toHaveLength(1);
    const hasty = step().map((event) => (event.id === 5 ? { ...event, at: 1_003.1 } : event));
    expect(onB(stage(hasty, { view: { from: 998, to: 1_008 } }).scene)).toHaveLength(1);
  });
});

describe("lanes", () => {
  const nodes = ["node-1", "node-2", "node-3", "node-4"].map(asNodeId);
  const groups = [
    [nodes[3]!, nodes[0]!],
    [nodes[2]!, nodes[1]!],
  ];

  it("stand together by side while the network is cut, in natural order within", () => {
    expect(orderLanes(nodes, groups)).toEqual(["node-1", "node-4", "node-2", "node-3"]);
    expect(orderLanes(nodes, null)).toEqual(nodes);
    expect(orderLanes(nodes, [[nodes[2]!], [nodes[0]!]])).toEqual(["node-3", "node-1", "node-2", "node-4"]);
  });

  it("lie between the flags and the foot, evenly, and scroll when they do not fit", () => {
    const layout = layoutLanes(nodes, { width: 800, height: 500, em: 13, scroll: 0 });
    expect(layout.rows[0]!.top).toBe(layout.top);
    expect(layout.rows.at(-1)!.bottom).toBeLessThanOrEqual(500);
    for (const row of layout.rows) {
      expect(row.y).toBeGreaterThan(row.top);
      expect(row.stripeTop).toBeGreaterThan(row.y);
      expect(row.stripeTop).toBeLessThan(row.bottom);
    }
    const many = Array.from({ length: 32 }, (_, index) => asNodeId(`n${index}`));
    const full = layoutLanes(many, { width: 800, height: 300, em: 13, scroll: 40 });
    expect(full.content).toBeGreaterThan(300);
    expect(full.rows[0]!.top).toBe(full.top - 40);
    expect(rowAt(layout, layout.rows[2]!.y)?.node).toBe(nodes[2]);
    expect(rowAt(layout, 5)).toBeNull();
  });

  it("know where a cut runs between two of them", () => {
    const layout = layoutLanes(orderLanes(nodes, groups), { width: 800, height: 500, em: 13, scroll: 0 });
    const border = layout.rows[1]!.bottom;
    expect(cutBetween(layout, groups, nodes[0]!, nodes[2]!)).toBe(border);
    expect(cutBetween(layout, groups, nodes[2]!, nodes[0]!)).toBe(border);
    expect(cutBetween(layout, groups, nodes[0]!, nodes[3]!)).toBeNull();
  });
});

describe("the pointer", () => {
  it("finds the nearest sign, then messages, flags, names and the axis", () => {
    const { scene, layout } = stage(messages().events);
    const mark = scene.marks[0]!;
    expect(hitAt(scene, layout, mark.x + 2, mark.row.y - 3, 11)).toMatchObject({ kind: "mark", mark });
    const arrow = scene.arrows.find((candidate) => candidate.kind === "lost")!;
    expect(hitAt(scene, layout, arrow.x2, arrow.y2 - 2, 11)).toMatchObject({ kind: "arrow" });
    expect(hitAt(scene, layout, 10, layout.rows[1]!.y, 11)).toMatchObject({
      kind: "name",
      node: layout.rows[1]!.node,
    });
    expect(hitAt(scene, layout, 400, 3, 11)).toEqual({ kind: "axis" });
    const flag = scene.flags[0]!;
    expect(hitAt(scene, layout, flag.x + 1, layout.axisBottom + 4, 11)).toMatchObject({ kind: "flag", flag });
    expect(hitAt(scene, layout, 700, layout.rows[0]!.top + 2, 11)).toBeNull();
  });

  it("goes through the events of a mark with repeated clicks", () => {
    const trace = new TraceBuilder();
    const ids = [trace.local("A", "one").id, trace.local("A", "two").id, trace.local("A", "three").id];
    const scene: Scene = stage(trace.events, { view: { from: -9_000, to: 9_000 } }).scene;
    const [mark] = scene.marks;
    expect(scene.marks).toHaveLength(1);
    const clicks: number[] = [];
    let selected: number | null = null;
    for (let click = 0; click < 4; click++) {
      selected = eventOf(mark!, mark!.x, selected).id;
      clicks.push(selected);
    }
    expect(clicks).toEqual([...ids, ids[0]]);
  });

  it("measures the distance to a stretch, not to its line", () => {
    const segment = { x1: 0, y1: 0, x2: 10, y2: 0 };
    expect(distanceToSegment(5, 3, segment)).toBe(3);
    expect(distanceToSegment(14, 3, segment)).toBe(5);
    expect(distanceToSegment(3, 4, { x1: 0, y1: 0, x2: 0, y2: 0 })).toBe(5);
  });
});

describe("stepping", () => {
  const trace = messages();
  const { history, causality, tracks, layout } = stage(trace.events);
  const paths = { history, causality, tracks };
  const named = (message: string, type: string) =>
    trace.events.find((event) => event.message === message && event.type === type)!.id;

  it("follows messages first, then the lane", () => {
    const receive = named("arrives", "receive");
    expect(stepFrom(paths, receive, "cause")).toBe(named("arrives", "send"));
    expect(stepFrom(paths, named("arrives", "send"), "effect")).toBe(receive);
    expect(stepFrom(paths, named("dies", "send"), "effect")).toBe(named("dies", "lost"));
    expect(stepFrom(paths, named("dies", "lost"), "cause")).toBe(named("dies", "send"));
    expect(stepFrom(paths, receive, "previous")).toBe(receive - 2);
    expect(stepFrom(paths, 3, "next")).toBe(receive);
    expect(stepFrom(paths, 2, "cause")).toBeNull();
  });

  it("goes to the lane beside", () => {
    const lanes = layout.rows.map((row) => row.node);
    expect(lanes).toEqual(["A", "C", "B"]);
    const send = named("arrives", "send");
    expect(history.event(besideOf(paths, lanes, send, 1)!)?.node).toBe("C");
    expect(besideOf(paths, lanes, send, -1)).toBeNull();
  });

  it("goes near enough to see what an event is part of", () => {
    const send = history.event(named("arrives", "send"))!;
    const act = history.lab[0]!;
    const around = viewAround(paths, act, 0.5);
    for (const track of tracks.all())
      expect(track.xs.slice(0, track.placed).some((x) => x >= around.from && x <= around.to)).toBe(true);
    const view = viewAround(paths, send, 0.5);
    const receive = history.event(named("arrives", "receive"))!;
    expect(view.from).toBeLessThan(send.at);
    expect(view.to).toBeGreaterThan(receive.at);
    expect(view.to - view.from).toBeLessThan(20);
  });
});

describe("labels", () => {
  const lanes = ["A", "B", "C"].map(asNodeId);

  it("write a clock in lane order with what changed marked", () => {
    const parts = clockParts({ A: 3, C: 1 }, { A: 2, C: 1 }, lanes);
    expect(parts.map((part) => part.text).join("")).toBe("⟨3,0,1⟩");
    expect(parts.filter((part) => part.isChanged).map((part) => part.text)).toEqual(["3"]);
    expect(clockParts({ A: 1 }, null, lanes).filter((part) => part.isChanged)).toHaveLength(1);
  });

  it("call a request by what it asks for", () => {
    const trace = new TraceBuilder();
    expect(shortName(trace.local("A", "request", { op: "put", key: asKey("k") }))).toBe("put k");
    expect(shortName(trace.local("A", "stored", { op: "put", key: asKey("k") }))).toBe("stored");
  });
});
