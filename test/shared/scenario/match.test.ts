import { describe, expect, it } from "vitest";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { matches } from "../../../shared/scenario/match.ts";
import { eventMatchSchema } from "../../../shared/scenario/schema.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";

const event: RecordedEvent = {
  id: 1,
  node: asNodeId("A"),
  life: 1,
  seq: 1,
  at: 0,
  type: "send",
  op: "put",
  name: "REPLICATE",
  clock: null,
  peer: asNodeId("B"),
  key: asKey("k"),
  detail: { text: "hi", about: "C", status: "dead", lamport: 3, ok: true },
};

describe("a match", () => {
  it.each([
    [{}],
    [{ node: "A" }],
    [{ type: "send" }],
    [{ op: "put" }],
    [{ name: "REPLICATE" }],
    [{ peer: "B" }],
    [{ key: "k" }],
    [{ text: "hi" }],
    [{ about: "C" }],
    [{ status: "dead" }],
    [{ detail: { lamport: 3 } }],
    [{ detail: { ok: true } }],
    [{ node: "A", name: "REPLICATE", detail: { text: "hi", lamport: 3 }, nth: 7 }],
  ])("%j chooses the event", (match) => expect(matches(event, eventMatchSchema.parse(match))).toBe(true));

  it.each([
    [{ node: "B" }],
    [{ type: "receive" }],
    [{ op: "get" }],
    [{ name: "replicate" }],
    [{ peer: "A" }],
    [{ key: "kk" }],
    [{ text: "" }],
    [{ about: "A" }],
    [{ status: "alive" }],
    [{ detail: { lamport: "3" } }],
    [{ detail: { ok: false } }],
    [{ detail: { absent: true } }],
    [{ node: "A", name: "READ" }],
  ])("%j does not", (match) => expect(matches(event, eventMatchSchema.parse(match))).toBe(false));

  it("asks nothing of a detail that is not there", () => {
    const { detail: _, ...bare } = event;
    expect(matches(bare, eventMatchSchema.parse({ node: "A" }))).toBe(true);
    expect(matches(bare, eventMatchSchema.parse({ text: "hi" }))).toBe(false);
  });
});
