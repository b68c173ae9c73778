import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnPx, leadingOp, lodOf, mixOf } from "../../../renderer/timeline/clusters.ts";
import { densityOf } from "../../../renderer/timeline/minimap.ts";
import { passes, Tracks } from "../../../renderer/timeline/tracks.ts";
import type { AxisKind, TimelineFilter } from "../../../renderer/timeline/types.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { Causality } from "../../../shared/trace/causality.ts";
import { operations, type RecordedEvent } from "../../../shared/trace/event.ts";
import { History } from "../../../shared/trace/history.ts";
import { TraceBuilder } from "../../shared/trace/events.ts";
import { noise, story } from "./synthetic.ts";

const a = asNodeId("A");

function tracksOf(
  events: readonly RecordedEvent[],
  axis: AxisKind = 1,
  filter: TimelineFilter = { membership: true },
) {
  const history = new History();
  history.append(events);
  const tracks = new Tracks(history, new Causality(history));
  tracks.sync(filter, axis);
  return { history, tracks };
}

describe("tracks", () => {
  it("hold what passes the filter, and messages lost apart", () => {
    const trace = new TraceBuilder();
    trace.local("A", "work", { op: "put", key: asKey("x") });
    trace.send("A", "B", "m1", { op: "membership", name: "PING" });
    trace.send("A", "B", "m2", { op: "put", key: asKey("y") });
    trace.lost("m2", "blocked");
    const names = (filter: TimelineFilter) =>
      tracksOf(trace.events, 1, filter)
        .tracks.of(a)!
        .events.map((event) => event.name);
    expect(names({ membership: true })).toEqual(["work", "PING", "REPLICATE"]);
    expect(names({ membership: false })).toEqual(["work", "REPLICATE"]);
    expect(names({ membership: true, key: "y" })).toEqual(["REPLICATE"]);
    expect(names({ membership: true, ops: new Set(["membership"]) })).toEqual(["PING"]);
    expect(
      tracksOf(trace.events)
        .tracks.of(a)!
        .lost.map((event) => event.id),
    ).toEqual([4]);
    expect(passes(trace.events[3]!, { membership: false })).toBe(true);
  });

  it("count the same as the naive way, on every axis", () => {
    const { tracks } = tracksOf(story());
    const track = tracks.of(asNodeId("node-1"))!;
    fc.assert(
      fc.property(fc.nat(track.events.length), fc.nat(track.events.length), (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        for (const op of operations) {
          const naive = track.events.slice(start, end).filter((event) => event.op === op).length;
          expect(track.countOf(op, start, end)).toBe(naive);
        }
      }),
    );
  });

  it("follow a history that grows, late events included, as if it had been there from the start", () => {
    const events = story();
    const late = events.splice(60, 5).map((event, index) => ({ ...event, id: 90_000 + index }));
    for (const axis of [1, 2, 3] as const) {
      const history = new History();
      const tracks = new Tracks(history, new Causality(history));
      for (let from = 0; from < events.length; from += 29) {
        history.append(events.slice(from, from + 29));
        tracks.sync({ membership: false }, axis);
      }
      history.append(late);
      tracks.sync({ membership: false }, axis);
      const whole = tracksOf([...events, ...late], axis, { membership: false }).tracks;
      for (const track of whole.all()) {
        const grown = tracks.of(track.node)!;
        expect(grown.events).toEqual(track.events);
        expect([...grown.xs.subarray(0, grown.placed)]).toEqual([...track.xs.subarray(0, track.placed)]);
      }
    }
  });

  it("lay causes left of their effects on axis 3, without holes for what is hidden", () => {
    const { history, tracks } = tracksOf(story(), 3, { membership: false });
    const used = new Set<number>();
    for (const track of tracks.all()) {
      for (const [index, event] of track.events.entries()) {
        used.add(track.xs[index]!);
        if (index > 0) expect(track.xs[index]!).toBeGreaterThan(track.xs[index - 1]!);
        const send = event.type === "receive" ? history.send(event.message!) : undefined;
        if (send !== undefined) expect(tracks.xOf(event)).toBeGreaterThan(tracks.xOf(send));
      }
    }
    expect([...used].sort((x, y) => x - y)).toEqual([...used].map((_, index) => index));
  });

  it("find the moment at a place and the place of a moment", () => {
    const { tracks } = tracksOf(story(), 2);
    const track = tracks.of(asNodeId("node-2"))!;
    const at = track.events[5]!.at;
    expect(tracks.xOfTime(asNodeId("node-2"), at + 0.01)).toBe(5.5);
    expect(tracksOf(story(), 1).tracks.xOfTime(asNodeId("node-2"), at)).toBe(at);
  });
});

function laneOf(times: readonly number[]) {
  const trace = new TraceBuilder();
  for (const at of times) trace.local("A", "work", { at });
  return tracksOf(trace.events).tracks.of(a)!;
}

describe("level of detail", () => {
  const view = { from: 1_000, to: 2_000 };

  it("draws events that lie apart each by itself", () => {
    const { clusters } = lodOf(laneOf([1_100, 1_200, 1_300]), view, 1_000, 10);
    expect(clusters.map(({ start, end, x1 }) => [start, end, x1])).toEqual([
      [0, 1, 100],
      [1, 2, 200],
      [2, 3, 300],
    ]);
  });

  it("joins close neighbours, and cuts long chains", () => {
    const { clusters } = lodOf(laneOf([1_100, 1_105, 1_112, 1_300]), view, 1_000, 10);
    expect(clusters.map(({ start, end }) => [start, end])).toEqual([
      [0, 3],
      [3, 4],
    ]);
    const chain = lodOf(laneOf(Array.from({ length: 40 }, (_, index) => 1_100 + index * 5)), view, 1_000, 10);
    expect(chain.clusters.length).toBeGreaterThan(2);
    expect(chain.clusters.every((cluster) => cluster.x2 - cluster.x1 < 60)).toBe(true);
  });

  it("keeps every event in exactly one mark, and the same marks while the view pans", () => {
    const times = fc.uniqueArray(fc.integer({ min: 1_200, max: 1_800 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(times, fc.integer({ min: -90, max: 90 }), (unsorted, shift) => {
        const track = laneOf(unsorted.toSorted((x, y) => x - y));
        const { clusters } = lodOf(track, view, 1_000, 9);
        expect(
          clusters.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
        ).toEqual(track.events.map((_, index) => index));
        const panned = lodOf(track, { from: view.from + shift, to: view.to + shift }, 1_000, 9).clusters;
        expect(panned.map(({ start, end }) => [start, end])).toEqual(
          clusters.map(({ start, end }) => [start, end]),
        );
      }),
    );
  });

  it("turns a full lane into columns that hold every event once", () => {
    const { tracks } = tracksOf(noise(20_000, 1_000));
    const track = tracks.of(asNodeId("node-1"))!;
    const whole = tracks.extent(track.events.at(-1)!.at + 1);
    const { clusters, columns } = lodOf(track, whole, 1_000, 10);
    expect(clusters).toEqual([]);
    expect(columns.reduce((sum, column) => sum + column.end - column.start, 0)).toBe(track.events.length);
    for (const [index, column] of columns.entries()) {
      if (index > 0) expect(column.x - columns[index - 1]!.x).toBeGreaterThanOrEqual(columnPx - 0.001);
    }
  });

  it("shows a mark of many as what clients did", () => {
    const trace = new TraceBuilder();
    for (const op of ["internal", "membership", "membership", "get", "put", "put"] as const)
      trace.local("A", "work", { op });
    const track = tracksOf(trace.events).tracks.of(a)!;
    expect(leadingOp(track, 0, 6)).toBe("put");
    expect(leadingOp(track, 0, 3)).toBe("internal");
    expect(leadingOp(track, 3, 4)).toBe("get");
    expect(mixOf(track, 0, 6)).toEqual([
      ["put", 2],
      ["get", 1],
      ["internal", 1],
      ["membership", 2],
    ]);
  });

  it("counts every event once in the minimap", () => {
    const { tracks } = tracksOf(story());
    let events = 0;
    for (const track of tracks.all()) events += track.events.length;
    const whole = tracks.extent(1_700_000_010_000);
    const columns = densityOf(tracks, whole, 600);
    expect(columns.reduce((sum, column) => sum + column.total, 0)).toBe(events);
    for (const column of columns)
      expect(column.mix.reduce((sum, [, count]) => sum + count, 0)).toBe(column.total);
  });
});
