/**
 * Everything that happens goes through here once: into the session file first, then to whoever is watching.
 *
 * Nodes send their events in program order, so one counter per life is enough to know what is new (no duplicates) and
 * what is missing (no gaps). What is missing is read from the node's own trace: that is how a SIGKILL, a full pipe or a
 * line that broke in the middle of a frame loses nothing that the node had written.
 *
 * Guarantee: per node and life the recording is 1, 2, 3 …; an event is pushed only after it is in the file.
 */
import { labLane, type RecordedEvent, type TraceEvent } from "../../shared/trace/event.ts";
import type { LabEventDetails } from "../../shared/trace/names.ts";
import type { SessionFile } from "./session-file.ts";

/** An event waits at most this long before it is written and pushed. */
const batchMs = 10;
const batchEventsMax = 1000;

/** Wall time with fractions of a millisecond that never runs backwards while the lab runs. */
const now = (): number => performance.timeOrigin + performance.now();

export interface RecorderOptions {
  readonly file: SessionFile;
  readonly onRecorded: (events: RecordedEvent[]) => void;
  /** The file cannot be written any more (disk full, say). Called once; recording has stopped. */
  readonly onFailed: (error: Error) => void;
  /** Events of this life with a seq above `after`, from the node's own trace, in order; not necessarily all. */
  readonly readTrace: (node: string, life: number, after: number) => readonly TraceEvent[];
}

export class Recorder {
  readonly file: SessionFile;
  readonly #options: RecorderOptions;
  readonly #life = Math.floor(now());
  /** Highest seq accepted, by node and life. */
  readonly #accepted = new Map<string, Map<number, number>>();
  #batch: TraceEvent[] = [];
  #timer: NodeJS.Timeout | null = null;
  #hasStopped = false;

  constructor(options: RecorderOptions) {
    this.file = options.file;
    this.#options = options;
  }

  /** Events of one node as its line delivers them. */
  accept(events: readonly TraceEvent[]): void {
    for (const event of events) {
      const accepted = this.accepted(event.node, event.life);
      if (event.seq > accepted + 1) this.catchUp(event.node, event.life, event.seq - 1);
      if (event.seq > this.accepted(event.node, event.life)) this.#take(event);
    }
  }

  /** Reads from the node's own trace what has not arrived, up to `last` where that is known. */
  catchUp(node: string, life: number, last = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const after = this.accepted(node, life);
      if (after >= last) return;
      const found = this.#options.readTrace(node, life, after);
      for (const event of found) {
        if (event.seq <= last && event.seq === this.accepted(node, life) + 1) this.#take(event);
      }
      if (this.accepted(node, life) === after) return;
    }
  }

  accepted(node: string, life: number): number {
    return this.#accepted.get(node)?.get(life) ?? 0;
  }

  /** One of the lab's own acts; it is in the file when this returns, so call it before acting. */
  lab<Name extends keyof LabEventDetails>(name: Name, detail: LabEventDetails[Name]): void {
    const seq = this.accepted(labLane, this.#life) + 1;
    this.#take({
      node: labLane,
      life: this.#life,
      seq,
      at: now(),
      type: "local",
      op: "lab",
      name,
      clock: null,
      detail: detail as NonNullable<TraceEvent["detail"]>,
    });
    this.flush();
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    if (this.#hasStopped) return;
    let recorded: RecordedEvent[];
    try {
      recorded = this.file.append(batch);
    } catch (error) {
      this.#hasStopped = true;
      this.#options.onFailed(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#options.onRecorded(recorded);
  }

  /** Writes what is left; nothing is recorded afterwards. The file stays its owner's to close. */
  close(): void {
    this.flush();
    this.#hasStopped = true;
  }

  #take(event: TraceEvent): void {
    let lives = this.#accepted.get(event.node);
    if (lives === undefined) this.#accepted.set(event.node, (lives = new Map()));
    lives.set(event.life, event.seq);
    this.#batch.push(event);
    if (this.#batch.length >= batchEventsMax) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), batchMs);
  }
}
