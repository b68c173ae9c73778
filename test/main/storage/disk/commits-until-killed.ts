/**
 * A process of its own: commits rows as its arguments say, takes back what a power cut would, and dies.
 * Arguments: path, then one letter per step. f: a flushed commit; u: one that is not; e: a commit that changes nothing;
 * b: a big unflushed one; c: a checkpoint; r: a checkpoint after which the log begins anew; w: a reader that holds the
 * state of now.
 */
import Database from "better-sqlite3";
import { SqlitePowerCut } from "../../../../main/storage/disk/sqlite-power-cut.ts";

const [path, steps] = process.argv.slice(2) as [string, string];
const database = new Database(path);
database.pragma("journal_mode = WAL");
database.pragma("wal_autocheckpoint = 0");
database.pragma("synchronous = FULL");
database.exec("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, filler BLOB)");
const insert = database.prepare("INSERT INTO item (filler) VALUES (zeroblob(?))");
const power = new SqlitePowerCut(path);

function commit(level: "FULL" | "NORMAL", bytes: number): void {
  database.pragma(`synchronous = ${level}`);
  insert.run(bytes);
  if (level === "FULL") power.flushed();
}

for (const step of steps) {
  if (step === "f") commit("FULL", 10);
  else if (step === "u") commit("NORMAL", 10);
  else if (step === "b") commit("NORMAL", 40_000);
  else if (step === "e") database.exec("BEGIN; DELETE FROM item WHERE id < 0; COMMIT");
  else if (step === "c") database.pragma("wal_checkpoint(PASSIVE)");
  else if (step === "r") database.pragma("wal_checkpoint(RESTART)");
  else if (step === "w") {
    const reader = new Database(path, { readonly: true });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM item").get();
  }
}
process.stdout.write(`${power.cut()}\n`, () => process.kill(process.pid, "SIGKILL"));
