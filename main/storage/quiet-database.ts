/**
 * Reads a database of a node and leaves no trace, whether its node runs or not.
 *
 * SQLite writes also when it reads: a database in WAL mode gets files `-shm` and `-wal` made or rebuilt beside it, and
 * a reader leaves them there. For a command that says what is on a disk that is too much: it would change what it is
 * asked about, and on a medium that cannot be written it would fail. So while the node runs, its shared memory is there
 * and one more reader changes nothing; otherwise a copy of the file and of its write-ahead log is read, for after a
 * kill what was last committed is in that log only.
 */
import { constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";

export interface QuietDatabase {
  readonly database: Database.Database;
  readonly close: () => void;
}

/** A copy made while somebody wrote is worth nothing, and is made again. */
const attemptsMax = 3;

/** `inUse`: a process has it open for writing. Throws what SQLite and the file system throw. */
export function openQuietly(path: string, inUse: boolean): QuietDatabase {
  if (inUse) {
    const database = openToRead(path);
    return { database, close: () => database.close() };
  }
  const dir = mkdtempSync(join(tmpdir(), "lightcone-read-"));
  const drop = () => rmSync(dir, { recursive: true, force: true });
  try {
    const copy = join(dir, "node.db");
    copyWhole(path, copy);
    const database = openToRead(copy);
    return {
      database,
      close: () => {
        database.close();
        drop();
      },
    };
  } catch (error) {
    drop();
    throw error;
  }
}

const openToRead = (path: string) =>
  new Database(path, { readonly: true, fileMustExist: true, timeout: 1_000 });

function copyWhole(path: string, copy: string): void {
  for (let left = attemptsMax; left > 0; left--) {
    const before = markOf(path);
    for (const suffix of ["", "-wal"]) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix, constants.COPYFILE_FICLONE);
    }
    if (markOf(path) === before) return;
  }
  throw new Error("it is being written to");
}

/** Changes with every write to the file or to its write-ahead log. */
function markOf(path: string): string {
  return [path, `${path}-wal`]
    .map((name) => statSync(name, { bigint: true, throwIfNoEntry: false }))
    .map((found) => (found === undefined ? "none" : `${found.mtimeNs}/${found.size}`))
    .join(" ");
}
