/** Recorded sessions without the window: what there is, and what happened in one, a line or a JSON object each. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { LabError } from "../../shared/contract/errors.ts";
import { format } from "../../shared/clock/vector-clock.ts";
import { Causality } from "../../shared/trace/causality.ts";
import { operations, type RecordedEvent } from "../../shared/trace/event.ts";
import { History } from "../../shared/trace/history.ts";
import { defaultDataDir } from "../lab/data-dir.ts";
import { SessionFile } from "../lab/session-file.ts";
import { Sessions } from "../lab/sessions.ts";

const pageLimit = 10_000;

export function sessionsCommand(): Command {
  return new Command("sessions")
    .description("List the recorded sessions, newest first")
    .option("--data-dir <dir>", "the lab's data directory", defaultDataDir())
    .option("--json", "print one JSON object a line")
    .action((options: { dataDir: string; json?: boolean }) => {
      const dir = join(options.dataDir, "sessions");
      if (!existsSync(dir)) {
        throw new LabError(
          "bad_input",
          `There are no sessions in ${options.dataDir}: no lab has run there yet.`,
        );
      }
      for (const session of new Sessions(dir, "").list()) {
        const line = options.json
          ? JSON.stringify(session)
          : `${new Date(session.createdAt).toISOString()}  ${String(session.events).padStart(9)} events  ${session.name}  ${session.path}`;
        process.stdout.write(`${line}\n`);
      }
    });
}

interface EventFlags {
  node?: string;
  op?: string;
  key?: string;
  membership: boolean;
  mismatches?: boolean;
  json?: boolean;
  limit: number;
}

export function eventsCommand(): Command {
  return new Command("events")
    .description("Print the events of a recorded session, with the clocks the nodes believed in")
    .argument("<file>", "a session file (.lightcone)")
    .option("--node <id>", "only this lane (lab for the lab's own acts)")
    .addOption(new Option("--op <kind>", "only this kind of work").choices(operations))
    .option("--key <key>", "only this key")
    .option("--no-membership", "leave out probes and rumours")
    .option("--mismatches", "only events whose clock contradicts what truly happened before")
    .option("--json", "print one JSON object a line")
    .option("--limit <count>", "stop after so many", positive, Number.POSITIVE_INFINITY)
    .action(printEvents);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("It takes a whole number from 1 up.");
  return value;
}

function printEvents(file: string, flags: EventFlags): void {
  if (!existsSync(file)) throw new LabError("bad_input", `There is no file ${file}.`);
  const session = SessionFile.open(resolve(file), true);
  try {
    const history = new History();
    for (let after = 0; after < session.last;) {
      const page = session.page(after, pageLimit);
      history.append(page);
      after = page.at(-1)?.id ?? session.last;
    }
    printHistory(history, flags);
  } finally {
    session.close();
  }
}

function printHistory(history: History, flags: EventFlags): void {
  const causality = new Causality(history);
  const start = history.first;
  let printed = 0;
  for (const event of history.all) {
    if (printed >= flags.limit) return;
    if (!isWanted(event, flags)) continue;
    const mismatch = event.clock === null ? null : causality.mismatch(event.id);
    if (flags.mismatches && mismatch === null) continue;
    const line = flags.json
      ? JSON.stringify({ ...event, ...(mismatch && { mismatch: mismatch.sentence }) })
      : lineOf(event, start, history.lanes) + (mismatch ? `  ! ${mismatch.sentence}` : "");
    process.stdout.write(`${line}\n`);
    printed++;
  }
}

function isWanted(event: RecordedEvent, flags: EventFlags): boolean {
  if (!flags.membership && event.op === "membership") return false;
  if (flags.node !== undefined && event.node !== flags.node) return false;
  if (flags.op !== undefined && event.op !== flags.op) return false;
  return flags.key === undefined || event.key === flags.key;
}

function lineOf(event: RecordedEvent, start: number, lanes: readonly string[]): string {
  const time = `+${((event.at - start) / 1000).toFixed(3)} s`.padStart(12);
  const peer =
    event.peer === undefined ? "" : event.type === "receive" ? ` from ${event.peer}` : ` to ${event.peer}`;
  const key = event.key === undefined ? "" : ` ${event.key}`;
  const clock = event.clock === null ? "" : ` ${format(event.clock, lanes)}`;
  const detail = event.detail === undefined ? "" : ` ${JSON.stringify(event.detail)}`;
  return `${String(event.id).padStart(7)} ${time}  ${event.node.padEnd(8)} ${event.type} ${event.name}${key}${peer}${clock}${detail}`;
}
