/**
 * The shelf of recorded sessions: one folder, one file each, the one being recorded among them.
 *
 * Windows name sessions by id, never by path; an id is looked up among the files of the folder, so no id can reach
 * outside of it. Paths are taken for import and export only, and an export overwrites nothing but a session.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";
import type { SessionInfo } from "../../shared/contract/state.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { SessionFile, type SessionMeta } from "./session-file.ts";

const sessionExtension = ".lightcone";
/** Files that go with a session that was not closed. */
const companions = ["", "-wal", "-shm"];

/** Sorts by time, unique without asking anyone. */
export function newSessionId(): string {
  const stamp = new Date()
    .toISOString()
    .replace(/[-:]|\..*$/g, "")
    .replace("T", "-");
  return `${stamp}-${randomBytes(3).toString("hex")}`;
}

export class Sessions {
  readonly #dir: string;
  readonly #recordedBy: string;
  /** Those being recorded, oldest first: two while one cluster gives way to the next. */
  readonly #live: SessionFile[] = [];
  /** Recorded sessions that were checked and are being read. */
  readonly #open = new Map<string, SessionFile>();

  constructor(dir: string, recordedBy: string) {
    this.#dir = dir;
    this.#recordedBy = recordedBy;
  }

  /** Begins the session that is recorded from now on. */
  begin(name: string): SessionFile {
    const meta = this.#newMeta(name);
    const file = SessionFile.create(this.#pathOf(meta.id), meta);
    this.#live.push(file);
    return file;
  }

  /** Recording is over: the file is folded into one and is a recorded session like any other. */
  end(file: SessionFile): void {
    file.close();
    this.#live.splice(this.#live.indexOf(file), 1);
  }

  list(): SessionInfo[] {
    return this.#ids()
      .map((id) => this.#describe(id))
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  }

  open(id: string): SessionInfo {
    const file = this.#file(id);
    return { ...file.info(this.#live.includes(file)), id };
  }

  page(id: string, after: number, limit: number): { events: RecordedEvent[]; last: number } {
    const file = this.#file(id);
    return { events: file.page(after, limit), last: file.last };
  }

  /** Keeps what was recorded so far as a session of its own. */
  async save(name: string): Promise<SessionInfo> {
    const live = this.#live.at(-1);
    if (live === undefined) throw new LabError("wrong_state", "Nothing is being recorded.");
    const meta = this.#newMeta(name);
    await live.copyTo(this.#pathOf(meta.id), meta);
    return this.open(meta.id);
  }

  delete(id: string): void {
    this.#mustExist(id);
    if (this.#liveFile(id) !== undefined) {
      throw new LabError(
        "wrong_state",
        "This session is being recorded: start a new cluster before deleting it.",
      );
    }
    this.#open.get(id)?.close();
    this.#open.delete(id);
    for (const companion of companions) rmSync(this.#pathOf(id) + companion, { force: true });
  }

  /** Takes a copy in and checks the copy, so that what was checked is what is kept. */
  import(path: string): SessionInfo {
    if (!isAbsolute(path) || !existsSync(path) || !statSync(path).isFile()) {
      throw new LabError("bad_input", `There is no file ${path}: give the whole path of a session file.`);
    }
    const id = newSessionId();
    const arriving = join(this.#dir, `${id}.arriving`);
    try {
      copyFileSync(path, arriving);
      if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${arriving}-wal`);
      SessionFile.open(arriving, true).close();
      renameSync(arriving, this.#pathOf(id));
    } catch (error) {
      throw renamed(error, basename(arriving), basename(path));
    } finally {
      for (const companion of companions) rmSync(arriving + companion, { force: true });
    }
    return this.open(id);
  }

  async export(id: string, path: string): Promise<string> {
    const file = this.#file(id);
    if (!isAbsolute(path)) throw new LabError("bad_input", `${path} is not a whole path: begin at the root.`);
    const target = path.endsWith(sessionExtension) ? path : path + sessionExtension;
    if (relative(this.#dir, dirname(target)) === "") {
      throw new LabError("bad_input", "That is the lab's own folder of sessions: export to another place.");
    }
    try {
      await file.copyTo(target, file.meta);
    } catch (error) {
      throw new LabError(
        "bad_input",
        `The session cannot be written to ${target} (${(error as Error).message}): choose another place.`,
      );
    }
    return target;
  }

  close(): void {
    for (const file of this.#live.splice(0)) file.close();
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }

  #newMeta(name: string): SessionMeta {
    return { id: newSessionId(), name, createdAt: Date.now(), recordedBy: this.#recordedBy };
  }

  #pathOf(id: string): string {
    return join(this.#dir, id + sessionExtension);
  }

  #liveFile(id: string): SessionFile | undefined {
    return this.#live.find((file) => file.path === this.#pathOf(id));
  }

  #ids(): string[] {
    return readdirSync(this.#dir, { withFileTypes: true })
      .filter((entry) => entry.name.endsWith(sessionExtension) && !entry.isDirectory())
      .map((entry) => basename(entry.name, sessionExtension));
  }

  /** An id is one of the names in the folder, which no `../` can be. */
  #mustExist(id: string): void {
    if (!this.#ids().includes(id)) {
      throw new LabError("unknown_session", `There is no session "${id}" in this lab.`);
    }
  }

  #file(id: string): SessionFile {
    const live = this.#liveFile(id);
    if (live !== undefined) return live;
    this.#mustExist(id);
    let file = this.#open.get(id);
    if (file === undefined) this.#open.set(id, (file = SessionFile.open(this.#pathOf(id), true)));
    return file;
  }

  /** A damaged file is listed too, without events: opening it says what is wrong, and it can be deleted. */
  #describe(id: string): SessionInfo {
    const live = this.#liveFile(id);
    if (live !== undefined) return live.info(true);
    const known = this.#open.get(id);
    if (known !== undefined) return { ...known.info(false), id };
    const path = this.#pathOf(id);
    try {
      const file = SessionFile.open(path, false);
      const info = { ...file.info(false), id };
      file.close();
      return info;
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      const { birthtimeMs = 0, size = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
      return { id, name: id, path, createdAt: birthtimeMs, events: 0, bytes: size, recording: false };
    }
  }
}

/** The person knows the file by the name they gave, not by the name of our copy. */
function renamed(error: unknown, ours: string, theirs: string): unknown {
  if (!(error instanceof LabError)) return error;
  return new LabError(error.code, error.message.replace(ours, theirs), error.definite);
}
