/**
 * A snapshot and the log behind it come to the same as the log alone: for any transactions, snapshots, prunes and starts,
 * with every kind of log and every kind of snapshot store.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { MemoryLogSource } from "../../../../main/storage/log/memory-log.ts";
import { SqliteLogSource } from "../../../../main/storage/log/sqlite-log-source.ts";
import type { LogSource } from "../../../../main/storage/log/transaction-log.ts";
import { recover } from "../../../../main/storage/recovery/recover.ts";
import { FileSnapshotStore } from "../../../../main/storage/snapshots/file-snapshot-store.ts";
import { MemorySnapshotStore } from "../../../../main/storage/snapshots/memory-snapshot-store.ts";
import { SqliteSnapshotStore } from "../../../../main/storage/snapshots/sqlite-snapshot-store.ts";
import type { SnapshotStore } from "../../../../main/storage/snapshots/snapshot-store.ts";
import { logKinds, snapshotKinds } from "../../../../shared/contract/storage.ts";
import type { Mutation, Transaction } from "../../../../shared/runtime/types.ts";
import { dataDir, owner, schema } from "./place.ts";

const now = () => 0;

/** Stores of all kinds in one place that can be opened again. */
class Place {
  readonly #dir = mkdtempSync(join(tmpdir(), "lightcone-replay-"));
  readonly #disk = new MemoryDisk();
  readonly #memoryLog = new MemoryLogSource(owner);
  readonly #memorySnapshots = new MemorySnapshotStore(owner);
  #database: Database.Database | undefined;

  reopen(): void {
    this.#database?.close();
    this.#database = new Database(join(this.#dir, "node.db"));
    this.#database.pragma("journal_mode = WAL");
    this.#database.pragma("synchronous = NORMAL");
  }

  log(kind: (typeof logKinds)[number]): LogSource {
    if (kind === "memory") return this.#memoryLog;
    if (kind === "sqlite") return new SqliteLogSource({ database: this.#database!, owner, now });
    return new FileLogSource({ disk: this.#disk, dataDir, owner, segmentBytes: 8_192, now });
  }

  snapshots(kind: (typeof snapshotKinds)[number]): SnapshotStore {
    if (kind === "memory") return this.#memorySnapshots;
    if (kind === "sqlite") return new SqliteSnapshotStore({ database: this.#database!, owner });
    return new FileSnapshotStore({ disk: this.#disk, dataDir, owner, now });
  }

  close(): void {
    this.#database?.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

const mutation: fc.Arbitrary<Mutation> = fc
  .record({
    table: fc.constantFrom("keys", "hints"),
    key: fc.constantFrom("a", "b", "c", "d e", "ключ"),
    row: fc.option(
      fc.oneof(
        fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as null),
        fc.constant("long ".repeat(500)),
      ),
      { nil: undefined, freq: 4 },
    ),
    from: fc.option(
      fc.record({
        index: fc.integer({ min: 1, max: 99 }),
        term: fc.nat(3),
        op: fc.constantFrom("put", "repair"),
        origin: fc.constant(owner.node),
        replicas: fc.constantFrom([], [owner.node]),
      }),
      { nil: undefined },
    ),
  })
  .map(({ from, ...rest }) => {
    const mutation = { module: "kv", ...rest };
    return from === undefined ? mutation : { ...mutation, from };
  });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      mutations: fc.array(mutation, { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("snapshot" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("prune" as const), keep: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("start" as const) }) },
);

const pairs = logKinds.flatMap((log) => snapshotKinds.map((snapshots) => [log, snapshots] as const));

describe.each(pairs)("a log of kind %s and snapshots of kind %s", (logKind, snapshotKind) => {
  it("replay to what the log alone replays to, bit by bit", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const place = new Place();
        const alone = new MemoryLogSource(owner);
        const whole = alone.open(0).log;
        const start = () => {
          place.reopen();
          const snapshots = place.snapshots(snapshotKind);
          const source = place.log(logKind);
          const node = recover({ source, snapshots, mode: "strict", schema, hasPeers: () => false, now });
          return { ...node, snapshots };
        };
        let node = start();
        try {
          for (const each of [...steps, { kind: "start" as const }]) {
            if (each.kind === "commit") {
              const n = whole.last + 1;
              const transaction: Transaction = { clock: { "node-1": n }, at: n, mutations: each.mutations };
              whole.append([transaction], "written");
              node.log.append([transaction], "written");
              node.tables.applyAll(transaction);
            } else if (each.kind === "snapshot") {
              const { tables, log, versions, snapshots } = node;
              const head = {
                position: log.last,
                clock: { "node-1": log.last },
                at: 0,
                versions,
                index: tables.index,
              };
              const writer = snapshots.begin(head);
              const picture = tables.picture();
              for (let rows = picture.take(2); rows.length > 0; rows = picture.take(2)) writer.add(rows);
              picture.close();
              writer.finish();
            } else if (each.kind === "prune") {
              node.snapshots.prune(each.keep);
              const oldest = node.snapshots.list().at(-1);
              if (oldest !== undefined) node.log.dropBefore(oldest.position + 1);
            } else {
              node.log.close();
              if (snapshotKind !== "memory") node.snapshots.close();
              node = start();
              const none = new MemorySnapshotStore(owner);
              const expected = recover({
                source: alone,
                snapshots: none,
                mode: "strict",
                schema,
                hasPeers: () => false,
                now,
              });
              expect(node.tables.digest()).toBe(expected.tables.digest());
              expect([node.position, node.clock, node.tables.index]).toEqual([
                expected.position,
                expected.position === 0 ? {} : { "node-1": expected.position },
                expected.tables.index,
              ]);
            }
          }
        } finally {
          place.close();
        }
      }),
      { numRuns: 12 },
    );
  });
});
