/**
 * The folder a run leaves behind, simulated or real: everything that is needed to look at it again, to check it with
 * another program, or to run it once more.
 *
 *   scenario.yaml       as it was run
 *   run.json            seed, version, world, verdict in one word, SHA-256 of the trace
 *   verdict.json        each expectation with what was found
 *   history.jsonl       what clients saw, for `lightcone check`
 *   nodes/<id>.jsonl    the events of each node, an object a line
 *   session.lightcone   every event of every lane, for the window and `lightcone events`
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { historyToJsonLines } from "../../shared/checks/json-lines.ts";
import { LabError } from "../../shared/contract/errors.ts";
import type { World } from "../../shared/contract/studio.ts";
import { historyOf } from "../../shared/scenario/history.ts";
import type { RunRecord, RunVerdict } from "../../shared/scenario/run.types.ts";
import type { SimulationResult } from "../../shared/simulation/types.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { SessionFile } from "../lab/session-file.ts";
import { makeDirectory } from "../storage/make-directory.ts";

export interface FinishedRun {
  /** The scenario's name, and its text as it was run. */
  readonly name: string;
  readonly text: string;
  readonly world: World;
  readonly seed: number;
  readonly version: string;
  readonly verdict: RunVerdict;
  readonly record: RunRecord;
  /** Of a simulated run; null for a real one. */
  readonly traceSha256: string | null;
  /** From the first start to the end: virtual or real milliseconds. */
  readonly ms: number;
  readonly reached?: Readonly<Record<string, number>>;
  /** Of a simulated run: whether rare paths were switched on by seed. */
  readonly rarePaths?: boolean;
}

/** A simulated run as its folder keeps it. */
export function simulatedRun(
  name: string,
  text: string,
  result: SimulationResult,
  rarePaths: boolean,
): FinishedRun {
  const { seed, version, verdict, record, traceSha256, virtualMs: ms, reached } = result;
  return {
    name,
    text,
    world: "simulated",
    seed,
    version,
    verdict,
    record,
    traceSha256,
    ms,
    reached,
    rarePaths,
  };
}

/** A run on real processes as its folder keeps it. */
export function realRun(
  name: string,
  text: string,
  result: Pick<FinishedRun, "seed" | "version" | "verdict" | "record" | "ms">,
): FinishedRun {
  const { seed, version, verdict, record, ms } = result;
  return { name, text, world: "real", seed, version, verdict, record, traceSha256: null, ms };
}

const files = {
  scenario: "scenario.yaml",
  run: "run.json",
  verdict: "verdict.json",
  history: "history.jsonl",
  nodes: "nodes",
  session: "session.lightcone",
} as const;

const runSchema = z.object({
  name: z.string(),
  world: z.enum(["simulated", "real"]),
  seed: z.number(),
  version: z.string(),
  traceSha256: z.string().nullable(),
});

/** Events written in one transaction. */
const batchEvents = 10_000;

/** Also what SQLite keeps beside the session: taken for its own by the next one, it would spoil that. */
const isOfRun = (name: string) =>
  Object.values<string>(files).includes(name) || name.startsWith(`${files.session}-`);

/** A run, or what is left of one that was killed: that has the folder of its nodes, and nothing of others. */
const isRun = (names: readonly string[]) =>
  names.includes(files.run) || (names.includes(files.nodes) && names.every(isOfRun));

/** Throws LabError when the folder holds something else than an earlier run, which a new one replaces. */
export function prepareRunFolder(folder: string): void {
  if (folder === "") throw new LabError("bad_input", "The folder of a run needs a name: give --out one.");
  try {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    if (names.length > 0 && !isRun(names)) {
      throw new LabError(
        "bad_input",
        `${folder} holds something else than a run: name another folder with --out.`,
      );
    }
    for (const name of names.filter(isOfRun)) rmSync(join(folder, name), { recursive: true, force: true });
    makeDirectory(join(folder, files.nodes));
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw cannotBeWritten(folder, error);
  }
}

const cannotBeWritten = (folder: string, cause: unknown) =>
  new LabError(
    "bad_input",
    `${folder} cannot be written (${(cause as Error).message}): name another with --out.`,
  );

/**
 * The folder must have been prepared. run.json comes last: a folder that has it is complete. Throws LabError when it
 * cannot be written any more: the disk is full, or another run has taken it.
 */
export function writeRunFolder(folder: string, run: FinishedRun): void {
  try {
    writeRun(folder, run);
  } catch (error) {
    throw cannotBeWritten(folder, error);
  }
}

function writeRun(folder: string, run: FinishedRun): void {
  const { name, text, world, seed, version, verdict, record, traceSha256, ms, reached, rarePaths } = run;
  const { events } = record;
  writeFileSync(join(folder, files.scenario), text);
  writeFileSync(join(folder, files.verdict), `${JSON.stringify(verdict, null, 2)}\n`);
  writeFileSync(join(folder, files.history), historyToJsonLines(historyOf(record)));
  writeLanes(join(folder, files.nodes), events);
  const createdAt = Math.floor(events[0]?.at ?? 0);
  writeSession(
    join(folder, files.session),
    { id: basename(folder), name, createdAt, recordedBy: version },
    events,
  );
  const facts = {
    name,
    world,
    seed,
    version,
    verdict: verdict.verdict,
    traceSha256,
    events: events.length,
    ms,
    rarePaths,
    reached,
  };
  writeFileSync(join(folder, files.run), `${JSON.stringify(facts, null, 2)}\n`);
}

/** What is needed to compare a run with this one. Throws LabError when the folder holds no complete run. */
export function readRunFolder(folder: string): {
  readonly seed: number;
  readonly version: string;
  readonly traceSha256: string | null;
  readonly events: readonly RecordedEvent[];
} {
  const path = join(folder, files.run);
  let run: z.infer<typeof runSchema>;
  try {
    run = runSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? "it is not what a run writes" : (error as Error).message;
    throw new LabError("bad_input", `${path} cannot be read (${why}): name a folder that a run has left.`);
  }
  const session = SessionFile.open(join(folder, files.session), true);
  try {
    const events: RecordedEvent[] = [];
    while (events.length < session.last) {
      const page = session.page(events.length, batchEvents);
      if (page.length === 0) break;
      for (const event of page) events.push(event);
    }
    return { ...run, events };
  } finally {
    session.close();
  }
}

function writeLanes(folder: string, events: readonly RecordedEvent[]): void {
  const lanes = new Map<string, string[]>();
  for (const { id: _, ...event } of events) {
    if (event.op === "lab") continue;
    const lane = lanes.get(event.node);
    const line = `${JSON.stringify(event)}\n`;
    if (lane === undefined) lanes.set(event.node, [line]);
    else lane.push(line);
  }
  for (const [node, lines] of lanes) writeFileSync(join(folder, `${node}.jsonl`), lines.join(""));
}

function writeSession(
  path: string,
  meta: {
    readonly id: string;
    readonly name: string;
    readonly createdAt: number;
    readonly recordedBy: string;
  },
  events: readonly RecordedEvent[],
): void {
  const session = SessionFile.create(path, meta);
  try {
    for (let from = 0; from < events.length; from += batchEvents) {
      session.append(events.slice(from, from + batchEvents));
    }
  } finally {
    session.close();
  }
}
