/**
 * `GET /ws`: the node's events as they happen, one JSON text per WebSocket message.
 *
 * A reader that is too slow is not waited for and not buffered for without end: it misses events and is told how many,
 * as `{"dropped": 12}`. Who needs every event reads the trace.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import type { TraceEvent } from "../../shared/trace/event.ts";

const bufferedBytesMax = 1024 * 1024;

export class LiveFeed {
  /** Events missed by each reader since it last kept up. */
  readonly #readers = new Map<WebSocket, number>();
  #server: WebSocketServer | undefined;

  /** The WebSocket library is loaded by the first reader: most nodes never have one. */
  async accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#server === undefined) {
      const library = await import("ws");
      this.#server ??= new library.WebSocketServer({ noServer: true, maxPayload: 1024 });
    }
    this.#server.handleUpgrade(request, socket, head, (reader) => {
      this.#readers.set(reader, 0);
      reader.on("error", () => reader.terminate());
      reader.on("close", () => this.#readers.delete(reader));
    });
  }

  push(events: readonly TraceEvent[]): void {
    if (this.#readers.size === 0) return;
    const texts = events.map((event) => JSON.stringify(event));
    for (const [reader, dropped] of this.#readers) {
      if (reader.bufferedAmount > bufferedBytesMax) {
        this.#readers.set(reader, dropped + texts.length);
        continue;
      }
      if (dropped > 0) {
        reader.send(JSON.stringify({ dropped }));
        this.#readers.set(reader, 0);
      }
      for (const text of texts) reader.send(text);
    }
  }

  close(): void {
    for (const reader of this.#readers.keys()) reader.terminate();
  }
}
