import { describe, expect, it } from "vitest";
import { sentenceOf } from "../../../renderer/timeline/describe.ts";
import { shortName, stampOf } from "../../../renderer/timeline/paint-labels.ts";
import { asKey } from "../../../shared/ids.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { History } from "../../../shared/trace/history.ts";
import { TraceBuilder } from "../../shared/trace/events.ts";

function told(name: string, detail: Record<string, string | number | Record<string, number>>): RecordedEvent {
  const trace = new TraceBuilder();
  trace.local("A", name, { op: "internal", detail });
  return trace.events.at(-1)!;
}

const sentence = (event: RecordedEvent) => sentenceOf(event, new History());

describe("the words beside an event", () => {
  it("say what the application said, and the number it gave out", () => {
    expect(shortName(told("event", { text: "a" }))).toBe("a");
    expect(shortName(told("delivered", { text: "m2", origin: "B" }))).toBe("delivered m2");
    expect(shortName(told("minted", { id: "A:1" }))).toBe("minted A:1");
    expect(shortName(told("broadcast", { text: "x".repeat(60) }))).toHaveLength("broadcast ".length + 24);
  });

  it("leave the store's events as they were", () => {
    const trace = new TraceBuilder();
    trace.local("A", "request", { op: "put", key: asKey("k"), detail: { value: "v" } });
    const event = trace.events.at(-1)!;
    expect(shortName(event)).toBe("put k");
    expect(stampOf(event)).toBe(event.clock);
  });

  it("show the application's own clock, and none for what it has not yet delivered", () => {
    expect(stampOf(told("event", { text: "a", vector: { A: 1 } }))).toEqual({ A: 1 });
    expect(stampOf(told("held", { text: "m2", origin: "B" }))).toBeNull();
    const start = told("start", { clock: "new" });
    expect(stampOf(start)).toBe(start.clock);
  });

  it("make sentences of them", () => {
    expect(sentence(told("held", { text: "m2", waitsFor: "m1 of A" }))).toBe(
      "A has received “m2” and holds it back: it waits for m1 of A.",
    );
    expect(sentence(told("minted", { id: "A:1" }))).toBe("A gave out the number A:1.");
  });
});
