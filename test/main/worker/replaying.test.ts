/** L4: what a node answers before it has read its log. */
import { connect } from "node:net";
import type { Server } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { peerPath, peerUpgrade } from "../../../main/worker/handshake.ts";
import { Guard } from "../../../main/worker/http.ts";
import { Replaying } from "../../../main/worker/replaying.ts";
import { listen } from "../../../main/worker/server.ts";
import { asNodeId } from "../../../shared/ids.ts";

let server: Server;
let replaying: Replaying;
let port: number;
beforeEach(async () => {
  server = await listen("127.0.0.1", 0);
  ({ port } = server.address() as { port: number });
  replaying = new Replaying(server, asNodeId("node-1"), new Guard(false, []));
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const ask = async (path: string, method = "GET") => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, again: response.headers.get("retry-after"), body: await response.json() };
};

/** What comes back for these bytes, up to the end of the line. */
const raw = (text: string) =>
  new Promise<string>((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (bytes: Buffer) => (answer += bytes.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
  });

const upgrade = (path: string, to: string) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: ${to}\r\n\r\n`;

it.each(["/api/v1/health", "/api/v1/storage"])("%s says how far it is", async (path) => {
  expect((await ask(path)).body).toMatchObject({ status: "replaying", node_id: "node-1", transactions: 0 });
  replaying.at({ position: 9_000, rows: 4_000, transactions: 5_000 });
  expect(await ask(path)).toEqual({
    status: 503,
    again: "1",
    body: { status: "replaying", node_id: "node-1", position: 9_000, rows: 4_000, transactions: 5_000 },
  });
});

it("refuses all else with one sentence, what would change something too", async () => {
  replaying.at({ position: 9, rows: 4, transactions: 5 });
  const message =
    "node-1 is replaying its log (4 rows of a snapshot and 5 transactions so far); try again soon.";
  for (const [path, method] of [
    ["/api/v1/data/a", "PUT"],
    ["/api/v1/data/a", "GET"],
    ["/api/v1/health", "POST"],
    ["/metrics", "GET"],
  ] as const) {
    expect(await ask(path, method)).toEqual({
      status: 503,
      again: "1",
      body: { error: { code: "replaying", message, definite: true } },
    });
  }
});

it("refuses subscriptions with the same word", async () => {
  const answer = await raw(upgrade("/api/v1/subscribe?module=kv&table=keys", "websocket"));
  expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  expect(answer).toContain('"code":"replaying"');
});

it("cuts peers off, as a node that does not run", async () => {
  expect(await raw(upgrade(peerPath, peerUpgrade))).toBe("");
});

it("answers nobody from elsewhere more than it would later", async () => {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/health`, {
    headers: { origin: "http://elsewhere.example" },
  });
  expect(response.status).toBe(403);
});

it("leaves the answers to the node when it is over", async () => {
  replaying.end();
  server.on("request", (_, response) => response.end('{"over":true}'));
  expect((await ask("/api/v1/health")).body).toEqual({ over: true });
});
