/**
 * `lightcone check`: is this history valid under that model? For histories of Lightcone's own runs and of any other
 * program that can write a line of JSON per operation.
 *
 * A text file is read once, as it streams in; only its operations stay in memory. What cannot be read or does not fit
 * is never called valid: it ends with 2, like a check that its limits cut short.
 */
import { createReadStream, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { stateBytes } from "../../shared/checks/causal-order.ts";
import { checkModel, models } from "../../shared/checks/check-model.ts";
import { HistoryReader } from "../../shared/checks/read-history.ts";
import { SessionHistory } from "../../shared/checks/session-history.ts";
import type { History, Operation, Verdict } from "../../shared/checks/types.ts";
import { answered, asked, plural } from "../../shared/checks/words.ts";
import { SessionFile } from "../lab/session-file.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";

const pageLimit = 10_000;
/** Measured: a history takes about this many bytes in memory for each byte of its file. */
const bytesPerFileByte = 3;
const exitCodes = { valid: 0, invalid: 1, unknown: 2 } as const;

interface CheckOptions {
  readonly model: string;
  readonly time: number;
  readonly memory: number;
}

export function checkCommand(): Command {
  const names = Object.keys(models);
  return new Command("check")
    .description("Check a history of operations: exit code 0 valid, 1 invalid, 2 unknown or unusable")
    .addArgument(
      new Argument("<history>", "JSON Lines, a history of Jepsen (EDN), or a session (.lightcone)"),
    )
    .addOption(new Option("--model <name>", "what to check").choices(names).makeOptionMandatory())
    .addOption(
      new Option("--time <duration>", "give up after this long: 500ms, 30s, 10m")
        .argParser(durationMs)
        .default(30_000, "30s"),
    )
    .addOption(
      new Option("--memory <size>", "give up before using much more than this: 512M, 2G")
        .argParser(bytes)
        .default(512 * 2 ** 20, "512M"),
    )
    .option("--json", "print the verdict as JSON (a return that never came is null)")
    .addHelpText("after", helpText)
    .action(async (path: string, flags: CheckOptions & { json?: boolean }) => {
      try {
        const verdict = await checkFile(path, flags);
        process.stdout.write(flags.json ? `${JSON.stringify(verdict)}\n` : readable(verdict));
        process.exitCode = exitCodes[verdict.verdict];
      } catch (error) {
        process.exitCode = refuse(error, flags.json);
      }
    });
}

const helpText = `
Models:
${Object.entries(models)
  .map(([name, { description }]) => `  ${name.padEnd(13)} ${description}`)
  .join("\n")}

A line of the history is an invocation or a return:
  {"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":1000,"index":0}
  {"process":0,"type":"ok","f":"write","key":"x","value":1,"time":2500,"index":1}
  {"process":1,"type":"invoke","f":"read","key":"x","time":3000,"index":2}
  {"process":1,"type":"ok","f":"read","key":"x","value":1,"time":4100,"index":3}
  type   invoke, ok, fail (certainly did not happen), info (may have happened)
  value  what was asked, and after ok what was answered
  time   nanoseconds since the beginning; it never runs backwards
  key, value, time and index may be left out. A process does one operation at a time.
  A read that finds nothing answers null; one that finds concurrent versions answers with the list of them.`;

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (!match) throw new InvalidArgumentError("It takes a number and ms, s, m or h, such as 30s.");
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMG])B?$/i.exec(text);
  if (!match) throw new InvalidArgumentError("It takes a number and K, M or G, such as 512M.");
  return Number(match[1]) * 2 ** (10 * (1 + "KMG".indexOf(match[2]!.toUpperCase())));
}

/** `memory` in bytes, `time` in ms. Throws Error with one sentence when the file or the model cannot be used. */
export async function checkFile(path: string, { model, time, memory }: CheckOptions): Promise<Verdict> {
  const name = basename(path);
  const history = (await isSession(path)) ? readSession(path, model) : await readText(path, name, memory);
  const deadline = performance.now() + time;
  const limits = {
    states: Math.floor(memory / stateBytes),
    isTimeUp: () => performance.now() >= deadline,
  };
  try {
    return checkModel(model, history, limits);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Throws Error with one sentence when there is no such file. */
async function isSession(path: string): Promise<boolean> {
  const found = statSync(path, { throwIfNoEntry: false });
  const isThere = found !== undefined || path === "-";
  if (!isThere) throw new Error(`There is no file ${path}.`);
  // A file is looked at twice: what it is, then what it holds. A stream can be looked at once.
  if (found?.isFile() !== true) {
    throw new Error(`${path} is no file: save the history to one, and name that.`);
  }
  const file = await open(path, "r").catch((cause: Error) => {
    throw new Error(`${path} cannot be read: ${cause.message}.`, { cause });
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.toString("latin1", 0, bytesRead) === "SQLite format 3\0";
  } finally {
    await file.close();
  }
}

function readSession(path: string, model: string): History {
  const name = basename(path);
  const session = SessionFile.open(resolve(path), true);
  try {
    const reader = new SessionHistory(name);
    for (let after = 0; after < session.last;) {
      const page = session.page(after, pageLimit);
      for (const event of page) reader.add(event);
      after = page.at(-1)?.id ?? session.last;
    }
    return reader.finish(models[model as keyof typeof models].needsSessions);
  } finally {
    session.close();
  }
}

async function readText(path: string, name: string, memory: number): Promise<History> {
  const reader = new HistoryReader(name);
  let size = 0;
  for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 20 })) {
    size += (chunk as string).length;
    if (size * bytesPerFileByte > memory) {
      throw new Error(`${name} is too large for the memory allowed; give it more with --memory.`);
    }
    reader.push(chunk as string);
  }
  return reader.end();
}

function readable({ verdict, checker, summary, operations, counterExample }: Verdict): string {
  const lines = [`${verdict}: ${summary}`, `Model ${checker}, ${plural(operations, "operation")}.`];
  if (counterExample !== undefined) {
    const { operations, why, events } = counterExample;
    if (operations.length > 0) {
      lines.push("", "The smallest part that shows it:", ...table(operations));
    }
    lines.push("", "Why:", ...why.map((sentence, index) => `  ${index + 1}. ${sentence}`));
    if (events.length > 0) {
      const refs = events.map(({ node, life, seq }) => `${node} ${life}/${seq}`).join(", ");
      lines.push("", `On the timeline (node life/event): ${refs}`);
    }
  }
  return `${printable(lines.join("\n"))}\n`;
}

function table(operations: readonly Operation[]): string[] {
  const rows = [
    ["line", "process", "operation", "answer", "invoked", "returned"],
    ...operations.map((operation) => [
      operation.line === undefined ? "" : String(operation.line),
      operation.process,
      asked(operation),
      answered(operation),
      milliseconds(operation.invokedNs),
      operation.outcome === "unknown" || operation.returnedNs === null
        ? ""
        : milliseconds(operation.returnedNs),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd(),
  );
}

const milliseconds = (ns: number) => `${(ns / 1e6).toFixed(3)} ms`;
