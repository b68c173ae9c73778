import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeCompactClock } from "../../../../main/storage/clocks/compact-clock.ts";
import { SqliteClockStore } from "../../../../main/storage/clocks/sqlite-clock-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";

const node = asNodeId("node-1");
let database: Database.Database;
beforeEach(() => {
  database = new Database(":memory:");
});
afterEach(() => database.close());

const rows = () =>
  database.prepare("SELECT node, counters FROM clock").all() as { node: string; counters: unknown }[];
const put = (counters: string | Buffer) =>
  database.prepare("INSERT OR REPLACE INTO clock VALUES ('node-1', ?)").run(counters);

describe("the SQLite store", () => {
  it.each([
    ["half of one", '{"node-1":', "is not JSON"],
    ["a changed one", '{"node-1":43,"$crc32":1}', "does not fit its checksum"],
    ["a negative counter", '{"node-1":-1}', "gives node-1 the counter -1"],
    ["a changed compact one", encodeCompactClock({ "node-1": 1 }).fill(0, 1, 5), "does not fit its checksum"],
    ["nothing", "", "is empty"],
  ])("sets %s aside, once, and never uses it", (_, counters, problem) => {
    const store = new SqliteClockStore(database);
    put(counters);
    expect(() => store.load(node)).toThrow(`The vector clock of node-1 in :memory: ${problem}`);
    const [aside, ...more] = rows();
    expect(more).toEqual([]);
    expect(aside!.node).toMatch(/^node-1 corrupt \d+$/);
    expect(aside!.counters).toEqual(counters);
    expect(store.load(node)).toBeNull();
    store.save(node, { "node-1": 7 });
    expect(store.load(node)).toEqual({ "node-1": 7 });
  });

  it("changes nothing where it is told to leave what is damaged", () => {
    const store = new SqliteClockStore(database, "leave");
    put("{");
    for (let time = 0; time < 2; time++)
      expect(() => store.load(node)).toThrow("is not JSON; nothing was changed.");
    expect(rows()).toEqual([{ node: "node-1", counters: "{" }]);
  });

  it("says that the database is out of reach", () => {
    const store = new SqliteClockStore(database);
    database.exec("DROP TABLE clock");
    expect(() => store.save(node, { "node-1": 1 })).toThrow(/cannot be reached; check the disk's free space/);
  });

  it("takes part in the transaction around it", () => {
    const store = new SqliteClockStore(database);
    store.save(node, { "node-1": 1 });
    database.exec("BEGIN");
    store.save(node, { "node-1": 2 });
    database.exec("ROLLBACK");
    expect(store.load(node)).toEqual({ "node-1": 1 });
  });
});
