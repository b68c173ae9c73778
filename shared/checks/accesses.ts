/**
 * Reads and writes of a history as session guarantees and causal consistency see them: in which session, in which
 * order there, and which write each read returned.
 *
 * Which write a read returned is certain only when no value is written twice to a key ("differentiated" histories).
 * Writes that failed for sure never were. A write with an unknown outcome may have happened, perhaps long after: it
 * follows what its process did before, nothing of what the process did next follows it. A read that did not return
 * says nothing. A delete writes absence; a read that finds nothing may have found it or the beginning.
 *
 * A store that keeps concurrent versions answers with several: a list (that was not itself written) is read so.
 *
 * Source: Bouajjani, Enea, Guerraoui, Hamza 2017, "On Verifying Causal Consistency", §2 and §4 (histories, data
 * independence).
 */
import type { Json } from "../trace/event.ts";
import { isList } from "./json.ts";
import { canonical } from "./models/model.ts";
import type { History, Operation } from "./types.ts";

export const accessFunctions = ["read", "get", "write", "put", "delete"] as const;

export interface Access {
  readonly operation: Operation;
  readonly kind: "read" | "write";
  readonly key: string;
  /** Its session; a write with an unknown outcome has a lane of its own. */
  readonly lane: number;
  /** Position in the lane, from 1. */
  readonly at: number;
  /** What the same process did just before; null at its beginning. */
  readonly before: Access | null;
  /** Reads: the writes returned. Empty for writes, and for reads that found nothing or say nothing. */
  readonly sources: readonly Access[];
  /** A read that found nothing. */
  readonly isAbsent: boolean;
}

export interface Accesses {
  readonly writes: Writes;
  readonly all: readonly Access[];
  readonly lanes: number;
  /** The first read of a value that nobody can have written. */
  readonly thinAir: {
    readonly operation: Operation;
    readonly value: string;
    readonly failed: Operation | null;
  } | null;
  /** Two writes of one value to one key: reads of it have no certain source. */
  readonly repeated: readonly [Operation, Operation] | null;
  /** Deletes of each key that may have happened, whether or not they are among `all`. */
  readonly deletes: ReadonlyMap<string, readonly Operation[]>;
}

const isRead = ({ f }: Operation) => f === "read" || f === "get";
const isDelete = ({ f, input }: Operation) => f === "delete" || input === null;
const keyOf = ({ key }: Operation) => key ?? "";
const nameOf = (key: string, value: string) => `${key}\u0000${value}`;

/** The writes of a history by key and value. */
class Writes {
  readonly byName = new Map<string, Operation>();
  readonly failed = new Map<string, Operation>();
  repeated: readonly [Operation, Operation] | null = null;

  constructor(history: History) {
    for (const operation of history) {
      if (isRead(operation) || isDelete(operation)) continue;
      const name = nameOf(keyOf(operation), canonical(operation.input));
      if (operation.outcome === "fail") this.failed.set(name, operation);
      else if (this.byName.has(name)) this.repeated ??= [this.byName.get(name)!, operation];
      else this.byName.set(name, operation);
    }
  }

  /** The values a read returned, as canonical text. */
  valuesOf(read: Operation): string[] {
    const { output } = read;
    if (output === null) return [];
    const whole = canonical(output);
    if (!isList(output) || this.byName.has(nameOf(keyOf(read), whole))) return [whole];
    return output.filter((value: Json) => value !== null).map(canonical);
  }
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/**
 * `wholeWrites`: of the history that `history` is a part of. A read whose write was left out of the part is then a read that
 * says nothing, not one of a value out of thin air.
 */
export function accessesOf(history: History, wholeWrites?: Writes): Accesses {
  const writes = new Writes(history);
  const known = wholeWrites ?? writes;
  const reads = history.filter((operation) => isRead(operation) && operation.outcome === "ok");
  const isReturned = new Set<Operation>();
  let thinAir: Accesses["thinAir"] = null;
  const returned = new Map<Operation, readonly Operation[] | null>();
  for (const read of reads) {
    const names = known.valuesOf(read).map((value) => nameOf(keyOf(read), value));
    const found = names.map((name) => writes.byName.get(name));
    const strange = names.find((name) => !known.byName.has(name));
    if (strange !== undefined) {
      const value = strange.slice(strange.indexOf("\u0000") + 1);
      thinAir ??= { operation: read, value, failed: known.failed.get(strange) ?? null };
    }
    const sources = found.filter((write) => write !== undefined);
    returned.set(read, sources.length < names.length ? null : sources);
    for (const write of sources) isReturned.add(write);
  }
  const deletes = Map.groupBy(
    history.filter((operation) => !isRead(operation) && isDelete(operation) && operation.outcome !== "fail"),
    keyOf,
  );

  const lanes = new Map<string, number>();
  const latest = new Map<string, Access>();
  const all: Mutable<Access>[] = [];
  const accessOf = new Map<Operation, Access>();
  for (const operation of [...history].sort((a, b) => a.invoked - b.invoked)) {
    const { process, outcome } = operation;
    if (outcome === "fail") continue;
    // Nothing follows an unknown write but the reads that returned it.
    if (outcome === "unknown" && !isReturned.has(operation)) continue;
    const isAlone = outcome === "unknown";
    const session = isAlone ? `${process}\u0000${operation.id}` : process;
    if (!lanes.has(session)) lanes.set(session, lanes.size);
    const before = latest.get(process) ?? null;
    const access: Mutable<Access> = {
      operation,
      kind: isRead(operation) ? "read" : "write",
      key: keyOf(operation),
      lane: lanes.get(session)!,
      at: isAlone || before === null ? 1 : before.at + 1,
      before,
      sources: [],
      isAbsent: isRead(operation) && returned.get(operation)?.length === 0,
    };
    if (!isAlone) latest.set(process, access);
    all.push(access);
    accessOf.set(operation, access);
  }
  for (const access of all) {
    const sources = returned.get(access.operation);
    if (sources) access.sources = sources.map((write) => accessOf.get(write)!);
  }
  return { writes, all, lanes: lanes.size, thinAir, repeated: writes.repeated, deletes };
}
