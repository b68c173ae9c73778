/** `lightcone node`: the flags of a stand-alone node, the same for a person and for the lab. */
import { Command, Option } from "commander";
import { storageDefaults } from "../../shared/contract/storage.ts";
import { OptionsError, parseNodeOptions, readSecret } from "./options.ts";

interface Flags {
  readonly seedNode: string[];
  readonly merge: string[];
  readonly diskFault: string[];
  readonly gossip: string | boolean;
  readonly secretFile?: string;
  readonly controlFd?: string;
  readonly clusterFile?: string;
  readonly [name: string]: unknown;
}

const append = (text: string, before: string[]) => [...before, text];
const collect = (text: string, before: string[]) => [
  ...before,
  ...text.split(",").flatMap((address) => (address.trim() === "" ? [] : [address.trim()])),
];

export function nodeCommand(): Command {
  return new Command("node")
    .description("Run one node by itself")
    .requiredOption("--node-id <id>", "who this node is, e.g. node-1")
    .requiredOption("--data-dir <dir>", "where it keeps its data; one directory per node")
    .option("--port <port>", "port for clients and peers", "8081")
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--advertise <host:port>", "address at which other nodes reach this one (default: host and port)")
    .option("--seed-node <host:port>", "a node to join through; repeat it or separate by commas", collect, [])
    .option("--gossip [boolean]", "probe and gossip with other nodes; false runs alone", "true")
    .option("--preset <preset>", "timing of membership: lab, lan or classroom", "lan")
    .option("--membership <json>", 'single values of the preset, e.g. {"probeInterval": 100}')
    .option("--request-timeout <ms>", "how long a request may wait for its replicas", "2000")
    .option("--n <count>", "replicas of a key", "3")
    .option("--r <count>", "replies a read waits for", "2")
    .option("--w <count>", "durable copies a write waits for", "2")
    .option(
      "--replication <json>",
      'settings of replication, e.g. {"sloppy": true, "conflicts": {"cart:": "set"}}',
    )
    .option(
      "--cluster-file <yaml>",
      "factor, consistency and conflict resolution in one file; flags win over it",
    )
    .option(
      "--merge <name=file>",
      "a merge function for the strategy custom:<name> (see lightcone merge-check); repeat it for more",
      append,
      [],
    )
    .option("--allow-stale-reads", "accept r + w of n or less", false)
    .option("--virtual-nodes <count>", "points on the ring for each node", "150")
    .option("--clock-store <kind>", "where the vector clock is kept: sqlite, file or memory", "sqlite")
    .option("--log <kind>", "where the transaction log is kept: sqlite, file or memory", storageDefaults.log)
    .option(
      "--snapshots <kind>",
      "where snapshots are kept: sqlite, file or memory",
      storageDefaults.snapshots,
    )
    .option(
      "--sync <when>",
      "when a commit is flushed to the disk: commit (each), group (several share a flush) or off (a power cut loses writes)",
      storageDefaults.sync,
    )
    .option(
      "--recovery <mode>",
      "what a start does about damage: rebuild (from the other nodes), strict (refuse), truncate or salvage",
      storageDefaults.recovery,
    )
    .option(
      "--disk-fault <json>",
      'for experiments: make the disk fail from the start, e.g. {"kind": "slow", "ms": 20}; repeat it for more',
      append,
      [],
    )
    .option("--cluster <name>", "name of the cluster; others are refused", "lightcone")
    .option("--secret-file <path>", "file with the cluster's secret (else LIGHTCONE_SECRET)")
    .option("--http-public", "answer HTTP requests from other machines too", false)
    .option("--no-trace", "keep and stream no events")
    .addOption(new Option("--control-fd <fd>", "file descriptor of the lab's line").hideHelp())
    .addHelpText(
      "after",
      `
Without a secret of one's own the well-known default is used: it proves nothing and is for this machine only.
A node that listens elsewhere needs its own.

What the node knows is its log: everything it acknowledged is there, whichever kind it is, and a start reads it again.
A log in memory keeps nothing: after a restart the other nodes bring the data back. A data directory may change its
kinds between two starts; what it holds moves over. Faults of the disk are: fail (the nth write, sync or rename, once or
always from then on), full, slow, power-cut (all that was not flushed is lost, and the process ends).

Examples:
  lightcone node --node-id=node-1 --port=8081 --data-dir=./data/node-1
  lightcone node --node-id=node-2 --port=8082 --data-dir=./data/node-2 --seed-node=localhost:8081
  curl -X PUT localhost:8082/api/v1/data/user:123 -d '{"value": "John Doe"}'
  curl localhost:8081/api/v1/data/user:123
  lightcone node --node-id=node-3 --port=8083 --data-dir=./data/node-3 --seed-node=localhost:8081 \\
    --log=file --snapshots=file --disk-fault '{"kind": "fail", "operation": "sync", "nth": 100, "lasts": "always"}'`,
    )
    .action(async (flags: Flags, command: Command) => {
      const given = Object.keys(flags).filter((name) => command.getOptionValueSource(name) !== "default");
      // Whatever still holds the event loop, the node has ended.
      process.exit(await run(flags, given));
    });
}

/** `given`: the names of the flags that were typed. */
async function run(flags: Flags, given: readonly string[]): Promise<number> {
  try {
    const { seedNode, merge, diskFault, gossip, secretFile, controlFd, clusterFile, ...others } = flags;
    if (!["true", "false", true, false].includes(gossip)) {
      throw new OptionsError(`--gossip must be true or false, not "${String(gossip)}".`);
    }
    const options = parseNodeOptions({
      ...others,
      ...(clusterFile !== undefined && (await readClusterFile(clusterFile, others, given))),
      seeds: seedNode,
      merges: merge,
      diskFaults: diskFault,
      gossip: gossip === true || gossip === "true",
      secret: readSecret(secretFile, process.env),
      controlFd: controlFd ?? null,
    });
    const { runNode } = await import("./run.ts");
    return await runNode(options);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

/** Loaded only when there is one: a parser of YAML takes its time to start. */
async function readClusterFile(
  path: string,
  flags: Readonly<Record<string, unknown>>,
  given: readonly string[],
) {
  const { withClusterFile } = await import("./cluster-file.ts");
  return withClusterFile(path, Object.fromEntries(given.map((name) => [name, flags[name]])));
}
