/**
 * What becomes of a damaged log.
 *
 * - `strict` refuses and says where.
 * - `truncate` goes on with what stands before the first damage. Transactions behind it are given up although they are
 *   sound: they were made by a node that had what is missing.
 * - `salvage` goes on with all that is sound and reports each gap.
 * - `rebuild` goes on with what the node knows of itself, and a mark that has it refilled by the other replicas before it
 *   serves (shared/replica/durable). Where nobody can be asked, it refuses as `strict` does; and where rows are found that
 *   nobody else has, for only what module `kv` holds is on other nodes too.
 *
 * Where something is damaged and no transaction is missing, the head of a file for one, all modes but `strict` salvage.
 *
 * Whatever is kept is first made durable as a snapshot, which says that it takes the log's place; then the whole log is
 * set aside, and a new one begins. A crash between the two is finished by the next start, which finds that snapshot and
 * an older log. Nothing is cut, and no byte of the old log is written to.
 *
 * The new log begins after the highest number that was seen anywhere, also behind the damage: a position means one
 * transaction for ever, so whoever follows commits by position (L10) is never shown another one under a number it knows.
 */
import { merge } from "../../../shared/clock/vector-clock.ts";
import type { RecoveryMode } from "../../../shared/contract/storage.ts";
import type { TimeMs } from "../../../shared/ids.ts";
import { keptOnRebuild } from "../../../shared/replica/durable.ts";
import { Tables } from "../../../shared/runtime/tables.ts";
import type { Mutation, Position } from "../../../shared/runtime/types.ts";
import type { Damage, LogScan } from "../log/transaction-log.ts";
import type { SnapshotHead, SnapshotStore } from "../snapshots/snapshot-store.ts";
import type { Base } from "./base.ts";
import {
  progressOf,
  type Recovered,
  type RecoverOptions,
  type RecoveryProgress,
  result,
  setBrokenAside,
} from "./recovered.ts";
import { RecoveryError } from "./recovery-error.ts";
import { countOf, damageWords, isLoss } from "./words.ts";

/** Throws RecoveryError with nothing changed. */
export function* settle(
  options: RecoverOptions,
  base: Base,
  scan: LogScan,
  damage: readonly Damage[],
): Generator<RecoveryProgress, Recovered> {
  const { source, snapshots, schema, now } = options;
  const { tables, clock, at, index, words } = yield* decide(options, base, scan, damage);
  const lines = [...(source.keepCopy?.() ?? []), ...setBrokenAside(snapshots, base.broken)];
  const position = freePosition(base, scan, damage);
  writeSnapshot(snapshots, tables, {
    position,
    clock,
    at: at ?? now(),
    versions: schema.versions,
    index,
    replacesLog: true,
  });
  const opened = source.setAside(position);
  lines.push(...words, ...opened.lines, `The log goes on after ${position}.`);
  return result(options, tables, clock, opened, lines, damage);
}

/** What a node goes on with, and why. */
export interface Decision {
  readonly tables: Tables;
  readonly clock: Recovered["clock"];
  /** Of the newest transaction that was read; undefined when there is none. */
  readonly at: TimeMs | undefined;
  readonly index: number;
  readonly words: readonly string[];
}

/** Reads what is sound and changes nothing. Throws RecoveryError. */
export function* decide(
  options: Pick<RecoverOptions, "mode" | "what" | "hasPeers">,
  base: Base,
  scan: LogScan,
  damage: readonly Damage[],
): Generator<RecoveryProgress, Decision> {
  const refuse = (why: ConstructorParameters<typeof RecoveryError>[1]) => {
    throw new RecoveryError(options.what ?? "The transaction log", why, damage, base.broken);
  };
  if (options.mode === "strict") return refuse("strict");
  const losses = damage.filter(isLoss);
  const mode = losses.length === 0 ? "salvage" : options.mode;
  const { clock, at, index, givenUp } = yield* readSound(
    base,
    scan,
    mode === "truncate" ? firstOf(losses) : Infinity,
  );
  const found = base.replay.tables;
  const modules = modulesBeside(found, replicatedModules);
  if (mode === "rebuild" && !options.hasPeers(found)) return refuse("rebuild");
  if (mode === "rebuild" && modules.length > 0) return refuse({ modules });

  const tables = new Tables(index);
  for (const row of mode === "rebuild" ? keptOnRebuild(found) : found.rowsBeside([])) tables.apply(row);
  return { tables, clock, at, index, words: [...damageWords(damage), doneWords[mode](base, givenUp)] };
}

/** What others bring back, or need not: the node's own identity is kept in every mode. */
const replicatedModules = ["kv", "node"];

const modulesBeside = (tables: Tables, others: readonly string[]) =>
  [...new Set(Array.from(tables.rowsBeside(others), ({ module }) => module))].sort();

interface Read {
  readonly clock: Recovered["clock"];
  readonly at: TimeMs | undefined;
  readonly index: number;
  /** Sound transactions behind the damage. */
  readonly givenUp: number;
}

/** Applies what is sound up to a position; of the rest it takes what must not be given out again. */
function* readSound(base: Base, scan: LogScan, upTo: Position): Generator<RecoveryProgress, Read> {
  const { replay } = base;
  let { clock, index } = base;
  let at = base.info?.at;
  let givenUp = 0;
  for (const transaction of scan.sound()) {
    clock = merge(clock, transaction.clock);
    ({ at } = transaction);
    for (const { from } of transaction.mutations) index = Math.max(index, from?.index ?? 0);
    if (transaction.position > upTo) givenUp += 1;
    else replay.transaction(transaction);
    if ((replay.counts.transactions + givenUp) % 5_000 === 0) yield progressOf(replay);
  }
  replay.finish();
  return { clock, at, index, givenUp };
}

const firstOf = (damage: readonly Damage[]) => Math.min(...damage.map(({ after }) => after));

/** Above everything that was seen, and at least what the old log began with: that is how it is known for the old one. */
export function freePosition({ newest }: Base, scan: LogScan, damage: readonly Damage[]): Position {
  const seen = damage.map(({ after, before }) => before ?? after);
  return Math.max((newest?.position ?? -1) + 1, scan.first, scan.last, ...seen);
}

export function writeSnapshot(snapshots: SnapshotStore, tables: Tables, head: SnapshotHead): void {
  const writer = snapshots.begin(head);
  const rows: Mutation[] = [];
  for (const row of tables.rowsBeside([])) {
    rows.push(row);
    if (rows.length === 1_000) writer.add(rows.splice(0));
  }
  writer.add(rows);
  writer.finish();
}

const doneWords: Record<Exclude<RecoveryMode, "strict">, (base: Base, givenUp: number) => string> = {
  truncate: ({ replay: { position } }, givenUp) => {
    const kept = position === 0 ? "nothing" : `what stands before the damage, up to transaction ${position}`;
    const dropped = givenUp === 0 ? "" : `; ${countOf(givenUp, "sound transaction")} behind it given up`;
    return `The node goes on with ${kept}${dropped}.`;
  },
  salvage: ({ replay, info }) => {
    const snapshot = info === null ? "" : `the snapshot at ${info.position} and `;
    const transactions = countOf(replay.counts.transactions, "transaction");
    return `The node goes on with all that is sound: ${snapshot}${transactions} of the log.`;
  },
  rebuild: () =>
    "The node goes on with what it knows of itself, and is refilled by the other replicas before it serves.",
};
