/**
 * Snapshots that live as long as the object: for tests, and for nodes that are meant to forget. They go through the same
 * bytes as those on a disk, so what is read is never the object that was written.
 */
import type { LogOwner } from "../log/transaction-log.ts";
import { closed, FramedWriter, missing, snapshotOf } from "./framed.ts";
import type {
  Snapshot,
  SnapshotHead,
  SnapshotInfo,
  SnapshotStore,
  SnapshotWriter,
} from "./snapshot-store.ts";

interface Kept {
  readonly info: SnapshotInfo;
  readonly bytes: Buffer;
}

export class MemorySnapshotStore implements SnapshotStore {
  readonly #owner: LogOwner;
  readonly #kept = new Map<number, Kept>();
  readonly #aside = new Map<string, Kept>();
  #writer: SnapshotWriter | null = null;
  #isClosed = false;

  constructor(owner: LogOwner) {
    this.#owner = owner;
  }

  begin(head: SnapshotHead): SnapshotWriter {
    this.#assertOpen();
    this.#writer?.abandon();
    const frames: Buffer[] = [];
    const name = `snapshot ${head.position}`;
    const place = {
      name,
      write: (frame: Buffer) => void frames.push(frame),
      finish: ({ rows }: { rows: number }) => {
        const bytes = Buffer.concat(frames);
        this.#kept.set(head.position, { info: { ...head, name, bytes: bytes.length, rows }, bytes });
      },
      abandon: () => void (frames.length = 0),
    };
    return (this.#writer = new FramedWriter(place, this.#owner, head));
  }

  list(): readonly SnapshotInfo[] {
    this.#assertOpen();
    const all = [...this.#kept.values()].map(({ info }) => info);
    return all.sort((a, b) => b.position - a.position);
  }

  damaged(): readonly [] {
    this.#assertOpen();
    return [];
  }

  open(position: number): Snapshot {
    this.#assertOpen();
    const found = this.#kept.get(position);
    if (found === undefined) throw missing(String(position));
    const { info, bytes } = found;
    const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
    return snapshotOf(info, () => ({ name: info.name, size: bytes.length, read, close: () => {} }));
  }

  prune(count: number): void {
    for (const { position } of this.list().slice(count)) this.#kept.delete(position);
  }

  setAside(name: string): string {
    this.#assertOpen();
    const found = [...this.#kept.values()].find(({ info }) => info.name === name);
    if (found === undefined) throw missing(name);
    this.#kept.delete(found.info.position);
    const aside = `set-aside ${name}`;
    this.#aside.set(aside, found);
    return aside;
  }

  close(): void {
    this.#writer?.abandon();
    this.#isClosed = true;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed();
  }
}
