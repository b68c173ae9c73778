/**
 * The disks of a run on real processes: what a scenario does to them, as the simulated ones take it.
 *
 * A fault of the lab lasts as long as the process; a scenario's full or slow disk stays so, over restarts too, until the
 * scenario says otherwise. And a scenario that lets a disk tear means the next kill: that one is a power cut.
 */
import type { LiveDiskFault } from "../../shared/contract/storage.ts";
import { LabError } from "../../shared/contract/errors.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { FaultAction } from "../../shared/scenario/run.types.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";
import type { Cluster } from "../lab/cluster.ts";
import type { ManagedNode } from "../lab/managed-node.ts";

type ValueOf<Name extends FaultAction["name"]> = Extract<FaultAction, { readonly name: Name }>["value"];
type DiskChange = ValueOf<"disk">;

export class RealDisks {
  readonly #cluster: Cluster;
  /** What each snapshot's copies are called: its own name may be no name for a directory. */
  readonly #labels: ReadonlyMap<string, string>;
  readonly #torn = new Set<NodeId>();

  constructor(cluster: Cluster, scenario: Scenario) {
    this.#cluster = cluster;
    const wanted = scenario.steps
      .flatMap((step) => step.do)
      .flatMap((action) => (action.name === "old-disk" ? [action.value.of] : []));
    this.#labels = new Map([...new Set(wanted)].map((name, index) => [name, `snapshot-${index + 1}`]));
  }

  /** A snapshot is taken: where an old disk of it is wanted later, every disk is copied. */
  async keep(snapshot: string): Promise<void> {
    const label = this.#labels.get(snapshot);
    if (label === undefined) return;
    const { disks, supervisor } = this.#cluster;
    await Promise.all(supervisor.all().map(({ id }) => disks.copy(id, label)));
  }

  /** Rejects with LabError when it could not. */
  async change({ node: id, ...changes }: DiskChange): Promise<void> {
    const node = this.#cluster.supervisor.get(id);
    const { slow, full, fail, tear, rot } = changes;
    if (fail !== undefined && node.status !== "running")
      throw new LabError(
        "wrong_state",
        `${id} is ${node.status}: its disk has no operation that could fail.`,
      );
    this.#cluster.recorder.lab("disk", { node: id, ...withoutAbsent(changes) });
    if (slow !== undefined || full !== undefined) await this.#setLasting(node, { slow, full });
    if (fail !== undefined) await node.breakDisk({ kind: "fail", ...fail });
    if (tear === true) this.#torn.add(id);
    if (tear === false) this.#torn.delete(id);
    if (rot !== undefined) await this.#cluster.disks.rot(id, rot);
  }

  async kill(id: NodeId): Promise<void> {
    const { supervisor, faults } = this.#cluster;
    const isTorn = this.#torn.delete(id) && supervisor.get(id).status === "running";
    await (isTorn ? faults.cutPower(id) : faults.kill(id));
  }

  async putBack({ node, of }: ValueOf<"old-disk">): Promise<void> {
    await this.#cluster.disks.putBack(node, this.#labels.get(of) ?? of);
  }

  async #setLasting(node: ManagedNode, change: Pick<DiskChange, "slow" | "full">): Promise<void> {
    const { slow = slowOf(node), full = isFull(node) } = change;
    const faults: LiveDiskFault[] = [];
    if (slow > 0) faults.push({ kind: "slow", ms: slow });
    if (full) faults.push({ kind: "full" });
    node.lastingFaults = faults;
    if (node.pid === null) return;
    for (const fault of [{ kind: "heal" } as const, ...faults]) await node.breakDisk(fault);
  }
}

function slowOf({ lastingFaults }: ManagedNode): number {
  const slow = lastingFaults.find((fault) => fault.kind === "slow");
  return slow?.ms ?? 0;
}

const isFull = ({ lastingFaults }: ManagedNode) => lastingFaults.some(({ kind }) => kind === "full");
