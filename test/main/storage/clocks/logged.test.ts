import { expect, it } from "vitest";
import { logged } from "../../../../main/storage/clocks/logged.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { ioError, ScriptedStore } from "./scripted-store.ts";

const node = asNodeId("node-1");

it("writes a line for each call when it has ended", async () => {
  const store = new ScriptedStore();
  const lines: string[] = [];
  let time = 0;
  const subject = logged(
    store,
    (line) => lines.push(line),
    () => time,
  );
  void subject.save(node, { a: 1 });
  void subject.has(node);
  void subject.delete(node);
  store.isSlow = true;
  const late = subject.save(node, { a: 2 });
  expect(lines, "not before it has ended").toHaveLength(3);
  time += 12.34;
  store.let();
  await late;
  store.failures = [ioError("EIO")];
  expect(() => subject.load(node)).toThrow("EIO");
  expect(lines).toEqual([
    "saving the vector clock of node-1: done in 0.0 ms",
    "looking for the vector clock of node-1: done in 0.0 ms",
    "deleting the vector clock of node-1: done in 0.0 ms",
    "saving the vector clock of node-1: done in 12.3 ms",
    "loading the vector clock of node-1: failed after 0.0 ms: The disk refused. (EIO)",
  ]);
});
