/** What counts towards W: owners, and stand-ins where the write is sloppy. */
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../../shared/ids.ts";
import { coordinatorOfA } from "../effects.ts";
import { acknowledge, errorOf, five, kept, nodes, put, resultOf, scene, sent } from "../operations.ts";

const { a, b, c, d, e } = nodes;

describe("P10: under a strict quorum a hint never makes W", () => {
  it("neither that of a stand-in", () => {
    const made = scene({}, { n: 3, r: 2, w: 3 });
    const asked = put(made);
    acknowledge(made, b, asked);
    made.coordinator.unreachable(made.fx, c, []);
    acknowledge(made, d, asked, c);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({
      code: "quorum_not_met",
      definite: false,
      successful: [a, b],
    });
  });

  it("nor an acknowledgement that a stand-in gives in an owner's name", () => {
    const made = scene();
    const asked = put(made);
    made.coordinator.unreachable(made.fx, c, []);
    acknowledge(made, d, asked, c);
    acknowledge(made, d, asked);
    expect(made.fx.outcomes).toEqual([]);
    acknowledge(made, b, asked);
    expect(resultOf(made.fx.outcomes[0])?.successful).toEqual([a, b]);
  });

  it("nor of a list of owners-to-be", () => {
    const made = coordinatorOfA({ n: 3, r: 2, w: 2 }, [...five, asNodeId("f")]);
    made.moves.placement = { owners: [a, b, c], pending: [d, e], others: [[b, d, e]], epoch: 1 };
    const asked = put(made);
    acknowledge(made, b, asked);
    made.coordinator.unreachable(made.fx, d, []);
    acknowledge(made, asNodeId("f"), asked, d);
    expect(made.fx.outcomes).toEqual([]);
    made.coordinator.unreachable(made.fx, e, []);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: false });
  });

  it("and with two owners of three dead a write is refused, and kept nowhere", () => {
    const made = scene();
    made.statuses.set(b, "dead").set(c, "dead");
    put(made);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: true });
    expect([sent(made), kept(made), made.store.all.size]).toEqual([[], [], 0]);
  });
});

describe("a sloppy write", () => {
  it("counts a stand-in in place of its owner", () => {
    const made = scene({ sloppy: true });
    made.statuses.set(b, "dead").set(c, "dead");
    const asked = put(made);
    expect(sent(made)).toEqual(["REPLICATE d for b", "REPLICATE e for c"]);
    expect(made.fx.outcomes).toEqual([]);
    acknowledge(made, d, asked, b);
    expect(resultOf(made.fx.outcomes[0])).toMatchObject({ successful: [a, d], failed: [b, c] });
  });

  it("does not count what it keeps itself: one disk is one copy", () => {
    const made = coordinatorOfA(undefined, undefined, [], { sloppy: true });
    made.statuses.set(b, "dead").set(c, "dead");
    put(made);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: true });
  });

  it("does not count one stand-in for two owners, nor an owner twice", () => {
    const made = scene({ sloppy: true }, { n: 3, r: 1, w: 3 });
    made.statuses.set(b, "dead").set(e, "dead");
    const asked = put(made);
    acknowledge(made, d, asked, b);
    acknowledge(made, d, asked, b);
    acknowledge(made, b, asked);
    expect(made.fx.outcomes).toEqual([]);
    made.coordinator.unreachable(made.fx, c, []);
    expect(kept(made)).toEqual(["c colour"]);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: false });
  });

  it("is coordinated by the node its client spoke to when no owner can be reached", () => {
    const made = scene({ sloppy: true });
    made.moves.placement = { owners: [b, c, d], pending: [], epoch: 0 };
    for (const owner of [b, c, d]) made.statuses.set(owner, "dead");
    const asked = put(made);
    expect(sent(made)).toEqual(["REPLICATE e for c"]);
    expect(kept(made)).toEqual(["b colour", "d colour"]);
    acknowledge(made, e, asked, c);
    expect(resultOf(made.fx.outcomes[0])?.successful).toEqual([a, e]);
  });

  it("may be asked for, or refused, by the request", () => {
    for (const [sloppy, asked] of [
      [false, true],
      [true, false],
    ] as const) {
      const made = scene({ sloppy });
      made.statuses.set(b, "dead").set(c, "dead");
      put(made, { sloppy: asked });
      expect(sent(made)).toHaveLength(asked ? 2 : 0);
    }
  });
});
