import { describe, expect, it } from "vitest";
import { absentKey, type KeyState, write } from "../../../shared/clock/dotted.ts";
import type { NodeId } from "../../../shared/ids.ts";
import type { ClientRequest } from "../../../shared/replication/types.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { coordinatorOfA, key, nodes, request } from "./effects.ts";
import { acknowledge, errorOf, receive, resultOf, type Scene } from "./operations.ts";

const { a, b, c } = nodes;

function answer(scene: Scene, from: NodeId, asked: ClientRequest, state: KeyState): void {
  receive(scene, from, asked, { kind: "READ_REPLY", request: asked.id, key, state });
}

const replicate = (asked: ClientRequest, state: KeyState): ReplicationMessage => {
  return {
    kind: "REPLICATE",
    request: asked.id,
    op: "put",
    key,
    state,
    origin: b,
    replicas: [a, b, c],
    n: 3,
    epoch: 0,
  };
};

const written = (counter: number, value: string) =>
  write(absentKey, { dot: { node: b, counter }, value, at: 0 }, {});

describe("a write", () => {
  it("is answered when W owners have it, the coordinator's own copy included, and not before", () => {
    const scene = coordinatorOfA({ n: 3, r: 1, w: 3 });
    const put = request("put");
    scene.coordinator.request(scene.fx, put);
    acknowledge(scene, b, put);
    acknowledge(scene, b, put);
    expect(scene.fx.outcomes).toEqual([]);
    acknowledge(scene, c, put);
    expect(resultOf(scene.fx.outcomes[0])?.successful).toEqual([a, b, c]);
    expect(scene.coordinator.isIdle).toBe(true);
  });

  it("has the counter of its own stored event for a dot", () => {
    const { coordinator, fx, store } = coordinatorOfA({ n: 3, r: 1, w: 1 });
    coordinator.request(fx, request("put"));
    const stored = fx.events.findIndex((event) => event.name === "stored");
    expect(stored).toBe(1); // after "request": the second event of this node
    expect(store.get(key).versions[0]!.dot).toEqual({ node: a, counter: 2 });
    expect(fx.entries).toMatchObject([{ op: "put", key, origin: a, state: store.get(key) }]);
  });

  it("P1: jumps over counters this key has seen, when the clock was lost", () => {
    const known = write(absentKey, { dot: { node: a, counter: 500 }, value: "old", at: 0 }, {});
    const { coordinator, fx, store } = coordinatorOfA(undefined, undefined, [[key, known]]);
    coordinator.request(fx, request("put"));
    expect(store.get(key).versions).toMatchObject([{ dot: { node: a, counter: 501 }, value: "red" }]);
    expect(fx.clock[a]).toBeGreaterThanOrEqual(501);
  });

  it("P1: jumps over counters only the client has seen", () => {
    const { coordinator, fx, store } = coordinatorOfA();
    coordinator.request(fx, request("put", { context: { a: 900, b: 3 } }));
    expect(store.get(key)).toMatchObject({
      context: { a: 901, b: 3 },
      versions: [{ dot: { counter: 901 } }],
    });
  });

  it("refuses a context no cluster can have issued, and keeps its clock", () => {
    const { coordinator, fx } = coordinatorOfA();
    coordinator.request(fx, request("put", { context: { a: 2 ** 52 } }));
    expect(errorOf(fx.outcomes[0])).toMatchObject({ code: "bad_context", definite: true });
    expect(fx.clock[a]).toBeLessThan(10);
  });

  it("accepts every context it has given out, also after a forged one", () => {
    const { coordinator, fx, store } = coordinatorOfA();
    for (let power = 53; fx.entries.length === 0; power--) {
      coordinator.request(fx, request("put", { context: { a: 2 ** power } }));
    }
    fx.outcomes.length = 0;
    coordinator.request(fx, request("put", { context: store.get(key).context }));
    expect(fx.outcomes).toEqual([]);
    expect(fx.entries).toHaveLength(2);
  });

  it("refuses a context of more nodes than a cluster has", () => {
    const { coordinator, fx } = coordinatorOfA();
    const context = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`n${i}`, 1]));
    coordinator.request(fx, request("put", { context }));
    expect(errorOf(fx.outcomes[0])).toMatchObject({ code: "bad_context", definite: true });
  });

  it("is refused before anything is stored when too few owners are believed in reach", () => {
    const { coordinator, fx, statuses, store } = coordinatorOfA();
    statuses.set(b, "dead").set(c, "left");
    coordinator.request(fx, request("put"));
    expect(errorOf(fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: true });
    expect(store.all.size).toBe(0);
    expect(fx.takeSent()).toEqual([]);
  });

  it("goes to suspects too, and not to the dead", () => {
    const { coordinator, fx, statuses } = coordinatorOfA();
    statuses.set(b, "suspect").set(c, "dead");
    coordinator.request(fx, request("put"));
    expect(fx.takeSent().map(({ to }) => to)).toEqual([b]);
  });

  it("that finds its owners unreachable on the way may have been done", () => {
    const { coordinator, fx } = coordinatorOfA();
    coordinator.request(fx, request("put"));
    coordinator.unreachable(fx, b, []);
    expect(fx.outcomes).toEqual([]);
    coordinator.unreachable(fx, b, []);
    coordinator.unreachable(fx, c, []);
    expect(errorOf(fx.outcomes[0])).toMatchObject({
      code: "quorum_not_met",
      definite: false,
      successful: [a],
    });
    expect(coordinator.isIdle).toBe(true);
  });

  it("counts an acknowledgement from an owner thought unreachable", () => {
    const scene = coordinatorOfA();
    const put = request("put");
    scene.coordinator.request(scene.fx, put);
    scene.coordinator.unreachable(scene.fx, b, []);
    acknowledge(scene, b, put);
    expect(resultOf(scene.fx.outcomes[0])).toMatchObject({ successful: [a, b], failed: [] });
  });

  it("does not count an acknowledgement of a node that owns no copy (P10)", () => {
    const scene = coordinatorOfA({ n: 1, r: 1, w: 1 }, [b]);
    const put = request("put");
    receive(scene, c, put, { kind: "FORWARD", request: put, epoch: 0 });
    expect(scene.store.get(key).versions).toHaveLength(1);
    acknowledge(scene, c, put);
    expect(scene.fx.takeSent().map(({ to, message }) => `${message.kind} ${to}`)).toEqual(["REPLICATE b"]);
    acknowledge(scene, b, put);
    expect(scene.fx.takeSent()).toMatchObject([
      { to: c, message: { kind: "FORWARD_REPLY", outcome: { ok: true } } },
    ]);
  });

  it("times out after the request timeout, not earlier", () => {
    const { coordinator, fx } = coordinatorOfA();
    coordinator.request(fx, request("put"));
    expect(coordinator.deadline).toBe(1_000);
    fx.now = 999;
    coordinator.tick(fx);
    expect(fx.outcomes).toEqual([]);
    fx.now = 1_000;
    coordinator.tick(fx);
    expect(errorOf(fx.outcomes[0])).toMatchObject({ code: "timed_out", definite: false });
    expect(coordinator.deadline).toBeNull();
  });

  it("forwarded twice by the network is carried out once", () => {
    const scene = coordinatorOfA({ n: 3, r: 1, w: 1 });
    const put = request("put", { context: {} });
    for (let i = 0; i < 2; i++) receive(scene, c, put, { kind: "FORWARD", request: put, epoch: 0 });
    expect(scene.store.get(key).versions).toHaveLength(1);
  });

  it("forwarded again after ten thousand others is still known", () => {
    const scene = coordinatorOfA();
    const put = request("put");
    receive(scene, c, put, { kind: "FORWARD", request: put, epoch: 0 });
    for (let i = 0; i < 10_000; i++) {
      const get = request("get", { quorum: { r: 1 } });
      receive(scene, c, get, { kind: "FORWARD", request: get, epoch: 0 });
    }
    const stored = scene.fx.entries.length;
    receive(scene, c, put, { kind: "FORWARD", request: put, epoch: 0 });
    expect(scene.fx.entries).toHaveLength(stored);
  });
});

describe("a replica", () => {
  it("acknowledges a write it already has and stores nothing again", () => {
    const scene = coordinatorOfA();
    const put = request("put");
    for (let i = 0; i < 2; i++) receive(scene, b, put, replicate(put, written(4, "red")));
    expect(scene.fx.takeSent().map(({ message }) => message.kind)).toEqual([
      "REPLICATE_ACK",
      "REPLICATE_ACK",
    ]);
    expect(scene.fx.events.map((event) => event.name)).toEqual(["stored"]);
    expect(scene.fx.entries).toHaveLength(1);
  });

  it("D3: takes no replicated write for a conflict, whatever order writes arrive in", () => {
    const first = written(4, "red");
    const second = write(first, { dot: { node: b, counter: 7 }, value: "green", at: 0 }, first.context);
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const scene = coordinatorOfA();
      const put = request("put");
      for (const state of order) receive(scene, b, put, replicate(put, state));
      expect(scene.fx.events.map((event) => event.name)).not.toContain("conflict");
      expect(scene.store.get(key).versions).toMatchObject([{ value: "green" }]);
      expect(scene.store.conflicts.size).toBe(0);
    }
  });

  it("reports concurrent versions as a conflict once, with their dots", () => {
    const scene = coordinatorOfA({ n: 3, r: 1, w: 1 });
    scene.coordinator.request(scene.fx, request("put"));
    const put = request("put");
    for (let i = 0; i < 2; i++) receive(scene, b, put, replicate(put, written(4, "green")));
    const conflicts = scene.fx.events.filter((event) => event.name === "conflict");
    expect(conflicts.map((event) => event.detail)).toEqual([{ dots: ["a:2", "b:4"] }]);
    expect([...scene.store.conflicts]).toEqual([key]);
  });
});

describe("a read", () => {
  it("merges R answers and never chooses among concurrent ones", () => {
    const scene = coordinatorOfA({ n: 3, r: 3, w: 1 });
    scene.coordinator.request(scene.fx, request("put"));
    const get = request("get");
    scene.coordinator.request(scene.fx, get);
    answer(scene, b, get, written(4, "green"));
    answer(scene, c, get, absentKey);
    const values = resultOf(scene.fx.outcomes[1])?.state.versions.map((version) => version.value);
    expect(values).toEqual(["red", "green"]);
  });

  it("of an absent key is ok and empty", () => {
    const scene = coordinatorOfA();
    const get = request("get");
    scene.coordinator.request(scene.fx, get);
    answer(scene, c, get, absentKey);
    expect(resultOf(scene.fx.outcomes[0])?.state).toEqual(absentKey);
  });

  it("repairs those behind only after all owners have answered, and nobody else", () => {
    const scene = coordinatorOfA();
    const get = request("get");
    scene.coordinator.request(scene.fx, get);
    answer(scene, b, get, written(4, "green"));
    expect(scene.fx.outcomes).toHaveLength(1);
    expect(scene.fx.takeSent().map(({ message }) => message.kind)).toEqual(["READ", "READ"]);
    answer(scene, c, get, absentKey);
    expect(scene.fx.takeSent()).toMatchObject([
      { to: c, message: { kind: "REPLICATE", op: "get", state: written(4, "green") } },
    ]);
    expect(scene.fx.entries).toMatchObject([{ op: "repair", origin: b }]);
    expect(scene.coordinator.isIdle).toBe(true);
  });

  it("repairs when the last owner is late, and the client has long been answered", () => {
    const scene = coordinatorOfA();
    const get = request("get");
    scene.coordinator.request(scene.fx, get);
    answer(scene, b, get, written(4, "green"));
    scene.fx.now = 1_000;
    scene.coordinator.tick(scene.fx);
    expect(scene.fx.outcomes).toHaveLength(1);
    expect(scene.store.get(key)).toEqual(written(4, "green"));
  });

  it("repairs itself without undoing a write that came in meanwhile", () => {
    const scene = coordinatorOfA({ n: 3, r: 2, w: 1 });
    const get = request("get");
    scene.coordinator.request(scene.fx, get);
    scene.coordinator.request(scene.fx, request("put", { value: "newer" }));
    answer(scene, b, get, written(4, "green"));
    answer(scene, c, get, absentKey);
    expect(scene.store.get(key).versions.map((version) => version.value)).toEqual(["newer", "green"]);
  });

  it("that fails certainly had no effect", () => {
    const { coordinator, fx } = coordinatorOfA();
    coordinator.request(fx, request("get"));
    coordinator.unreachable(fx, b, []);
    coordinator.unreachable(fx, c, []);
    expect(errorOf(fx.outcomes[0])).toMatchObject({ code: "quorum_not_met", definite: true });
  });
});

describe("quorums", () => {
  it.each([
    [{ r: 0 }, "r = 0"],
    [{ w: 4 }, "w = 4"],
    [{ r: 1.5 }, "r = 1.5"],
    [{ n: 0 }, "n = 0"],
    [{ n: 4 }, "n = 4 replicas need 4 nodes"],
    [{ n: 1 }, "r = 2"],
    [{ w: Number.NaN }, "w = NaN"],
  ])("%j is refused with a sentence", (quorum, sentence) => {
    const { coordinator, fx } = coordinatorOfA();
    coordinator.request(fx, request("put", { quorum }));
    const error = errorOf(fx.outcomes[0]);
    expect(error).toMatchObject({ code: "bad_quorum", definite: true });
    expect(error?.message).toContain(sentence);
  });

  it("of a request replace those of the cluster", () => {
    const { coordinator, fx } = coordinatorOfA();
    coordinator.request(fx, request("put", { quorum: { w: 1 } }));
    expect(resultOf(fx.outcomes[0])?.successful).toEqual([a]);
  });
});

describe("a node that is leaving", () => {
  it("refuses clients and forwards, and still serves as a replica", () => {
    const scene = coordinatorOfA();
    scene.coordinator.leave();
    scene.coordinator.request(scene.fx, request("put"));
    expect(errorOf(scene.fx.outcomes[0])).toMatchObject({ code: "leaving", definite: true });
    const put = request("put");
    receive(scene, b, put, { kind: "FORWARD", request: put, epoch: 0 });
    receive(scene, b, put, { kind: "READ", request: put.id, key, replicas: [a, b, c], n: 3, epoch: 0 });
    expect(scene.fx.takeSent().map(({ message }) => message.kind)).toEqual(["FORWARD_REPLY", "READ_REPLY"]);
    expect(scene.store.all.size).toBe(0);
  });
});
