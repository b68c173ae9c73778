/** The segments of a log as commands read them: a whole directory of them, or one file wherever it lies. */
import { basename, dirname } from "node:path";
import type { RecordView } from "../../../shared/contract/storage.ts";
import type { DiskFile } from "../../storage/disk/disk.ts";
import { RealDisk } from "../../storage/disk/real-disk.ts";
import { type FileScan, scanSteps } from "../../storage/log/file-scan.ts";
import { segmentRecords } from "../../storage/log/inspect.ts";
import { readSegment, segmentFile, segmentName } from "../../storage/log/segment-files.ts";
import { decodeHead, headBytes } from "../../storage/log/segment-head.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";

export const isSegmentName = (name: string) => /^\d{8,15}\.log$/.test(name);

export interface ScannedFiles {
  readonly scan: FileScan;
  /** Every record as it lies there, sound or not. Throws LogError. */
  records(): Generator<RecordView>;
  /** By the first head that can be read. */
  readonly owner: LogOwner | null;
}

/** `path`: a directory of segments, or one segment. `pause` is called behind each segment. Throws LogError. */
export async function scanLogFiles(
  path: string,
  isDirectory: boolean,
  pause: (file: string) => Promise<void>,
  /** How far it must go by what stands elsewhere. */
  reached = 0,
): Promise<ScannedFiles> {
  const disk = isDirectory ? new RealDisk() : new OneSegment(path);
  const steps = scanSteps({
    disk,
    dir: isDirectory ? path : dirname(path),
    owner: null,
    after: null,
    reached,
  });
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) await pause(step.value.file);
  const scan = step.value;
  return {
    scan,
    owner: scan.places.find(({ head }) => head !== null)?.head?.owner ?? null,
    *records() {
      for (const { path: segment, number } of scan.places) {
        yield* segmentRecords(disk, segment, segmentFile(number));
      }
    },
  };
}

/** A disk on which one segment has no neighbours, and the name that its head gives it. */
class OneSegment extends RealDisk {
  readonly #path: string;
  readonly #name: string;

  constructor(path: string) {
    super();
    this.#path = path;
    const head = decodeHead(readSegment(this, path, headBytes));
    this.#name = typeof head === "string" ? nameOr(path) : segmentName(head.number);
  }

  override list(): readonly string[] {
    return [this.#name];
  }

  override open(path: string, how: "read" | "write" | "create"): DiskFile {
    return super.open(basename(path) === this.#name ? this.#path : path, how);
  }
}

const nameOr = (path: string) => {
  const name = basename(path);
  return isSegmentName(name) ? name : segmentName(1);
};
