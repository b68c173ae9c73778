/** `lightcone inspect`: what is in a node's transaction log, counted or record by record. Nothing is changed. */
import { Command, InvalidArgumentError } from "commander";
import type { RecordView } from "../../shared/contract/storage.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";
import { isInRange, isWanted, LogCounter, type LogFilter } from "./storage/log-summary.ts";
import { openLog, type ReadableLog } from "./storage/open-log.ts";
import { Output } from "./storage/output.ts";
import { type Inspected, summaryLines } from "./storage/summary-lines.ts";
import { targetAt } from "./storage/target.ts";

interface InspectFlags extends LogFilter {
  readonly limit?: number;
  readonly json?: boolean;
  readonly records?: boolean;
}

export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Show what a transaction log holds: counts, modules, tables, ranges, damage, or its records")
    .argument("<log>", "a data directory, its log, one segment, or node.db")
    .option("--module <name>", "only this module")
    .option("--table <name>", "only this table")
    .option("--key <key>", "only this key")
    .option("--from <position>", "only from this transaction on", position)
    .option("--to <position>", "only up to this transaction", position)
    .option("--limit <count>", "stop after so many records", position)
    .option("--records", "print the records themselves, in the order they lie there")
    .option("--json", "print JSON: one object, or with --records one a line")
    .addHelpText("after", helpText)
    .action(async (path: string, flags: InspectFlags) => {
      try {
        const log = await openLog(targetAt(path));
        try {
          await (flags.records ? printRecords(log, flags) : printSummary(log, flags));
        } finally {
          log.close();
        }
      } catch (error) {
        process.exitCode = refuse(error, flags.json);
      }
    });
}

const helpText = `
A record is one change of one row. Transactions are numbered from 1; all records of one have its number.
Damage is shown where it lies; lightcone validate says what it means and ends with 1 when there is any.

Examples:
  lightcone inspect data/node-1
  lightcone inspect data/node-1 --module=kv --table=keys --key=cart --records
  lightcone inspect data/node-1 --records --json --from=100 --to=199 | head`;

function position(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("It takes a whole number from 1 up.");
  }
  return value;
}

/** Transactions read between two turns of the event loop. */
const stride = 10_000;

async function printSummary({ path, owner, scan }: ReadableLog, flags: InspectFlags): Promise<void> {
  const counter = new LogCounter();
  const output = new Output();
  let read = 0;
  for (const committed of scan.sound()) {
    counter.add(committed, flags);
    if (++read % stride === 0) await output.breathe();
  }
  const { segments, damage } = scan;
  const { node = null, cluster = null } = owner ?? {};
  const inspected: Inspected = { path, node, cluster, ...counter.summary, segments, damage };
  await output.write(
    flags.json ? `${JSON.stringify(inspected)}\n` : `${printable(summaryLines(inspected).join("\n"))}\n`,
  );
}

async function printRecords(log: ReadableLog, flags: InspectFlags): Promise<void> {
  const { limit = Number.POSITIVE_INFINITY } = flags;
  const output = new Output();
  let read = 0;
  let printed = 0;
  for (const record of log.records()) {
    if (++read % stride === 0) await output.breathe();
    if (!isInRange(record, flags) || !isWanted(record, flags)) continue;
    if (printed >= limit || !output.isOpen) return;
    await output.write(`${flags.json ? JSON.stringify(record) : printable(recordLine(record))}\n`);
    printed += 1;
  }
}

function recordLine(record: RecordView): string {
  const { file, offset, position, type, module, table, key, row, origin, problem } = record;
  const place = `${String(position).padStart(8)}  ${file}:${offset}`;
  if (problem !== null) return `${place}  ${type}, ${record.bytes} bytes: ${problem}`;
  if (module === "") return `${place}  ${type}${row === "" ? "" : ` ${row}`}`;
  const from = origin === null ? "" : `  (by ${origin}, entry ${record.index}, term ${record.term})`;
  return `${place}  ${type} ${module}.${table} ${JSON.stringify(key)}${row === "" ? "" : ` = ${row}`}${from}`;
}
