import { beforeEach, describe, expect, it } from "vitest";
import { LinkTable } from "../../../main/lab/links.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import { type PartitionState, restingLink } from "../../../shared/contract/state.ts";

const none = { sent: 0, blocked: 0, lost: 0, duplicated: 0, delayed: 0, reordered: 0 };
const partition = (id: number, cut: string[]): PartitionState => ({
  id,
  kind: "custom",
  groups: [["a"], ["b", "c"]],
  cut,
});

describe("the link table", () => {
  let links: LinkTable;
  beforeEach(() => {
    links = new LinkTable();
    links.setNodes(["a", "b", "c"]);
  });

  it("has one link for every ordered pair, all at rest", () => {
    expect(links.list().map(({ from, to }) => from + to)).toEqual(["ab", "ac", "ba", "bc", "ca", "cb"]);
    expect(links.list().every(({ settings }) => settings === restingLink)).toBe(true);
    expect(links.outgoing("a")).toEqual({});
  });

  it("changes one direction and leaves what it does not name", () => {
    links.set("a", "b", { loss: 0.5 });
    links.set("a", "b", { latency: { kind: "constant", ms: 20 } });
    expect(links.outgoing("a")).toEqual({
      b: { ...restingLink, loss: 0.5, latency: { kind: "constant", ms: 20 } },
    });
    expect(links.outgoing("b")).toEqual({});
  });

  it("refuses a link of a node to itself, an unknown node, a latency that runs backwards", () => {
    expect(() => links.set("a", "a", { blocked: true })).toThrow(LabError);
    expect(() => links.set("a", "z", { blocked: true })).toThrow(/no link/);
    expect(() => links.set("a", "b", { latency: { kind: "uniform", minMs: 9, maxMs: 3 } })).toThrow(
      /smallest/,
    );
    expect(links.outgoing("a")).toEqual({});
  });

  it("a new partition unblocks what the one before had cut", () => {
    links.makePartition(partition(1, ["a>b", "b>a"]));
    links.makePartition(partition(2, ["a>c"]));
    expect(links.outgoing("a")).toEqual({ c: { ...restingLink, blocked: true } });
    expect(links.outgoing("b")).toEqual({});
    expect(links.partition?.id).toBe(2);
  });

  it("heal unblocks and keeps the other settings; heal of all ends them too", () => {
    links.set("a", "b", { loss: 0.1 });
    links.makePartition(partition(1, ["a>b"]));
    links.heal(false);
    expect(links.outgoing("a")).toEqual({ b: { ...restingLink, loss: 0.1 } });
    expect(links.partition).toBeNull();
    links.heal(true);
    expect(links.outgoing("a")).toEqual({});
  });

  it("unblocking one link by hand takes it out of the partition, the last one ends it", () => {
    links.makePartition(partition(1, ["a>b", "b>a"]));
    links.set("a", "b", { blocked: false });
    expect(links.partition?.cut).toEqual(["b>a"]);
    links.set("b", "a", { blocked: false });
    expect(links.partition).toBeNull();
  });

  it("forgets the links of a node that is gone and begins at rest for one that is new", () => {
    links.makePartition(partition(1, ["a>b", "a>c"]));
    links.setNodes(["a", "c", "d"]);
    expect(links.partition?.cut).toEqual(["a>c"]);
    expect(links.partition?.groups).toEqual([["a"], ["c"]]);
    expect(links.settings("a", "c").blocked).toBe(true);
    expect(links.settings("a", "d")).toEqual(restingLink);
  });

  it("restores a snapshot exactly", () => {
    links.set("a", "b", { duplicate: 0.2 });
    links.makePartition(partition(1, ["c>a"]));
    const before = links.snapshot();
    links.heal(true);
    links.set("b", "c", { reorder: 1 });
    links.restore(before);
    expect(links.outgoing("a")).toEqual({ b: { ...restingLink, duplicate: 0.2 } });
    expect(links.outgoing("b")).toEqual({});
    expect(links.outgoing("c")).toEqual({ a: { ...restingLink, blocked: true } });
    expect(links.partition?.id).toBe(1);
  });
});

describe("proof of effect", () => {
  let links: LinkTable;
  beforeEach(() => {
    links = new LinkTable();
    links.setNodes(["a", "b"]);
    links.count("a", { b: { ...none, sent: 9, blocked: 5 } });
  });

  it("says nothing while no fault works", () => {
    expect(links.takeEffect()).toBeNull();
    links.set("a", "b", { blocked: true });
    expect(links.takeEffect()).toBeNull();
  });

  it("counts from the moment the link left rest, and tells only when something grew", () => {
    links.set("a", "b", { blocked: true });
    links.count("a", { b: { ...none, sent: 12, blocked: 8 } });
    expect(links.takeEffect()).toEqual({ blocked: { "a>b": 3 }, lost: {}, delayed: {} });
    expect(links.takeEffect()).toBeNull();
    links.count("a", { b: { ...none, sent: 13, blocked: 9 } });
    expect(links.takeEffect()?.blocked).toEqual({ "a>b": 4 });
  });

  it("goes on over a restart of the sender, whose process counts from zero", () => {
    links.set("a", "b", { loss: 0.5 });
    links.count("a", { b: { ...none, blocked: 5, lost: 2 } });
    links.senderStarted("a");
    links.count("a", { b: { ...none, lost: 3 } });
    expect(links.takeEffect()?.lost).toEqual({ "a>b": 5 });
  });

  it("tells the last count after the heal, then begins anew", () => {
    links.set("a", "b", { blocked: true });
    links.heal(false);
    links.count("a", { b: { ...none, blocked: 6 } });
    expect(links.takeEffect()?.blocked).toEqual({ "a>b": 1 });
    links.set("a", "b", { blocked: true });
    links.count("a", { b: { ...none, blocked: 8 } });
    expect(links.takeEffect()?.blocked).toEqual({ "a>b": 2 });
  });
});
