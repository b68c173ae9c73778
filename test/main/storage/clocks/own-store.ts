/**
 * A vector-clock store of one's own, made to be copied: every save is one more line of a file, and the last line of a node
 * counts. It is run through the contract in `own-store.test.ts`.
 *
 * What a store has to get right, and where it is done here:
 * 1. Nothing but `VectorClockStoreError` is thrown: `attempt`.
 * 2. A node id or a clock that is none is refused before anything is changed: `assertNode`, `assertStorable`.
 * 3. `save` returns when the clock survives the loss of power, name and all: `fsyncSync` of the file, and of the directory
 *    when the file is new.
 * 4. A crash in the middle of a save leaves the clock before it: a line without its end counts for nothing, and the next
 *    one begins after what is whole. Anything else that is no line of ours is an error, never a value.
 * 5. After `close` everything fails with "closed".
 *
 * A store that talks to a server does the same with promises; `retrying`, `measured`, `logged` and `batched` go around
 * either.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import {
  assertNode,
  assertStorable,
  closedError,
  type VectorClockStore,
  VectorClockStoreError,
} from "../../../../main/storage/clocks/vector-clock-store.ts";
import { isVectorClock, type VectorClock } from "../../../../shared/clock/vector-clock.ts";
import { isNodeId, type NodeId } from "../../../../shared/ids.ts";

export class JsonLinesClockStore implements VectorClockStore {
  readonly #path: string;
  readonly #file: number;
  readonly #clocks = new Map<NodeId, VectorClock>();
  #end: number;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    const isNew = !existsSync(path);
    this.#file = this.#attempt(() => openSync(path, isNew ? "wx+" : "r+", 0o600));
    if (isNew) this.#attempt(() => flushDirectory(dirname(path)));
    const text = this.#attempt(() => readFileSync(path, "utf8"));
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const line of whole.split("\n").slice(0, -1)) this.#take(line);
    this.#end = Buffer.byteLength(whole);
    this.#attempt(() => ftruncateSync(this.#file, this.#end));
  }

  save(node: NodeId, clock: VectorClock): void {
    this.#assertOpen();
    assertStorable(node, clock);
    this.#append({ node, clock });
    this.#clocks.set(node, { ...clock });
  }

  load(node: NodeId): VectorClock | null {
    this.#assertOpen();
    assertNode(node);
    return this.#clocks.get(node) ?? null;
  }

  has(node: NodeId): boolean {
    return this.load(node) !== null;
  }

  delete(node: NodeId): void {
    if (!this.has(node)) return;
    this.#append({ node, clock: null });
    this.#clocks.delete(node);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  #append(line: { readonly node: NodeId; readonly clock: VectorClock | null }): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.#attempt(() => {
      // A write may take only some of the bytes.
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#end + done);
      }
      fsyncSync(this.#file);
    });
    this.#end += bytes.length;
  }

  #take(line: string): void {
    const { node, clock } = parse(line) ?? {};
    if (typeof node !== "string" || !isNodeId(node) || (clock !== null && !isVectorClock(clock))) {
      this.close();
      throw new VectorClockStoreError(
        "corrupt",
        `${this.#path} has a line that is no clock: ${line.slice(0, 80)}. Correct the line, or take it out.`,
      );
    }
    if (clock === null) this.#clocks.delete(node);
    else this.#clocks.set(node, clock);
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }

  #attempt<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new VectorClockStoreError(
        "io",
        `The vector clocks in ${this.#path} cannot be reached; check the disk and permissions. (${code})`,
        error,
      );
    }
  }
}

function parse(line: string): { readonly node?: unknown; readonly clock?: unknown } | null {
  try {
    return JSON.parse(line) as { readonly node?: unknown; readonly clock?: unknown } | null;
  } catch {
    return null;
  }
}

function flushDirectory(dir: string): void {
  // Windows can neither open nor flush a directory.
  if (process.platform === "win32") return;
  const handle = openSync(dir, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
