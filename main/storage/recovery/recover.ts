/**
 * A start: from what lies on the disk to tables, a clock and a log that goes on.
 *
 * The newest sound snapshot, then what the log has after it: so the time grows with the log since the last snapshot and
 * not with history. The log is read once, for it is applied as it is checked. A snapshot that fails a checksum is no reason
 * to lose anything: the one before it and the log, which is kept that far back, lead to the same rows (P29). Only mutations
 * are applied; no reducer, no clock and no random number is asked (P36).
 *
 * A torn tail is the end of the process or of the power in the middle of an append. Nothing in it was acknowledged, and
 * it is cut in every mode. Anything else is damage, and what becomes of it is the operator's to say (L5), see `./settle`.
 *
 * Nothing is changed on the disk before it is decided that the node starts: whoever refuses leaves everything as it was.
 * Where damage is met, what was applied up to there is thrown away, and the start begins again as the operator said.
 *
 * Source: Mohan et al. 1992, "ARIES", §6 (redo from the checkpoint); Bornholdt et al. 2021 on telling a torn tail from
 * damage ("Using Lightweight Formal Methods to Validate a Key-Value Storage Node in Amazon S3", §5).
 */
import { descends, merge, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { SchemaError } from "../../../shared/runtime/schema.ts";
import type { Position } from "../../../shared/runtime/types.ts";
import type { Damage, LogScan, LogSource } from "../log/transaction-log.ts";
import type { SnapshotInfo } from "../snapshots/snapshot-store.ts";
import { type Base, readBase } from "./base.ts";
import {
  progressOf,
  type Recovered,
  type RecoverOptions,
  type RecoveryProgress,
  result,
  setBrokenAside,
} from "./recovered.ts";
import { finished } from "../steps.ts";
import { settle } from "./settle.ts";
import { countOf } from "./words.ts";

const transactionsAtOnce = 5_000;

/** Throws RecoveryError, LogError, SnapshotError or SchemaError, with nothing changed unless the disk fails on the way. */
export function recover(options: RecoverOptions): Recovered {
  return finished(recovery(options));
}

/** The same in pieces of some ten milliseconds, for a host that answers meanwhile that it is replaying (L4). */
export function* recovery(options: RecoverOptions): Generator<RecoveryProgress, Recovered> {
  const { source, snapshots, schema } = options;
  const base = yield* readBase(snapshots, schema);
  if (base.info?.replacesLog === true) {
    const old = source.scan(base.position);
    if (isGivenUp(base, old)) return finishSettling(options, base, old);
  }
  const { scan, clock, refused } = yield* replayLog(source, base);
  assertWritable(options, base, scan);
  const damage = damageBehind(base, scan);
  if (damage.length > 0) return yield* settle(options, yield* readBase(snapshots, schema), scan, damage);
  if (refused !== null) throw refused;

  const { replay } = base;
  replay.finish();
  const opened = source.open(base.position, scan);
  if (opened.log.last !== replay.position)
    throw new Error(`the log was read up to ${replay.position} and goes on after ${opened.log.last}`);
  const lines = [...setBrokenAside(snapshots, base.broken), readWords(base), ...opened.lines];
  return result(options, base.replay.tables, clock, opened, lines, []);
}

/** What the log is made of up to here was given up by an earlier start, which was interrupted before it was set aside. */
export const isGivenUp = ({ info, position }: Base, { segments, first }: LogScan) =>
  info?.replacesLog === true && segments.length > 0 && first <= position;

function assertWritable(options: RecoverOptions, base: Base, { damage }: LogScan): void {
  if (base.broken.length > 0 || damage.length > 0) options.assertWritable?.();
}

interface Replayed {
  readonly scan: LogScan;
  readonly clock: VectorClock;
  /** Of the first transaction that this program cannot read. */
  readonly refused: SchemaError | null;
}

/** Applies what follows the position, up to the first that is missing or cannot be read; all of it is checked. */
function* replayLog(source: LogSource, base: Base): Generator<RecoveryProgress, Replayed> {
  const { replay } = base;
  const found = source.scanThrough(base.position);
  let { clock } = base;
  let refused: SchemaError | null = null;
  for (;;) {
    const step = found.next();
    if (step.done === true) return { scan: step.value, clock, refused };
    const transaction = step.value;
    if (refused !== null || transaction.position !== replay.position + 1) continue;
    try {
      replay.transaction(transaction);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      refused = error;
      continue;
    }
    clock = descends(transaction.clock, clock) ? transaction.clock : merge(clock, transaction.clock);
    if (replay.counts.transactions % transactionsAtOnce === 0) yield progressOf(replay);
  }
}

function finishSettling(options: RecoverOptions, base: Base, scan: LogScan): Recovered {
  assertWritable(options, base, scan);
  const { source, snapshots } = options;
  const lines = setBrokenAside(snapshots, base.broken);
  const opened = source.setAside(base.position);
  lines.push("An earlier start gave a damaged log up and was interrupted; that is finished now.");
  base.replay.finish();
  return result(
    options,
    base.replay.tables,
    base.clock,
    opened,
    [...lines, readWords(base), ...opened.lines],
    [],
  );
}

/** Of what follows the position, in the order in which it stands there. */
export function damageBehind({ position, newest }: Base, scan: LogScan): Damage[] {
  const { damage, segments, first } = scan;
  const behind = damage.filter(({ kind }) => kind !== "torn-tail");
  const isMissing = segments.length > 0 && first > position + 1;
  if (isMissing && !behind.some(({ after }) => after <= position)) {
    const { file } = segments[0]!;
    const what =
      position === 0 ? "and there is no sound snapshot" : `and the newest sound snapshot is of ${position}`;
    const message = `The log begins at transaction ${first}, ${what}.`;
    behind.unshift({ kind: "gap", file, offset: 0, length: 0, after: position, before: first, message });
  }
  const end = newest === null ? null : lostEnd(scan.last, newest);
  if (end !== null && !behind.some(({ before }) => before === null || before >= end.before)) behind.push(end);
  return behind;
}

/** A log does not know that its end was taken away; a snapshot of what stood there does, though its rows are damaged. */
function lostEnd(last: Position, { name, position }: SnapshotInfo) {
  if (last >= position) return null;
  const message = `The log ends at transaction ${last}, and the snapshot ${name} is of ${position}.`;
  return {
    kind: "gap" as const,
    file: name,
    offset: 0,
    length: 0,
    after: last,
    before: position + 1,
    message,
  };
}

function readWords({ replay, info }: Base): string {
  const { rows, transactions, migrated } = replay.counts;
  const replayed = `${countOf(transactions, "transaction")} from the log`;
  const from =
    info === null
      ? `Replayed ${replayed}`
      : `Read ${countOf(rows, "row")} of the snapshot at ${info.position} and replayed ${replayed}`;
  return migrated === 0
    ? `${from}.`
    : `${from}; ${countOf(migrated, "row")} of older versions brought up to date.`;
}
