/** The transaction log as it is read: what is sound, what is damage, whose it is (L6, P32, P35). */
import type { BrokenStore } from "./types.ts";

const log = (file: string, find: string, put: string) => ({ file: `main/storage/log/${file}.ts`, find, put });
const at = (name: string) => `test/main/storage/log/${name}.test.ts`;

export const logReadingStores: readonly BrokenStore[] = [
  {
    name: "header-unchecked",
    rule: "P32: no length is believed before the check of its header",
    edits: [
      log("record-read", "if ((check ^ seed) >>> 0 !== bytes.readUInt32LE(at + 8)) return 0;", "void check;"),
    ],
    foundBy: at("tail"),
  },
  {
    name: "crc-without-salt",
    rule: "P35: a record of another file is none here",
    edits: [
      log(
        "record",
        "const seed = Math.imul(salt ^ place, seedFactor);",
        "const seed = Math.imul(place, seedFactor); void salt;",
      ),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "crc-without-place",
    rule: "P35: a record that was moved within its file is none where it lies",
    edits: [
      log(
        "record",
        "const seed = Math.imul(salt ^ place, seedFactor);",
        "const seed = Math.imul(salt, seedFactor); void place;",
      ),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "body-unchecked",
    rule: "L6: what fails its checksum is never given out",
    edits: [
      log(
        "record-read",
        "crc32(bytes.subarray(at, crcAt), seed) === bytes.readUInt32LE(crcAt)",
        "crcAt + seed >= 0",
      ),
    ],
    foundBy: at("every-byte"),
  },
  {
    name: "end-mark-unchecked",
    rule: "P32: the last byte of a record is looked at",
    edits: [log("record-read", "bytes[at + length - 1] === endMark &&", "endMark > 0 &&")],
    foundBy: at("every-byte"),
  },
  {
    name: "zeros-end-the-log",
    rule: "P32: a record whose first bytes are gone is damage and not the end",
    edits: [
      log(
        "walk",
        "if (this.at >= this.dataEnd) {",
        "if (this.at >= this.dataEnd || this.bytes.readUInt32LE(Math.min(this.at, this.bytes.length - 4)) === 0) {",
      ),
    ],
    foundBy: at("tail"),
  },
  {
    name: "tail-without-evidence",
    rule: "P32: an end is unfinished only where a sector is missing",
    edits: [
      log(
        "reading",
        "stretch.lacksSector && stretch.syncedBehind <= stretch.after",
        "stretch.syncedBehind <= stretch.after",
      ),
    ],
    foundBy: at("tail"),
  },
  {
    name: "tail-before-flushed",
    rule: "P32: what stands before something flushed is no unfinished end",
    edits: [
      log("reading", "stretch.lacksSector && stretch.syncedBehind <= stretch.after", "stretch.lacksSector"),
    ],
    foundBy: at("tail"),
  },
  {
    name: "tail-of-any-zero-byte",
    rule: "P32: a sector is missing when all of it is zero",
    edits: [
      log(
        "tail",
        "if (bytes[at] !== 0) return false;\n  return true;",
        "if (bytes[at] === 0) return true;\n  return false;",
      ),
    ],
    foundBy: at("tail"),
  },
  {
    name: "tail-in-any-segment",
    rule: "P32: only the newest segment can have an unfinished end",
    edits: [
      log("file-scan", "const torn = isLast && place.head !== null", "const torn = place.head !== null"),
    ],
    foundBy: at("tail"),
  },
  {
    name: "order-unchecked",
    rule: "P35: positions of a file only grow",
    edits: [log("walk", "if (position <= this.position || (flagsAt", "if ((flagsAt")],
    foundBy: at("reading"),
  },
  {
    name: "gap-unnoticed",
    rule: "L6: a transaction that is missing between two is reported",
    edits: [log("reading", "else if (position !== before + 1) this.#gap(walk, before);", "void before;")],
    foundBy: at("reading"),
  },
  {
    name: "half-transaction",
    rule: "A transaction without its end is none",
    edits: [
      log(
        "walk",
        "if (length <= 0 || positionAt(bytes, record) !== position || ordinalAt(bytes, record) !== ordinal)\n        return null;",
        "if (length <= 0 || positionAt(bytes, record) !== position || ordinalAt(bytes, record) !== ordinal) {\n        this.records = ordinal;\n        return record;\n      }",
      ),
    ],
    foundBy: at("every-byte"),
  },
  {
    name: "seal-not-required",
    rule: "P34: a segment with a successor has its last record",
    edits: [
      log("file-scan", "else if (!isLast && !kept.sealed) this.#notSealed(file, kept, bytes.length);", ""),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "behind-the-seal",
    rule: "P35: what lies behind a seal belongs to nothing",
    edits: [log("walk", "if (!this.#sealed) {\n      const step", "{\n      const step")],
    foundBy: at("reading"),
  },
  {
    name: "short-file-unnoticed",
    rule: "L6: a segment that was cut off is known for it",
    edits: [
      log(
        "file-scan",
        "else if (isShort) this.#damage.push(truncated(file, bytes.length, size, kept.end, this.#position));",
        "",
      ),
    ],
    foundBy: at("tail"),
  },
  {
    name: "missing-segment-unnoticed",
    rule: "L6: a file that is missing in the series is reported",
    edits: [
      log("file-scan", "if (previous.number + 1 < number) {", "if (previous.number + 1 < number && false) {"),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "misfit-unnoticed",
    rule: "L6: a segment begins where the one before it ended",
    edits: [
      log(
        "file-scan",
        "head !== null && head.first !== this.#position + 1 && this.#isJoined",
        "head === null && previous.number < 0 && this.#isJoined",
      ),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "head-crc-unchecked",
    rule: "L6: the head of a segment has a checksum",
    edits: [
      log(
        "segment-head",
        "if (!isWhole || checksum(page) !== page.readUInt32LE(crcAt)) {",
        "if (!isWhole) {",
      ),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "owner-unchecked",
    rule: "The log of another node is not read",
    edits: [
      log(
        "segment-files",
        "if (owner !== null && head.owner.node !== owner.node) {",
        "if (owner !== null && head.owner.node === '') {",
      ),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "cluster-unchecked",
    rule: "The log of another cluster is not read",
    edits: [
      log(
        "segment-files",
        "if (owner !== null && head.owner.cluster !== owner.cluster) {",
        "if (owner !== null && head.owner.cluster === '') {",
      ),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "segment-number-unchecked",
    rule: "P35: a segment under another's name is known for it",
    edits: [
      log("segment-files", "return number === null || head.number === number ? head : null;", "return head;"),
    ],
    foundBy: at("file-scan"),
  },
  {
    name: "newer-format-read",
    rule: "L9: what a newer Lightcone wrote is not read",
    edits: [log("segment-head", 'if (page.readUInt32LE(8) !== logFormat) return "newer";', "")],
    foundBy: at("file-scan"),
  },
  {
    name: "sqlite-gap-unnoticed",
    rule: "L6: a row that is missing is reported",
    edits: [
      log(
        "sqlite-rows",
        "if (row.position !== expected) damage.push(gap(expected, row.position, last, count > 0));",
        "void gap;",
      ),
    ],
    foundBy: at("sqlite-log"),
  },
  {
    name: "sqlite-row-of-another",
    rule: "P35: a row under another position is none",
    edits: [log("sqlite-rows", " || walk.position !== position || walk.next", " || walk.next")],
    foundBy: at("sqlite-log"),
  },
  {
    name: "sqlite-row-with-more",
    rule: "A row holds one transaction and nothing else",
    edits: [
      log(
        "sqlite-rows",
        "walk.position !== position || walk.next !== records.length) return 0;",
        "walk.position !== position) return 0;",
      ),
    ],
    foundBy: at("sqlite-log"),
  },
  {
    name: "read-over-a-gap",
    rule: "L6: reading stops at what is not sound",
    edits: [log("segment-read", "if (walk.position !== position + 1) break;", "")],
    foundBy: at("file-scan"),
  },
  {
    name: "clock-cache-by-size",
    rule: "A row's clock is the one that was written",
    edits: [
      log(
        "record-read",
        "known.compare(fields.bytes, from, from + known.length) === 0",
        "known.compare(fields.bytes, from, from + 1, 0, 1) === 0",
      ),
    ],
    foundBy: at("file-log"),
  },
];
