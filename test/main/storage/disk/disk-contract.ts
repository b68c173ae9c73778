/** What every disk does: the machine's, the one in memory, and one that could fail and does not. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Disk } from "../../../../main/storage/disk/disk.ts";

export interface DiskUnderTest {
  readonly disk: Disk;
  /** A directory that exists and is empty. */
  readonly dir: string;
  cleanUp(): void;
}

const bytes = (text: string) => new TextEncoder().encode(text);

function written(disk: Disk, path: string, text: string): void {
  const file = disk.open(path, "create");
  file.write(bytes(text), 0);
  file.close();
}

function textOf(disk: Disk, path: string): string {
  const file = disk.open(path, "read");
  const whole = new Uint8Array(file.size());
  expect(file.read(whole, 0)).toBe(whole.length);
  file.close();
  return new TextDecoder().decode(whole);
}

const codeOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return (error as NodeJS.ErrnoException).code;
  }
  return "no error";
};

export function diskContract(name: string, make: () => DiskUnderTest): void {
  describe(`${name} keeps the disk's contract`, () => {
    let place: DiskUnderTest;
    let disk: Disk;
    let path: string;
    beforeEach(() => {
      place = make();
      disk = place.disk;
      path = join(place.dir, "file");
    });
    afterEach(() => place.cleanUp());

    it("makes a file once, and opens it then", () => {
      expect(codeOf(() => disk.open(path, "read"))).toBe("ENOENT");
      expect(codeOf(() => disk.open(path, "write"))).toBe("ENOENT");
      expect(disk.exists(path)).toBe(false);
      written(disk, path, "one");
      expect(disk.exists(path)).toBe(true);
      expect(codeOf(() => disk.open(path, "create"))).toBe("EEXIST");
      expect(textOf(disk, path)).toBe("one");
    });

    it("writes at any offset, and reads what is there", () => {
      const file = disk.open(path, "create");
      file.write(bytes("hello"), 0);
      file.write(bytes("LO, world"), 3);
      file.write(bytes("end"), 600);
      expect(file.size()).toBe(603);
      const into = new Uint8Array(10);
      expect(file.read(into, 2)).toBe(10);
      expect(new TextDecoder().decode(into)).toBe("lLO, world");
      expect(file.read(into, 599)).toBe(4);
      expect([...into.subarray(0, 4)]).toEqual([0, ...bytes("end")]);
      expect(file.read(into, 603)).toBe(0);
      expect(file.read(into, 9_999)).toBe(0);
      file.write(new Uint8Array(0), 9_999);
      expect(file.size()).toBe(603);
      file.sync();
      file.close();
    });

    it("does not keep the caller's bytes", () => {
      const file = disk.open(path, "create");
      const mine = bytes("before");
      file.write(mine, 0);
      mine.fill(0);
      file.close();
      expect(textOf(disk, path)).toBe("before");
    });

    it("cuts a file, and what grows again is zero", () => {
      const file = disk.open(path, "create");
      file.write(bytes("x".repeat(1_000)), 0);
      file.truncate(3);
      expect(file.size()).toBe(3);
      file.truncate(5);
      file.close();
      expect(textOf(disk, path)).toBe("xxx\u0000\u0000");
    });

    it("lets a file be changed only by who opened it for that, and by nobody after close", () => {
      written(disk, path, "one");
      const reader = disk.open(path, "read");
      expect(codeOf(() => reader.write(bytes("two"), 0))).toBe("EBADF");
      expect(codeOf(() => reader.truncate(0))).toMatch(/EBADF|EINVAL/);
      reader.close();
      const writer = disk.open(path, "write");
      writer.close();
      writer.close();
      for (const call of [
        () => writer.write(bytes("two"), 0),
        () => writer.read(new Uint8Array(1), 0),
        () => writer.size(),
        () => writer.truncate(0),
        () => writer.sync(),
      ]) {
        expect(codeOf(call)).toBe("EBADF");
      }
      expect(textOf(disk, path)).toBe("one");
    });

    it("shows every handle what was written through another", () => {
      written(disk, path, "one");
      const [reader, writer] = [disk.open(path, "read"), disk.open(path, "write")];
      writer.write(bytes("two"), 0);
      const into = new Uint8Array(3);
      reader.read(into, 0);
      expect(new TextDecoder().decode(into)).toBe("two");
      reader.close();
      writer.close();
    });

    it("renames over what has the name; an open file goes along", () => {
      const other = join(place.dir, "other");
      written(disk, other, "old");
      const file = disk.open(path, "create");
      file.write(bytes("new"), 0);
      disk.rename(path, other);
      disk.syncDirectory(place.dir);
      file.write(bytes("N"), 0);
      file.close();
      expect(disk.list(place.dir)).toEqual(["other"]);
      expect(textOf(disk, other)).toBe("New");
      expect(codeOf(() => disk.rename(path, other))).toBe("ENOENT");
      expect(textOf(disk, other)).toBe("New");
    });

    it("removes a file, and nothing where there is none", () => {
      written(disk, path, "one");
      disk.remove(path);
      disk.remove(path);
      expect(disk.exists(path)).toBe(false);
      expect(disk.list(place.dir)).toEqual([]);
    });

    it("makes directories with those above, and lists what is in them, sorted", () => {
      const deep = join(place.dir, "a/b");
      expect(disk.list(deep)).toEqual([]);
      disk.makeDirectory(deep);
      disk.makeDirectory(deep);
      for (const name of ["2", "10", "1"]) written(disk, join(deep, name), name);
      expect(disk.list(deep)).toEqual(["1", "10", "2"]);
      expect(disk.list(place.dir)).toEqual(["a"]);
      disk.rename(join(deep, "1"), join(place.dir, "1"));
      expect(disk.list(place.dir)).toEqual(["1", "a"]);
      expect(disk.exists(deep)).toBe(true);
    });

    it("refuses a directory where a file is meant, and the other way round", () => {
      const dir = join(place.dir, "dir");
      disk.makeDirectory(dir);
      written(disk, path, "one");
      expect(codeOf(() => disk.open(dir, "write"))).toBe("EISDIR");
      expect(codeOf(() => disk.open(dir, "create"))).toBe("EEXIST");
      expect(codeOf(() => disk.remove(dir))).toMatch(/EISDIR|EPERM/);
      expect(codeOf(() => disk.rename(path, dir))).toMatch(/EISDIR|EPERM|EEXIST/);
      expect(codeOf(() => disk.makeDirectory(path))).toBe("EEXIST");
      expect(codeOf(() => disk.makeDirectory(join(path, "below")))).toMatch(/EEXIST|ENOTDIR/);
      expect(codeOf(() => disk.list(path))).toBe("ENOTDIR");
      expect(codeOf(() => disk.open(join(place.dir, "none/file"), "create"))).toBe("ENOENT");
      expect(disk.list(place.dir)).toEqual(["dir", "file"]);
    });
  });
}
