/** Tables, reducers, migrations and subscriptions (L8 to L10, P36). */
import type { BrokenStore } from "./types.ts";

const of = (file: string, find: string, put: string) => ({ file: `shared/runtime/${file}.ts`, find, put });
const at = (name: string) => `test/shared/runtime/${name}.test.ts`;

export const runtimeStores: readonly BrokenStore[] = [
  {
    name: "snapshot-rows-not-migrated",
    rule: "L9: rows of a snapshot are brought up to date too",
    edits: [
      of(
        "replay",
        "    for (const row of rows) {\n      this.#apply(row, versions);",
        "    for (const row of rows) {\n      this.tables.apply(row); void versions;",
      ),
    ],
    foundBy: at("schema"),
  },
  {
    name: "log-rows-not-migrated",
    rule: "L9: rows of the log are brought up to date",
    edits: [
      of(
        "schema",
        "return plan === null ? [mutation] : migrated(mutation, plan);",
        "return plan === null ? [mutation] : migrated(mutation, []);",
      ),
    ],
    foundBy: at("schema"),
  },
  {
    name: "migrations-from-the-first",
    rule: "L9: only the migrations that a row has not had",
    edits: [of("schema", "return migrations.slice(from - oldest);", "return migrations;")],
    foundBy: at("schema"),
  },
  {
    name: "plans-kept",
    rule: "L9: a log may hold rows of several versions",
    edits: [of("schema", "this.#of = versions;\n      this.#plans.clear();", "this.#of = versions;")],
    foundBy: at("schema"),
  },
  {
    name: "newer-rows-read",
    rule: "L9: rows of a newer module are refused",
    edits: [of("schema", "if (from > version) {", "if (from > version + 99) {")],
    foundBy: at("schema"),
  },
  {
    name: "half-migrated",
    rule: "L9: a transaction is migrated whole or not at all",
    edits: [
      of(
        "replay",
        "    const read = mutations.map((mutation) => this.#schema.read(mutation, versions));\n    for (const [index, each] of read.entries()) this.#put(mutations[index]!, each);",
        "    for (const mutation of mutations) this.#apply(mutation, versions);",
      ),
    ],
    foundBy: at("schema"),
  },
  {
    name: "reducers-while-replaying",
    rule: "P36: nothing is called while the log is replayed",
    edits: [
      of(
        "runtime",
        "if (this.#replaying) throw new ReducerError",
        'if (this.#replaying && call.module === "") throw new ReducerError',
      ),
    ],
    foundBy: at("runtime"),
  },
  {
    name: "replayed-out-of-order",
    rule: "P36: positions only grow",
    edits: [of("replay", "if (position <= this.#position)", "if (position < 0)")],
    foundBy: at("runtime"),
  },
  {
    name: "subscription-repeats",
    rule: "L10: each transaction is delivered once",
    edits: [of("subscriptions", "if (position <= this.#after) return nothing;", "")],
    foundBy: at("subscriptions"),
  },
  {
    name: "subscription-skips",
    rule: "L10: a subscriber that missed a transaction is told",
    edits: [
      of(
        "subscriptions",
        'if (position > this.#after + 1) return { kind: "error", error: compacted(this.#after, position) };',
        "",
      ),
    ],
    foundBy: at("subscriptions"),
  },
  {
    name: "subscription-stands-still",
    rule: "L10: what did not concern a subscription is behind it",
    edits: [
      of(
        "subscriptions",
        "    this.#after = position;\n    const changes = mutations.filter((mutation) => this.#concerns(mutation)).map(changeOf);\n    if (changes.length === 0) return nothing;",
        "    const changes = mutations.filter((mutation) => this.#concerns(mutation)).map(changeOf);\n    if (changes.length === 0) return nothing;\n    this.#after = position;",
      ),
    ],
    foundBy: at("subscriptions"),
  },
  {
    name: "subscription-ahead",
    rule: "L10: a position beyond the log is of another log",
    edits: [of("subscriptions", "if (after > last) {", "if (after > last + 1e9) {")],
    foundBy: at("transcripts"),
  },
  {
    name: "subscription-compacted",
    rule: "L10: a position before the log is refused",
    edits: [
      of(
        "subscriptions",
        "return after + 1 < first ? compacted(after, first)",
        "return after + 1 < 0 ? compacted(after, first)",
      ),
    ],
    foundBy: at("transcripts"),
  },
  {
    name: "other-module-delivered",
    rule: "L10: a subscription hears of its own module",
    edits: [of("subscriptions", "if (module !== watched || (only", "if ((only")],
    foundBy: at("subscriptions"),
  },
  {
    name: "index-forgotten",
    rule: "P1: the number of an entry whose row is gone is not given out again",
    edits: [
      of(
        "tables",
        "if (from !== undefined && from.index > this.#index) this.#index = from.index;",
        "if (mutation.row !== undefined && from !== undefined && from.index > this.#index) this.#index = from.index;",
      ),
    ],
    foundBy: at("tables"),
  },
  {
    name: "digest-without-provenance",
    rule: "P36: a digest is of where rows came from, too",
    edits: [
      of(
        "tables",
        'const origin = from === undefined ? "" : canonicalText({ ...from });',
        'const origin = from === undefined ? "" : canonicalText({});',
      ),
    ],
    foundBy: at("tables"),
  },
  {
    name: "fold-resurrects",
    rule: "A row that was removed while a picture was open is gone afterwards",
    edits: [
      of(
        "layered-rows",
        "if (mutation === null) lowest!.delete(key);\n      else lowest!.set(key, mutation);",
        "if (mutation !== null) lowest!.set(key, mutation);",
      ),
    ],
    foundBy: at("tables"),
  },
];
