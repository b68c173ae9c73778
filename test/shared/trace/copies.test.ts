import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDot } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { text } from "../../../shared/trace/detail.ts";
import { copiesAt } from "../../../shared/trace/copies.ts";
import { recorded, TraceBuilder } from "./events.ts";
import { Driver, nodes, play, story } from "./simulated.ts";

const key = asKey("k");
const stored = (dot: string, dots: readonly string[], extra = {}) => ({
  op: "put" as const,
  key,
  detail: { dot, siblings: dots.length, dots: [...dots] },
  ...extra,
});

const old = (dot: string, siblings: number) => ({ op: "put" as const, key, detail: { dot, siblings } });

const contextOf = (dot: string) => ({ [dot.split(":")[0]!]: Number(dot.split(":")[1]) });

describe("the copies of a key", () => {
  it("are what the replicas themselves hold, whatever happened", () => {
    const property = fc.property(story, fc.nat(10_000), (steps, seed) => {
      const { lab } = play(steps, seed);
      const { history } = recorded(lab.events);
      const { copies } = copiesAt(history, key, null, nodes.map(asNodeId));
      for (const { node, versions } of copies) {
        const state = lab.world.machines.get(node).process?.replica.keys.get(key);
        const held = (state?.versions ?? []).map(({ dot }) => formatDot(dot));
        expect(versions.map(({ dot }) => dot).sort(), `copy of ${node}`).toEqual(held.sort());
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it("name what an owner behind a cut has missed, and nothing once it has caught up", () => {
    const driver = new Driver(nodes, 5);
    driver.lab.run(200);
    driver.lab.put("A", "k", "old");
    driver.lab.run(50);
    driver.partition(["A", "B"], ["C"]);
    driver.lab.put("A", "k", "new");
    const cut = recorded(driver.lab.events).history;
    const behind = copiesAt(cut, key, null, nodes.map(asNodeId));
    expect(behind.newest).toHaveLength(1);
    expect(behind.copies.map(({ node, missing }) => [node, missing.length])).toEqual([
      ["A", 0],
      ["B", 0],
      ["C", 1],
    ]);
    expect([...behind.writes.values()].map(({ value, node }) => [value, node])).toEqual([
      ["old", "A"],
      ["new", "A"],
    ]);
    driver.heal();
    driver.lab.get("C", "k");
    driver.lab.run(100);
    const healed = copiesAt(recorded(driver.lab.events).history, key, null, nodes.map(asNodeId));
    expect(healed.copies.every(({ missing }) => missing.length === 0)).toBe(true);
  });

  it("lose a version without a new one in its place where that had been replaced before it came", () => {
    const driver = new Driver(nodes, 6, { hints: false, antiEntropyInterval: "0s" });
    const newestDot = () =>
      text(driver.lab.events.findLast(({ name }) => name === "stored")?.detail?.["dot"])!;
    driver.lab.run(200);
    driver.lab.put("A", "k", "one");
    driver.lab.run(50);
    const one = newestDot();
    driver.partition(["A"], ["B", "C"]);
    driver.put("B", "k", "two", contextOf(one));
    driver.lab.run(50);
    const two = newestDot();
    driver.heal();
    // Its client has read "two", which this coordinator never had; "one" stays beside it here, and nowhere else.
    driver.put("A", "k", "three", contextOf(two));
    driver.lab.run(50);
    const holds = (node: string) => {
      const { copies } = copiesAt(recorded(driver.lab.events).history, key, null);
      return copies.find((copy) => copy.node === node)!.versions.map(({ dot }) => dot);
    };
    expect(holds("A")).toHaveLength(2);
    expect(holds("B")).toHaveLength(1);
    driver.lab.get("A", "k");
    driver.lab.run(50);
    expect(driver.lab.events.filter(({ name }) => name === "overtaken")).toMatchObject([{ node: "A" }]);
    expect(holds("A")).toEqual(holds("B"));
  });

  it("follow the moment that is looked at", () => {
    const trace = new TraceBuilder();
    trace.local("A", "stored", stored("A:1", ["A:1"]));
    const between = trace.now;
    trace.now += 10;
    trace.local("A", "stored", stored("A:2", ["A:2"]));
    const { history } = recorded(trace.events);
    expect(copiesAt(history, key, between).newest).toEqual(["A:1"]);
    expect(copiesAt(history, key, null).newest).toEqual(["A:2"]);
  });

  it("count a version as replaced that its writer had read, though its coordinator had not", () => {
    const trace = new TraceBuilder();
    trace.local("A", "stored", stored("A:1", ["A:1"]));
    const context = { op: "put" as const, key, request: "r" as never };
    trace.local("B", "request", { ...context, detail: { coordinator: "B", replicas: [], context: ["A:1"] } });
    trace.local("B", "stored", stored("B:2", ["B:2"], { request: "r" }));
    expect(copiesAt(recorded(trace.events).history, key, null).newest).toEqual(["B:2"]);
  });

  it("show hints from their keeping to their delivery", () => {
    const trace = new TraceBuilder();
    trace.local("A", "hint-kept", { op: "put", key, detail: { target: "C", dots: ["A:1"] } });
    const kept = trace.now - 1;
    trace.local("A", "hints-delivered", { detail: { target: "C", keys: ["other"] } });
    const other = trace.now - 1;
    trace.local("A", "hints-delivered", { detail: { target: "C", keys: ["k"] } });
    const { history } = recorded(trace.events);
    for (const at of [kept, other])
      expect(copiesAt(history, key, at).hints).toMatchObject([{ holder: "A", target: "C", dots: ["A:1"] }]);
    expect(copiesAt(history, key, null).hints).toEqual([]);
  });

  it("list each loss of last-write-wins once, with what it lost to", () => {
    const trace = new TraceBuilder();
    trace.local("A", "stored", stored("A:1", ["A:1"]));
    for (const node of ["A", "B"]) {
      trace.local(node, "stored", stored("B:2", ["B:2"]));
      trace.local(node, "discarded", {
        op: "put",
        key,
        detail: { dot: "A:1", by: "B:2", value: "mine" },
      });
    }
    const { losses, newest } = copiesAt(recorded(trace.events).history, key, null);
    expect(losses).toMatchObject([{ dot: "A:1", by: "B:2", value: "mine", node: "A" }]);
    expect(newest).toEqual(["B:2"]);
  });

  it("are gone from a node whose disk was wiped, and where the tombstone was reaped", () => {
    const trace = new TraceBuilder();
    for (const node of ["A", "B"]) trace.local(node, "stored", stored("A:1", ["A:1"], { op: "delete" }));
    trace.lab("wipe", { node: "B" });
    trace.local("A", "reaped", { detail: { keys: ["k"] } });
    const { copies, newest } = copiesAt(recorded(trace.events).history, key, null, ["A", "B"].map(asNodeId));
    expect(copies.map(({ versions }) => versions)).toEqual([[], []]);
    expect(newest).toEqual([]);
  });

  it("of sessions recorded before every version was listed are the newest so many", () => {
    const trace = new TraceBuilder();
    trace.local("A", "stored", old("A:1", 1));
    trace.local("A", "stored", old("B:1", 2));
    const versions = (at: number | null) =>
      copiesAt(recorded(trace.events).history, key, at).copies[0]!.versions.map(({ dot }) => dot);
    expect(versions(null)).toEqual(["A:1", "B:1"]);
    trace.local("A", "stored", old("A:3", 1));
    expect(versions(null)).toEqual(["A:3"]);
  });
});
