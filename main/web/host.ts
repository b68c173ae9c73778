/**
 * The browser host: the lab's window as a page on 127.0.0.1, and the lab's contract over a WebSocket.
 *
 * It moves frames and files and knows no command. See `security.ts` for who is let in. A window that does not read
 * what it is sent is dropped once `unreadBytesMax` wait for it: it reconnects by itself, asks for the state and pages
 * through the events it missed at its own speed, while the lab's memory stays bounded.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import sirv from "sirv";
import { type WebSocket, WebSocketServer } from "ws";
import { decodeFrame, encodeFrame } from "../../shared/contract/codec.ts";
import { LabError } from "../../shared/contract/errors.ts";
import { type LabService, serveConnection } from "../../shared/contract/server.ts";
import { labProtocol } from "../../shared/contract/web-socket.ts";
import { bearerToken, isToken, objection, offeredToken, securityHeaders } from "./security.ts";
import { serveSessionFile } from "./session-files.ts";

export interface WebHostOptions {
  readonly lab: LabService;
  /** 0 takes any free port. */
  readonly port: number;
  /** The built window. */
  readonly rendererDir: string;
  /** Made up when absent. */
  readonly token?: string;
  readonly unreadBytesMax?: number;
}

export interface WebHost {
  /** Where a browser opens the lab: `http://127.0.0.1:PORT/#token=…`. */
  readonly url: string;
  close(): Promise<void>;
}

/** The largest frame a window may send: a value at its limit, with room for its wrapping. */
const frameBytesMax = 8 * 1024 * 1024;

export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const { lab, rendererDir, unreadBytesMax = 64 * 1024 * 1024 } = options;
  if (!existsSync(join(rendererDir, "index.html"))) {
    throw new LabError("internal", `The window's files are not in ${rendererDir}. Run "npm run build".`);
  }
  const token = options.token ?? randomBytes(32).toString("base64url");
  const server = createServer();
  const port = await listen(server, options.port);
  const headers = securityHeaders(port);
  // Looked up at each request: a build under a running lab takes files away, and that must not end the lab.
  const files = sirv(rendererDir, { dev: true });

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const refusal = objection(request, port);
    if (refusal !== null) return refuse(response, 403, refusal);
    if (/^\/sessions(\/|$)/.test(request.url ?? "")) {
      if (!isToken(bearerToken(request), token))
        return refuse(response, 401, "The token is missing or wrong.");
      return void serveSessionFile(lab, request, response);
    }
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, "Only GET here.");
    files(request, response, () => refuse(response, 404, "There is nothing here."));
  });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: frameBytesMax,
    handleProtocols: () => labProtocol,
  });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const isLab = request.url === "/lab";
    if (objection(request, port) !== null) return endUpgrade(stream, "403 Forbidden");
    if (!isLab) return endUpgrade(stream, "404 Not Found");
    if (!isToken(offeredToken(request), token)) return endUpgrade(stream, "401 Unauthorized");
    sockets.handleUpgrade(request, stream, head, (socket) => serveWindow(lab, socket, unreadBytesMax));
  });

  return {
    url: `http://127.0.0.1:${port}/#token=${token}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serveWindow(lab: LabService, socket: WebSocket, unreadBytesMax: number): void {
  // The close that follows says all there is to say of a broken line.
  socket.on("error", () => socket.terminate());
  serveConnection(lab, {
    send(frame) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > unreadBytesMax) socket.terminate();
      else socket.send(encodeFrame(frame));
    },
    onFrame: (listener) =>
      void socket.on("message", (data: Buffer, isBinary) => listener(isBinary ? decodeFrame(data) : null)),
    onClose: (listener) => void socket.on("close", listener),
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(error: NodeJS.ErrnoException, port: number): LabError {
  if (error.code === "EADDRINUSE") {
    return new LabError(
      "port_in_use",
      `Port ${port} is in use by another program. Choose another with --port, or leave it out.`,
    );
  }
  return new LabError("refused", `The lab cannot listen on port ${port}: ${error.message}. Choose another.`);
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  response.end(`${sentence}\n`);
}

function endUpgrade(stream: Duplex, status: string): void {
  stream.on("error", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
