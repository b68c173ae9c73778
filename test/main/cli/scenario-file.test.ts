/** Files that are given for scenarios: read as far as one goes, and refused in one sentence. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { printable } from "../../../main/cli/printable.ts";
import { readScenario } from "../../../main/cli/scenario-file.ts";

const dir = mkdtempSync(join(tmpdir(), "lightcone-scenario-file-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const text = "name: café\ncluster: { nodes: 2 }\n";

function file(name: string, bytes: Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, bytes);
  return path;
}

it("takes UTF-8, with a mark at its beginning and without", () => {
  for (const written of [text, `\uFEFF${text}`]) {
    const read = readScenario(file("good.yaml", Buffer.from(written)));
    expect(read.text).toBe(written);
    expect(read.scenario.name).toBe("café");
  }
});

it.each([
  ["latin1.yaml", Buffer.from(text, "latin1")],
  ["utf16.yaml", Buffer.from(`\uFEFF${text}`, "utf16le")],
  ["binary.yaml", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe])],
])("says of %s that it is no UTF-8", (name, bytes) => {
  const path = file(name, bytes);
  expect(() => readScenario(path)).toThrow(`${path}: it is not a text in UTF-8: save it as UTF-8.`);
});

it("does not read a file of 1 GiB to its end", () => {
  const path = file("huge.yaml", Buffer.from(text));
  truncateSync(path, 2 ** 30);
  expect(() => readScenario(path)).toThrow(`${path}: the file is larger than 1 MiB, and no scenario is.`);
});

it("names what cannot be read", () => {
  expect(() => readScenario(dir)).toThrow(/cannot be read \(EISDIR/);
  expect(() => readScenario(join(dir, "nowhere.yaml"))).toThrow(/nowhere\.yaml cannot be read \(ENOENT/);
});

it("leaves of a text nothing that steers a terminal or turns its direction", () => {
  expect(printable("a\u001B[2Jb\u202Ec\td\u0007\nä → 🦄")).toBe("a\uFFFD[2Jb\uFFFDc\uFFFDd\uFFFD\nä → 🦄");
});
