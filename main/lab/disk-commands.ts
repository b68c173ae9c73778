/** The commands about a node's storage: looking at it, and breaking it on purpose. */
import { LabError } from "../../shared/contract/errors.ts";
import {
  type LiveDiskFault,
  type NodeStorage,
  type StorageView,
  storageViewSchema,
} from "../../shared/contract/storage.ts";
import type { Cluster } from "./cluster.ts";
import type { CommandContext, Handlers } from "./commands.ts";
import { listCopies } from "./disk-copies.ts";
import { exchange, type ExchangeTarget } from "./exchange.ts";
import { readRecords } from "./log-records.ts";
import { readSetAside, readStorage } from "./storage-files.ts";

const done: Record<string, never> = {};

export function diskHandlers({ cluster }: CommandContext) {
  return {
    "node.storage": ({ node }) => storageOf(cluster(), node),
    "node.records": ({ node: id, file, after, limit }) => {
      const { dataDir, pid } = cluster().supervisor.get(id);
      return readRecords({ dataDir, isRunning: pid !== null, file }, after ?? null, limit);
    },
    "disk.fault": async ({ node, fault }) => {
      await breakDisk(cluster(), node, fault);
      return done;
    },
    "disk.damage": async ({ node, damage }) => {
      const { disks, undo } = cluster();
      const { stands, undo: putRight } = await disks.damage(node, damage);
      undo.push({ words: `Put ${damage.file} of ${node} right`, stands, undo: putRight });
      return done;
    },
    "disk.copy": async ({ node, label }) => ({ label: await cluster().disks.copy(node, label) }),
    "disk.putBack": async ({ node, label }) => {
      const { disks, undo, supervisor } = cluster();
      const takeBack = await disks.putBack(node, label);
      const { life } = supervisor.get(node);
      undo.push({
        words: `Give ${node} its newest disk back`,
        // A process that has run on the old disk has made it another one.
        stands: () => {
          const now = supervisor.has(node) ? supervisor.get(node) : null;
          return now !== null && now.pid === null && now.life === life;
        },
        undo: takeBack,
      });
      return done;
    },
  } satisfies Partial<Handlers>;
}

/** Told by the node itself where it runs. */
async function storageOf({ supervisor }: Cluster, id: string): Promise<NodeStorage> {
  const node = supervisor.get(id);
  const place = supervisor.placeOf(node);
  const copies = listCopies(node.dataDir);
  if (node.status !== "running") return { ...readStorage(place), copies };
  // Tables that were set aside are no part of any store, and the node does not know of them.
  return { ...(await askForStorage(node)), setAside: readSetAside(place), copies };
}

async function askForStorage(node: ExchangeTarget): Promise<StorageView> {
  const body = await exchange(node, { method: "GET", path: "/api/v1/storage" });
  const view = storageViewSchema.safeParse(body);
  if (view.success) return view.data;
  throw new LabError("internal", `${node.id} told of its storage what this lab does not understand.`);
}

async function breakDisk(cluster: Cluster, id: string, fault: LiveDiskFault): Promise<void> {
  const { disks, faults, undo, supervisor } = cluster;
  await disks.break(id, fault);
  if (fault.kind === "power-cut") {
    undo.push({
      words: `Restart ${id}`,
      stands: () => supervisor.statusOf(id) === "killed",
      undo: () => faults.restart(id, "keep"),
    });
  } else if (fault.kind !== "heal") {
    undo.push({
      words: `Heal the disk of ${id}`,
      stands: () => supervisor.has(id) && supervisor.get(id).diskFaults.includes(fault),
      undo: () => disks.break(id, { kind: "heal" }),
    });
  }
}
