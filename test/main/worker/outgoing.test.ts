/** One connection to a peer, with a listener beside it instead of a whole node. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { frameBytesMax } from "../../../main/worker/frames.ts";
import { acceptPeer } from "../../../main/worker/incoming.ts";
import { Outgoing } from "../../../main/worker/outgoing.ts";
import { asMessageId, asNodeId } from "../../../shared/ids.ts";
import type { Envelope, OutgoingMessage } from "../../../shared/replica/types.ts";
import { eventually } from "./cluster.ts";

const secret = "test";
const identity = (node: string) => ({
  node: asNodeId(node),
  address: `${node}:1`,
  cluster: "lightcone",
  instance: node,
});

let server: Server;
let sockets: Socket[];
let received: string[];
let connection: Outgoing;
let lost: string[];
let unreachable: string[][];

beforeEach(async () => {
  [sockets, received, lost, unreachable] = [[], [], [], []];
  const owner = {
    identity: identity("two"),
    secret,
    received: (envelope: Envelope) => void received.push(envelope.id),
    stranger: () => undefined,
  };
  server = createServer((socket) => {
    sockets.push(socket);
    socket.once("data", (head) =>
      acceptPeer(socket, head.subarray(head.indexOf("\r\n\r\n") + 4), "test", owner),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  connection = new Outgoing(`127.0.0.1:${port}`, {
    identity: identity("one"),
    secret,
    connected: () => undefined,
    failed: (_, messages) => void lost.push(...messages.map(({ envelope }) => envelope.id)),
    unreachable: (_, undelivered) => void unreachable.push([...undelivered]),
    refused: () => undefined,
    wrote: () => undefined,
  });
});

afterEach(() => {
  connection.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

const message = (id: string, text: string): OutgoingMessage => ({
  to: { node: asNodeId("two"), address: connection.address },
  envelope: {
    id: asMessageId(id),
    from: asNodeId("one"),
    address: "one:1",
    clock: { one: 1 },
    body: { kind: "TELL", text } as unknown as Envelope["body"],
  },
});

it("a message too large for a frame is lost, and says nothing of the peer: one key must not make a node suspect", async () => {
  connection.send(message("small", "x"));
  await eventually("the first message", () => received.includes("small"));
  connection.send(message("large", "x".repeat(frameBytesMax)));
  connection.send(message("next", "x"));
  connection.flush();
  await eventually("the message behind it", () => received.includes("next"));
  expect(received).toEqual(["small", "next"]);
  expect(lost).toEqual(["large"]);
  expect(unreachable).toEqual([]);
});

it("messages to a peer that is gone fail, and the owner hears which never left", async () => {
  connection.send(message("first", "x"));
  await eventually("the first message", () => received.includes("first"));
  server.close();
  for (const socket of sockets) socket.destroy();
  await eventually("the end of the connection", () => unreachable.length > 0 && [...unreachable]);
  connection.send(message("late", "x"));
  await eventually("the failure", () => unreachable.flat().includes("late"));
  expect(lost).toContain("late");
});
