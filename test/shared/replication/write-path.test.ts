/** Writes whose owners are away, and writes that cannot be kept. */
import { describe, expect, it } from "vitest";
import { coordinatorOfA, key } from "./effects.ts";
import { acknowledge, errorOf, kept, nodes, put, resultOf, scene, sent } from "./operations.ts";

const { a, b, c, d, e } = nodes;

describe("an owner out of reach", () => {
  it("gets a stand-in at once: the next living node beyond the owners", () => {
    const made = scene();
    made.statuses.set(b, "dead").set(d, "suspect");
    const asked = put(made);
    expect(sent(made)).toEqual(["REPLICATE c", "REPLICATE e for b"]);
    acknowledge(made, c, asked);
    expect(resultOf(made.fx.outcomes[0])).toMatchObject({ successful: [a, c], failed: [b] });
    expect(made.coordinator.isIdle).toBe(false);
    acknowledge(made, e, asked, b);
    expect(made.coordinator.isIdle).toBe(true);
    expect(kept(made)).toEqual([]);
  });

  it("that fails on the way gets one too, and another when the first fails", () => {
    const made = scene();
    put(made);
    made.coordinator.unreachable(made.fx, c, []);
    made.coordinator.unreachable(made.fx, d, []);
    expect(sent(made)).toEqual(["REPLICATE b", "REPLICATE c", "REPLICATE d for c", "REPLICATE e for c"]);
    made.coordinator.unreachable(made.fx, e, []);
    expect(kept(made)).toEqual(["c colour"]);
  });

  it("that says nothing gets one when the time is over; a stand-in that says nothing either is not waited for", () => {
    const made = scene();
    const asked = put(made);
    acknowledge(made, b, asked);
    sent(made);
    made.fx.now = 1_000;
    made.coordinator.tick(made.fx);
    expect(sent(made)).toEqual(["REPLICATE d for c"]);
    expect(made.coordinator.deadline).toBe(2_000);
    made.fx.now = 2_000;
    made.coordinator.tick(made.fx);
    expect(kept(made)).toEqual(["c colour"]);
    expect(made.coordinator.isIdle).toBe(true);
  });

  it("has its hint kept by the coordinator when there is no other node", () => {
    const made = coordinatorOfA();
    made.statuses.set(b, "dead");
    const asked = put(made);
    acknowledge(made, c, asked);
    expect(kept(made)).toEqual(["b colour"]);
    expect(made.hints.progress()).toEqual([{ target: b, keys: 1, oldest: 0 }]);
  });

  it("gets no hint when hints are off", () => {
    const made = scene({ hints: false });
    made.statuses.set(b, "dead");
    put(made);
    made.coordinator.unreachable(made.fx, c, []);
    expect(sent(made)).toEqual(["REPLICATE c"]);
    expect(kept(made)).toEqual([]);
    expect(made.coordinator.isIdle).toBe(true);
  });
});

describe("P3: a key with as many siblings as a message can hold", () => {
  it("takes no more of them, says what to do, and is itself again when that is done", () => {
    const made = scene({}, { n: 3, r: 1, w: 1 });
    const value = "x".repeat(1024 * 1024);
    const blind = () => put(made, { value, context: {} });
    for (let i = 0; i < 3; i++) blind();
    expect(made.fx.outcomes.every(({ ok }) => ok)).toBe(true);
    made.fx.takeSent();
    blind();
    expect(errorOf(made.fx.outcomes[3])).toMatchObject({
      code: "too_large",
      definite: true,
      message:
        "The key has 3 concurrent versions, as much as can be kept together: read it and write with the context you get, which takes their place.",
    });
    expect(sent(made)).toEqual([]);
    expect(made.store.get(key).versions).toHaveLength(3);
    put(made, { value, context: made.store.get(key).context });
    expect(resultOf(made.fx.outcomes[4])?.state.versions).toHaveLength(1);
    blind();
    expect(made.fx.outcomes[5]?.ok).toBe(true);
  });
});

const madeUp = (from: number) =>
  Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`ghost-${from + i}`, 1]));

describe("a context made up of nodes that never were", () => {
  it("is refused before the key's own outgrows what a client can send back", () => {
    const made = scene({}, { n: 3, r: 1, w: 1 });
    put(made, { context: madeUp(0) });
    put(made, { context: madeUp(600) });
    expect(made.fx.outcomes.map((outcome) => errorOf(outcome)?.code)).toEqual([undefined, "bad_context"]);
    const { context } = made.store.get(key);
    put(made, { context });
    expect(made.fx.outcomes[2]?.ok).toBe(true);
  });
});
