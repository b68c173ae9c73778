/** Two real processes on one file store. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { clockFile, readClockFile } from "../../../../main/storage/clocks/clock-file.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { eventually } from "../../../eventually.ts";

const holder = fileURLToPath(new URL("holder.ts", import.meta.url));
let dir: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-two-"));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

function start(counter: number) {
  const child = spawn(process.execPath, [holder, dir, String(counter)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  const said = { text: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.text += text;
  });
  return { child, said };
}

const stored = () => readClockFile(new RealDisk(), clockFile(dir, asNodeId("node-1")));

it("the second is told in one sentence and changes nothing; after a SIGKILL of the first it may", async () => {
  const first = start(1);
  await eventually(() => expect(first.said.text).toBe("saved\n"));

  const second = start(2);
  const [code] = (await once(second.child, "close")) as [number];
  expect(code).toBe(1);
  expect(second.said.text).toBe(
    `The vector clocks in ${dir} are in use by another process; stop that one first, or choose another directory.\n`,
  );
  expect(stored()).toEqual({ clock: { "node-1": 1 } });

  first.child.kill("SIGKILL");
  await once(first.child, "close");
  const third = start(3);
  await eventually(() => expect(third.said.text).toBe("saved\n"));
  expect(stored()).toEqual({ clock: { "node-1": 3 } });
});
