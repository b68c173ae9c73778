import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDirectory } from "../../../main/storage/make-directory.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-directory-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("makeDirectory", () => {
  it("makes what is missing on the way, and leaves what is there", () => {
    makeDirectory(join(dir, "a/b/c"));
    makeDirectory(join(dir, "a/b/c"));
    expect(statSync(join(dir, "a/b/c")).isDirectory()).toBe(true);
  });

  it("fails where a file is in the way", () => {
    writeFileSync(join(dir, "file"), "");
    expect(() => makeDirectory(join(dir, "file"))).toThrow("EEXIST");
    expect(() => makeDirectory(join(dir, "file/below"))).toThrow();
  });

  it.runIf(process.platform === "linux")("fails, and does not go round for ever, below /proc", () => {
    expect(() => makeDirectory("/proc/lightcone/data")).toThrow("ENOENT");
  });
});
