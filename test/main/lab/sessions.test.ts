import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { SessionFile } from "../../../main/lab/session-file.ts";
import { Sessions } from "../../../main/lab/sessions.ts";
import type { LabError } from "../../../shared/contract/errors.ts";
import { traceVersion } from "../../../shared/trace/event.ts";
import { eventsOf } from "./events.ts";
import { temporaryDir } from "./temporary.ts";

let dir: string;
let elsewhere: string;
let sessions: Sessions;
beforeEach(() => {
  dir = temporaryDir();
  elsewhere = temporaryDir();
  sessions = new Sessions(dir, "0.0.0");
});

/** A recorded session of `count` events, closed, and its path. */
function recorded(count: number): { id: string; path: string } {
  const file = sessions.begin("A session");
  file.append(eventsOf("node-1", 7, 1, count));
  sessions.end(file);
  return { id: file.meta.id, path: file.path };
}

const refusalOf = (act: () => unknown): LabError | null => {
  try {
    act();
    return null;
  } catch (error) {
    return error as LabError;
  }
};

describe("a session file", () => {
  it("gives back exactly what was recorded, with ids in the order of recording", () => {
    const events = eventsOf("node-1", 7, 1, 50);
    const file = sessions.begin("x");
    const pushed = [...file.append(events.slice(0, 20)), ...file.append(events.slice(20))];
    expect(pushed.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect(file.page(0, 1000)).toEqual(pushed);
    expect(file.page(10, 5).map(({ id }) => id)).toEqual([11, 12, 13, 14, 15]);
    expect(file.page(50, 5)).toEqual([]);
    sessions.close();
  });

  it("is a table that anyone can read with sqlite3, and one file when closed", () => {
    const { path } = recorded(3);
    const database = new Database(path, { readonly: true });
    expect(
      database.prepare("SELECT id, node, life, seq, name, clock FROM events WHERE id = 2").get(),
    ).toEqual({
      id: 2,
      node: "node-1",
      life: 7,
      seq: 2,
      name: "REPLICATE",
      clock: '{"node-1":2,"node-9":2}',
    });
    database.close();
    expect(readdirSync(dir).filter((name) => name.includes("-wal"))).toEqual([]);
  });

  it("takes a batch whole or not at all", () => {
    const file = sessions.begin("x");
    file.append(eventsOf("node-1", 7, 1, 2));
    expect(() => file.append([...eventsOf("node-1", 7, 3, 4), ...eventsOf("node-1", 7, 1, 1)])).toThrow(
      /UNIQUE/,
    );
    expect(file.last).toBe(2);
    expect(file.append(eventsOf("node-1", 7, 3, 3)).map(({ id }) => id)).toEqual([3]);
    sessions.close();
  });

  it("can be read by another program while it is recorded", () => {
    const file = sessions.begin("x");
    file.append(eventsOf("node-1", 7, 1, 2));
    const reader = SessionFile.open(file.path, true);
    expect(reader.page(0, 10)).toEqual(file.page(0, 10));
    reader.close();
    expect(file.append(eventsOf("node-1", 7, 3, 3)).map(({ id }) => id)).toEqual([3]);
    const lingering = SessionFile.open(file.path, false);
    sessions.end(file);
    expect(lingering.last).toBe(3);
    lingering.close();
    expect(readdirSync(dir).filter((name) => name.includes("-wal"))).toEqual([]);
  });
});

describe("the shelf of sessions", () => {
  it("lists the newest first, the one being recorded among them", () => {
    const { id } = recorded(3);
    const live = sessions.begin("Now");
    live.append(eventsOf("node-1", 8, 1, 4));
    const list = sessions.list();
    expect(list.map((info) => [info.id, info.events, info.recording])).toEqual(
      expect.arrayContaining([
        [id, 3, false],
        [live.meta.id, 4, true],
      ]),
    );
    sessions.close();
  });

  it("keeps the recording so far under a name while recording goes on", async () => {
    const live = sessions.begin("Now");
    live.append(eventsOf("node-1", 8, 1, 10));
    const saved = await sessions.save("Split brain on Tuesday");
    live.append(eventsOf("node-1", 8, 11, 12));
    expect(saved).toMatchObject({ name: "Split brain on Tuesday", events: 10, recording: false });
    expect(saved.id).not.toBe(live.meta.id);
    expect(sessions.page(saved.id, 0, 100)).toEqual({ events: live.page(0, 10), last: 10 });
    expect(sessions.page(live.meta.id, 0, 100).last).toBe(12);
    sessions.close();
  });

  it("opens, pages and deletes a recorded one; refuses to delete the one being recorded", () => {
    const { id } = recorded(3);
    expect(sessions.open(id)).toMatchObject({ id, name: "A session", events: 3 });
    expect(sessions.page(id, 1, 100).events.map((event) => event.seq)).toEqual([2, 3]);
    sessions.delete(id);
    expect(sessions.list()).toEqual([]);
    expect(refusalOf(() => sessions.open(id))).toMatchObject({ code: "unknown_session" });
    const live = sessions.begin("Now");
    expect(refusalOf(() => sessions.delete(live.meta.id))).toMatchObject({ code: "wrong_state" });
    sessions.close();
  });

  it("reaches nothing outside its folder by an id", () => {
    writeFileSync(join(elsewhere, "x.lightcone"), "");
    for (const id of [`../${elsewhere.split("/").at(-1)}/x`, join(elsewhere, "x"), "..", "", "a\0b"]) {
      expect(
        refusalOf(() => sessions.open(id)),
        id,
      ).toMatchObject({ code: "unknown_session" });
      expect(
        refusalOf(() => sessions.delete(id)),
        id,
      ).toMatchObject({ code: "unknown_session" });
    }
    expect(readdirSync(elsewhere)).toEqual(["x.lightcone"]);
  });

  it("exports a copy that another lab imports, event for event", async () => {
    const { id } = recorded(20);
    const before = sessions.page(id, 0, 100).events;
    const path = await sessions.export(id, join(elsewhere, "mine"));
    expect(path).toBe(join(elsewhere, "mine.lightcone"));
    const imported = sessions.import(path);
    expect(imported.id).not.toBe(id);
    expect(imported).toMatchObject({ name: "A session", events: 20 });
    expect(sessions.page(imported.id, 0, 100).events).toEqual(before);
    sessions.close();
  });

  it("exports into no folder that is missing, nor over its own sessions", async () => {
    const { id } = recorded(1);
    const live = sessions.begin("Now");
    await expect(sessions.export(id, "mine")).rejects.toMatchObject({ code: "bad_input" });
    await expect(sessions.export(id, join(elsewhere, "no", "mine"))).rejects.toMatchObject({
      code: "bad_input",
    });
    await expect(sessions.export(id, live.path)).rejects.toMatchObject({ code: "bad_input" });
    expect(readdirSync(elsewhere)).toEqual([]);
    sessions.close();
  });

  it("finds the session of a lab that crashed, up to the last batch", () => {
    const crashed = SessionFile.create(join(dir, "crashed.lightcone"), {
      id: "crashed",
      name: "Crashed",
      createdAt: 5,
      recordedBy: "0.0.0",
    });
    crashed.append(eventsOf("node-1", 7, 1, 9));
    // Not closed: the write-ahead log still stands beside the file, as after a SIGKILL.
    expect(readdirSync(dir)).toContain("crashed.lightcone-wal");
    writeFileSync(join(elsewhere, "crashed.lightcone"), readFileSync(join(dir, "crashed.lightcone")));
    writeFileSync(join(elsewhere, "crashed.lightcone-wal"), readFileSync(join(dir, "crashed.lightcone-wal")));
    const next = new Sessions(elsewhere, "0.0.0");
    expect(next.list()).toMatchObject([{ id: "crashed", name: "Crashed", events: 9, recording: false }]);
    expect(next.page("crashed", 0, 100).events).toEqual(crashed.page(0, 100));
    next.close();
    crashed.close();
  });
});

describe("a file that is no session is refused in one sentence and leaves nothing behind", () => {
  const attacks: Record<string, (path: string) => void> = {
    "not SQLite": (path) => writeFileSync(path, "hello, this is a text file and no database at all"),
    empty: (path) => writeFileSync(path, ""),
    "cut short": (path) => truncateSync(path, 8192),
    "cut in the first page": (path) => truncateSync(path, 100),
    "a page of noise": (path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, bytes.length - 8000, bytes.length - 4000);
      writeFileSync(path, bytes);
    },
    "another program's database": (path) => {
      writeFileSync(path, "");
      execute(path, "CREATE TABLE customers (id INTEGER)");
    },
    "no events table": (path) => execute(path, "DROP TABLE events"),
    "no meta table": (path) => execute(path, "DROP TABLE meta"),
    "a column missing": (path) => execute(path, "ALTER TABLE events DROP COLUMN peer"),
    "no version": (path) => execute(path, "DELETE FROM meta WHERE key = 'version'"),
    "a view in place of the table": (path) =>
      execute(path, "ALTER TABLE events RENAME TO other; CREATE VIEW events AS SELECT * FROM other"),
    "a trigger": (path) =>
      execute(path, "CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM events; END"),
    "a clock that is not JSON": (path) => execute(path, "UPDATE events SET clock = '{oops' WHERE id = 5"),
    "an operation we do not know": (path) => execute(path, "UPDATE events SET op = 'dance' WHERE id = 5"),
    "a place that is no number": (path) => execute(path, "UPDATE events SET life = 'x' WHERE id = 5"),
  };

  it.each(Object.entries(attacks))("%s", async (_name, attack) => {
    const { id } = recorded(2000);
    const path = await sessions.export(id, join(elsewhere, "given.lightcone"));
    sessions.delete(id);
    attack(path);
    const refusal = refusalOf(() => sessions.import(path));
    expect(refusal).toMatchObject({ name: "LabError", code: "bad_session_file" });
    expect(refusal?.message).toMatch(/^given\.lightcone cannot be opened as a session: [^.]+\.$/);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("a newer version says so", async () => {
    const { id } = recorded(1);
    const path = await sessions.export(id, join(elsewhere, "given.lightcone"));
    execute(path, `UPDATE meta SET value = '${traceVersion + 1}' WHERE key = 'version'`);
    const refusal = refusalOf(() => sessions.import(path));
    expect(refusal).toMatchObject({ code: "newer_version" });
    expect(refusal?.message).toMatch(/given\.lightcone was recorded by a newer Lightcone/);
    sessions.close();
  });

  it("a path that is none, or a folder", () => {
    expect(refusalOf(() => sessions.import(join(elsewhere, "none")))).toMatchObject({ code: "bad_input" });
    expect(refusalOf(() => sessions.import(elsewhere))).toMatchObject({ code: "bad_input" });
    expect(refusalOf(() => sessions.import("given.lightcone"))).toMatchObject({ code: "bad_input" });
  });

  it("one damaged on our own shelf is listed, cannot be opened and can be deleted", () => {
    const { id, path } = recorded(2000);
    truncateSync(path, 100);
    expect(sessions.list()).toMatchObject([{ id, events: 0 }]);
    expect(refusalOf(() => sessions.open(id))).toMatchObject({ code: "bad_session_file" });
    sessions.delete(id);
    expect(readdirSync(dir)).toEqual([]);
  });
});

function execute(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

describe("a shelf with strange things on it", () => {
  it("lists a file that vanished or cannot be read as an empty session, and leaves folders alone", () => {
    const { id } = recorded(3);
    symlinkSync(join(elsewhere, "nowhere"), join(dir, "dangling.lightcone"));
    mkdirSync(join(dir, "folder.lightcone"));
    expect(sessions.list().map((info) => [info.id, info.events])).toEqual(
      expect.arrayContaining([
        [id, 3],
        ["dangling", 0],
      ]),
    );
    expect(sessions.list()).toHaveLength(2);
    expect(refusalOf(() => sessions.open("dangling"))).toMatchObject({
      code: "bad_session_file",
      message: expect.stringMatching(/cannot be read/),
    });
    sessions.delete("dangling");
    expect(refusalOf(() => sessions.delete("folder"))).toMatchObject({ code: "unknown_session" });
  });

  it.each([
    ["UPDATE events SET id = 9000000000000000 WHERE id = 3", /not numbered/],
    ["UPDATE events SET id = -1 WHERE id = 1", /not numbered/],
    ["UPDATE events SET node = '__proto__'", /no name of a node/],
    ["UPDATE events SET node = 'constructor' WHERE id = 2", /no name of a node/],
    ["UPDATE events SET at = 9e999 WHERE id = 2", /row 2 is not an event/],
    ["UPDATE events SET clock = '[1]' WHERE id = 2", /row 2 is not an event/],
    ["UPDATE events SET clock = '{' WHERE id = 2", /row 2 is not an event/],
    ["UPDATE events SET detail = '\"text\"' WHERE id = 2", /row 2 is not an event/],
    ["UPDATE events SET key = x'00ff' WHERE id = 2", /row 2 is not an event/],
    ["UPDATE events SET message = x'00' WHERE id = 2", /row 2 is not an event/],
  ])("refuses a file after %s", (sql, sentence) => {
    const { id, path } = recorded(3);
    const database = new Database(path);
    database.exec(sql);
    database.close();
    expect(refusalOf(() => sessions.open(id))).toMatchObject({
      code: "bad_session_file",
      message: expect.stringMatching(sentence),
    });
  });

  it("a name and a date from elsewhere are taken as text and as a date", () => {
    const { id, path } = recorded(1);
    const database = new Database(path);
    database.exec("UPDATE meta SET value = x'41' WHERE key = 'name'");
    database.exec("UPDATE meta SET value = '1e300' WHERE key = 'createdAt'");
    database.close();
    expect(sessions.open(id)).toMatchObject({ name: "A", createdAt: 0 });
  });
});
