/** What all kinds of snapshot stores share: the bytes are the same, only their place differs. */
import type { Mutation } from "../../../shared/runtime/types.ts";
import type { LogOwner } from "../log/transaction-log.ts";
import {
  type DecodedHead,
  type Foot,
  FrameEncoder,
  FrameError,
  type ReadBytes,
  readFoot,
  readHead,
  readRows,
} from "./frames.ts";
import {
  type Snapshot,
  SnapshotError,
  type SnapshotHead,
  type SnapshotInfo,
  type SnapshotWriter,
} from "./snapshot-store.ts";

/** Where the bytes of one snapshot go while it is being written. Each call throws what the disk throws. */
export interface Place {
  readonly name: string;
  write(frame: Buffer): void;
  /** Whole, listed and durable on return. */
  finish(foot: Foot): void;
  /** Nothing of it stays, as far as the disk permits. */
  abandon(): void;
}

/** Where the bytes of one snapshot lie. */
export interface Bytes {
  readonly name: string;
  readonly size: number;
  readonly read: ReadBytes;
}

export class FramedWriter implements SnapshotWriter {
  readonly #place: Place;
  readonly #head: SnapshotHead;
  readonly #encoder = new FrameEncoder();
  #state: "open" | "done" | "abandoned" = "open";

  constructor(place: Place, owner: LogOwner, head: SnapshotHead) {
    this.#place = place;
    this.#head = head;
    this.#attempt(() => place.write(this.#encoder.begin(owner, head)));
  }

  add(rows: readonly Mutation[]): void {
    this.#attempt(() => {
      for (const frame of this.#encoder.add(rows)) this.#place.write(frame);
    });
  }

  finish(): SnapshotInfo {
    this.#attempt(() => {
      for (const frame of this.#encoder.end()) this.#place.write(frame);
      this.#place.finish(this.#encoder.foot);
    });
    this.#state = "done";
    return { ...this.#head, name: this.#place.name, ...this.#encoder.foot };
  }

  abandon(): void {
    if (this.#state !== "open") return;
    this.#state = "abandoned";
    this.#place.abandon();
  }

  #attempt(action: () => void): void {
    if (this.#state !== "open") {
      throw new SnapshotError("closed", `The snapshot ${this.#place.name} is not being written any more.`);
    }
    try {
      action();
    } catch (error) {
      this.abandon();
      throw cannot(`The snapshot ${this.#place.name} cannot be written`, error);
    }
  }
}

/** Reads both ends. Throws SnapshotError "damaged", "newer_format", "foreign" or "io". */
export function infoOf(bytes: Bytes, owner: LogOwner): SnapshotInfo {
  return explained(bytes, () => {
    const decoded = readHead(bytes.read);
    checkOwner(bytes.name, decoded, owner);
    return { ...decoded.head, name: bytes.name, bytes: bytes.size, rows: footOf(bytes, decoded).rows };
  });
}

function footOf({ read, size }: Bytes, head: DecodedHead): Foot {
  try {
    return readFoot(read, size, head);
  } catch (error) {
    // The end says that something is amiss; where it begins, only the way there does.
    for (const _ of readRows(read, size, head));
    throw error;
  }
}

/** Throws SnapshotError as it goes: what was yielded before is sound. */
function* rowsOf(bytes: Bytes): Generator<Mutation> {
  const frames = explained(bytes, () => readRows(bytes.read, bytes.size, readHead(bytes.read)));
  for (;;) {
    const next = explained(bytes, () => frames.next());
    if (next.done === true) return;
    yield* next.value;
  }
}

/** `open` is called when rows are asked for, and `close` when no more are. */
export function snapshotOf(info: SnapshotInfo, open: () => Bytes & { close(): void }): Snapshot {
  return {
    info,
    *rows() {
      const bytes = open();
      try {
        yield* rowsOf(bytes);
      } finally {
        bytes.close();
      }
    },
  };
}

function checkOwner(name: string, { owner: found }: DecodedHead, owner: LogOwner): void {
  const { node, cluster } = owner;
  if (found.node !== node) {
    const whose = `belongs to ${found.node}, not to ${node}`;
    throw new SnapshotError(
      "foreign",
      `The snapshot ${name} ${whose}; move it away, choose another --data-dir or --node-id=${found.node}.`,
    );
  }
  if (found.cluster !== cluster) {
    const whose = `belongs to cluster "${found.cluster}", not to "${cluster}"`;
    throw new SnapshotError(
      "foreign",
      `The snapshot ${name} ${whose}; move it away, choose another --data-dir or --cluster=${found.cluster}.`,
    );
  }
}

function explained<Result>({ name }: Bytes, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof FrameError && error.kind === "newer_format") {
      const sentence = `The snapshot ${name} ${error.message}; use the newer Lightcone, or another --data-dir.`;
      throw new SnapshotError("newer_format", sentence);
    }
    if (error instanceof FrameError) {
      const sentence = `The snapshot ${name} is damaged at byte ${error.offset}: ${error.message}.`;
      throw new SnapshotError("damaged", sentence, { offset: error.offset });
    }
    throw cannot(`The snapshot ${name} cannot be read`, error);
  }
}

/** A sentence, with the system's own word for it. */
export function cannot(sentence: string, error: unknown): Error {
  if (error instanceof SnapshotError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error as Error;
  if (code === "SQLITE_CORRUPT" || code === "SQLITE_NOTADB")
    return new SnapshotError("damaged", `${sentence}: the database is damaged there. (${code})`, {
      cause: error,
    });
  return new SnapshotError("io", `${sentence}; check the disk. (${code})`, { cause: error });
}

export const missing = (what: string) =>
  new SnapshotError("missing", `There is no snapshot ${what}; list those there are.`);
export const closed = () => new SnapshotError("closed", "The snapshot store is closed.");
