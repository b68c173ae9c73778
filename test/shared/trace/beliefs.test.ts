import { beforeEach, describe, expect, it } from "vitest";
import { Beliefs } from "../../../shared/trace/beliefs.ts";
import { TraceBuilder } from "./events.ts";

describe("what a node believes", () => {
  let beliefs: Beliefs;
  let trace: TraceBuilder;
  beforeEach(() => {
    beliefs = new Beliefs();
    trace = new TraceBuilder();
  });

  const observe = (name: string, detail: Record<string, string> = {}) =>
    beliefs.observe(trace.local("a", name, { op: "membership", detail }));
  const members = () => Object.fromEntries(beliefs.of("a")?.members ?? []);
  const moves = () => Object.fromEntries(beliefs.of("a")?.moves ?? []);

  it("is not known before its process has said anything", () => {
    expect(beliefs.of("a")).toBeNull();
    observe("start");
    expect(beliefs.of("a")).not.toBeNull();
    expect(members()).toEqual({});
  });

  it("is the latest it has said of each other node, and of itself nothing", () => {
    observe("start");
    observe("member", { about: "a", status: "alive" });
    observe("member", { about: "b", status: "alive" });
    observe("member", { about: "c", status: "alive" });
    observe("member", { about: "b", status: "suspect" });
    expect(members()).toEqual({ b: "suspect", c: "alive" });
  });

  it("has the moves that it has begun and neither ended nor given up", () => {
    observe("start");
    observe("move", { about: "a", phase: "waiting" });
    observe("move", { about: "a", phase: "receiving" });
    observe("move", { about: "b", phase: "switching" });
    expect(moves()).toEqual({ a: "receiving", b: "switching" });
    observe("move", { about: "a", phase: "done" });
    observe("move", { about: "b", phase: "given up" });
    expect(moves()).toEqual({});
  });

  it("ends with its process", () => {
    beliefs.assume("a", ["b"]);
    observe("move", { about: "a", phase: "receiving" });
    observe("start");
    expect(beliefs.of("a")).toEqual({ members: new Map(), moves: new Map() });
  });

  it("does not follow from messages", () => {
    observe("start");
    beliefs.observe({
      ...trace.local("a", "member", { detail: { about: "b", status: "dead" } }),
      type: "send",
    });
    expect(members()).toEqual({});
  });
});
