/**
 * Damage to a node's files, done on purpose, and undone.
 *
 * What is overwritten is kept, so that an undo restores the very bytes. It does so only while the damage still lies there
 * as it was made: where the node has written since, putting old bytes back would be new damage.
 *
 * Guarantee: nothing outside the data directory is ever written, whatever a name or a link says.
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  writeSync,
} from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";
import type { FileDamage } from "../../shared/contract/storage.ts";

/** Of a file; a record is damaged where it lies. */
export type ByteDamage = Exclude<FileDamage, { readonly kind: "record" }>;

/** Damage that can be made, once, and then undone while it stands. */
export interface PlannedDamage {
  readonly make: () => void;
  /** It lies there as it was made. */
  readonly stands: () => boolean;
  readonly undo: () => void;
}

interface Stretch {
  readonly offset: number;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** What an undo would have to keep of a file. */
const keptBytesMax = 64 * 1024 * 1024;
/** Of a stretch, which is compared each time somebody asks whether it can be undone. */
const stretchBytesMax = 1024 * 1024;

/** Nothing is changed yet. Throws LabError when it could not be. */
export function planDamage(dataDir: string, damage: ByteDamage): PlannedDamage {
  const path = pathWithin(dataDir, damage.file);
  return damage.kind === "truncate"
    ? cutting(path, damage.file, damage.bytes)
    : overwriting(
        path,
        withFile(path, "r", (file) => stretchesOf(file, damage)),
      );
}

/** The path of a regular file of the data directory. Throws LabError. */
export function pathWithin(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  const inside = relative(dataDir, path);
  if (isAbsolute(name) || inside === "" || inside.split(sep)[0] === "..") {
    throw new LabError(
      "bad_input",
      `"${name}" is not in the data directory: name a file as its listing does.`,
    );
  }
  try {
    // A file with a second name may have it anywhere.
    const found = lstatSync(path);
    const isFile = found.isFile() && found.nlink === 1;
    const isWithin = realpathSync(path) === join(realpathSync(dataDir), inside);
    if (isFile && isWithin) return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unusable(name, error);
    throw new LabError("bad_input", `There is no file ${name} in ${dataDir}: look at the storage again.`);
  }
  throw new LabError(
    "bad_input",
    `${name} is no file of this node but a directory or a link: choose a file.`,
  );
}

function stretchesOf(file: number, damage: Exclude<ByteDamage, { readonly kind: "truncate" }>): Stretch[] {
  switch (damage.kind) {
    case "flip-bit": {
      const before = bytesAt(file, damage, damage.offset, 1);
      return [{ offset: damage.offset, before, after: Buffer.from([before[0]! ^ (1 << damage.bit)]) }];
    }
    case "zero": {
      const before = bytesAt(file, damage, damage.offset, damage.bytes);
      return [{ offset: damage.offset, before, after: Buffer.alloc(damage.bytes) }];
    }
    case "swap": {
      const { offset, other, bytes } = damage;
      if (Math.abs(offset - other) < bytes)
        throw new LabError("bad_input", `The two blocks overlap: they must be ${bytes} bytes apart or more.`);
      const [one, two] = [bytesAt(file, damage, offset, bytes), bytesAt(file, damage, other, bytes)];
      return [
        { offset, before: one, after: two },
        { offset: other, before: two, after: one },
      ];
    }
  }
}

function overwriting(path: string, stretches: readonly Stretch[]): PlannedDamage {
  if (stretches.every(({ before, after }) => before.equals(after)))
    throw new LabError("bad_input", "That would change nothing: these bytes are so already.");
  const write = (which: "before" | "after") =>
    withFile(path, "r+", (file) => {
      for (const stretch of stretches) writeAll(file, stretch[which], stretch.offset);
    });
  return {
    make: () => write("after"),
    stands: () =>
      holds(path, (file) =>
        stretches.every(({ offset, after }) => readAt(file, offset, after.length).equals(after)),
      ),
    undo: () => write("before"),
  };
}

function cutting(path: string, name: string, bytes: number): PlannedDamage {
  const tail = withFile(path, "r", (file) => {
    const { size } = fstatSync(file);
    if (bytes >= size)
      throw new LabError("bad_input", `${name} has ${size} bytes: cut it to fewer than that.`);
    if (size - bytes > keptBytesMax)
      throw new LabError(
        "bad_input",
        `That would cut off ${size - bytes} bytes, and the lab keeps at most ${keptBytesMax}.`,
      );
    return readAt(file, bytes, size - bytes);
  });
  return {
    make: () => withFile(path, "r+", (file) => ftruncateSync(file, bytes)),
    stands: () => holds(path, (file) => fstatSync(file).size === bytes),
    undo: () => withFile(path, "r+", (file) => writeAll(file, tail, bytes)),
  };
}

function bytesAt(file: number, { file: name }: ByteDamage, offset: number, bytes: number): Buffer {
  const { size } = fstatSync(file);
  if (bytes > stretchBytesMax)
    throw new LabError("bad_input", `${bytes} bytes are too many at once: at most ${stretchBytesMax}.`);
  if (offset + bytes > size)
    throw new LabError(
      "bad_input",
      `${name} has ${size} bytes, and the damage would reach to byte ${offset + bytes}: choose a place within.`,
    );
  return readAt(file, offset, bytes);
}

function readAt(file: number, offset: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, offset));
}

function writeAll(file: number, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(file, bytes, done, bytes.length - done, offset + done);
}

function withFile<Result>(path: string, flags: "r" | "r+", act: (file: number) => Result): Result {
  let file: number | undefined;
  try {
    file = openSync(path, flags);
    return act(file);
  } catch (error) {
    throw error instanceof LabError ? error : unusable(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** False also when there is nothing to look at any more. */
function holds(path: string, isSo: (file: number) => boolean): boolean {
  try {
    return withFile(path, "r", isSo);
  } catch (error) {
    if (error instanceof LabError) return false;
    throw error;
  }
}

const unusable = (name: string, error: unknown) =>
  new LabError("refused", `${name} cannot be used (${(error as Error).message}).`);
