/**
 * What a node keeps and how: its disk, its store, its clock. Opened before anything else, and in this order: the disk
 * with the faults it was started with, then the store, which brings back what the node knew, then the clock.
 */
import { join } from "node:path";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { RecoveryMode } from "../../shared/contract/storage.ts";
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import type { Schema } from "../../shared/runtime/schema.ts";
import { clockFile } from "../storage/clocks/clock-file.ts";
import { FileClockStore } from "../storage/clocks/file-clock-store.ts";
import { MemoryClockStore } from "../storage/clocks/memory-clock-store.ts";
import { type MeasuredClockStore, measured } from "../storage/clocks/measured.ts";
import { retrying } from "../storage/clocks/retrying.ts";
import { FaultyDisk } from "../storage/disk/faulty-disk.ts";
import { RealDisk } from "../storage/disk/real-disk.ts";
import { NodeStore } from "../storage/node-store.ts";
import type { RecoveryProgress } from "../storage/recovery/recovered.ts";
import { type ClockAtStart, clockAtStart } from "./clock-at-start.ts";
import type { NodeOptions } from "./options.ts";

export interface NodeStorage {
  readonly disk: FaultyDisk;
  readonly store: NodeStore;
  /** Null when the clock lies in the node's own file and is committed with the data. */
  readonly clocks: MeasuredClockStore | null;
  readonly clock: VectorClock | null;
  /** What the start did, in sentences. */
  readonly lines: readonly string[];
  /** A person should know of some of it. */
  readonly isUnusual: boolean;
  /** Milliseconds. */
  readonly recoveryMs: number;
  close(): Promise<void>;
}

/** Throws with everything undone. `report`: a sentence about what went wrong later and was borne; `replaying`: how far it is. */
export async function openNodeStorage(
  options: NodeOptions,
  node: NodeId,
  schema: Schema,
  now: () => TimeMs,
  report: (line: string) => void,
  replaying: (progress: RecoveryProgress) => void,
): Promise<NodeStorage> {
  const began = performance.now();
  const disk = new FaultyDisk(new RealDisk());
  for (const fault of options.diskFaults) disk.arm(fault);
  const { dataDir, cluster, log, snapshots, sync, recovery, seeds, gossip } = options;
  const settings = { dataDir, node, cluster, log, snapshots, sync, recovery, disk, schema, now, report };
  const store = await NodeStore.open({ ...settings, seeds: gossip ? seeds : [] }, replaying);
  // After the stores have given back what was not flushed.
  disk.onPowerCut(() => process.kill(process.pid, "SIGKILL"));
  let clocks: MeasuredClockStore | null = null;
  try {
    clocks = openClocks(options, disk);
    const start = await startClock(options, node, disk, store, clocks);
    return {
      disk,
      store,
      clocks,
      clock: start.clock,
      lines: [...store.lines, ...start.lines],
      isUnusual: store.isUnusual || start.lines.length > 0,
      recoveryMs: performance.now() - began,
      close: async () => {
        await clocks?.close();
        store.close();
      },
    };
  } catch (error) {
    await clocks?.close();
    store.close();
    throw error;
  }
}

async function startClock(
  { clockStore, dataDir, recovery }: NodeOptions,
  node: NodeId,
  disk: FaultyDisk,
  store: NodeStore,
  clocks: MeasuredClockStore | null,
): Promise<ClockAtStart> {
  const known = () => store.knownClocks();
  if (clocks !== null) {
    const former = clockStore === "file" ? store.clocks : null;
    const keep = (clock: VectorClock) => clocks.save(node, clock);
    return clockAtStart(node, recovery, { store: clocks, former, keep, known });
  }
  const dir = join(dataDir, "clocks");
  const former = disk.exists(clockFile(dir, node)) ? fileClocks(dir, disk, recovery) : null;
  try {
    const keep = (clock: VectorClock) => store.keepClock(clock);
    return await clockAtStart(node, recovery, { store: store.clocks, former, keep, known });
  } finally {
    former?.close();
  }
}

const fileClocks = (dir: string, disk: FaultyDisk, recovery: RecoveryMode) =>
  new FileClockStore(dir, { disk, onCorrupt: recovery === "strict" ? "leave" : "set-aside" });

/** The host saves once for all that happens in a turn and waits for it, so there is nothing to batch. */
function openClocks(
  { clockStore, dataDir, recovery }: NodeOptions,
  disk: FaultyDisk,
): MeasuredClockStore | null {
  switch (clockStore) {
    case "sqlite":
      return null;
    case "file":
      return measured(retrying(fileClocks(join(dataDir, "clocks"), disk, recovery)));
    case "memory":
      return measured(new MemoryClockStore());
  }
}
