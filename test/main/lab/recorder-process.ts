/** A recorder in a process of its own, to be killed while it records. Prints the highest id it has pushed. */
import { Recorder } from "../../../main/lab/recorder.ts";
import { SessionFile } from "../../../main/lab/session-file.ts";
import { eventsOf } from "./events.ts";

const path = process.argv[2]!;
const file = SessionFile.create(path, { id: "crash", name: "Crash", createdAt: 1, recordedBy: "0.0.0" });
const recorder = new Recorder({
  file,
  onRecorded: (events) => process.stdout.write(`${events.at(-1)!.id}\n`),
  onFailed: (error) => {
    throw error;
  },
  readTrace: () => [],
});
let seq = 0;
setInterval(() => {
  recorder.accept(eventsOf("node-1", 7, seq + 1, seq + 40));
  seq += 40;
}, 1);
