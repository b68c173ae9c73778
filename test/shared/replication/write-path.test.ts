/** Writes whose owners are away, and writes while the ring moves. */
import { describe, expect, it } from "vitest";
import { absentKey, type KeyState, write } from "../../../shared/clock/dotted.ts";
import { asNodeId, type NodeId } from "../../../shared/ids.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import type { ReplicationSettings } from "../../../shared/replication/settings.ts";
import type { ClientRequest, OperationOutcome, Quorum } from "../../../shared/replication/types.ts";
import { coordinatorOfA, key, nodes, request } from "./effects.ts";

const { a, b, c } = nodes;
const [d, e] = [asNodeId("d"), asNodeId("e")];
const five = [a, b, c, d, e];

type Scene = ReturnType<typeof coordinatorOfA>;

/** a coordinates; b and c are the other owners, d and e are beyond them, in this order on the walk. */
function scene(settings: Partial<ReplicationSettings> = {}, quorum: Quorum = { n: 3, r: 2, w: 2 }): Scene {
  const made = coordinatorOfA(quorum, five, [], settings);
  made.moves.placement = { owners: [a, b, c], pending: [], epoch: 0 };
  return made;
}

const about = (asked: ClientRequest) => ({ op: asked.op, key: asked.key, request: asked.id });

function acknowledge({ coordinator, fx }: Scene, from: NodeId, asked: ClientRequest, hintFor?: NodeId): void {
  const ack = { kind: "REPLICATE_ACK", request: asked.id, op: asked.op, key } as const;
  coordinator.receive(fx, from, hintFor ? { ...ack, hintFor } : ack, about(asked));
}

function put({ coordinator, fx }: Scene, more: Partial<ClientRequest> = {}): ClientRequest {
  const asked = request("put", more);
  coordinator.request(fx, asked);
  return asked;
}

/** `REPLICATE b`, or `REPLICATE d for b`. */
const sent = ({ fx }: Scene) =>
  fx.takeSent().map(({ to, message }) => {
    const owner = message.kind === "REPLICATE" && message.hintFor;
    return `${message.kind} ${to}${owner ? ` for ${owner}` : ""}`;
  });

const kept = ({ fx }: Scene) =>
  fx.records.flatMap((record) =>
    record.kind === "hint" ? [`${record.hint.target} ${record.hint.key}`] : [],
  );

const errorOf = (outcome: OperationOutcome | undefined) =>
  outcome?.ok === false ? outcome.error : undefined;
const resultOf = (outcome: OperationOutcome | undefined) => (outcome?.ok ? outcome.result : undefined);

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
    made.coordinator.receive(made.fx, b, stale, about(asked));
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
    for (const owner of [b, c]) made.coordinator.receive(made.fx, owner, stale, about(asked));
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

describe("P11: a replica that has heard of a newer epoch", () => {
  const state = write(absentKey, { dot: { node: b, counter: 4 }, value: "red", at: 0 }, {});

  /** What it does with a copy and with a read that b sends by its placement. */
  function asks(mine: readonly NodeId[], theirs: readonly NodeId[], epoch: number): string[] {
    const made = scene();
    made.moves.placement = { owners: mine, pending: [], epoch: 5 };
    const asked = request("put");
    const common = { request: asked.id, key, replicas: theirs, n: 3, epoch };
    const copy: ReplicationMessage = { kind: "REPLICATE", ...common, op: "put", state, origin: b };
    made.coordinator.receive(made.fx, b, copy, about(asked));
    made.coordinator.receive(made.fx, b, { kind: "READ", ...common }, about(asked));
    return [
      ...made.fx.events.map(({ name }) => name),
      ...made.fx.takeSent().map(({ message }) => message.kind),
    ];
  }

  it("does not do what other owners should be asked for", () => {
    expect(asks([a, c, d], [a, b, c], 4)).toEqual(["STALE", "STALE"]);
  });

  it("does it when the owners are the same all the same, in whatever order", () => {
    expect(asks([c, a, b], [a, b, c], 4)).toEqual(["stored", "REPLICATE_ACK", "READ_REPLY"]);
  });

  it("does what is asked by a newer epoch than its own", () => {
    expect(asks([a, c, d], [a, b, c], 6)).toEqual(["stored", "REPLICATE_ACK", "READ_REPLY"]);
  });

  it("does it for nobody who knows as much as itself, but something else", () => {
    expect(asks([a, c, d], [a, b, c], 5)).toEqual(["STALE", "STALE"]);
  });

  it("asks for an epoch it has not reached", () => {
    const made = scene();
    const get = request("get");
    const read = { kind: "READ", request: get.id, key, replicas: [a, b, c], n: 3, epoch: 7 } as const;
    made.coordinator.receive(made.fx, c, read, about(get));
    expect(made.moves.behind).toEqual([[7, c]]);
  });

  it("refuses a forwarded request for a key it does not own, which is then routed anew", () => {
    const made = scene();
    made.moves.placement = { owners: [b, c, d], pending: [], epoch: 5 };
    const asked = request("put");
    made.coordinator.receive(made.fx, c, { kind: "FORWARD", request: asked, epoch: 4 }, about(asked));
    expect(made.fx.takeSent()).toMatchObject([{ to: c, message: { kind: "STALE", epoch: 5 } }]);
    expect(made.store.all.size).toBe(0);
    const own = put(made);
    expect(sent(made)).toEqual(["FORWARD b"]);
    const stale = { kind: "STALE", request: own.id, op: "put", key, epoch: 6 } as const;
    made.coordinator.receive(made.fx, b, stale, about(own));
    expect(sent(made)).toEqual([]);
    made.moves.placement = { owners: [d, c, b], pending: [], epoch: 6 };
    made.coordinator.placementChanged(made.fx);
    expect(sent(made)).toEqual(["FORWARD d"]);
  });
});

describe("P1: an owner that is being refilled", () => {
  const placement = { owners: [a, b, c], pending: [], rebuilding: [a], epoch: 5 };

  it("hands writes on, and refuses those that are handed to it", () => {
    const made = scene();
    made.moves.placement = placement;
    put(made);
    expect(sent(made)).toEqual(["FORWARD b"]);
    const forward = (epoch: number) => {
      const asked = request("put");
      made.coordinator.receive(made.fx, c, { kind: "FORWARD", request: asked, epoch }, about(asked));
      return made.fx.takeSent();
    };
    expect(forward(4)).toMatchObject([{ to: c, message: { kind: "STALE", epoch: 5 } }]);
    expect(forward(5)).toMatchObject([
      {
        to: c,
        message: { kind: "FORWARD_REPLY", outcome: { error: { code: "unavailable", definite: true } } },
      },
    ]);
    expect(made.store.all.size).toBe(0);
  });

  it("is passed over for another, by who hears of it from the owner itself", () => {
    const made = scene();
    made.moves.placement = { owners: [b, c, d], pending: [], epoch: 4 };
    const asked = put(made);
    expect(sent(made)).toEqual(["FORWARD b"]);
    const error = {
      code: "unavailable",
      message: "",
      definite: true,
      replicas: [],
      successful: [],
      failed: [],
    } as const;
    const reply = {
      kind: "FORWARD_REPLY",
      request: asked.id,
      op: "put",
      key,
      outcome: { ok: false, error },
    } as const;
    made.coordinator.receive(made.fx, b, reply, about(asked));
    expect(sent(made)).toEqual(["FORWARD c"]);
  });

  it("coordinates no sloppy write either, when nobody else is left", () => {
    const made = scene();
    made.moves.placement = placement;
    for (const node of [b, c]) made.statuses.set(node, "dead");
    put(made, { sloppy: true });
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "unavailable", definite: true });
    expect(made.store.all.size).toBe(0);
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

describe("a stand-in", () => {
  const state: KeyState = write(absentKey, { dot: { node: b, counter: 4 }, value: "red", at: 0 }, {});

  it("makes the hint durable, acknowledges it as one, and does not take the key for its own", () => {
    const made = scene();
    const asked = request("put");
    const copy = {
      request: asked.id,
      op: "put",
      key,
      state,
      origin: b,
      replicas: [b, c, d],
      n: 3,
      epoch: 0,
    } as const;
    for (let i = 0; i < 2; i++) {
      made.coordinator.receive(made.fx, b, { kind: "REPLICATE", ...copy, hintFor: c }, about(asked));
    }
    expect(made.fx.takeSent().map(({ message }) => message)).toEqual([
      { kind: "REPLICATE_ACK", request: asked.id, op: "put", key, hintFor: c },
      { kind: "REPLICATE_ACK", request: asked.id, op: "put", key, hintFor: c },
    ]);
    expect(made.fx.records).toMatchObject([{ kind: "hint", hint: { target: c, key, state } }]);
    expect(made.fx.events).toMatchObject([{ name: "hint-kept", detail: { target: c, dots: ["b:4"] } }]);
    expect(made.store.all.size).toBe(0);
  });
});
