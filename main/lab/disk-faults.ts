/** What the lab does to disks on purpose, recorded before it acts; see faults.ts. */
import { LabError } from "../../shared/contract/errors.ts";
import type { FileDamage, LiveDiskFault } from "../../shared/contract/storage.ts";
import { copyDirectory, expectCopy, freeLabel, putBack } from "./disk-copies.ts";
import { type PlannedDamage, planDamage } from "./file-damage.ts";
import { planRecordDamage } from "./log-records.ts";
import type { ManagedNode } from "./managed-node.ts";
import type { Recorder } from "./recorder.ts";
import { planRot } from "./rot.ts";
import type { Supervisor } from "./supervisor.ts";

export class DiskFaults {
  readonly #supervisor: Supervisor;
  readonly #recorder: Recorder;

  constructor(supervisor: Supervisor, recorder: Recorder) {
    this.#supervisor = supervisor;
    this.#recorder = recorder;
  }

  /** A fault of a running node's disk. Resolves when it is in force; a power cut, when the process has ended. */
  break(id: string, fault: LiveDiskFault): Promise<void> {
    return this.#inTurn(id, (node) => {
      if (node.status !== "running") {
        throw new LabError(
          "wrong_state",
          `${id} is ${node.status}: only a running node's disk can be broken this way.`,
        );
      }
      this.#recorder.lab("disk", { node: id, ...detailOf(fault) });
      return node.breakDisk(fault);
    });
  }

  /** Whether the node runs or not. */
  damage(id: string, damage: FileDamage): Promise<PlannedDamage> {
    return this.#inTurn(id, async ({ dataDir, pid }) => {
      const planned =
        damage.kind === "record"
          ? planRecordDamage({ dataDir, isRunning: pid !== null, file: damage.file }, damage.offset)
          : planDamage(dataDir, damage);
      this.#recorder.lab("damage", { node: id, ...damage });
      planned.make();
      return planned;
    });
  }

  /** Newest values of so many keys lose a bit, in the log, where the next start reads them. Not recorded by itself. */
  rot(id: string, count: number): Promise<void> {
    return this.#inTurn(id, async (node) => {
      for (const planned of planRot(this.#supervisor.placeOf(node), count)) planned.make();
    });
  }

  /** Returns the label. */
  copy(id: string, wanted?: string): Promise<string> {
    return this.#inTurn(id, async (node) => {
      const label = wanted ?? freeLabel(node.dataDir);
      this.#recorder.lab("disk-copy", { node: id, label });
      await node.held(() => copyDirectory(node.dataDir, label));
      return label;
    });
  }

  /** Returns how it is undone. */
  putBack(id: string, label: string): Promise<() => void> {
    return this.#inTurn(id, async (node) => {
      if (node.pid !== null) {
        throw new LabError(
          "wrong_state",
          `${id} is ${node.status}: stop or kill it before its disk is exchanged.`,
        );
      }
      expectCopy(node.dataDir, label);
      this.#recorder.lab("old-disk", { node: id, of: label });
      return putBack(node.dataDir, label);
    });
  }

  #inTurn<Result>(id: string, act: (node: ManagedNode) => Promise<Result>): Promise<Result> {
    return this.#supervisor.get(id).inTurn(async () => act(this.#supervisor.get(id)));
  }
}

function detailOf(fault: LiveDiskFault) {
  switch (fault.kind) {
    case "fail": {
      const { kind: _, ...fail } = fault;
      return { fail };
    }
    case "slow":
      return { slow: fault.ms };
    case "full":
      return { full: true };
    case "heal":
      return { heal: true } as const;
    case "power-cut":
      return { "power-cut": true } as const;
  }
}
