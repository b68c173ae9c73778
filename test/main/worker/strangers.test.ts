/** Who does not belong to the cluster is refused, and that is an event. */
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeFrame, FrameDecoder } from "../../../main/worker/frames.ts";
import { introduce, peerPath, peerUpgrade, prove } from "../../../main/worker/handshake.ts";
import { asNodeId } from "../../../shared/ids.ts";
import { protocolVersion } from "../../../shared/replica/types.ts";
import { eventually, TestCluster, type TestNode } from "./cluster.ts";

let cluster: TestCluster;
let sockets: Socket[];
beforeEach(() => {
  cluster = new TestCluster();
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await cluster.end();
});

/** A peer made by hand: what it sends is up to the test; frames that come are collected. */
async function peer(node: TestNode) {
  const socket = connect(node.port, "127.0.0.1");
  sockets.push(socket);
  const frames: Record<string, unknown>[] = [];
  const state = { closed: false };
  const decoder = new FrameDecoder();
  let head: string | null = "";
  socket.on("data", (chunk) => {
    let rest = chunk;
    if (head !== null) {
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      rest = Buffer.from(head.slice(end + 4), "latin1");
      head = null;
    }
    frames.push(...(decoder.push(rest) as Record<string, unknown>[]));
  });
  socket.on("close", () => (state.closed = true));
  socket.on("error", () => undefined);
  socket.write(
    `GET ${peerPath} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${peerUpgrade}\r\n\r\n`,
  );
  return {
    frames,
    send: (frame: unknown) => socket.write(encodeFrame(frame)),
    sendBytes: (bytes: Buffer) => socket.write(bytes),
    next: (count: number) => eventually(`frame ${count}`, () => frames[count - 1]),
    closed: () => eventually("the connection to be closed", () => state.closed),
  };
}

const me = { node: asNodeId("node-9"), address: "127.0.0.1:1", cluster: "lightcone", instance: "test" };

const strangerEvent = (node: TestNode, reason: RegExp) =>
  eventually("the stranger event", () =>
    node.events.find(({ name, detail }) => name === "stranger" && reason.test(JSON.stringify(detail))),
  );

describe("a stranger", () => {
  it("with the wrong secret is refused on both sides, and never becomes a member", async () => {
    const one = await cluster.start("node-1", { control: true, env: { LIGHTCONE_SECRET: "right" } });
    const two = await cluster.start("node-2", {
      flags: [`--seed-node=${one.address}`],
      env: { LIGHTCONE_SECRET: "wrong" },
    });
    const event = await strangerEvent(one, /does not know the cluster's secret/);
    expect(event).toMatchObject({ op: "internal", type: "local" });
    expect(event.detail?.["from"]).toContain("node-2");
    await eventually("the stranger to be told", () =>
      two.stderr.includes("does not know the cluster's secret"),
    );
    expect(await one.beliefs()).toEqual({ "node-1": "alive" });
    expect(await two.beliefs()).toEqual({ "node-2": "alive" });
  });

  it("of another protocol version is told both versions", async () => {
    const node = await cluster.start("node-1", { control: true });
    const other = await peer(node);
    other.send({ protocol: 99, something: "new" });
    expect(await other.next(1)).toEqual({
      refused: `it speaks protocol version 99 and this node speaks ${protocolVersion}; run the same Lightcone on both`,
    });
    await other.closed();
    await strangerEvent(node, /protocol version 99/);
  });

  it.each([
    ["of another cluster", { ...me, cluster: "prod" }, /cluster \W+prod/],
    ["of this node's own name", { ...me, node: asNodeId("node-1") }, /calls itself node-1/],
  ])("%s is refused", async (_, identity, reason) => {
    const node = await cluster.start("node-1", { control: true });
    const other = await peer(node);
    other.send(introduce(identity));
    expect(String((await other.next(1))["refused"])).toMatch(reason);
    await other.closed();
    await strangerEvent(node, reason);
  });

  it("cannot use another connection's proof, nor its own as the other side's", async () => {
    const node = await cluster.start("node-1", { control: true });
    const other = await peer(node);
    const hello = introduce(me);
    other.send(hello);
    const challenge = (await other.next(1)) as unknown as ReturnType<typeof introduce>;
    other.send(prove("lightcone", "acceptor", hello, challenge));
    await other.closed();
    await strangerEvent(node, /does not know the cluster's secret/);
    const replayed = await peer(node);
    replayed.send(hello);
    await replayed.next(1);
    replayed.send(prove("lightcone", "dialer", hello, challenge));
    expect(String((await replayed.next(2))["refused"])).toMatch(/secret/);
  });

  it("that says too much before it proved anything is cut off", async () => {
    const node = await cluster.start("node-1", { control: true });
    const other = await peer(node);
    other.sendBytes(Buffer.from([0, 0xff, 0xff, 0xff]));
    await other.closed();
    await strangerEvent(node, /over the limit of 4096"/);
  });

  it("that proved itself may only speak in its own name", async () => {
    const node = await cluster.start("node-1", { control: true });
    const other = await peer(node);
    const hello = introduce(me);
    other.send(hello);
    const challenge = (await other.next(1)) as unknown as ReturnType<typeof introduce>;
    other.send(prove("lightcone", "dialer", hello, challenge));
    expect(await other.next(2)).toEqual(prove("lightcone", "acceptor", hello, challenge));
    const body = { kind: "GOSSIP", rumours: [] };
    other.send({ id: "m1", from: "node-9", address: me.address, clock: {}, body });
    await eventually("the message to arrive", () =>
      node.events.some(({ type, message }) => type === "receive" && message === "m1"),
    );
    other.send({ id: "m2", from: "node-2", address: me.address, clock: {}, body });
    await other.closed();
    await strangerEvent(node, /no message of its own/);
  });
});
