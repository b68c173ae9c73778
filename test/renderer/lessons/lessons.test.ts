import { describe, expect, it } from "vitest";
import { newestEvent } from "../../../renderer/lessons/guide.ts";
import { lessons, sidesAround } from "../../../renderer/lessons/lessons.ts";
import { eventOf } from "../fake-lab.ts";

describe("the sides of the lesson's cut", () => {
  it.each([
    [["node-1", "node-2", "node-3"], 5],
    [["node-4", "node-5", "node-1"], 5],
    [["node-2", "node-1"], 2],
    [["node-3", "node-1", "node-2"], 3],
    [["node-7", "node-2", "node-9"], 9],
  ])("owners %j of %i nodes: every node on one side, an owner on each", (owners, count) => {
    const nodes = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
    const [left, right] = sidesAround(owners, nodes);
    expect([...left, ...right].sort()).toEqual([...nodes].sort());
    expect(left.some((node) => owners.includes(node))).toBe(true);
    expect(right.some((node) => owners.includes(node))).toBe(true);
    if (count > 3) expect(Math.abs(left.length - right.length)).toBeLessThanOrEqual(1);
  });
});

describe("the three cards", () => {
  it("are the three of the first start, each with steps of its own for every run", () => {
    expect(lessons.map((lesson) => lesson.title)).toEqual([
      "Write a value and follow it",
      "Cut the network and write on both sides",
      "Kill a node and lose its clock",
    ]);
    for (const lesson of lessons) {
      expect(lesson.start().length).toBeGreaterThanOrEqual(2);
      expect(lesson.start()).not.toBe(lesson.start());
    }
  });
});

it("finds the newest event that fits, and looks back no farther than told", () => {
  const all = [eventOf(1, { name: "a" }), eventOf(2, { name: "b" }), eventOf(3, { name: "a" }), eventOf(4)];
  expect(newestEvent(all, (event) => event.name === "a")?.id).toBe(3);
  expect(newestEvent(all, (event) => event.name === "b", 2)).toBeUndefined();
});
