/** `lightcone snapshot`: a picture of a node's tables at the end of its log, in its directory or as a file to keep. */
import { existsSync } from "node:fs";
import { Command } from "commander";
import { plural } from "../../shared/checks/words.ts";
import { builtInModules } from "../../shared/runtime/modules.ts";
import { Schema } from "../../shared/runtime/schema.ts";
import { isDirectoryInUse } from "../storage/directory-lock.ts";
import { recover } from "../storage/recovery/recover.ts";
import type { SnapshotInfo } from "../storage/snapshots/snapshot-store.ts";
import { printable } from "./printable.ts";
import { snapshotFileWriter, writeRows } from "./storage/snapshot-file.ts";
import { sizeText } from "./storage/report-lines.ts";
import { openStopped, type StoppedNode } from "./storage/stopped-node.ts";
import { targetAt, TargetError } from "./storage/target.ts";

interface SnapshotFlags {
  readonly out?: string;
  readonly url?: string;
}

export function snapshotCommand(): Command {
  return new Command("snapshot")
    .description("Take a snapshot of a stopped node, or ask a running one to take it")
    .argument("<data-dir>", "the node's data directory")
    .option("--out <file>", "write it to this file as well, for lightcone restore")
    .option("--url <address>", "the running node's address, e.g. localhost:8081")
    .addHelpText("after", helpText)
    .action(async (dataDir: string, flags: SnapshotFlags) => {
      const target = targetAt(dataDir);
      if (target.kind !== "data directory")
        throw new TargetError(`${dataDir} is no data directory of a node.`);
      if (flags.out !== undefined && existsSync(flags.out)) {
        throw new TargetError(`There is a file ${flags.out} already: choose another name.`);
      }
      const lines = flags.url === undefined ? ofStopped(dataDir, flags) : await ofRunning(flags.url);
      process.stdout.write(`${printable(lines.join("\n"))}\n`);
    });
}

const helpText = `
The node is to be stopped: its log is read as at a start, and what it leads to is written down. The next start reads that
and only what the log has after it. A running node takes snapshots by itself, and now when it is asked.

Examples:
  lightcone snapshot data/node-1
  lightcone snapshot data/node-1 --out node-1.snapshot
  lightcone snapshot data/node-1 --url localhost:8081`;

function ofStopped(dataDir: string, { out }: SnapshotFlags): string[] {
  if (isDirectoryInUse(dataDir)) {
    throw new TargetError(
      `A node is running on ${dataDir}: stop it first, or name its address to have it take the snapshot itself, e.g. --url localhost:8081.`,
    );
  }
  const node = openStopped(dataDir);
  try {
    const recovered = recover({
      source: node.source,
      snapshots: node.snapshots,
      mode: "strict",
      schema: new Schema(builtInModules),
      hasPeers: () => false,
      now: Date.now,
    });
    const lines = [...recovered.lines, ...taken(node, recovered)];
    recovered.log.close();
    if (out !== undefined) lines.push(exported(node, recovered.position, out));
    return lines;
  } finally {
    node.close();
  }
}

function taken({ owner, snapshots }: StoppedNode, recovered: ReturnType<typeof recover>): string[] {
  const { position, clock, versions, tables } = recovered;
  const there = snapshots.list().find((info) => info.position === position);
  if (there !== undefined) return [`The newest snapshot is of the end of the log already: ${words(there)}.`];
  const writer = snapshots.begin({ position, clock, at: Date.now(), versions, index: tables.index });
  return [`Snapshot of ${owner.node}: ${words(writeRows(writer, tables.rowsBeside([])))}.`];
}

const words = ({ name, rows, bytes, position }: SnapshotInfo) =>
  `${plural(rows, "row")} as after transaction ${position}, ${sizeText(bytes)}, ${name}`;

function exported({ owner, snapshots }: StoppedNode, position: number, out: string): string {
  const snapshot = snapshots.open(position);
  const { clock, at, versions, index } = snapshot.info;
  const { bytes } = writeRows(
    snapshotFileWriter(out, owner, { position, clock, at, versions, index }),
    snapshot.rows(),
  );
  return `Written to ${out}, ${sizeText(bytes)}.`;
}

async function ofRunning(url: string): Promise<string[]> {
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`;
  let response: Response;
  try {
    response = await fetch(new URL("/api/v1/snapshot", base), {
      method: "POST",
      signal: AbortSignal.timeout(60_000),
    });
  } catch (error) {
    throw new TargetError(`No node answers at ${base} (${String((error as Error).cause ?? error)}).`);
  }
  const text = (await response.text()).trim();
  if (!response.ok) throw new TargetError(`The node at ${base} refused: ${text}`);
  return [text];
}
