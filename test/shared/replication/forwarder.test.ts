/** Requests that reach a node which does not own their key, or may not coordinate it. */
import { describe, expect, it } from "vitest";
import type { NodeId } from "../../../shared/ids.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { refusal } from "../../../shared/replication/quorum.ts";
import type { ClientRequest } from "../../../shared/replication/types.ts";
import { coordinatorOfA, key, request } from "./effects.ts";
import { errorOf, nodes, put, receive, scene as sceneOfFive, sent } from "./operations.ts";

const { a, b, c, d } = nodes;

/** An owner has not done it, and will not. */
const refusedBy = (code: "leaving" | "unavailable", { id, op }: ClientRequest): ReplicationMessage => {
  return { kind: "FORWARD_REPLY", request: id, op, key, outcome: { ok: false, error: refusal(code, "") } };
};

describe("a request to a node that owns no copy", () => {
  const owners = [b, c];

  it("goes to the next owner when one is leaving", () => {
    const scene = coordinatorOfA({ n: 2, r: 1, w: 1 }, owners);
    const [first, second] = scene.view.ring.owners(key, 2) as [NodeId, NodeId];
    const asked = put(scene);
    receive(scene, first, asked, refusedBy("leaving", asked));
    expect(sent(scene)).toEqual([`FORWARD ${first}`, `FORWARD ${second}`]);
  });

  it("P22: is not written twice because an owner that may have it was found dead; a read is asked again", () => {
    const scene = coordinatorOfA({ n: 2, r: 1, w: 1 }, owners);
    const [first, second] = scene.view.ring.owners(key, 2) as [NodeId, NodeId];
    scene.coordinator.request(scene.fx, request("put"));
    scene.coordinator.request(scene.fx, request("get"));
    scene.coordinator.unreachable(scene.fx, first, []);
    expect(sent(scene)).toEqual([`FORWARD ${first}`, `FORWARD ${first}`, `FORWARD ${second}`]);
  });

  it("is written through the next owner only when the very message never left", () => {
    const scene = coordinatorOfA({ n: 2, r: 1, w: 1 }, owners);
    const [first, second] = scene.view.ring.owners(key, 2) as [NodeId, NodeId];
    scene.coordinator.request(scene.fx, request("put"));
    scene.coordinator.request(scene.fx, request("put"));
    const [one] = scene.fx.takeSent();
    scene.coordinator.unreachable(scene.fx, first, [one!.id]);
    const again = scene.fx.takeSent();
    expect(again.map(({ to }) => to)).toEqual([second]);
    expect(again[0]!.message).toEqual(one!.message);
  });

  describe("of which nobody is known to own one", () => {
    it.each([false, true])("waits until somebody is (sloppy: %s)", (sloppy) => {
      const scene = coordinatorOfA({ n: 2, r: 1, w: 1 });
      scene.moves.placement = { owners: [], pending: [], epoch: 1 };
      const asked = put(scene, { sloppy });
      scene.moves.placement = { owners: [], pending: [], epoch: 2 };
      scene.coordinator.placementChanged(scene.fx);
      expect(scene.fx.takeSent()).toEqual([]);
      scene.moves.placement = { owners: [b, c], pending: [], epoch: 3 };
      scene.coordinator.placementChanged(scene.fx);
      expect(scene.fx.takeSent()).toMatchObject([
        { to: b, message: { kind: "FORWARD", request: asked, epoch: 3 } },
      ]);
      expect(scene.fx.outcomes).toEqual([]);
    });

    it("is refused for certain when the time is over", () => {
      const scene = coordinatorOfA();
      scene.moves.placement = { owners: [], pending: [], epoch: 0 };
      scene.coordinator.request(scene.fx, request("put"));
      scene.fx.now = scene.coordinator.deadline!;
      scene.coordinator.tick(scene.fx);
      const message = expect.stringContaining("still entering the ring") as string;
      expect(scene.fx.outcomes).toMatchObject([{ error: { code: "unavailable", definite: true, message } }]);
      expect(scene.coordinator.isIdle).toBe(true);
    });
  });

  it("prefers a living owner to a suspected one", () => {
    const scene = coordinatorOfA({ n: 2, r: 1, w: 1 }, owners);
    const [first, second] = scene.view.ring.owners(key, 2) as [NodeId, NodeId];
    scene.statuses.set(first, "suspect");
    scene.coordinator.request(scene.fx, request("put"));
    expect(sent(scene)).toEqual([`FORWARD ${second}`]);
  });
});

describe("P11: a request that the ring has moved under", () => {
  it("is refused by a node that does not own its key, and then routed anew", () => {
    const made = sceneOfFive();
    made.moves.placement = { owners: [b, c, d], pending: [], epoch: 5 };
    const asked = request("put");
    receive(made, c, asked, { kind: "FORWARD", request: asked, epoch: 4 });
    expect(made.fx.takeSent()).toMatchObject([{ to: c, message: { kind: "STALE", epoch: 5 } }]);
    expect(made.store.all.size).toBe(0);
    const own = put(made);
    expect(sent(made)).toEqual(["FORWARD b"]);
    const stale = { kind: "STALE", request: own.id, op: "put", key, epoch: 6 } as const;
    receive(made, b, own, stale);
    expect(sent(made)).toEqual([]);
    made.moves.placement = { owners: [d, c, b], pending: [], epoch: 6 };
    made.coordinator.placementChanged(made.fx);
    expect(sent(made)).toEqual(["FORWARD d"]);
  });
});

describe("P1: an owner that is being refilled", () => {
  const placement = { owners: [a, b, c], pending: [], rebuilding: [a], epoch: 5 };

  it("hands writes on, and refuses those that are handed to it", () => {
    const made = sceneOfFive();
    made.moves.placement = placement;
    put(made);
    expect(sent(made)).toEqual(["FORWARD b"]);
    const forward = (epoch: number) => {
      const asked = request("put");
      receive(made, c, asked, { kind: "FORWARD", request: asked, epoch });
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
    const made = sceneOfFive();
    made.moves.placement = { owners: [b, c, d], pending: [], epoch: 4 };
    const asked = put(made);
    expect(sent(made)).toEqual(["FORWARD b"]);
    receive(made, b, asked, refusedBy("unavailable", asked));
    expect(sent(made)).toEqual(["FORWARD c"]);
  });

  it("coordinates no sloppy write either, when nobody else is left", () => {
    const made = sceneOfFive();
    made.moves.placement = placement;
    for (const node of [b, c]) made.statuses.set(node, "dead");
    put(made, { sloppy: true });
    expect(errorOf(made.fx.outcomes[0])).toMatchObject({ code: "unavailable", definite: true });
    expect(made.store.all.size).toBe(0);
  });
});
