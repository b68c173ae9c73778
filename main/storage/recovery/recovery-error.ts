/** Why a node does not start from what it finds, and what can be done. Nothing was changed. */
import type { Damage } from "../log/transaction-log.ts";
import type { DamagedSnapshot } from "../snapshots/snapshot-store.ts";
import { damageWords } from "./words.ts";

const keep =
  "--recovery=truncate to keep what stands before the damage, or --recovery=salvage to keep all that is sound.";

const reasons = {
  strict: `--recovery=strict refuses to go on. Start it with --recovery=rebuild when other nodes have the data, ${keep}`,
  rebuild: `no other node is known that has the data. Start it with --seed-node when there is one, ${keep}`,
};

/** Rows of modules that no other node has. */
export interface OwnRows {
  readonly modules: readonly string[];
}

export class RecoveryError extends Error {
  readonly damage: readonly Damage[];
  /** `what` is damaged, as a sentence begins. */
  constructor(
    what: string,
    why: keyof typeof reasons | OwnRows,
    damage: readonly Damage[],
    broken: readonly DamagedSnapshot[],
  ) {
    const found = [...broken.map(({ message }) => message), ...damageWords(damage)];
    const reason = typeof why === "string" ? reasons[why] : ownRows(why);
    super(
      [
        `${what} is damaged, and ${reason}`,
        ...found,
        'Nothing was changed; "lightcone validate <data-dir>" shows it, the recovery guide explains it.',
      ].join(" "),
    );
    this.name = "RecoveryError";
    this.damage = damage;
  }
}

function ownRows({ modules }: OwnRows): string {
  const of = modules.length === 1 ? `of module ${modules[0]}` : `of modules ${modules.join(", ")}`;
  return `rows ${of} are on no other node: --recovery=rebuild would lose them. Start it with --recovery=truncate to keep them as they were before the damage, or --recovery=salvage to keep all of them that is sound.`;
}
