/** What damage to a log means for the data, and what to do about it: a sentence or two for whoever reads `validate`. */
import type { Damage, DamageKind } from "../../storage/log/transaction-log.ts";
import type { Finding } from "./report.ts";

const meanings: Record<Exclude<DamageKind, "torn-tail">, string> = {
  corrupt: "What was written there cannot be read any more.",
  truncated: "The end of the file is gone, and whatever transactions were in it.",
  gap: "Whole transactions are missing between two that are sound.",
  "missing-segment": "A file of the series is gone, and all of its transactions with it.",
  stale:
    "A record of an earlier use of the file, or of another one, lies where a record of this log should be.",
  "bad-header":
    "Nothing says any more whose file it is. What its records say of themselves can still be read.",
};

const ways =
  "Where other nodes have the data, start the node as usual: it fetches what it lost from them. Alone, start it with --recovery=truncate (what stands before the damage) or --recovery=salvage (all that is sound). A copy of everything is kept in set-aside. Where a sound snapshot is of a later transaction, nothing is lost and nothing need be done.";

/** Of a torn tail there is none: it is no damage. */
export function findingOf(damage: Damage): Finding | null {
  if (damage.kind === "torn-tail") return null;
  return { ...damage, meaning: meanings[damage.kind], advice: ways };
}
