/** Ways to damage what a node wrote. */
import type { Disk } from "../../../../main/storage/disk/disk.ts";
import { readWhole, replaceWhole } from "../../../../main/storage/disk/whole-file.ts";
import { dataDir, start } from "./place.ts";

const path = (name: string) => `${dataDir}/${name}`;
const bytesOf = (disk: Disk, name: string) => Buffer.from(readWhole(disk, path(name)));

/** The file and the offset at which the row of this transaction stands. */
function rowOf(disk: Disk, n: number): { name: string; at: number } {
  for (const base of disk.list(path("log"))) {
    const name = `log/${base}`;
    const at = bytesOf(disk, name).indexOf(`{"n":${n}}`);
    if (at >= 0) return { name, at };
  }
  throw new Error(`there is no transaction ${n}`);
}

function change(disk: Disk, name: string, edit: (bytes: Buffer) => Uint8Array): void {
  replaceWhole(disk, path(name), edit(bytesOf(disk, name)));
}

/** A bit of this transaction's row. */
export function flipInTransaction(disk: Disk, n: number): void {
  const { name, at } = rowOf(disk, n);
  flip(disk, name, at + 5);
}

export function flip(disk: Disk, name: string, at: number): void {
  change(disk, name, (bytes) => {
    bytes[at]! ^= 1;
    return bytes;
  });
}

/** From the row of one transaction to that of another in the same file. */
export function zeroTransactions(disk: Disk, from: number, to: number): void {
  const { name, at } = rowOf(disk, from);
  const end = rowOf(disk, to).at;
  change(disk, name, (bytes) => bytes.fill(0, at, end));
}

/** The file ends in the middle of this transaction. */
export function cutTransaction(disk: Disk, n: number): void {
  const { name, at } = rowOf(disk, n);
  change(disk, name, (bytes) => bytes.subarray(0, at));
}

/** One more append, of which all but the first sector never got to the disk. */
export function tearLastAppend(disk: Disk): void {
  const node = start(disk);
  const mutation = { module: "kv", table: "keys", key: "long", row: "torn ".repeat(400) };
  node.log.append([{ clock: { "node-1": 99 }, at: 99, mutations: [mutation] }], "synced");
  node.log.close();
  const name = `log/${disk.list(path("log")).at(-1)!}`;
  const from = bytesOf(disk, name).indexOf("torn torn");
  change(disk, name, (bytes) => bytes.fill(0, Math.ceil(from / 512) * 512));
}

export function removeFile(disk: Disk, name: string): void {
  disk.remove(path(name));
}

/** A row of a module that is on no other node: no damage, and a reason not to drop what is there. */
export function countSomething(disk: Disk): void {
  const { log } = start(disk);
  const mutation = { module: "counter", table: "counters", key: "visits", row: 3 };
  log.append([{ clock: { "node-1": log.last + 1 }, at: log.last + 1, mutations: [mutation] }], "synced");
  log.close();
}
