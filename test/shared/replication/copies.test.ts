/** What a replica does with copies and reads that a coordinator sends it. */
import { describe, expect, it } from "vitest";
import { absentKey, write } from "../../../shared/clock/dotted.ts";
import type { NodeId } from "../../../shared/ids.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { key, request } from "./effects.ts";
import { nodes, receive, scene } from "./operations.ts";

const { a, b, c, d } = nodes;
const state = write(absentKey, { dot: { node: b, counter: 4 }, value: "red", at: 0 }, {});

/** What it does with a copy and with a read that b sends by its placement. */
function asks(mine: readonly NodeId[], theirs: readonly NodeId[], epoch: number): string[] {
  const made = scene();
  made.moves.placement = { owners: mine, pending: [], epoch: 5 };
  const asked = request("put");
  const common = { request: asked.id, key, replicas: theirs, n: 3, epoch };
  const copy: ReplicationMessage = { kind: "REPLICATE", ...common, op: "put", state, origin: b };
  receive(made, b, asked, copy);
  receive(made, b, asked, { kind: "READ", ...common });
  return [
    ...made.fx.events.map(({ name }) => name),
    ...made.fx.takeSent().map(({ message }) => message.kind),
  ];
}

describe("P11: a replica that has heard of a newer epoch", () => {
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
    receive(made, c, get, read);
    expect(made.moves.behind).toEqual([[7, c]]);
  });
});

describe("a stand-in", () => {
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
      receive(made, b, asked, { kind: "REPLICATE", ...copy, hintFor: c });
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
