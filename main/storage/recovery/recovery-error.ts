/** Why a node does not start from what it finds, and what can be done. Nothing was changed. */
import type { RecoveryMode } from "../../../shared/contract/storage.ts";
import type { Damage } from "../log/transaction-log.ts";
import { wordsOf } from "./words.ts";

export class RecoveryError extends Error {
  readonly damage: readonly Damage[];
  constructor(mode: RecoveryMode, damage: readonly Damage[]) {
    const why =
      mode === "rebuild"
        ? "there is no other node to fetch the data from"
        : "--recovery=strict refuses to go on without what is missing";
    const found = damage.map(wordsOf).join(" ");
    super(
      `The log is damaged, and ${why}. ${found} Nothing was changed. Look with "lightcone validate <data-dir>"; start with --recovery=rebuild where other nodes have the data, --recovery=truncate to go on with what stands before the damage, or --recovery=salvage with all that is sound; a copy of what is given up is kept. See the recovery guide.`,
    );
    this.name = "RecoveryError";
    this.damage = damage;
  }
}
