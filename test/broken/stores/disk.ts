/** Disks and files that are replaced whole (P33, P34), and the vector-clock stores above them (P1). */
import type { BrokenStore } from "./types.ts";

const disk = (file: string, find: string, put: string) => ({
  file: `main/storage/disk/${file}.ts`,
  find,
  put,
});
const at = (name: string) => `test/main/storage/disk/${name}.test.ts`;

export const diskStores: readonly BrokenStore[] = [
  {
    name: "file-not-flushed",
    rule: "P34: a file is flushed before it takes its name",
    edits: [disk("whole-file", "file.write(bytes, 0);\n      file.sync();", "file.write(bytes, 0);")],
    foundBy: "test/main/storage/clocks/file-clock-store.test.ts",
  },
  {
    name: "name-not-flushed",
    rule: "P34: the directory is flushed after a rename",
    edits: [disk("whole-file", "  disk.syncDirectory(dirname(path));\n}", "}\nvoid dirname;")],
    foundBy: "test/main/storage/clocks/file-clock-store.test.ts",
  },
  {
    name: "written-in-place",
    rule: "P34: a reader finds all of the old or all of the new",
    edits: [
      disk(
        "whole-file",
        "disk.rename(temporary, path);",
        "disk.remove(path);\n    disk.rename(temporary, path);",
      ),
    ],
    foundBy: "test/main/storage/clocks/file-clock-store.test.ts",
  },
  {
    name: "temporary-left",
    rule: "A full disk gets its room back",
    edits: [disk("whole-file", "tidy(disk, temporary);\n    throw error;", "throw error;")],
    foundBy: "test/main/storage/clocks/file-clock-store.test.ts",
  },
  {
    name: "mode-0644",
    rule: "What a node keeps is its owner's alone to read",
    edits: [disk("real-disk", "openSync(path, flags[how], 0o600)", "openSync(path, flags[how], 0o644)")],
    foundBy: at("disks"),
  },
  {
    name: "directory-0755",
    rule: "A directory of a node is its owner's alone to read",
    edits: [
      {
        file: "main/storage/make-directory.ts",
        find: "mkdirSync(whole, { mode: 0o700 });",
        put: "mkdirSync(whole, { mode: 0o755 });",
      },
    ],
    foundBy: at("disks"),
  },
  {
    name: "parents-not-flushed",
    rule: "P34: a directory that was made is flushed into the one above it",
    edits: [
      disk(
        "real-disk",
        "makeDirectory(path);\n      this.syncDirectory(dirname(path));",
        "makeDirectory(path);",
      ),
    ],
    foundBy: at("disks"),
  },
  {
    name: "short-write",
    rule: "A write that took only some of its bytes is gone on with",
    edits: [disk("real-disk", "while (done < bytes.length) {", "{")],
    foundBy: at("disks"),
  },
  {
    name: "closed-handle-used",
    rule: "The number of a closed file is never handed to the system again",
    edits: [disk("real-disk", "this.#handle = null;\n    closeSync(handle);", "closeSync(handle);")],
    foundBy: at("disks"),
  },
  {
    name: "failed-flush-forgiven",
    rule: "P33: what a failed flush dropped, a later one does not bring back",
    edits: [disk("unsynced-file", "for (const page of this.#pages.values()) page.isDropped = true;", "")],
    foundBy: at("faulty-disk"),
  },
  {
    name: "memory-failed-flush-forgiven",
    rule: "P33: what a failed flush dropped, a later one does not bring back, in memory",
    edits: [
      disk(
        "memory-inode",
        "dropUnsynced(): void {\n    this.#states.clear();\n    this.#sizes = [];",
        "dropUnsynced(): void {\n    this.#sizes = [];",
      ),
    ],
    foundBy: at("memory-disk"),
  },
  {
    name: "rename-survives",
    rule: "P34: a rename whose directory was not flushed is gone with the power",
    edits: [
      disk(
        "unflushed-names",
        "this.#changes.push({ from, to, gone, directories: new Set([dirname(from), dirname(to)]) });",
        "",
      ),
    ],
    foundBy: at("faulty-disk"),
  },
  {
    name: "removal-survives",
    rule: "P34: a removal whose directory was not flushed comes back",
    edits: [
      disk(
        "unflushed-names",
        "this.#changes.push({ from: path, to: null, gone, directories: new Set([dirname(path)]) });",
        "gone.file.close();",
      ),
    ],
    foundBy: at("faulty-disk"),
  },
  {
    name: "power-stays",
    rule: "After a power cut nothing is taken",
    edits: [disk("fault-plan", 'if (this.isCut) throw diskError("EIO", "power cut", path);', "void path;")],
    foundBy: at("faulty-disk"),
  },
  {
    name: "fails-one-late",
    rule: "The nth operation fails, and not the one after it",
    edits: [
      disk(
        "fault-plan",
        "if (failure.left > 1) failure.left -= 1;",
        "if (failure.left > 0) failure.left -= 1;",
      ),
    ],
    foundBy: at("faulty-disk"),
  },
];
