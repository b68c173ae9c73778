/** Reads that write back, reads through stand-ins, and reads of causal sessions. */
import { describe, expect, it } from "vitest";
import { absentKey, type KeyState, write } from "../../../shared/clock/dotted.ts";
import type { NodeId } from "../../../shared/ids.ts";
import type { ClientRequest, OperationOutcome } from "../../../shared/replication/types.ts";
import { coordinatorOfA, key, request } from "./effects.ts";
import { acknowledge, ask, errorOf, nodes, receive, type Scene, scene, sent } from "./operations.ts";

const { a, b, c, d, e } = nodes;

const get = (made: Scene, more?: Partial<ClientRequest>) => ask(made, "get", more);

function answer(made: Scene, from: NodeId, asked: ClientRequest, state: KeyState, insteadOf?: NodeId): void {
  const reply = { kind: "READ_REPLY", request: asked.id, key, state } as const;
  receive(made, from, asked, insteadOf ? { ...reply, insteadOf } : reply);
}

const valuesOf = (outcome: OperationOutcome | undefined) =>
  outcome?.ok ? outcome.result.state.versions.map(({ value }) => value) : undefined;

const red = write(absentKey, { dot: { node: b, counter: 4 }, value: "red", at: 0 }, {});
const green = write(red, { dot: { node: c, counter: 9 }, value: "green", at: 0 }, red.context);

describe("blocking read repair", () => {
  it("writes back what was found, and answers when a majority holds it (lesson 12)", () => {
    const made = scene({ readRepair: "blocking" });
    const asked = get(made);
    sent(made);
    answer(made, b, asked, red);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["red"]);
    expect(made.store.get(key)).toEqual(red);
  });

  it("waits for the owner that was written to", () => {
    const made = scene({ readRepair: "blocking" }, { n: 3, r: 3, w: 3 });
    const asked = get(made);
    sent(made);
    answer(made, b, asked, absentKey);
    answer(made, c, asked, red);
    expect(made.fx.outcomes).toEqual([]);
    expect(sent(made)).toEqual(["REPLICATE b"]);
    acknowledge(made, b, asked);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["red"]);
  });

  it("returns what was written back, not what an owner has told since", () => {
    const made = scene({ readRepair: "blocking" }, { n: 3, r: 1, w: 3 });
    const asked = get(made);
    answer(made, b, asked, red);
    answer(made, c, asked, green);
    acknowledge(made, b, asked);
    acknowledge(made, c, asked);
    expect(valuesOf(made.fx.outcomes[0])).toEqual([]);
  });

  it("sends nothing when all agree", () => {
    const made = scene({ readRepair: "blocking" });
    const asked = get(made);
    sent(made);
    answer(made, b, asked, absentKey);
    expect(made.fx.outcomes).toMatchObject([{ ok: true }]);
    answer(made, c, asked, absentKey);
    expect(sent(made)).toEqual([]);
  });

  it("fails for certain when too few owners can take it, and when the time is over", () => {
    const made = scene({ readRepair: "blocking" }, { n: 3, r: 3, w: 3 });
    for (let i = 0; i < 2; i++) {
      const asked = get(made);
      answer(made, b, asked, absentKey);
      answer(made, c, asked, red);
    }
    made.coordinator.unreachable(made.fx, b, []);
    for (const outcome of made.fx.outcomes) {
      expect(errorOf(outcome)).toMatchObject({ code: "quorum_not_met", definite: true });
    }
    const late = get(made);
    answer(made, b, late, absentKey);
    answer(made, c, late, red);
    made.fx.now = 1_000;
    made.coordinator.tick(made.fx);
    const error = errorOf(made.fx.outcomes.at(-1));
    expect(error).toMatchObject({ code: "timed_out", definite: true });
    expect(error?.message).toBe(
      "The get had 2 of 3 owners that hold what it found within 1000 ms: it certainly changed nothing; try again.",
    );
  });
});

describe("read repair that is off", () => {
  it("repairs nobody", () => {
    const made = scene({ readRepair: "off" });
    const asked = get(made);
    sent(made);
    answer(made, b, asked, red);
    answer(made, c, asked, absentKey);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["red"]);
    expect([sent(made), made.store.all.size]).toEqual([[], 0]);
  });
});

describe("a sloppy read", () => {
  it("asks the stand-ins of owners that cannot be reached", () => {
    const made = scene({ sloppy: true }, { n: 3, r: 3, w: 2 });
    made.statuses.set(b, "dead").set(c, "dead");
    const asked = get(made);
    expect(made.fx.takeSent().map(({ to, message }) => [to, message])).toMatchObject([
      [d, { kind: "READ", insteadOf: b }],
      [e, { kind: "READ", insteadOf: c }],
    ]);
    answer(made, d, asked, red, b);
    answer(made, d, asked, red, b);
    expect(made.fx.outcomes).toEqual([]);
    answer(made, e, asked, absentKey, c);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["red"]);
  });

  it("is answered by a stand-in from its hints as well as its own copy", () => {
    const made = scene();
    made.hints.keep(made.fx, b, key, green, { op: "put", key });
    const asked = request("get");
    const read = { kind: "READ", request: asked.id, key, replicas: [b, c, d], n: 3, epoch: 0 } as const;
    const about = { op: "get", key, request: asked.id } as const;
    made.coordinator.receive(made.fx, d, { ...read, insteadOf: b }, about);
    made.coordinator.receive(made.fx, d, { ...read, replicas: [a, b, c] }, about);
    expect(made.fx.takeSent().map(({ message }) => message)).toMatchObject([
      { kind: "READ_REPLY", state: green, insteadOf: b },
      { kind: "READ_REPLY", state: absentKey },
    ]);
  });

  it("finds what the coordinator itself keeps for owners, when none of them can be reached", () => {
    const made = scene({ sloppy: true });
    made.moves.placement = { owners: [b, c, d], pending: [], epoch: 0 };
    for (const owner of [b, c, d]) made.statuses.set(owner, "dead");
    made.hints.keep(made.fx, b, key, red, { op: "put", key });
    const asked = get(made);
    answer(made, e, asked, absentKey, c);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["red"]);
  });

  it("that is strict is refused when two owners of three are dead", () => {
    const made = scene();
    made.statuses.set(b, "dead").set(c, "dead");
    get(made);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: true });
  });
});

describe("a causal read", () => {
  const session = { [key]: green.context };
  const causal = { consistency: "causal", session } as const;

  it("asks again until somebody has what its session has seen", () => {
    const made = scene();
    const asked = get(made, causal);
    sent(made);
    answer(made, b, asked, red);
    expect(made.fx.outcomes).toEqual([]);
    answer(made, c, asked, red);
    expect([made.fx.outcomes, made.coordinator.deadline]).toEqual([[], 50]);
    made.fx.now = 50;
    made.coordinator.tick(made.fx);
    expect(sent(made)).toEqual(["READ b", "READ c"]);
    answer(made, c, asked, green);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["green"]);
    expect(made.fx.outcomes).toMatchObject([{ result: { session } }]);
  });

  it("takes what this node itself got meanwhile", () => {
    const made = scene();
    const asked = get(made, causal);
    answer(made, b, asked, red);
    const copy = { request: asked.id, op: "put", key, state: green, origin: c, replicas: [a, b, c] } as const;
    const about = { op: "put", key, request: asked.id } as const;
    made.coordinator.receive(made.fx, c, { kind: "REPLICATE", n: 3, epoch: 0, ...copy }, about);
    made.fx.now = 50;
    made.coordinator.tick(made.fx);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["green"]);
  });

  it.each([
    [undefined, 1_000],
    [120, 120],
    [5_000, 1_000],
  ])("says that it is too early when it may wait %s ms, after %s", (waitFor, until) => {
    const made = scene();
    const asked = get(made, { ...causal, ...(waitFor !== undefined && { waitFor }) });
    for (const owner of [b, c]) answer(made, owner, asked, red);
    while (made.fx.outcomes.length === 0) {
      made.fx.now = made.coordinator.deadline!;
      made.coordinator.tick(made.fx);
    }
    expect(made.fx.now).toBe(until);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "not_yet", definite: true });
    expect(made.coordinator.isIdle).toBe(true);
  });

  it("without enough replies is no matter of being early", () => {
    const made = scene();
    get(made, causal);
    made.fx.now = 1_000;
    made.coordinator.tick(made.fx);
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "timed_out", definite: true });
  });

  it("that too few can take any more is answered once", () => {
    const made = scene({ readRepair: "blocking" }, { n: 5, r: 1, w: 1 });
    get(made, causal);
    for (const owner of [b, c, d]) {
      made.statuses.set(owner, "dead");
      made.coordinator.unreachable(made.fx, owner, []);
    }
    expect(made.fx.outcomes.map(errorOf)).toMatchObject([{ code: "quorum_not_met" }]);
    for (made.fx.now = 0; made.fx.now <= 1_000; made.fx.now += 50) made.coordinator.tick(made.fx);
    expect(made.fx.outcomes).toHaveLength(1);
    expect(made.coordinator.isIdle).toBe(true);
  });

  it("is not held up by what its session has seen of other keys", () => {
    const made = scene();
    const asked = get(made, { ...causal, session: { other: { b: 900 } } });
    answer(made, b, asked, red);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["red"]);
  });

  it("with a forged session is refused", () => {
    const made = scene();
    get(made, { ...causal, session: { [key]: { b: 2 ** 52 } } });
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "bad_context", definite: true });
  });
});

describe("a causal write", () => {
  it("takes the place of what its session has seen, and of no more", () => {
    const made = coordinatorOfA({ n: 3, r: 1, w: 1 }, [a, b, c], [[key, green]]);
    const asked = request("put", { consistency: "causal", session: { [key]: red.context } });
    made.coordinator.request(made.fx, asked);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["red", "green"]);
    expect(made.fx.outcomes).toMatchObject([{ result: { session: { [key]: made.store.get(key).context } } }]);
  });

  it("is refused before anything is stored when its session would grow too large", () => {
    const made = coordinatorOfA();
    const session = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`key-${i}`, { b: 1 }]));
    made.coordinator.request(made.fx, request("put", { consistency: "causal", session }));
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "session_too_large", definite: true });
    expect(made.store.all.size).toBe(0);
  });
});

describe("a strong request", () => {
  it("needs consensus", () => {
    const made = scene();
    for (const op of ["get", "put"] as const) {
      made.coordinator.request(made.fx, request(op, { consistency: "strong" }));
    }
    for (const outcome of made.fx.outcomes) {
      expect(errorOf(outcome)).toMatchObject({ code: "needs_consensus", definite: true });
    }
    expect(made.fx.outcomes).toHaveLength(2);
  });
});

describe("P11: a read while the ring moves", () => {
  it("is placed anew: it asks those who own the key now", () => {
    const made = scene();
    const asked = get(made);
    sent(made);
    made.moves.placement = { owners: [b, d, e], pending: [], epoch: 1 };
    made.coordinator.placementChanged(made.fx);
    expect(sent(made)).toEqual(["READ b", "READ d", "READ e"]);
    answer(made, c, asked, green);
    answer(made, b, asked, red);
    expect(made.fx.outcomes).toEqual([]);
    answer(made, d, asked, red);
    expect(valuesOf(made.fx.outcomes[0])).toEqual(["green"]);
  });

  it("does not ask an owner that is being refilled", () => {
    const made = scene();
    made.moves.placement = { owners: [a, b, c], pending: [], rebuilding: [b], epoch: 1 };
    get(made);
    expect(sent(made)).toEqual(["READ c"]);
  });
});
