/** One port for clients and peers: HTTP, and the upgrades that ask to be a peer's connection or a live feed. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { formatAddress } from "./address.ts";
import { peerPath, peerUpgrade } from "./handshake.ts";
import { bodyBytesMax } from "./data-request.ts";
import { announcedBytes, errorBody, type Guard, HttpError, statusOf } from "./http.ts";
import type { LiveFeed } from "./live-feed.ts";
import type { Peers } from "./peers.ts";
import { handle, type Service } from "./routes.ts";
import type { SubscriptionFeed } from "./subscription-feed.ts";
import { subscribePath } from "./subscription-query.ts";

/** Not imported: an import would evaluate every export, among them the whole of fetch and WebSocket (30 ms). */
const { createServer } = process.getBuiltinModule("node:http");

export class ListenError extends Error {}

/** Listens, and serves nothing yet. Throws ListenError with a sentence for a person. */
export async function listen(host: string, port: number): Promise<Server> {
  const server = createServer({ requestTimeout: 30_000, keepAliveTimeout: 60_000 });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new ListenError(explain(error, host, port))),
    );
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      resolve(server);
    });
  });
}

function explain({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${host} is in use; choose another with --port, or end the program that has it.`;
    case "EACCES":
      return `Port ${port} on ${host} needs more rights; choose one above 1023 with --port.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine; choose another --host.`;
    default:
      return `The node cannot listen on ${formatAddress(host, port)}: ${message}.`;
  }
}

/** What a WebSocket may be opened to. */
export interface Feeds {
  readonly live: LiveFeed;
  readonly subscriptions: SubscriptionFeed;
}

export function serve(server: Server, service: Service, guard: Guard, peers: Peers, feeds: Feeds): void {
  server.on("request", (request, response) => void handle(service, guard, request, response));
  // A client that asks first is not told to send what will be refused.
  server.on("checkContinue", (request, response) => {
    if (announcedBytes(request) <= bodyBytesMax) response.writeContinue();
    void handle(service, guard, request, response);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return;
    const [code, message] =
      error.code === "HPE_HEADER_OVERFLOW"
        ? (["too_large", "The request's path and headers are over the limit of 16 KiB."] as const)
        : (["bad_input", "This is not HTTP; clients and nodes both speak HTTP here."] as const);
    refuseUpgrade(socket, new HttpError(code, message));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (request.url === peerPath && request.headers.upgrade === peerUpgrade) {
      peers.accept(
        socket,
        head,
        formatAddress(request.socket.remoteAddress ?? "?", request.socket.remotePort ?? 0),
      );
      return;
    }
    try {
      guard.check(request);
      const feed = feedAt(request, feeds);
      feed.accept(request, socket, head).catch((error: unknown) => refuseUpgrade(socket, error));
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  });
}

/** Throws HttpError. */
function feedAt(
  { url, headers }: IncomingMessage,
  { live, subscriptions }: Feeds,
): LiveFeed | SubscriptionFeed {
  const path = url?.split("?")[0];
  if (headers.upgrade?.toLowerCase() === "websocket") {
    if (path === "/ws") return live;
    if (path === subscribePath) return subscriptions;
  }
  throw new HttpError("not_found", `The live events are at /ws, the changes of tables at ${subscribePath}.`);
}

/** Answers in place of an upgrade. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const code = error instanceof HttpError ? error.code : "internal";
  const body = JSON.stringify(errorBody(code, error instanceof Error ? error.message : String(error)));
  socket.end(
    `HTTP/1.1 ${statusOf[code]} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
