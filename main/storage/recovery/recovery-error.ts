/** Why a node does not start from what it finds, and what can be done. Nothing was changed. */
import type { Damage } from "../log/transaction-log.ts";
import type { DamagedSnapshot } from "../snapshots/snapshot-store.ts";
import { damageWords } from "./words.ts";

const reasons = {
  strict:
    "--recovery=strict refuses to go on. Start it with --recovery=rebuild when other nodes have the data,",
  rebuild: "no other node is known that has the data. Start it with --seed-node when there is one,",
};

export class RecoveryError extends Error {
  readonly damage: readonly Damage[];
  constructor(why: keyof typeof reasons, damage: readonly Damage[], broken: readonly DamagedSnapshot[]) {
    const found = [...broken.map(({ message }) => message), ...damageWords(damage)].join(" ");
    super(
      `The transaction log is damaged, and ${reasons[why]} --recovery=truncate to keep what stands before the damage, or --recovery=salvage to keep all that is sound. ${found} Nothing was changed; "lightcone validate <data-dir>" shows it, the recovery guide explains it.`,
    );
    this.name = "RecoveryError";
    this.damage = damage;
  }
}
