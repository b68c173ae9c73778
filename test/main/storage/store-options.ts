/** What a node's store is opened with in tests, unless they say otherwise. */
import { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import type { NodeStoreOptions } from "../../../main/storage/node-store.ts";
import { storageDefaults } from "../../../shared/contract/storage.ts";
import { mutationsOf } from "../../../shared/replica/durable.ts";
import type { DurableRecord } from "../../../shared/replica/types.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { Schema } from "../../../shared/runtime/schema.ts";
import type { Transaction } from "../../../shared/runtime/types.ts";
import { node } from "./entries.ts";

export const storeOptions = (dataDir: string, given: Partial<NodeStoreOptions> = {}): NodeStoreOptions => ({
  dataDir,
  node,
  cluster: "test",
  ...storageDefaults,
  disk: new FaultyDisk(new RealDisk()),
  schema: new Schema(builtInModules),
  seeds: [],
  now: () => 1_751_536_553_000,
  report: () => undefined,
  ...given,
});

/** One output's worth of records. */
export const transaction = (...records: DurableRecord[]): Transaction => ({
  clock: { [node]: 1 },
  at: 1_751_536_553_000,
  mutations: mutationsOf(records),
});
