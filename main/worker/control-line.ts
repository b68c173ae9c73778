/** The node's end of the line to its lab (see control.ts). The line's end is the lab's end, and so the node's. */
import { Socket } from "node:net";
import type { TraceEvent } from "../../shared/trace/event.ts";
import type { LabToNode, NodeToLab } from "./control.ts";
import { encodeFrame, FrameDecoder } from "./frames.ts";
import type { TraceSink } from "./trace-stream.ts";

export interface ControlLineOwner {
  received(message: LabToNode): void;
  closed(): void;
}

/** Events of one frame: keeps frames far below their limit. */
const eventsPerFrame = 1_000;

export class ControlLine implements TraceSink {
  readonly #socket: Socket;

  constructor(fd: number, owner: ControlLineOwner) {
    const decoder = new FrameDecoder();
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.on("data", (chunk) => {
      for (const frame of decoder.push(chunk)) owner.received(frame as LabToNode);
    });
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("end", () => this.#socket.destroy());
    this.#socket.on("close", () => owner.closed());
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  send(message: NodeToLab): void {
    if (this.#socket.writable) this.#socket.write(encodeFrame(message));
  }

  write(events: readonly TraceEvent[]): void {
    for (let first = 0; first < events.length; first += eventsPerFrame) {
      this.send({ kind: "events", events: events.slice(first, first + eventsPerFrame) });
    }
  }

  onDrain(listener: () => void): void {
    this.#socket.on("drain", listener);
  }

  /** Resolves when everything written has been handed to the operating system. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.removeAllListeners("close");
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => this.#socket.destroy());
    });
  }
}
