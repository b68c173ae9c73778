/** Starts, and what becomes of damage (L5, P29, P36); a node's memory as a whole. */
import type { BrokenStore } from "./types.ts";

const of = (file: string, find: string, put: string) => ({
  file: `main/storage/recovery/${file}.ts`,
  find,
  put,
});
const store = (file: string, find: string, put: string) => ({ file: `main/storage/${file}.ts`, find, put });
const at = (name: string) => `test/main/storage/recovery/${name}.test.ts`;
const nodeAt = (name: string) => `test/main/storage/${name}.test.ts`;

export const recoveryStores: readonly BrokenStore[] = [
  {
    name: "set-aside-before-snapshot",
    rule: "What is kept of a damaged log is durable before the log is set aside",
    edits: [
      of(
        "settle",
        "  writeSnapshot(snapshots, tables, {",
        "  const opened = source.setAside(position);\n  writeSnapshot(snapshots, tables, {",
      ),
      of("settle", "  const opened = source.setAside(position);\n  lines.push(", "  lines.push("),
    ],
    foundBy: at("crashes"),
  },
  {
    name: "truncate-behind-a-gap",
    rule: "L5: truncate gives up what stands behind the damage",
    edits: [
      of(
        "settle",
        'mode === "truncate" ? firstOf(losses) : Infinity',
        'mode === "truncate" && base.position < 0 ? firstOf(losses) : Infinity',
      ),
    ],
    foundBy: at("modes"),
  },
  {
    name: "salvage-stops",
    rule: "L5: salvage keeps all that is sound",
    edits: [
      of(
        "settle",
        'mode === "truncate" ? firstOf(losses) : Infinity',
        'mode !== "rebuild" ? firstOf(losses) : Infinity',
      ),
    ],
    foundBy: at("modes"),
  },
  {
    name: "strict-goes-on",
    rule: "L5: strict refuses",
    edits: [of("settle", 'if (options.mode === "strict") return refuse("strict");', "")],
    foundBy: at("modes"),
  },
  {
    name: "rebuild-alone",
    rule: "P28: where nobody can be asked nothing is dropped",
    edits: [
      of("settle", 'if (mode === "rebuild" && !options.hasPeers(found)) return refuse("rebuild");', ""),
    ],
    foundBy: at("modes"),
  },
  {
    name: "position-used-again",
    rule: "L10: a position means one transaction for ever",
    edits: [of("settle", "+ 1, scan.first, scan.last, ...seen);", "+ 1, scan.first, Math.min(...seen));")],
    foundBy: at("modes"),
  },
  {
    name: "clock-of-given-up",
    rule: "P1: the clock of transactions that are given up is kept",
    edits: [
      of(
        "settle",
        "    clock = merge(clock, transaction.clock);\n    ({ at }",
        "    if (transaction.position <= upTo) clock = merge(clock, transaction.clock);\n    ({ at }",
      ),
    ],
    foundBy: at("modes"),
  },
  {
    name: "index-of-given-up",
    rule: "P1: the numbers of entries that are given up are not given out again",
    edits: [
      of(
        "settle",
        "for (const { from } of transaction.mutations) index",
        "if (transaction.position <= upTo) for (const { from } of transaction.mutations) index",
      ),
    ],
    foundBy: at("recover"),
  },
  {
    name: "clock-of-broken-snapshot",
    rule: "P1: the clock of a snapshot that is damaged is kept",
    edits: [of("base", "clock = merge(clock, info.clock);", "clock = info.clock;\n    void merge;")],
    foundBy: at("recover"),
  },
  {
    name: "broken-snapshot-used",
    rule: "P29: a snapshot is read to its last byte before it is built upon",
    edits: [
      of(
        "base",
        "broken.push({ name, message: error.message });",
        "return { replay, info, position, clock, index, broken };",
      ),
    ],
    foundBy: at("modes"),
  },
  {
    name: "settling-unfinished",
    rule: "A crash while a damaged log is given up is finished by the next start",
    edits: [
      of("recover", "if (isGivenUp(base, old)) return finishSettling(options, base, old);", "void old;"),
    ],
    foundBy: at("recover"),
  },
  {
    name: "broken-not-set-aside",
    rule: "L5: a damaged snapshot is kept out of the way, and a line says so",
    edits: [of("recovered", "  return broken.map(\n", "  return broken.slice(99).map(\n")],
    foundBy: at("modes"),
  },
  {
    name: "rebuild-mark-missing",
    rule: "L5: a node whose data was dropped is refilled before it serves",
    edits: [
      {
        file: "shared/replica/durable.ts",
        find: 'key: "rebuild", row: true',
        put: 'key: "rebuild", row: false',
      },
    ],
    foundBy: at("modes"),
  },
  {
    name: "versions-not-recorded",
    rule: "L9: the log says under which versions it goes on",
    edits: [of("recovered", "log.setVersions(schema.versions);", "")],
    foundBy: at("recover"),
  },
  {
    name: "applied-before-logged",
    rule: "P27: nobody sees a row that a restart would not bring back",
    edits: [
      store(
        "node-store",
        '    this.#write(() => {\n      if (this.source.kind === "sqlite")',
        '    if (transactions.length > 0) this.#apply(transactions);\n    this.#write(() => {\n      if (this.source.kind === "sqlite")',
      ),
      store(
        "node-store",
        "this.counts.flushes += 1;\n    if (transactions.length > 0) this.#apply(transactions);",
        "this.counts.flushes += 1;",
      ),
    ],
    foundBy: nodeAt("node-store"),
  },
  {
    name: "commit-unflushed",
    rule: "P28: a commit is flushed before it is acknowledged",
    edits: [
      store(
        "node-store",
        'return isDue && this.source.kind !== "memory" ? "synced" : "written";',
        'return isDue && this.source.kind === "memory" ? "synced" : "written";',
      ),
    ],
    foundBy: nodeAt("node-store"),
  },
  {
    name: "store-open-after-failure",
    rule: "P33: a store whose commit failed takes no more",
    edits: [store("node-store", 'this.#end("failed");\n      noteDamage', "noteDamage")],
    foundBy: nodeAt("node-store"),
  },
  {
    name: "data-lock-not-taken",
    rule: "P1: one process at a time has a data directory",
    edits: [store("directory-lock", 'database.exec("BEGIN EXCLUSIVE");', "")],
    foundBy: nodeAt("node-store"),
  },
  {
    name: "clock-after-log",
    rule: "P1: a clock is durable before what it stamps",
    edits: [
      store(
        "node-store",
        '      if (clock !== null) this.#sql.transact(durability === "synced", () => this.#saveClock(clock));\n      this.log.append(transactions, durability);',
        '      this.log.append(transactions, durability);\n      if (clock !== null) this.#sql.transact(durability === "synced", () => this.#saveClock(clock));',
      ),
    ],
    foundBy: nodeAt("node-power-cut"),
  },
  {
    name: "clock-unflushed",
    rule: "P1: a clock is flushed before what it stamps",
    edits: [
      store(
        "node-store",
        'this.#sql.transact(durability === "synced", () => this.#saveClock(clock));',
        "this.#sql.transact(false, () => this.#saveClock(clock));",
      ),
    ],
    foundBy: nodeAt("node-power-cut"),
  },
  {
    name: "kinds-before-snapshot",
    rule: "A change of kinds counts when what was known is where it goes",
    edits: [
      store(
        "kind-change",
        "  if (isNewBase) setAllAside(fresh.snapshots);\n",
        "  settle();\n  if (isNewBase) setAllAside(fresh.snapshots);\n",
      ),
    ],
    foundBy: nodeAt("kind-change"),
  },
  {
    name: "old-log-gone-before-settled",
    rule: "The old log goes when the new kinds count",
    edits: [
      store(
        "kind-change",
        "  settle();\n  if (isNewLog) {\n    log.close();\n    const left = old.source.setAside(position);\n    left.log.close();\n    lines.push(...left.lines);\n  }",
        "  if (isNewLog) {\n    log.close();\n    const left = old.source.setAside(position);\n    left.log.close();\n    lines.push(...left.lines);\n  }\n  settle();",
      ),
    ],
    foundBy: nodeAt("kind-change"),
  },
  {
    name: "life-not-flushed",
    rule: "P1: a life is durable before it stamps anything",
    edits: [
      store(
        "node-store",
        "this.#write(() =>\n      this.#sql.transact(true,",
        "this.#write(() =>\n      this.#sql.transact(false,",
      ),
    ],
    foundBy: nodeAt("node-power-cut"),
  },
];
