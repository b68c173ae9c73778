import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyDirectory, freeLabel, listCopies, putBack } from "../../../main/lab/disk-copies.ts";
import { temporaryDir } from "./temporary.ts";

function nodeDir(text: string): string {
  const dir = join(temporaryDir(), "node-1");
  mkdirSync(join(dir, "log"), { recursive: true });
  writeFileSync(join(dir, "log", "00000001.log"), text);
  writeFileSync(join(dir, "node.lock"), "mine");
  return dir;
}
const logOf = (dir: string) => readFileSync(join(dir, "log", "00000001.log"), "utf8");
const asideIn = (dir: string) => readdirSync(join(dir, "set-aside"));

describe("copies of a data directory", () => {
  it("bring back what was, and set aside what is", () => {
    const dir = nodeDir("old");
    copyDirectory(dir, "before");
    writeFileSync(join(dir, "log", "00000001.log"), "new");
    writeFileSync(join(dir, "log", "00000002.log"), "newer");
    const undo = putBack(dir, "before");
    expect(logOf(dir)).toBe("old");
    expect(existsSync(join(dir, "log", "00000002.log")), "nothing of the newer disk is left").toBe(false);
    const [aside] = asideIn(dir);
    expect(readFileSync(join(dir, "set-aside", aside!, "log", "00000002.log"), "utf8")).toBe("newer");
    undo();
    expect([logOf(dir), readFileSync(join(dir, "log", "00000002.log"), "utf8")]).toEqual(["new", "newer"]);
    expect(asideIn(dir)).toEqual([]);
  });

  it("leave the lock to whoever holds it", () => {
    const dir = nodeDir("old");
    copyDirectory(dir, "before");
    putBack(dir, "before");
    expect(readFileSync(join(dir, "node.lock"), "utf8")).toBe("mine");
    expect(existsSync(join(dir, "..", "~copies", "node-1", "before", "node.lock"))).toBe(false);
  });

  it("do not copy what was set aside before", () => {
    const dir = nodeDir("one");
    copyDirectory(dir, "first");
    putBack(dir, "first");
    copyDirectory(dir, "second");
    expect(existsSync(join(dir, "..", "~copies", "node-1", "second", "set-aside"))).toBe(false);
  });

  it("are listed with their size, get labels of their own, and can be taken again", () => {
    const dir = nodeDir("abc");
    expect(listCopies(dir)).toEqual([]);
    expect(freeLabel(dir)).toBe("copy-1");
    copyDirectory(dir, "copy-1");
    expect(freeLabel(dir)).toBe("copy-2");
    writeFileSync(join(dir, "log", "00000001.log"), "abcdef");
    copyDirectory(dir, "copy-1");
    expect(listCopies(dir).map(({ label, bytes }) => [label, bytes])).toEqual([["copy-1", 6]]);
  });

  it("say so when there is none", () => {
    expect(() => putBack(nodeDir("x"), "never")).toThrow(
      'no copy "never" of the disk of node-1: take one first',
    );
  });

  it("of a node that never wrote anything are empty", () => {
    const dir = join(temporaryDir(), "node-2");
    copyDirectory(dir, "empty");
    mkdirSync(dir);
    writeFileSync(join(dir, "x"), "y");
    putBack(dir, "empty");
    expect(readdirSync(dir)).toEqual(["set-aside"]);
  });
});
