/**
 * The node's events on their way to the lab: in order, without gaps, and without filling the memory.
 *
 * Events are streamed as they are kept. When the lab reads too slowly (it is paused, or draws), nothing is queued
 * beyond a few megabytes: the stream stops, and goes on from the node's own file once the line has drained. Nothing is
 * lost, because the file had every event before the stream did.
 */
import type { TraceEvent } from "../../shared/trace/event.ts";
import type { TraceReader } from "../storage/trace-blobs.ts";

export interface TraceSink {
  readonly pendingBytes: number;
  write(events: readonly TraceEvent[]): void;
  onDrain(listener: () => void): void;
}

const pendingBytesMax = 4 * 1024 * 1024;
const catchUpEvents = 2_000;

export class TraceStream {
  readonly #life: number;
  readonly #sink: TraceSink;
  readonly #read: TraceReader;
  #streamed = 0;
  #behind = false;

  constructor(life: number, sink: TraceSink, read: TraceReader) {
    this.#life = life;
    this.#sink = sink;
    this.#read = read;
    sink.onDrain(() => this.#catchUp());
  }

  push(events: readonly TraceEvent[]): void {
    if (this.#behind) return;
    if (this.#sink.pendingBytes > pendingBytesMax) this.#behind = true;
    else this.#write(events);
  }

  #catchUp(): void {
    while (this.#behind && this.#sink.pendingBytes <= pendingBytesMax) {
      const events = this.#read(this.#life, this.#streamed, catchUpEvents);
      if (events.length === 0) this.#behind = false;
      else this.#write(events);
    }
  }

  #write(events: readonly TraceEvent[]): void {
    this.#streamed = events.at(-1)?.seq ?? this.#streamed;
    this.#sink.write(events);
  }
}
