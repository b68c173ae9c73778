/**
 * A node's memory on a disk that fails at a chosen operation, or loses its power there, and the judge of what the next
 * start finds.
 *
 * The workload goes on over several lives of a single node: puts, gets and deletes through its real core, calls of `bank`
 * and `counter`, two steps in one commit now and then, snapshots while commits go on, and segments so small that they
 * rotate all the time. Each life is lived again from what the disk held when it began, with the fault somewhere else.
 *
 * node.db lies in a real directory, for SQLite does its own writing; all else on a disk in memory, which knows what a
 * power cut may leave. Kinds "sqlite" have everything in node.db, kinds "file" only the trace and the node's life.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { DiskOperation } from "../../../main/storage/disk/fault-plan.ts";
import { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import { MemoryDisk } from "../../../main/storage/disk/memory-disk.ts";
import { VectorClockStoreError } from "../../../main/storage/clocks/vector-clock-store.ts";
import { LogError } from "../../../main/storage/log/transaction-log.ts";
import { NodeStoreError } from "../../../main/storage/node-store-error.ts";
import { SnapshotError } from "../../../main/storage/snapshots/snapshot-store.ts";
import { choices, keepsAll, keepsNothing } from "./disk/choices.ts";
import { Ledger } from "./every-io-ledger.ts";
import { type Kind, NodeLife } from "./every-io-node.ts";
import { FailingDisk } from "./failing-disk.ts";

/** What a node left behind, and what it is known to have had. */
interface Image {
  /** Holds node.db. */
  readonly dir: string;
  readonly files: MemoryDisk;
  readonly ledger: Ledger;
}

interface EveryIo {
  readonly kind: Kind;
  /** Which of its lives, from 0. */
  readonly life: number;
  readonly stepsInLife: number;
  /** Each of so many operations of the disk is one that fails. */
  readonly every: number;
}

const operations: readonly DiskOperation[] = ["write", "sync", "rename"];
const stepsAfterwards = 12;

/** Memory where there is such a place: what is flushed there need not wait for a real disk, which is not what is asked. */
const inMemory = "/dev/shm";
const root = mkdtempSync(join(existsSync(inMemory) ? inMemory : tmpdir(), "lightcone-every-io-"));
/** The same path in every life: it is part of the names of files. */
const live = join(root, "live");
let images = 0;

export const removeEverything = () => rmSync(root, { recursive: true, force: true });

/** Fails each write, each flush and each rename or removal in turn, once and for good. Returns how many lives it took. */
export async function failEach({ kind, life, stepsInLife, every }: EveryIo): Promise<number> {
  const image = await beginningOf(kind, life, stepsInLife);
  const from = life * stepsInLife;
  const healthy = await lifeOn(image, kind, new FaultyDisk(image.files.crash(keepsAll)), from, stepsInLife);
  let count = 0;
  for (const operation of operations) {
    for (let nth = 1; nth <= healthy.disk.counts[operation]; nth += every) {
      for (const lasts of ["once", "always"] as const) {
        const files = image.files.crash(keepsAll);
        const disk = new FaultyDisk(files);
        disk.arm({ kind: "fail", operation, nth, lasts });
        await named(`${operation} ${nth} from step ${from} on fails, ${lasts}`, async () => {
          const { ledger } = await lifeOn(image, kind, disk, from, stepsInLife);
          await goOnTwice({ dir: live, files, ledger }, kind, from + stepsInLife);
        });
        count += 1;
      }
    }
  }
  drop(image);
  return count;
}

/** Lets the power go at each operation in turn, whatever it is. Returns how many starts were judged. */
export async function cutPowerAtEach({ kind, life, stepsInLife, every }: EveryIo): Promise<number> {
  const image = await beginningOf(kind, life, stepsInLife);
  const from = life * stepsInLife;
  let count = 0;
  for (let nth = 1; ; nth += every) {
    const left: Image[] = [];
    const files = image.files.crash(keepsAll);
    const failing = new FailingDisk(files, nth, "for good", () => {
      if (left.length === 0) left.push(...remainsOf(files, disk, nth));
    });
    const disk = new CutDisk(failing);
    const { ledger } = await lifeOn(image, kind, disk, from, stepsInLife);
    if (left.length === 0) break;
    // Two of them each time: all of them for neighbours, which differ by one operation.
    for (const which of [nth % left.length, (nth + 2) % left.length]) {
      await named(`power cut at operation ${nth} from step ${from} on, remains ${which}`, () =>
        goOn({ ...left[which]!, ledger: ledger.copy() }, kind, from + stepsInLife, true),
      );
      count += 1;
    }
    for (const remains of left) drop(remains);
  }
  drop(image);
  return count;
}

/** What this life begins with: all before it were lived in peace. */
async function beginningOf(kind: Kind, life: number, steps: number): Promise<Image> {
  const files = new MemoryDisk();
  const ledger = new Ledger();
  rmSync(live, { recursive: true, force: true });
  mkdirSync(live);
  for (let before = 0; before < life; before += 1) {
    const node = new NodeLife(kind, live, new FaultyDisk(files), ledger, { isCut: false });
    expect(await node.work(before * steps, (before + 1) * steps)).toBe(true);
    node.close();
  }
  return imageOf(files, ledger);
}

/** From the image to the end, or to where it stops. The disk holds the image's files. */
async function lifeOn(image: Image, kind: Kind, disk: FaultyDisk, from: number, steps: number) {
  putBack(image);
  const ledger = image.ledger.copy();
  try {
    const node = new NodeLife(kind, live, disk, ledger);
    await node.work(from, from + steps);
    node.close();
  } catch (error) {
    assertRefused(error);
  }
  return { disk, ledger };
}

/** The next start on a sound disk, and the one after a power cut: what a failed flush left to be read may be gone then. */
async function goOnTwice(image: Image, kind: Kind, step: number): Promise<void> {
  const disk = new CutDisk(image.files);
  const node = new NodeLife(kind, live, disk, image.ledger, { isCut: false });
  expect(await node.work(step, step + stepsAfterwards)).toBe(true);
  const remains = remainsOf(image.files, disk, step);
  node.close();
  await goOn({ ...remains[1]!, ledger: image.ledger }, kind, step + stepsAfterwards, true);
  for (const one of remains) drop(one);
}

async function goOn(image: Image, kind: Kind, step: number, isCut: boolean): Promise<void> {
  putBack(image);
  const { files, ledger } = image;
  const node = new NodeLife(kind, live, new FaultyDisk(files), ledger, { isCut });
  expect(await node.work(step, step + stepsAfterwards)).toBe(true);
  node.close();
  const again = new NodeLife(kind, live, new FaultyDisk(files), ledger, { isCut: false });
  again.close();
}

/** What the power leaves: all, nothing that was not flushed, and some of it, in the files and in the database each. */
function remainsOf(files: MemoryDisk, disk: CutDisk, seed: number): Image[] {
  const ledger = new Ledger();
  const whole = imageOf(files, ledger);
  disk.takeBack();
  const flushed = imageOf(files.crash(keepsNothing), ledger);
  return [
    whole,
    flushed,
    { ...flushed, files: files.crash(choices(seed)) },
    { ...whole, files: flushed.files.crash(keepsAll) },
    { ...whole, files: files.crash(choices(seed + 1)) },
  ];
}

/** Tells what would take commits back that SQLite did not flush. */
class CutDisk extends FaultyDisk {
  readonly #callbacks: (() => void)[] = [];

  override onPowerCut(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  takeBack(): void {
    for (const callback of this.#callbacks) callback();
  }
}

const imageOf = (files: MemoryDisk, ledger: Ledger): Image => ({
  dir: copyOf(live),
  files: files.crash(keepsAll),
  ledger: ledger.copy(),
});

function putBack({ dir }: Pick<Image, "dir">): void {
  rmSync(live, { recursive: true, force: true });
  mkdirSync(live);
  copyDatabase(dir, live);
}

function copyOf(dir: string): string {
  images += 1;
  const copy = join(root, String(images));
  mkdirSync(copy);
  copyDatabase(dir, copy);
  return copy;
}

function copyDatabase(from: string, to: string): void {
  for (const name of ["node.db", "node.db-wal"])
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
}

const drop = ({ dir }: Pick<Image, "dir">) => rmSync(dir, { recursive: true, force: true });

/** What a start or a stop may throw on a disk that fails: a sentence of its own, never a surprise. */
function assertRefused(error: unknown): void {
  const known = [NodeStoreError, LogError, SnapshotError, VectorClockStoreError];
  const isKnown = known.some((kind) => error instanceof kind);
  const isTheDisks = ["EIO", "ENOSPC"].includes((error as NodeJS.ErrnoException).code ?? "");
  if (!isKnown && !isTheDisks) throw error;
}

/** Says at which operation it was. */
async function named(name: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
