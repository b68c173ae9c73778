/** One life of a single node by itself: its real core, its real store, and what a host does between the two. */
import { join } from "node:path";
import { expect } from "vitest";
import { FileClockStore } from "../../../main/storage/clocks/file-clock-store.ts";
import { VectorClockStoreError } from "../../../main/storage/clocks/vector-clock-store.ts";
import type { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import { NodeStoreError } from "../../../main/storage/node-store-error.ts";
import { type Batch, NodeStore } from "../../../main/storage/node-store.ts";
import { asKey, asRequestId } from "../../../shared/ids.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import { mutationsOf } from "../../../shared/replica/durable.ts";
import { Replica } from "../../../shared/replica/replica.ts";
import type { Input } from "../../../shared/replica/types.ts";
import type { Transaction } from "../../../shared/runtime/types.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";
import { node } from "./entries.ts";
import { accounts, balanceAtFirst, type Ledger } from "./every-io-ledger.ts";
import { storeOptions } from "./store-options.ts";

/** Where everything lies: in node.db, or in files beside it, the clock as well. */
export type Kind = "sqlite" | "file";

/** So small that both happen all the time. */
const limits = { segmentBytes: 4_096, snapshotLogBytesMin: 6_000 };

/** One step of the workload, by its number. */
function inputOf(number: number): Input {
  const request = asRequestId(`request ${number}`);
  const call = (module: string, reducer: string, args: unknown): Input => ({
    kind: "call",
    request,
    module,
    reducer,
    args,
  });
  const ask = (op: "put" | "get" | "delete", value?: string): Input => ({
    kind: "request",
    request: { id: request, op, key: asKey(`key ${number % 7}`), ...(value !== undefined && { value }) },
  });
  const [account, other] = [accounts[number % 4]!, accounts[(number + 1) % 4]!];
  if (number < 4) return call("bank", "open", { account, balance: balanceAtFirst });
  switch (number % 10) {
    case 3:
    case 7:
      return call("bank", "transfer", { from: account, to: other, amount: 1 + (number % 5) });
    case 4:
      return ask("get");
    case 6:
      return call("counter", "increment", { name: "steps" });
    case 8:
      return ask("delete");
    default:
      return ask("put", `${number} `.repeat(20));
  }
}

export class NodeLife {
  readonly #ledger: Ledger;
  readonly #store: NodeStore;
  readonly #clocks: FileClockStore | null;
  readonly #replica: Replica;
  readonly #life: number;
  #seq = 0;

  /** Throws what a start throws, with everything closed. `judge`: of a healthy start. */
  constructor(kind: Kind, dataDir: string, disk: FaultyDisk, ledger: Ledger, judge?: { isCut: boolean }) {
    this.#ledger = ledger;
    ledger.now += 1_000;
    const now = () => ledger.now;
    const store = new NodeStore(
      // Strict: whatever would be called damage is a fault of this disk's user.
      storeOptions(dataDir, { log: kind, snapshots: kind, recovery: "strict", disk, now, ...limits }),
    );
    this.#store = store;
    try {
      this.#clocks =
        kind === "sqlite"
          ? null
          : new FileClockStore(join(dataDir, "clocks"), {
              disk,
              onCorrupt: "leave",
              lock: () => ({ release: () => undefined }),
            });
      const clock = (this.#clocks ?? store.clocks).load(node);
      if (clock instanceof Promise) throw new Error("a clock that is loaded later");
      if (judge !== undefined) ledger.judgeStarted(store, clock, judge.isCut);
      this.#life = store.beginLife(ledger.now);
      this.#replica = this.#newReplica(clock);
      this.#commit([{ kind: "tick" }]);
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  /** Goes through these steps. False: it stopped on the way. */
  async work(from: number, to: number): Promise<boolean> {
    for (let number = from; number < to; number += 1) {
      const isPair = number % 8 === 6 && number + 1 < to;
      const inputs = isPair ? [inputOf(number), inputOf(++number)] : [inputOf(number)];
      try {
        this.#commit(inputs);
      } catch (error) {
        this.#judgeStopped(error);
        return false;
      }
      // A snapshot that is being written goes on.
      await new Promise(setImmediate);
    }
    return true;
  }

  close(): void {
    this.#clocks?.close();
    this.#store.close();
  }

  #newReplica(clock: ReturnType<FileClockStore["load"]>): Replica {
    const config = {
      node,
      address: "localhost:1",
      life: this.#life,
      seeds: [],
      gossip: false,
      virtualNodes: 10,
      membership: membershipPresets.lab,
      replication: { n: 1, r: 1, w: 1, requestTimeout: 1_000 },
      seed: 5,
    };
    return new Replica(config, this.#store.restore(clock), this.#ledger.now);
  }

  /** As the host does: clock, log, and only then is anything acknowledged. */
  #commit(inputs: readonly Input[]): void {
    const transactions: Transaction[] = [];
    const events: TraceEvent[] = [];
    for (const input of inputs) {
      const at = (this.#ledger.now += 10);
      const output = this.#replica.step(input, at);
      for (const event of output.events) events.push({ node, life: this.#life, seq: ++this.#seq, ...event });
      const { records } = output;
      const { clock } = this.#replica;
      if (records.length > 0) transactions.push({ clock, at, mutations: mutationsOf(records) });
    }
    const { clock } = this.#replica;
    this.#ledger.attempt(transactions);
    const batch: Batch = {
      transactions,
      events,
      operations: [],
      clock: this.#clocks === null ? clock : null,
    };
    this.#clocks?.save(node, clock);
    this.#store.commit(batch);
    this.#ledger.acknowledge(clock, transactions.length > 0 || this.#clocks !== null);
  }

  /** It says so, and acknowledges nothing more, also when the disk is well again (P33). */
  #judgeStopped(error: unknown): void {
    this.#ledger.judgeRunning(this.#store.tables);
    if (error instanceof VectorClockStoreError) {
      expect(error.message).toMatch(/cannot be saved/);
      return;
    }
    expect(error).toBeInstanceOf(NodeStoreError);
    expect((error as NodeStoreError).message).toMatch(
      /nothing more is acknowledged|closed since a commit failed/,
    );
    const again = () =>
      this.#store.commit({ transactions: [], events: [], operations: [], clock: this.#replica.clock });
    expect(again).toThrow(/closed since a commit failed; restart the node/);
  }

  #abandon(): void {
    this.#clocks?.close();
    try {
      this.#store.close();
    } catch (error) {
      expect(error, "a disk that still fails").toBeInstanceOf(NodeStoreError);
    }
  }
}
