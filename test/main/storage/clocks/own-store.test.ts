import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { asNodeId } from "../../../../shared/ids.ts";
import { clockStoreContract } from "./clock-store-contract.ts";
import { JsonLinesClockStore } from "./own-store.ts";
import { wrappings } from "./stores.ts";

let dir: string;
let path: string;
const setUp = () => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-own-"));
  path = join(dir, "clocks.jsonl");
};
const cleanUp = () => rmSync(dir, { recursive: true, force: true });

for (const [name, wrap] of Object.entries(wrappings)) {
  clockStoreContract(`a store of one's own, ${name},`, () => {
    setUp();
    return { open: () => wrap(new JsonLinesClockStore(path)), durable: true, cleanUp };
  });
}

beforeEach(setUp);
afterEach(cleanUp);
const node = asNodeId("node-1");

it("forgets a line that a crash cut off, and goes on after the last whole one", () => {
  const before = new JsonLinesClockStore(path);
  before.save(node, { "node-1": 1 });
  before.close();
  appendFileSync(path, '{"node":"node-1","clock":{"nod');
  const after = new JsonLinesClockStore(path);
  expect(after.load(node)).toEqual({ "node-1": 1 });
  after.save(node, { "node-1": 2 });
  after.close();
  expect(readFileSync(path, "utf8")).toBe(
    '{"node":"node-1","clock":{"node-1":1}}\n{"node":"node-1","clock":{"node-1":2}}\n',
  );
});

it.each(["null", "7", "{}", '{"node":"node-1","clock":{"node-1":-1}}', '{"node":"../x","clock":{}}', "x"])(
  "refuses a file with the line %s, and leaves it as it is",
  (line) => {
    writeFileSync(path, `${line}\n`);
    expect(() => new JsonLinesClockStore(path)).toThrow(/has a line that is no clock/);
    expect(readFileSync(path, "utf8")).toBe(`${line}\n`);
  },
);
