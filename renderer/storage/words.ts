/** A node's storage in sentences. */
import type { NodeStatus } from "../../shared/contract/state.ts";
import type {
  LogKind,
  NodeStorage,
  RecordView,
  RecoveryMode,
  SnapshotKind,
  SyncPolicy,
} from "../../shared/contract/storage.ts";
import { plural } from "../session/words.ts";

interface Option {
  readonly label: string;
  readonly text: string;
}

export const recoveryWords: Record<RecoveryMode, Option> = {
  rebuild: {
    label: "Rebuild",
    text: "What is damaged is set aside and fetched again from the other replicas. Where nobody can be asked, it refuses.",
  },
  strict: { label: "Strict", text: "It refuses to start and says where the damage is." },
  truncate: {
    label: "Truncate",
    text: "It goes on with what stands before the first damage; the rest is set aside.",
  },
  salvage: { label: "Salvage", text: "It goes on with all that is sound and reports each gap." },
};

export const logWords: Record<LogKind, Option> = {
  sqlite: { label: "SQLite", text: "A table of the node’s database, in one commit with everything else." },
  file: { label: "Files", text: "Segment files of its own, to look at and to break byte by byte." },
  memory: { label: "Memory", text: "Kept in memory only: a restart loses it." },
};

export const snapshotWords: Record<SnapshotKind, Option> = {
  sqlite: { label: "SQLite", text: "In the node’s database." },
  file: { label: "Files", text: "A file for each, written beside and renamed." },
  memory: { label: "Memory", text: "Kept in memory only: a restart replays the whole log." },
};

export const clockWords: Record<"sqlite" | "file" | "memory", Option> = {
  sqlite: { label: "SQLite", text: "In the node’s database." },
  file: { label: "File", text: "A small JSON file, replaced whole." },
  memory: { label: "Memory", text: "Kept in memory only: after a restart its stamps repeat." },
};

export const syncWords: Record<SyncPolicy, Option> = {
  commit: { label: "Each commit", text: "Flushed before anything of it leaves the node." },
  group: { label: "In groups", text: "Flushed before anything leaves; several share a flush." },
  off: { label: "When the system likes", text: "A power cut takes acknowledged writes with it." },
};

/** How much of the log survives the loss of power. */
export function durableWords({ log, kinds }: NodeStorage): string {
  if (kinds.log === "memory") return "Kept in memory only: a restart loses it.";
  if (log.last < log.first) return "Nothing has been written yet.";
  if (log.durable === null) return "What was flushed only the running node could tell.";
  if (log.durable >= log.last) return "All of it is durable.";
  return `Durable up to ${log.durable}; ${plural(log.last - log.durable, "transaction is", "transactions are")} only written.`;
}

/** What a start would have to do. */
export function replayWords({ log, kinds }: NodeStorage): string {
  if (kinds.log === "memory") return "A start has nothing to replay.";
  const count = Math.max(0, log.last - Math.max(log.replayFrom, log.first - 1));
  if (count === 0) return "A start has nothing to replay: the newest snapshot holds everything.";
  const from = log.replayFrom === 0 ? "from the beginning" : `from the snapshot at ${log.replayFrom}`;
  return `A start replays ${plural(count, "transaction")}, ${from}.`;
}

/** Whether a record survives the loss of power; null when only the running node could tell. */
export function isDurable({ log, kinds }: NodeStorage, { position }: RecordView): boolean | null {
  if (kinds.log === "memory") return false;
  return log.durable === null ? null : position <= log.durable;
}

export function sourceWords(view: NodeStorage, status: NodeStatus): string {
  return view.source === "live" ? "Live." : `Read from its files: ${view.node} is ${status}.`;
}

/** What is wrong with a record: as the log's own reading has it, which knows more than the record's. */
export function problemOf({ log }: NodeStorage, { file, offset, bytes, problem }: RecordView): string | null {
  const end = offset + Math.max(1, bytes);
  const damage = log.damage.find(
    (each) => each.file === file && each.offset < end && offset < each.offset + Math.max(1, each.length),
  );
  return problem === null ? null : (damage?.message ?? problem);
}

/** What the types of records mean that are no rows of a table. */
export const typeWords: Readonly<Record<string, string>> = {
  delete: "the row is gone",
  versions: "under which the rows behind it are written",
  seal: "nothing is added to this file any more",
  empty: "a transaction that changed no row",
  damaged: "not what was written",
};

/** All of a record in one line, for those who hear the list. */
/** What is damaged does not say which transaction it was: it is named by the sound one before it. */
export function placeWords({ position, ordinal, type }: RecordView): string {
  if (type === "damaged") return `behind ${position}`;
  return ordinal === 0 ? `${position}` : `${position}, part ${ordinal + 1}`;
}

/** It was in the log when it was chosen, and is not any more: set aside, dropped or cut off. */
export function isGone({ log }: NodeStorage, { position }: RecordView): boolean {
  return position < log.first - 1 || position > log.last + 1;
}

export function recordWords(view: NodeStorage, record: RecordView): string {
  const { type, table, key, problem } = record;
  const place = placeWords(record);
  const what = [type, table, key].filter((part) => part !== "").join(" ");
  const durable = isDurable(view, record);
  const state = problem ?? (durable === null ? "" : durable ? "durable" : "only written");
  return [place, what, state].filter((part) => part !== "").join(", ");
}

export function clockText(clock: Readonly<Record<string, number>>): string {
  const entries = Object.entries(clock);
  return entries.length === 0 ? "empty" : entries.map(([node, count]) => `${node}: ${count}`).join(", ");
}

/** What a person can do about a start that was refused, besides reading its sentence. */
export const refusalHelp =
  "Start it again in another mode, put an old copy of its directory back, or wipe its disk: the other nodes keep their copies.";

/** Names a record among all of its log. */
export const idOf = ({ file, offset, ordinal }: RecordView) => `${file} ${offset} ${ordinal}`;

const at = (kind: string) => ({ sqlite: "SQLite", file: "files", memory: "memory" })[kind] ?? kind;

/** "Log in files, snapshots in SQLite, clock in SQLite; flushed at each commit." */
export function kindsWords({ kinds }: NodeStorage): string {
  const flush = {
    commit: "flushed at each commit",
    group: "flushed in groups",
    off: "flushed when the system likes",
  }[kinds.sync];
  return `Log in ${at(kinds.log)}, snapshots in ${at(kinds.snapshots)}, clock in ${at(kinds.clocks)}; ${flush}.`;
}
