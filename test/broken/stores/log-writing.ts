/** The transaction log as it is written, flushed, dropped and opened (L9, L10, P28, P33, P34). */
import type { BrokenStore } from "./types.ts";

const log = (file: string, find: string, put: string) => ({ file: `main/storage/log/${file}.ts`, find, put });
const at = (name: string) => `test/main/storage/log/${name}.test.ts`;

export const logWritingStores: readonly BrokenStore[] = [
  {
    name: "tail-without-copy",
    rule: "L5: nothing is cut without a copy",
    edits: [
      log(
        "file-log-source",
        "replaceWhole(disk, join(this.#dataDir, copy), readSegment(disk, place.path).subarray(at, dataEnd));",
        "void readSegment; void replaceWhole;",
      ),
    ],
    foundBy: at("tail"),
  },
  {
    name: "found-not-flushed",
    rule: "P33: what is found at a start is flushed before anybody builds on it",
    edits: [
      log(
        "file-log-source",
        "file.write(bytes, flushed);\n      file.sync();",
        "file.write(bytes, flushed);",
      ),
      log(
        "file-log",
        'this.#file = options.disk.open(this.#newest.path, "write");\n    this.#file.sync();',
        'this.#file = options.disk.open(this.#newest.path, "write");',
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "found-not-written-again",
    rule: "P33: what a failed flush may have dropped is written again before anybody builds on it",
    edits: [log("file-log-source", "file.write(bytes, flushed);", "void bytes;")],
    foundBy: at("file-log"),
  },
  {
    name: "tail-not-cut",
    rule: "P35: what is left of an unfinished end is overwritten with zeros",
    edits: [log("file-log-source", "file.write(Buffer.alloc(dataEnd - at), at);", "")],
    foundBy: at("tail"),
  },
  {
    name: "hold-ignored",
    rule: "L10: nothing is dropped that a reader holds",
    edits: [
      log(
        "standing",
        "return Math.min(position, ...[...this.#after.values()].map((after) => after + 1));",
        "return position;",
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "hold-one-too-late",
    rule: "L10: the transaction after a held position stays",
    edits: [log("standing", ".map((after) => after + 1)", ".map((after) => after + 2)")],
    foundBy: at("memory-log"),
  },
  {
    name: "hold-never-released",
    rule: "L10: a reader that is gone holds nothing",
    edits: [log("standing", "this.#after.delete(name);", "void name;")],
    foundBy: at("memory-log"),
  },
  {
    name: "dropped-too-early",
    rule: "A segment is dropped when all of it is before the position",
    edits: [
      log("file-log", "this.#segments[1]!.head.first <= limit", "this.#segments[0]!.head.first <= limit"),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "drop-flushed-at-the-end",
    rule: "P34: of segments that are dropped, none is missing between two that are there",
    edits: [
      log(
        "file-log",
        "this.#isRemovalFlushed = false;\n        this.#flushRemoval();",
        "this.#isRemovalFlushed = false;",
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "segment-not-flushed",
    rule: "P34: a segment is on the disk before it gets its name",
    edits: [log("segment-files", "    file.sync();\n  } finally {", "  } finally {")],
    foundBy: at("tail"),
  },
  {
    name: "segment-name-not-flushed",
    rule: "P34: the name of a new segment is flushed",
    edits: [
      log(
        "segment-files",
        "disk.rename(temporary, path);\n  disk.syncDirectory(dir);",
        "disk.rename(temporary, path);",
      ),
    ],
    foundBy: at("tail"),
  },
  {
    name: "segment-without-zeros",
    rule: "P32: a segment has its full size before a record goes into it",
    edits: [
      log(
        "segment-files",
        "for (let at = headBytes + records.length; at < head.bytes; at += zeros.length) {",
        "for (let at = headBytes + records.length; at < 0; at += zeros.length) {",
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "seal-not-flushed",
    rule: "P34: a segment is flushed before the next one is made",
    edits: [
      log(
        "file-log",
        "this.#file.write(this.#sealer.view(), this.#at);\n    this.#file.sync();",
        "this.#file.write(this.#sealer.view(), this.#at);",
      ),
    ],
    foundBy: at("tail"),
  },
  {
    name: "flush-left-out",
    rule: "P28: what is synced was flushed",
    edits: [
      log("file-log", "if (this.#isFlushed) return;\n    this.#file.sync();", "if (this.#isFlushed) return;"),
    ],
    foundBy: at("tail"),
  },
  {
    name: "sync-error-swallowed",
    rule: "P33: a flush that fails is told",
    edits: [
      log(
        "file-log",
        "if (this.#isFlushed) return;\n    this.#file.sync();",
        "if (this.#isFlushed) return;\n    try {\n      this.#file.sync();\n    } catch {}",
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "usable-after-failed-flush",
    rule: "P33: after a failed flush nothing more is taken",
    edits: [log("standing", 'this.#state = "failed";', "")],
    foundBy: at("file-log"),
  },
  {
    name: "durable-after-written",
    rule: "L10: what was only written is not called durable",
    edits: [
      log(
        "file-log",
        'if (durability === "synced") this.#flush();\n    });',
        'if (durability === "synced") this.#flush();\n      this.#durable = this.#last;\n    });',
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "durable-after-written-sqlite",
    rule: "L10: what was only written is not called durable, in SQLite",
    edits: [
      log(
        "sqlite-log",
        'if (durability === "synced") this.#durable = this.#last;',
        "this.#durable = this.#last;",
      ),
    ],
    foundBy: at("sqlite-log"),
  },
  {
    name: "sqlite-never-full",
    rule: "P28: a synced commit is made with synchronous=FULL",
    edits: [
      log(
        "sqlite-log",
        'const level = durability === "synced" ? pragmaFull : pragmaNormal;',
        "const level = pragmaNormal;",
      ),
      log("sqlite-log", 'if (durability === "synced") this.#assertFull();\n    try {', "try {"),
    ],
    foundBy: at("sqlite-log"),
  },
  {
    name: "sqlite-joins-unflushed",
    rule: "P28: a commit that is not going to be flushed is refused as durable",
    edits: [
      log(
        "sqlite-log",
        'if (durability === "synced" && this.#fullChecks++ < fullChecked) this.#assertFull();',
        "",
      ),
    ],
    foundBy: at("sqlite-log"),
  },
  {
    name: "sqlite-empty-flush",
    rule: "P28: a flush of what was only written before does flush",
    edits: [log("sqlite-log", "if (rows.length === 0) this.#statements.setFirst.run(this.#first);", "")],
    foundBy: at("sqlite-log"),
  },
  {
    name: "sqlite-versions-dropped",
    rule: "L9: the versions that hold for the first that stays are not dropped",
    edits: [
      log(
        "sqlite-tables",
        "WHERE after < (SELECT max(after) FROM ${versionsTable} WHERE after < ?)",
        "WHERE after < ?",
      ),
    ],
    foundBy: at("sqlite-log"),
  },
  {
    name: "versions-lost-at-rotation",
    rule: "L9: each segment says under which versions its rows were written",
    edits: [
      log(
        "file-log",
        "if (this.#versions !== null) this.#writer.versions(this.#versions, head.first - 1);",
        "",
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "versions-lost-in-index",
    rule: "L9: reading that begins within a segment knows the versions there",
    edits: [
      log(
        "sparse-index",
        "this.#entries.push(entry);",
        "this.#entries.push({ ...entry, versions: this.#entries[0]!.versions });",
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "compacted-silently",
    rule: "L10: a reader that comes too late is told",
    edits: [log("file-log", "if (after < this.first - 1) throw compacted(after, this.first);", "")],
    foundBy: at("file-log"),
  },
  {
    name: "set-aside-newest-first",
    rule: "A crash while a log is set aside never leaves what looks like a whole, shorter log",
    edits: [
      log(
        "file-log-source",
        "for (const number of segmentNumbers(disk, dir)) {\n      disk.rename",
        "for (const number of segmentNumbers(disk, dir).reverse()) {\n      disk.rename",
      ),
    ],
    foundBy: at("file-log"),
  },
  {
    name: "opened-though-damaged",
    rule: "L5: a log with damage in the middle is not opened",
    edits: [log("file-log-source", "refuseDamaged(scan, after);", "void refuseDamaged;")],
    foundBy: at("file-log"),
  },
];
