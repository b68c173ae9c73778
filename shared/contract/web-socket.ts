/**
 * The contract over a WebSocket, from the window's end: opens it, and opens it again when it was lost.
 *
 * The lab drops a window that reads too slowly (its memory is not a queue without end); coming back is therefore the
 * ordinary way to a fresh state and not an emergency. Waits between attempts grow to two seconds, so that a lab that
 * was restarted finds its window back while the person still looks at it.
 */
import type { FrameChannel, Schedule } from "./client.ts";
import { decodeFrame, encodeFrame } from "./codec.ts";
import type { HostFrame } from "./contract.ts";

/** Spoken by both ends; the second protocol a window offers is its token, which browsers cannot put into a header. */
export const labProtocol = "lightcone";

/** The part of the browser's WebSocket that is used. */
export interface SocketLike {
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

const ignore = () => {};
const retryFirstMs = 100;
const retryLongestMs = 2_000;

export function webSocketChannel(open: () => SocketLike, schedule: Schedule): FrameChannel {
  let socket: SocketLike | null = null;
  let retryMs = retryFirstMs;
  let cancelRetry: (() => void) | undefined;
  let attempt: SocketLike | undefined;
  let closed = false;
  let onFrame: ((frame: HostFrame) => void) | undefined;
  let onState: ((connected: boolean) => void) | undefined;

  function connect(): void {
    const current = open();
    attempt = current;
    current.binaryType = "arraybuffer";
    current.addEventListener("open", () => {
      if (closed) return;
      socket = current;
      retryMs = retryFirstMs;
      onState?.(true);
    });
    current.addEventListener("message", ({ data }) => {
      if (!closed && data instanceof ArrayBuffer) onFrame?.(decodeFrame(new Uint8Array(data)) as HostFrame);
    });
    // A close follows each error; a socket of Node's ends the process when nobody listens to its errors.
    current.addEventListener("error", ignore);
    current.addEventListener("close", () => {
      if (closed) return;
      socket = null;
      onState?.(false);
      cancelRetry = schedule(retryMs, connect);
      retryMs = Math.min(retryMs * 2, retryLongestMs);
    });
  }
  connect();

  return {
    send: (frame) => socket?.send(encodeFrame(frame)),
    onFrame(listener) {
      onFrame = listener;
    },
    onState(listener) {
      onState = listener;
      if (socket !== null) listener(true);
    },
    close() {
      closed = true;
      cancelRetry?.();
      attempt?.close();
    },
  };
}
