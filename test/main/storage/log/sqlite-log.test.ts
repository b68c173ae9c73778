import Database from "better-sqlite3";
import { SqliteLogSource } from "../../../../main/storage/log/sqlite-log-source.ts";
import { logContract, owner } from "./log-contract.ts";

logContract("A log in SQLite", () => {
  const database = new Database(":memory:");
  return { source: new SqliteLogSource({ database, owner }), cleanUp: () => database.close() };
});
