/** Writes while the ring moves. */
import { describe, expect, it } from "vitest";
import { key } from "../effects.ts";
import { acknowledge, errorOf, nodes, put, receive, resultOf, scene, sent } from "../operations.ts";

const { a, b, c, d, e } = nodes;

describe("P11: while the ring moves", () => {
  const moving = { owners: [a, b, c], pending: [d], epoch: 1 };

  it("a write is done when W owners have it and the pending owner as well", () => {
    const made = scene();
    made.moves.placement = moving;
    const asked = put(made);
    expect(sent(made)).toEqual(["REPLICATE b", "REPLICATE c", "REPLICATE d"]);
    acknowledge(made, b, asked);
    acknowledge(made, c, asked);
    expect(made.fx.outcomes).toEqual([]);
    acknowledge(made, d, asked);
    expect(resultOf(made.fx.outcomes[0])).toMatchObject({ replicas: [a, b, c], successful: [a, b, c] });
  });

  it("a pending owner makes no quorum", () => {
    const made = scene();
    made.moves.placement = moving;
    const asked = put(made);
    acknowledge(made, d, asked);
    expect(made.fx.outcomes).toEqual([]);
  });

  it("a pending owner that cannot be reached or fails holds nothing up, and gets a hint", () => {
    for (const isKnown of [true, false]) {
      const made = scene();
      made.moves.placement = moving;
      if (isKnown) made.statuses.set(d, "dead");
      const asked = put(made);
      acknowledge(made, b, asked);
      if (!isKnown) made.coordinator.unreachable(made.fx, d, []);
      expect(resultOf(made.fx.outcomes[0])?.successful).toEqual([a, b]);
      expect(sent(made)).toContain("REPLICATE e for d");
    }
  });

  it("W of every list of owners that a step of the move makes must have it", () => {
    const made = scene();
    made.moves.placement = { ...moving, pending: [d, e], others: [[a, d, e]] };
    const asked = put(made);
    made.coordinator.unreachable(made.fx, d, []);
    acknowledge(made, b, asked);
    expect(made.fx.outcomes).toEqual([]);
    made.coordinator.unreachable(made.fx, e, []);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: false });
  });

  it("a write on its way is placed anew: old owners count no more, new ones get it", () => {
    const made = scene();
    const asked = put(made);
    sent(made);
    made.moves.placement = { owners: [a, d, e], pending: [], epoch: 2 };
    made.coordinator.placementChanged(made.fx);
    expect(sent(made)).toEqual(["REPLICATE d", "REPLICATE e"]);
    acknowledge(made, b, asked);
    acknowledge(made, c, asked);
    expect(made.fx.outcomes).toEqual([]);
    acknowledge(made, e, asked);
    expect(resultOf(made.fx.outcomes[0])).toMatchObject({ replicas: [a, d, e], successful: [a, e] });
  });

  it("an owner that calls a write stale has not acknowledged it; asked again under the new epoch, it does", () => {
    const made = scene();
    const asked = put(made);
    sent(made);
    const stale = { kind: "STALE", request: asked.id, op: "put", key, epoch: 2 } as const;
    receive(made, b, asked, stale);
    expect([made.fx.outcomes, sent(made), made.moves.behind]).toEqual([[], [], [[2, b]]]);
    made.moves.placement = { owners: [b, d, a], pending: [c], epoch: 2 };
    made.coordinator.placementChanged(made.fx);
    expect(sent(made)).toEqual(["REPLICATE b", "REPLICATE d", "REPLICATE c"]);
    acknowledge(made, b, asked);
    expect(made.fx.outcomes).toEqual([]);
    acknowledge(made, c, asked);
    expect(resultOf(made.fx.outcomes[0])?.successful).toEqual([a, b]);
  });

  it("a write that is only ever called stale times out, and may have happened", () => {
    const made = scene();
    const asked = put(made);
    const stale = { kind: "STALE", request: asked.id, op: "put", key, epoch: 2 } as const;
    for (const owner of [b, c]) receive(made, owner, asked, stale);
    made.fx.now = 1_000;
    made.coordinator.tick(made.fx);
    const error = errorOf(made.fx.outcomes[0]);
    expect(error).toMatchObject({ code: "timed_out", definite: false });
    expect(error?.message).toContain("it may have happened");
  });

  it("is logged with the epoch it was placed under", () => {
    const made = scene();
    made.moves.placement = moving;
    put(made);
    expect(made.fx.entries).toMatchObject([{ term: 1, origin: a, replicas: [a, b, c] }]);
  });
});
