/** Files that an older Lightcone wrote: opened, brought to the present format, and nothing of them lost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeStore } from "../../../main/storage/node-store.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { entry, node } from "./entries.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-upgrade-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const hints = `CREATE TABLE hints (target TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, expires REAL NOT NULL,
  PRIMARY KEY (target, key)) WITHOUT ROWID;`;

/** Word for word what a node made of an empty directory then. */
const schemaOf = (version: 1 | 2) => `
${version === 1 ? "" : hints}
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE kv (key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE log (
  "index" INTEGER PRIMARY KEY, term INTEGER NOT NULL, op TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
  origin TEXT NOT NULL, replicas TEXT NOT NULL, clock TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE trace (
  id INTEGER PRIMARY KEY, life INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  total INTEGER NOT NULL, events BLOB NOT NULL, operations BLOB
);
PRAGMA application_id = 1279479364;
PRAGMA user_version = ${version};
INSERT INTO meta VALUES ('node', 'node-1'), ('cluster', 'test'), ('incarnation', '9');
`;

const long = "a long value ".repeat(1_000);
const old = [entry(1, "a", "old"), entry(2, "b", long), entry(3, "a", "new"), entry(4, "c", "x")];

function write(version: 1 | 2): void {
  const database = new Database(join(dir, "node.db"));
  database.exec(schemaOf(version));
  const putLog = database.prepare("INSERT INTO log VALUES (?, 0, 'put', ?, ?, 'node-1', '[]', '{}', 1)");
  const putKey = database.prepare(
    "INSERT INTO kv VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET state = excluded.state",
  );
  for (const { index, key, state } of old) {
    putLog.run(index, key, JSON.stringify(state));
    putKey.run(key, JSON.stringify(state));
  }
  if (version === 2) {
    database.prepare("INSERT INTO hints VALUES ('node-2', 'b', ?, 77)").run(JSON.stringify(old[1]!.state));
  }
  database.close();
}

const open = () => new NodeStore({ dataDir: dir, node, cluster: "test", logEntriesKept: 1 });

describe.each([1, 2] as const)("a file of format %i", (version) => {
  it("gives everything back, and takes new writes", () => {
    write(version);
    const store = open();
    const restored = store.restore();
    expect(new Map(restored.keys)).toEqual(
      new Map([old[1]!, old[2]!, old[3]!].map(({ key, state }) => [key, state])),
    );
    expect(restored).toMatchObject({ incarnation: 9, logIndex: 4 });
    expect(restored.hints).toEqual(
      version === 1 ? [] : [{ target: "node-2", key: "b", state: old[1]!.state, expires: 77 }],
    );
    const next = entry(5, "c", "y");
    const hint = { target: asNodeId("node-3"), key: asKey("c"), state: next.state, expires: 5 };
    store.commit({
      records: [
        { kind: "entry", entry: next },
        { kind: "dropped", key: asKey("b") },
        { kind: "hint", hint },
      ],
      events: [],
      operations: [],
      clock: null,
    });
    store.close();
    const again = open();
    expect(new Map(again.restore().keys)).toEqual(
      new Map([
        ["a", old[2]!.state],
        ["c", next.state],
      ]),
    );
    expect(again.restore().hints).toContainEqual(hint);
    again.close();
  });

  it("is compacted like any other", async () => {
    write(version);
    const store = open();
    store.commit({
      records: [{ kind: "entry", entry: entry(5, "c", "y") }],
      events: [],
      operations: [],
      clock: null,
    });
    const reader = new Database(join(dir, "node.db"), { readonly: true });
    const left = () => reader.prepare('SELECT "index" FROM log ORDER BY "index"').pluck().all();
    // The first entry of "a" and the one of "c" have been superseded.
    await expect.poll(left).toEqual([2, 3, 5]);
    reader.close();
    store.close();
  });
});
