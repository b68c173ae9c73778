/** A lab in a process of its own, to be ended from outside. Prints one line of JSON once node-2 is paused. */
import { startLab } from "../../../main/lab/lab.ts";
import type { LabState } from "../../../shared/contract/state.ts";

const [dataDir, workerEntry] = process.argv.slice(2);
const lab = await startLab({
  dataDir: dataDir!,
  nodes: 3,
  preset: "lab",
  opsPerSecond: 20,
  workerEntry: workerEntry!,
  version: "0.0.0",
});
await lab.dispatch("node.pause", { node: "node-2" });
const { nodes, session } = (await lab.dispatch("lab.state", {})) as LabState;
process.stdout.write(`${JSON.stringify({ pids: nodes.map(({ pid }) => pid), session: session.path })}\n`);
