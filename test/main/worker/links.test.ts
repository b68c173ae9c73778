import { beforeEach, describe, expect, it } from "vitest";
import { Links } from "../../../main/worker/links.ts";
import { type LinkSettings, restingLink } from "../../../shared/contract/state.ts";

let now: number;
let timers: { at: number; action: () => void }[];
let chances: number[];
let delivered: string[];
let lost: string[];
let links: Links<string>;

beforeEach(() => {
  now = 0;
  timers = [];
  chances = [];
  delivered = [];
  lost = [];
  links = new Links<string>({
    now: () => now,
    after: (ms, action) => {
      const timer = { at: now + ms, action };
      timers.push(timer);
      return () => (timers = timers.filter((other) => other !== timer));
    },
    random: () => chances.shift() ?? 0.5,
    deliver: (to, item) => delivered.push(`${now} ${to} ${item}`),
    lost: (to, item, reason) => lost.push(`${to} ${item} ${reason}`),
  });
});

function advance(to: number): void {
  for (;;) {
    const next = timers.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at)[0];
    if (next === undefined) break;
    timers = timers.filter((timer) => timer !== next);
    now = Math.max(now, next.at);
    next.action();
  }
  now = to;
}

const set = (settings: Partial<LinkSettings>) => links.apply({ b: { ...restingLink, ...settings } });
const counts = () => links.counts()["b"];

describe("a link", () => {
  it("at rest delivers at once and only counts", () => {
    links.send("b", "1");
    expect(delivered).toEqual(["0 b 1"]);
    expect(timers).toEqual([]);
    expect(counts()).toEqual({ sent: 1, blocked: 0, lost: 0, duplicated: 0, delayed: 0, reordered: 0 });
  });

  it("that is blocked loses everything, with the reason, and nothing of other links", () => {
    set({ blocked: true });
    links.send("b", "1");
    links.send("c", "2");
    expect(delivered).toEqual(["0 c 2"]);
    expect(lost).toEqual(["b 1 blocked"]);
    expect(counts()).toMatchObject({ sent: 1, blocked: 1 });
  });

  it("that is blocked loses what is under way", () => {
    set({ latency: { kind: "constant", ms: 50 } });
    links.send("b", "1");
    set({ blocked: true });
    advance(100);
    expect(delivered).toEqual([]);
    expect(lost).toEqual(["b 1 blocked"]);
  });

  it("heals when its settings are taken away", () => {
    set({ blocked: true });
    links.apply({});
    links.send("b", "1");
    expect(delivered).toEqual(["0 b 1"]);
  });

  it("with constant latency delivers later, in order", () => {
    set({ latency: { kind: "constant", ms: 50 } });
    links.send("b", "1");
    advance(10);
    links.send("b", "2");
    advance(100);
    expect(delivered).toEqual(["50 b 1", "60 b 2"]);
    expect(counts()).toMatchObject({ delayed: 2 });
  });

  it("with varying latency still keeps the order", () => {
    set({ latency: { kind: "uniform", minMs: 10, maxMs: 110 } });
    // Each message draws its latency; losses, duplicates and reorderings at 0 draw nothing.
    chances = [0.9, 0.0, 0.5];
    for (const item of ["1", "2", "3"]) links.send("b", item);
    advance(200);
    expect(delivered).toEqual(["100 b 1", "100 b 2", "100 b 3"]);
  });

  it("with exponential latency draws from that distribution", () => {
    set({ latency: { kind: "exponential", meanMs: 100 } });
    chances = [1 - Math.exp(-2)];
    links.send("b", "1");
    advance(199);
    expect(delivered).toEqual([]);
    advance(201);
    expect(delivered).toHaveLength(1);
  });

  it("keeps the order when latency ends while messages are under way", () => {
    set({ latency: { kind: "constant", ms: 50 } });
    links.send("b", "1");
    links.apply({});
    links.send("b", "2");
    advance(50);
    expect(delivered.map((line) => line.at(-1))).toEqual(["1", "2"]);
  });

  it("loses its share", () => {
    set({ loss: 0.3 });
    chances = [0.29, 0.31];
    links.send("b", "1");
    links.send("b", "2");
    expect(lost).toEqual(["b 1 loss"]);
    expect(delivered).toEqual(["0 b 2"]);
    expect(counts()).toMatchObject({ sent: 2, lost: 1 });
  });

  it("duplicates its share, after the original", () => {
    set({ duplicate: 1, latency: { kind: "constant", ms: 10 } });
    links.send("b", "1");
    links.send("b", "2");
    advance(20);
    expect(delivered.map((line) => line.at(-1))).toEqual(["1", "1", "2", "2"]);
    expect(counts()).toMatchObject({ sent: 2, duplicated: 2 });
  });

  it("lets later messages overtake the one it reorders", () => {
    set({ reorder: 0.5 });
    chances = [0.1, 0.5, 0.9];
    links.send("b", "1");
    links.send("b", "2");
    advance(100);
    expect(delivered.map((line) => line.at(-1))).toEqual(["2", "1"]);
    expect(counts()).toMatchObject({ reordered: 1 });
  });

  it("says nothing more once it is closed", () => {
    set({ latency: { kind: "constant", ms: 10 } });
    links.send("b", "1");
    links.close();
    advance(100);
    expect(delivered).toEqual([]);
    expect(lost).toEqual([]);
  });
});
