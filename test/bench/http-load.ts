/**
 * A load client light enough to share two cores with what it measures: one raw socket per connection, one request in
 * flight on each, keep-alive, answers read no further than their length. The same client drives Lightcone and etcd.
 */
import { connect } from "node:net";

export interface LoadResult {
  readonly perSecond: number;
  readonly failed: number;
  readonly latencyMs: readonly number[];
}

interface Load {
  readonly ports: readonly number[];
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** The next request as it goes over the wire, head and body. */
  readonly request: (n: number, port: number) => string;
}

/** Length of the first whole answer in `text`, or 0 while it is not all there; and whether it was a success. */
function answerIn(text: string): { length: number; ok: boolean } {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return { length: 0, ok: false };
  const head = text.slice(0, headEnd);
  const ok = head.startsWith("HTTP/1.1 2");
  const length = /\r\ncontent-length: (\d+)/i.exec(head);
  if (length) {
    const total = headEnd + 4 + Number(length[1]);
    return { length: text.length >= total ? total : 0, ok };
  }
  const end = text.indexOf("0\r\n\r\n", headEnd);
  return { length: end < 0 ? 0 : end + 5, ok };
}

export async function runLoad(load: Load): Promise<LoadResult> {
  let sent = 0;
  let failed = 0;
  const latencyMs: number[] = [];
  const measureFrom = performance.now() + load.warmUpMs;
  const end = measureFrom + load.measureMs;

  const oneConnection = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const port = load.ports[index % load.ports.length]!;
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      let started = 0;
      let text = "";
      const next = () => {
        started = performance.now();
        if (started >= end) {
          socket.destroy();
          resolve();
          return;
        }
        socket.write(load.request(sent++, port));
      };
      socket.setEncoding("latin1");
      socket.once("connect", next);
      socket.once("error", reject);
      socket.on("data", (chunk: string) => {
        text += chunk;
        const answer = answerIn(text);
        if (answer.length === 0) return;
        text = text.slice(answer.length);
        const now = performance.now();
        if (started >= measureFrom) {
          latencyMs.push(now - started);
          if (!answer.ok) failed++;
        }
        next();
      });
    });

  await Promise.all(Array.from({ length: load.connections }, (_, index) => oneConnection(index)));
  return { perSecond: ((latencyMs.length - failed) * 1000) / load.measureMs, failed, latencyMs };
}

export function httpRequest(method: string, path: string, port: number, body: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
