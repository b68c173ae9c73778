import { describe, expect, it } from "vitest";
import type { NodeId } from "../../../shared/ids.ts";
import { coordinatorOfA, key, nodes, request } from "./effects.ts";

const { b, c } = nodes;

const forwardedBy = ({ fx }: ReturnType<typeof coordinatorOfA>) =>
  fx.takeSent().map(({ to, message }) => `${message.kind} ${to}`);

describe("a request to a node that owns no copy", () => {
  const owners = [b, c];

  it("goes to the next owner when one is leaving", () => {
    const scene = coordinatorOfA({ n: 2, r: 1, w: 1 }, owners);
    const [first, second] = scene.view.ring.owners(key, 2) as [NodeId, NodeId];
    const put = request("put");
    scene.coordinator.request(scene.fx, put);
    const error = {
      code: "leaving",
      message: "",
      definite: true,
      replicas: [],
      successful: [],
      failed: [],
    } as const;
    const outcome = { ok: false, error } as const;
    const refused = { kind: "FORWARD_REPLY", request: put.id, op: "put", key, outcome } as const;
    scene.coordinator.receive(scene.fx, first, refused, { op: "put", key, request: put.id });
    expect(forwardedBy(scene)).toEqual([`FORWARD ${first}`, `FORWARD ${second}`]);
  });

  it("P22: is not written twice because an owner that may have it was found dead; a read is asked again", () => {
    const scene = coordinatorOfA({ n: 2, r: 1, w: 1 }, owners);
    const [first, second] = scene.view.ring.owners(key, 2) as [NodeId, NodeId];
    scene.coordinator.request(scene.fx, request("put"));
    scene.coordinator.request(scene.fx, request("get"));
    scene.coordinator.unreachable(scene.fx, first, []);
    expect(forwardedBy(scene)).toEqual([`FORWARD ${first}`, `FORWARD ${first}`, `FORWARD ${second}`]);
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
      const put = { ...request("put"), sloppy };
      scene.coordinator.request(scene.fx, put);
      scene.moves.placement = { owners: [], pending: [], epoch: 2 };
      scene.coordinator.placementChanged(scene.fx);
      expect(scene.fx.takeSent()).toEqual([]);
      scene.moves.placement = { owners: [b, c], pending: [], epoch: 3 };
      scene.coordinator.placementChanged(scene.fx);
      expect(scene.fx.takeSent()).toMatchObject([
        { to: b, message: { kind: "FORWARD", request: put, epoch: 3 } },
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
    expect(forwardedBy(scene)).toEqual([`FORWARD ${second}`]);
  });
});
