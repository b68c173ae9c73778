/** A snapshot as a file of its own, outside of any data directory: to be kept elsewhere, and to be restored from. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { asNodeId } from "../../../shared/ids.ts";
import type { Mutation } from "../../../shared/runtime/types.ts";
import { RealDisk } from "../../storage/disk/real-disk.ts";
import { temporarySuffix } from "../../storage/disk/whole-file.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";
import { FramedWriter } from "../../storage/snapshots/framed.ts";
import { type DecodedHead, readHead, readRows, type ReadBytes } from "../../storage/snapshots/frames.ts";
import type { SnapshotHead, SnapshotInfo, SnapshotWriter } from "../../storage/snapshots/snapshot-store.ts";

/** Under its name, whole and durable, when `finish` returns. Throws SnapshotError. */
export function snapshotFileWriter(path: string, owner: LogOwner, head: SnapshotHead): SnapshotWriter {
  const disk = new RealDisk();
  const temporary = path + temporarySuffix;
  disk.remove(temporary);
  const file = disk.open(temporary, "create");
  let end = 0;
  const place = {
    name: path,
    write: (frame: Buffer) => {
      file.write(frame, end);
      end += frame.length;
    },
    finish: () => {
      file.sync();
      file.close();
      disk.rename(temporary, path);
      disk.syncDirectory(dirname(path));
    },
    abandon: () => {
      file.close();
      disk.remove(temporary);
    },
  };
  return new FramedWriter(place, owner, head);
}

const rowsAtOnce = 1_000;

/** All of the rows, and the end. */
export function writeRows(writer: SnapshotWriter, rows: Iterable<Mutation>): SnapshotInfo {
  let piece: Mutation[] = [];
  try {
    for (const row of rows) {
      if (piece.push(row) < rowsAtOnce) continue;
      writer.add(piece);
      piece = [];
    }
    writer.add(piece);
    return writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

export const ownerIn = ({ owner: { node, cluster } }: DecodedHead): LogOwner => ({
  node: asNodeId(node),
  cluster,
});

export interface SnapshotFile {
  readonly head: DecodedHead;
  rows(): Generator<Mutation>;
  close(): void;
}

/** Throws FrameError, here and while rows are read, and what the file system throws. */
export function openSnapshotFile(path: string): SnapshotFile {
  const handle = openSync(path, "r");
  const read = readerOf(handle);
  try {
    const head = readHead(read);
    return {
      head,
      *rows() {
        for (const piece of readRows(read, fstatSync(handle).size, head)) yield* piece;
      },
      close: () => closeSync(handle),
    };
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

/** Fewer bytes only at the end of the file, whatever a damaged length asks for. */
export const readerOf =
  (handle: number): ReadBytes =>
  (offset, length) => {
    const buffer = Buffer.allocUnsafe(Math.min(length, Math.max(0, fstatSync(handle).size - offset)));
    let filled = 0;
    for (let read = -1; read !== 0 && filled < buffer.length; filled += read) {
      read = readSync(handle, buffer, filled, buffer.length - filled, offset + filled);
    }
    return buffer.subarray(0, filled);
  };
