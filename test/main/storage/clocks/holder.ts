/** A process of its own with a file store: opens it, saves one clock, says so, and stays until it is ended. */
import { FileClockStore } from "../../../../main/storage/clocks/file-clock-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";

const [dir, counter] = process.argv.slice(2) as [string, string];
try {
  new FileClockStore(dir).save(asNodeId("node-1"), { "node-1": Number(counter) });
  process.stdout.write("saved\n");
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
