/** Snapshots (P29, P32, P34, P35). */
import type { BrokenStore } from "./types.ts";

const of = (file: string, find: string, put: string) => ({
  file: `main/storage/snapshots/${file}.ts`,
  find,
  put,
});
const at = (name: string) => `test/main/storage/snapshots/${name}.test.ts`;

export const snapshotStores: readonly BrokenStore[] = [
  {
    name: "foot-unchecked",
    rule: "P29: a snapshot without its end is none",
    edits: [
      of("frames", "if (crc32(body.subarray(0, 20), headCrc) !== body.readUInt32LE(20))", "if (headCrc < 0)"),
      of("frames", "if (foot.bytes !== size)", "if (foot.bytes < 0)"),
      of(
        "frames",
        "if (frame.length < footBytes || frame.readUInt32LE(0) !== kinds.foot) throw early();",
        "void early;",
      ),
    ],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "frame-unchecked",
    rule: "L6: what fails its checksum is never given out",
    edits: [
      of(
        "frames",
        'if (bodyCrc !== rest.readUInt32LE(length)) throw damaged(at, "the checksum of a record does not fit");',
        "",
      ),
    ],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "frame-length-unchecked",
    rule: "P32: no length is believed before it was checked",
    edits: [
      of(
        "frames",
        'if (headCrc !== head.readUInt32LE(16)) throw damaged(at, "the checksum of a record\'s head does not fit");',
        "",
      ),
    ],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "frames-not-chained",
    rule: "P35: a frame is sound only behind those it was written behind",
    edits: [
      of(
        "frames",
        "const headCrc = crc32(frame.subarray(0, 16), this.#crc);",
        "const headCrc = crc32(frame.subarray(0, 16));",
      ),
      of(
        "frames",
        "const headCrc = crc32(head.subarray(0, 16), crc);",
        "const headCrc = crc32(head.subarray(0, 16)); void crc;",
      ),
    ],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "leftovers-stay",
    rule: "What a crash left is removed when the store is opened",
    edits: [of("file-snapshot-store", "if (options.readOnly !== true) this.#removeLeftovers();", "")],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "snapshot-not-flushed",
    rule: "P34: a snapshot is flushed before it takes its name",
    edits: [of("file-snapshot-store", "file.sync();\n        file.close();", "file.close();")],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "snapshot-name-not-flushed",
    rule: "P34: a snapshot that is said to be there survives the loss of power",
    edits: [
      of(
        "file-snapshot-store",
        "disk.syncDirectory(this.#path(folder));\n      },\n      abandon",
        "},\n      abandon",
      ),
    ],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "failed-name-stays",
    rule: "A snapshot that failed leaves nothing",
    edits: [of("file-snapshot-store", "unfinished = isNew ? path : null;", "unfinished = null;")],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "sqlite-frames-loaded-early",
    rule: "P34: a snapshot that is being written is not listed",
    edits: [
      of(
        "sqlite-snapshot-store",
        "FROM snapshots WHERE state = 'complete' ORDER",
        "FROM snapshots WHERE state <> 'set aside' ORDER",
      ),
    ],
    foundBy: at("snapshot-store"),
  },
  {
    name: "sqlite-snapshot-not-full",
    rule: "P34: a snapshot that is said to be there was flushed",
    edits: [
      of(
        "sqlite-snapshot-store",
        "            mark(foot);\n          },\n          full,",
        "            mark(foot);\n          },\n          normal,",
      ),
    ],
    foundBy: at("sqlite-snapshot-store"),
  },
  {
    name: "sqlite-broken-unsaid",
    rule: "P33: after an I/O error of SQLite nothing is acknowledged",
    edits: [
      of(
        "sqlite-snapshot-store",
        "if (mayHaveBroken(error)) onBroken?.(error);",
        "void onBroken; void mayHaveBroken;",
      ),
    ],
    foundBy: at("sqlite-snapshot-store"),
  },
  {
    name: "prune-drops-sound",
    rule: "P29: a damaged snapshot does not count as one of those that are kept",
    edits: [
      of(
        "file-snapshot-store",
        "const old = this.list().slice(count);",
        "const old = this.list().slice(Math.max(0, count - this.damaged().length));",
      ),
    ],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "prune-one-too-many",
    rule: "P29: as many snapshots stay as are to be kept",
    edits: [
      of(
        "file-snapshot-store",
        "const old = this.list().slice(count);",
        "const old = this.list().slice(count - 1);",
      ),
    ],
    foundBy: at("snapshot-store"),
  },
  {
    name: "snapshot-of-another-node",
    rule: "The snapshot of another node is not read",
    edits: [of("framed", "if (found.node !== node) {", 'if (found.node === "") {')],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "snapshot-renamed",
    rule: "P35: a snapshot under another's name is known for it",
    edits: [
      of(
        "file-snapshot-store",
        "if (nameOf(info.position) === name) sound.push(info);",
        "if (info.position >= 0) sound.push(info);",
      ),
    ],
    foundBy: at("file-snapshot-store"),
  },
  {
    name: "position-too-late",
    rule: "P29: a snapshot is of the position whose rows it holds",
    edits: [
      of(
        "snapshotter",
        "const info = running.writer.finish();",
        "Object.assign(running.picture, {});\n    const info = running.writer.finish();",
      ),
      of("snapshotter", "const position = log.last;", "const position = log.last + 1;"),
    ],
    foundBy: at("snapshotter"),
  },
  {
    name: "moment-mixed",
    rule: "P29: a snapshot holds the rows of one moment",
    edits: [
      {
        file: "shared/runtime/layered-rows.ts",
        find: "if (this.#layers.length > 1 || this.#openCount > 0) {",
        put: "if (this.#layers.length > 1) {",
      },
    ],
    foundBy: at("snapshotter"),
  },
  {
    name: "log-dropped-to-newest",
    rule: "P29: the log is kept back to the oldest snapshot that is kept",
    edits: [
      of(
        "snapshotter",
        "log.dropBefore(kept.at(-1)!.position + 1);",
        "log.dropBefore(kept[0]!.position + 1);",
      ),
    ],
    foundBy: at("snapshotter"),
  },
  {
    name: "log-dropped-with-one",
    rule: "P29: nothing is dropped while fewer snapshots are there than are to be kept",
    edits: [
      of(
        "snapshotter",
        "if (kept.length < keep || isLogKept) return;",
        "if (kept.length === 0 || isLogKept) return;",
      ),
    ],
    foundBy: at("snapshotter"),
  },
  {
    name: "kept-log-dropped",
    rule: "P29: a log that no snapshot on the disk stands for is kept",
    edits: [
      of(
        "snapshotter",
        "if (kept.length < keep || isLogKept) return;",
        "if (kept.length < keep) return; void isLogKept;",
      ),
    ],
    foundBy: at("snapshotter"),
  },
  {
    name: "old-snapshot-taken-for-new",
    rule: "A snapshot that is asked for holds what was committed before",
    edits: [
      of("snapshotter", "newest.position >= asked) return newest;", "newest.position >= 0) return newest;"),
    ],
    foundBy: at("snapshotter"),
  },
];
