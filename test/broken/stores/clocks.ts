/** Vector-clock stores (P1). */
import type { BrokenStore } from "./types.ts";

const clocks = (file: string, find: string, put: string) => ({
  file: `main/storage/clocks/${file}.ts`,
  find,
  put,
});
const at = (name: string) => `test/main/storage/clocks/${name}.test.ts`;

export const clockStores: readonly BrokenStore[] = [
  {
    name: "clock-checksum-ignored",
    rule: "P1: a clock that does not fit its checksum is not used",
    edits: [
      clocks(
        "clock-text",
        "if (checksum !== undefined && checksum !== crc32(JSON.stringify(entries))) {",
        "if (checksum === null) {",
      ),
    ],
    foundBy: at("file-clock-store"),
  },
  {
    name: "compact-checksum-ignored",
    rule: "P1: a compact clock that does not fit its checksum is not used",
    edits: [
      clocks(
        "compact-clock",
        "if (bytes.readUInt32LE(1) !== crc32(bytes.subarray(headBytes))) {",
        "if (bytes.length < 0) {",
      ),
    ],
    foundBy: at("compact-clock"),
  },
  {
    name: "compact-name-unshared",
    rule: "A name shares its beginning with the one before it",
    edits: [
      clocks("compact-clock", "    clock[name] = counter;\n    before = name;", "    clock[name] = counter;"),
    ],
    foundBy: at("compact-clock"),
  },
  {
    name: "clock-lock-not-taken",
    rule: "P1: one process at a time has the clocks of a directory",
    edits: [
      clocks(
        "file-clock-store",
        "this.#lock = locked(dir, lock);",
        "this.#lock = { release: () => {} }; void locked; void lock;",
      ),
    ],
    foundBy: at("file-clock-store"),
  },
  {
    name: "clock-lock-not-released",
    rule: "A directory is free when its store was closed",
    edits: [
      clocks("file-clock-store", "this.#closed = true;\n    this.#lock.release();", "this.#closed = true;"),
    ],
    foundBy: at("file-clock-store"),
  },
  {
    name: "clock-leftovers-stay",
    rule: "What a crash left before a rename is removed",
    edits: [
      clocks(
        "file-clock-store",
        "if (leftOver.test(name)) disk.remove(join(dir, name));",
        "if (leftOver.test(name) && name === dir) disk.remove(join(dir, name));",
      ),
    ],
    foundBy: at("file-clock-store"),
  },
  {
    name: "clock-delete-not-flushed",
    rule: "P34: a clock that was deleted stays so",
    edits: [
      clocks(
        "file-clock-store",
        "this.#disk.remove(path);\n      this.#disk.syncDirectory(this.#dir);",
        "this.#disk.remove(path);",
      ),
    ],
    foundBy: at("file-clock-store"),
  },
  {
    name: "corrupt-clock-overwritten",
    rule: "L5: two damaged clocks are both kept",
    edits: [
      clocks(
        "file-clock-store",
        "for (let number = 2; this.#disk.exists(aside); number++)",
        "for (let number = 2; this.#disk.exists(aside) && number < 0; number++)",
      ),
    ],
    foundBy: at("file-clock-store"),
  },
  {
    name: "corrupt-clock-touched",
    rule: "L5: strict changes nothing",
    edits: [clocks("file-clock-store", 'if (this.#onCorrupt === "leave") {', 'if (this.#dir === "") {')],
    foundBy: at("file-clock-store"),
  },
  {
    name: "corrupt-row-touched",
    rule: "L5: strict changes nothing, in SQLite",
    edits: [
      clocks(
        "sqlite-clock-store",
        'if (this.#onCorrupt === "leave") {',
        'if (node === "" && this.#onCorrupt === "leave") {',
      ),
    ],
    foundBy: at("sqlite-clock-store"),
  },
  {
    name: "batched-resolves-early",
    rule: "P1: who saved is told when it is kept",
    edits: [
      clocks(
        "batched",
        "    this.#writing ??= this.#write();\n    return kept.promise;",
        "    this.#writing ??= this.#write();\n    kept.promise.catch(() => undefined);\n    return Promise.resolve();",
      ),
    ],
    foundBy: at("batched"),
  },
  {
    name: "batched-close-forgets",
    rule: "What was saved before a close is kept first",
    edits: [
      clocks("batched", "await this.#writing;\n    await this.#store.close();", "await this.#store.close();"),
    ],
    foundBy: at("batched"),
  },
  {
    name: "batched-after-failure",
    rule: "P33: after a failed save nothing is told to be kept",
    edits: [clocks("batched", "if (this.#failure !== null) throw this.#failure.error;", "")],
    foundBy: at("batched"),
  },
  {
    name: "batched-loads-behind",
    rule: "A load finds what was saved before it",
    edits: [clocks("batched", "this.#cache.set(node, clock);\n    this.#next ??=", "this.#next ??=")],
    foundBy: at("batched"),
  },
  {
    name: "batched-load-overwrites",
    rule: "A slow load does not hide what was saved meanwhile",
    edits: [clocks("batched", "if (newer !== undefined) return newer;", "void newer;")],
    foundBy: at("batched"),
  },
  {
    name: "retry-of-anything",
    rule: "Only what may pass is tried again",
    edits: [
      clocks(
        "retrying",
        'if (!(error instanceof VectorClockStoreError) || error.kind !== "io") return false;',
        "if (!(error instanceof VectorClockStoreError)) return false;",
      ),
    ],
    foundBy: at("retrying"),
  },
  {
    name: "retry-after-sqlite-ioerr",
    rule: "P33: what SQLite may have half written is not tried again",
    edits: [
      clocks(
        "retrying",
        'return typeof code !== "string" || !code.startsWith("SQLITE_IOERR");',
        "return code !== null;",
      ),
    ],
    foundBy: at("retrying"),
  },
  {
    name: "retry-after-closed",
    rule: "Nothing is tried again once the store was closed",
    edits: [clocks("retrying", "if (closing.signal.aborted) throw closedError();\n  }", "}")],
    foundBy: at("retrying"),
  },
  {
    name: "retry-overtakes",
    rule: "A save that is tried again does not overtake a later one",
    edits: [
      clocks(
        "retrying",
        "if (queue.isBusy) return queue.add(() => recovering(inTime(action), action));",
        "void inTime;",
      ),
    ],
    foundBy: at("retrying"),
  },
];
