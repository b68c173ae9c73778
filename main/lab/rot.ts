/** Bit rot: values that a node holds lose a bit each, in the records of its log that a start reads. */
import { LabError } from "../../shared/contract/errors.ts";
import type { RecordView } from "../../shared/contract/storage.ts";
import type { PlannedDamage } from "./file-damage.ts";
import { planRecordDamage, type RecordsOf, withRecords } from "./log-records.ts";
import { readStorage, type StoragePlace } from "./storage-files.ts";

interface Place extends RecordsOf {
  readonly offset: number;
}

/** Nothing is changed yet. Throws LabError when the node stores fewer values that could rot. */
export function planRot(place: StoragePlace, count: number): PlannedDamage[] {
  const left = standingValues(place);
  if (left.length < count) {
    throw new LabError(
      "wrong_state",
      `${place.owner.node} stores fewer than ${count} values that could rot.`,
    );
  }
  const chosen: PlannedDamage[] = [];
  for (; chosen.length < count;) {
    const [{ offset, ...of }] = left.splice(Math.floor(Math.random() * left.length), 1) as [Place];
    chosen.push(planRecordDamage(of, offset));
  }
  return chosen;
}

/**
 * Where the newest value of each key lies. Not those that a snapshot holds, which no start reads from the log; and not
 * the last transaction, for damage at the very end cannot be told from a write that was interrupted.
 */
function standingValues(place: StoragePlace): Place[] {
  const { dataDir, isRunning } = place;
  const { log } = readStorage(place);
  const values = new Map<string, Place>();
  for (const { file } of log.segments) {
    const of = { dataDir, isRunning, file };
    withRecords(of, null, (records) => {
      for (const record of records) {
        if (record.position <= log.replayFrom || !isValue(record)) continue;
        if (record.type === "delete" || record.position === log.last) values.delete(record.key);
        else values.set(record.key, { ...of, offset: record.offset });
      }
    });
  }
  // Two keys of one transaction lie in one row of a table: breaking it twice would mend it.
  return [...new Map([...values.values()].map((one) => [`${one.file} ${one.offset}`, one])).values()];
}

const isValue = ({ module, table, problem }: RecordView) =>
  module === "kv" && table === "keys" && problem === null;
