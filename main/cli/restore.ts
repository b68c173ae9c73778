/** `lightcone restore`: a data directory from a snapshot. */
import { Command, InvalidArgumentError } from "commander";
import { isNodeId, type NodeId } from "../../shared/ids.ts";
import { printable } from "./printable.ts";
import { check } from "./storage/check.ts";
import { restore, type Restored } from "./storage/restore.ts";
import { targetAt, TargetError } from "./storage/target.ts";
import { ownerOfDirectory } from "./storage/stopped-node.ts";

interface RestoreFlags {
  readonly nodeId?: NodeId;
  readonly cluster?: string;
  readonly force?: boolean;
}

export function restoreCommand(): Command {
  return new Command("restore")
    .description("Make a data directory from a snapshot")
    .argument("<snapshot>", "a snapshot file, as lightcone snapshot --out writes it")
    .argument("<data-dir>", "a new directory, or an empty one")
    .option("--node-id <id>", "whose it is to be (default: the node of the snapshot)", nodeId)
    .option("--cluster <name>", "of which cluster (default: that of the snapshot)")
    .option("--force", "set aside what is in the directory")
    .addHelpText("after", helpText)
    .action(async (file: string, dataDir: string, { nodeId: node, cluster, force }: RestoreFlags) => {
      await assertSound(file);
      const options = { file, dataDir, node: node ?? null, cluster: cluster ?? null, force: force === true };
      const restored = restore(options, ownerOfDirectory(dataDir));
      process.stdout.write(`${printable(linesOf(restored, dataDir).join("\n"))}\n`);
    });
}

const helpText = `
The node goes back to what it held when the snapshot was made, and every number of its own is taken a million further:
a timestamp that it gave out after the snapshot must never stand for something else. What it acknowledged since, other
nodes bring back when it joins them; alone, that is lost.

With --node-id of another node the data is taken over and the identity is not: not who its neighbours were, nor what it
kept for others. Never run two nodes of one name.

Examples:
  lightcone restore node-1.snapshot data/node-1
  lightcone restore node-1.snapshot data/node-1 --force
  lightcone restore node-1.snapshot data/node-4 --node-id=node-4`;

function nodeId(text: string): NodeId {
  if (isNodeId(text)) return text;
  throw new InvalidArgumentError("It takes 1 to 63 letters, digits, dots, dashes or underscores.");
}

/** Throws Error with one sentence: nothing is made from a snapshot that is not whole. */
async function assertSound(file: string): Promise<void> {
  const target = targetAt(file);
  if (target.kind !== "snapshot") throw new TargetError(`${file} is no snapshot.`);
  const { files } = await check(target, { pause: () => Promise.resolve(), progress: () => {} });
  const [report] = files;
  if (report?.verdict === "sound") return;
  const why = report?.damage[0]?.message ?? report?.contents ?? "It is gone.";
  throw new TargetError(`${file} cannot be restored from; nothing was changed. ${why}`);
}

function linesOf({ owner, info, from, aside }: Restored, dataDir: string): string[] {
  const { node, cluster } = owner;
  const at = new Date(from.head.at).toISOString();
  const data = `${info.rows} rows as after transaction ${from.head.position} of ${from.owner.node}, ${at}`;
  const isOther = node !== from.owner.node;
  return [
    ...(aside === null ? [] : [`What was in ${dataDir} lies in ${dataDir}/${aside} now.`]),
    `${dataDir} belongs to ${node} of cluster "${cluster}": ${data}.`,
    `Its own counter goes on after ${info.clock[node]} and its log after ${info.position}, so that no number is given out twice.`,
    ...(isOther
      ? [
          `${node} has the data of ${from.owner.node} and an identity of its own: what ${from.owner.node} wrote keeps its name.`,
        ]
      : []),
    `Start it with: lightcone node --node-id=${node} --cluster=${cluster} --data-dir=${dataDir}`,
  ];
}
