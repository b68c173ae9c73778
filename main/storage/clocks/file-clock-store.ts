/**
 * Vector clocks as files a person can read: `<dir>/<node>.clock.json` holds `{"node-1":42,"node-2":15,"$crc32":…}`.
 *
 * A clock is replaced whole: written to a temporary file, flushed, renamed over the old one, and the directory flushed
 * (without that the rename itself can be lost in a power cut, P34). So a reader finds the old clock or the new one,
 * never half of one, also with several writers at once: the last to rename wins.
 *
 * The checksum is the member `$crc32` of the same object, computed over the JSON of all other members in the order
 * they stand in. A sidecar file could not be replaced in one step with the clock; `$` cannot begin a node id, so the
 * name is free, and the object stays one of names and numbers. A file without it is taken as written by hand, which
 * is the way back after damage. A file that fails the check is set aside as `….corrupt-<time>` and is an error once.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { isVectorClock, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { isNodeId, type NodeId } from "../../../shared/ids.ts";
import { makeDirectory } from "../make-directory.ts";
import {
  assertNode,
  assertStorable,
  closedError,
  type VectorClockStore,
  VectorClockStoreError,
} from "./vector-clock-store.ts";

const checksumName = "$crc32";

export class FileClockStore implements VectorClockStore {
  readonly #dir: string;
  #temporaries = 0;
  #closed = false;

  constructor(dir: string) {
    this.#dir = dir;
    attempt(`The directory ${dir} for vector clocks cannot be made; check its path and permissions.`, () =>
      makeDirectory(dir),
    );
  }

  save(node: NodeId, clock: VectorClock): void {
    this.#assertOpen();
    assertStorable(node, clock);
    const path = this.#path(node);
    const temporary = `${path}.${process.pid}-${this.#temporaries++}.tmp`;
    attempt(
      `The vector clock cannot be saved to ${path}; check the disk's free space and permissions.`,
      () => {
        try {
          writeDurably(temporary, encode(clock));
          renameSync(temporary, path);
        } catch (error) {
          rmSync(temporary, { force: true });
          throw error;
        }
        flushDirectory(this.#dir);
      },
    );
  }

  load(node: NodeId): VectorClock | null {
    this.#assertOpen();
    assertNode(node);
    const path = this.#path(node);
    if (!existsSync(path)) return null;
    const text = attempt(`The vector clock in ${path} cannot be read; check its permissions.`, () =>
      readFileSync(path, "utf8"),
    );
    const clock = decode(text);
    if (clock !== null) return clock;
    const aside = `${path}.corrupt-${Date.now()}`;
    attempt(`The damaged vector clock ${path} cannot be set aside; move it away by hand.`, () => {
      renameSync(path, aside);
      flushDirectory(this.#dir);
    });
    throw new VectorClockStoreError(
      "corrupt",
      `The vector clock in ${path} is damaged and was set aside as ${aside}. Put a good copy back (JSON like {"node-1":42}), or start again without one: timestamps may then repeat.`,
    );
  }

  has(node: NodeId): boolean {
    this.#assertOpen();
    assertNode(node);
    return existsSync(this.#path(node));
  }

  delete(node: NodeId): void {
    this.#assertOpen();
    assertNode(node);
    attempt(`The vector clock ${this.#path(node)} cannot be deleted; check its permissions.`, () => {
      rmSync(this.#path(node), { force: true });
      flushDirectory(this.#dir);
    });
  }

  close(): void {
    this.#closed = true;
  }

  #path(node: NodeId): string {
    return join(this.#dir, `${node}.clock.json`);
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function attempt<Result>(sentence: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new VectorClockStoreError("io", `${sentence} (${code})`, error);
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Windows can neither open nor flush a directory; its renames are journalled by the file system. */
function flushDirectory(dir: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(dir, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function encode(clock: VectorClock): string {
  return `${JSON.stringify({ ...clock, [checksumName]: crc32(JSON.stringify(clock)) })}\n`;
}

/** Null for anything that is not a whole, well-formed clock with a fitting checksum (or none). */
function decode(text: string): VectorClock | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
  const { [checksumName]: checksum, ...clock } = parsed as Record<string, unknown>;
  if (!isVectorClock(clock) || !Object.keys(clock).every(isNodeId)) return null;
  if (checksum !== undefined && checksum !== crc32(JSON.stringify(clock))) return null;
  return clock;
}
