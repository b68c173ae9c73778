/**
 * What a node answers before it has read what it knew: it listens from the first moment, and a long log takes its time.
 *
 * `GET /api/v1/health` and `GET /api/v1/storage` say how far it is (L4), with a status by which whoever balances load
 * waits; all else is refused with one sentence, subscriptions too. A peer that dials is cut off, as by a node that does
 * not run yet: it knows what to do about that.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { NodeId } from "../../shared/ids.ts";
import type { RecoveryProgress } from "../storage/recovery/recovered.ts";
import { peerPath } from "./handshake.ts";
import { type Guard, HttpError, sendError, sendJson, statusOf } from "./http.ts";
import { refuseUpgrade } from "./server.ts";

const told: ReadonlySet<string> = new Set(["/api/v1/health", "/api/v1/storage"]);

export class Replaying {
  readonly #server: Server;
  readonly #node: NodeId;
  readonly #guard: Guard;
  #progress: RecoveryProgress = { position: 0, rows: 0, transactions: 0 };
  readonly #answer = (request: IncomingMessage, response: ServerResponse) =>
    this.#answered(request, response);
  readonly #refuse = (request: IncomingMessage, socket: Duplex) => this.#refused(request, socket);

  constructor(server: Server, node: NodeId, guard: Guard) {
    this.#server = server;
    this.#node = node;
    this.#guard = guard;
    server.on("request", this.#answer);
    server.on("upgrade", this.#refuse);
  }

  at(progress: RecoveryProgress): void {
    this.#progress = progress;
  }

  /** Somebody else answers from now on. */
  end(): void {
    this.#server.off("request", this.#answer);
    this.#server.off("upgrade", this.#refuse);
  }

  get #error(): HttpError {
    const { rows, transactions } = this.#progress;
    const message = `${this.#node} is replaying its log (${rows} rows of a snapshot and ${transactions} transactions so far); try again soon.`;
    return new HttpError("replaying", message, ["Retry-After", "1"]);
  }

  #answered(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    try {
      this.#guard.check(request);
      const path = request.url?.split("?")[0] ?? "";
      if (request.method !== "GET" || !told.has(path)) throw this.#error;
      const body = { status: "replaying", node_id: this.#node, ...this.#progress };
      sendJson(response, statusOf.replaying, body, this.#error.headers);
    } catch (error) {
      sendError(response, error);
    }
  }

  #refused(request: IncomingMessage, socket: Duplex): void {
    socket.on("error", () => socket.destroy());
    if (request.url === peerPath) socket.destroy();
    else refuseUpgrade(socket, this.#error);
  }
}
