/**
 * What a node's core wants kept, as mutations of tables, and back.
 *
 * The core thinks in log entries, hints, members, incarnations; a store thinks in rows. This is the one place that knows
 * both, so that each kind of log and snapshot, in a process or in the simulator, keeps the same and none of them knows
 * the core. Rows are the core's own objects, never copies.
 *
 * Tables: `kv.keys`: key to KeyState, with where it came from (H3); `kv.hints`: "target key" to Hint; `node.self`:
 * incarnation, members, topology, broadcast, and two marks: aside, rebuild. What reducers changed are mutations already.
 */
import type { BroadcastState } from "../broadcast/types.ts";
import type { KeyState } from "../clock/dotted.ts";
import type { Key } from "../ids.ts";
import type { Claim } from "../membership/types.ts";
import type { TopologyRecord } from "../replication/moves/records.ts";
import type { Hint } from "../replication/types.ts";
import type { Tables } from "../runtime/tables.ts";
import type { Mutation, Row } from "../runtime/types.ts";
import type { DurableRecord, Restored } from "./types.ts";

/** In the order of the records: the last one for a row counts. */
export function mutationsOf(records: readonly DurableRecord[]): Mutation[] {
  const mutations: Mutation[] = [];
  for (const record of records) {
    if (record.kind === "mutations") for (const mutation of record.mutations) mutations.push(mutation);
    else mutations.push(mutationOf(record));
  }
  return mutations;
}

function mutationOf(record: Exclude<DurableRecord, { kind: "mutations" }>): Mutation {
  switch (record.kind) {
    case "entry": {
      const { index, term, op, key, state, origin, replicas } = record.entry;
      const from = { index, term, op, origin, replicas };
      return { module: "kv", table: "keys", key, row: asRow(state), from };
    }
    case "dropped":
      return { module: "kv", table: "keys", key: record.key, row: undefined };
    case "hint":
      return { module: "kv", table: "hints", key: hintName(record.hint), row: asRow(record.hint) };
    case "hint-done":
      return { module: "kv", table: "hints", key: hintName(record), row: undefined };
    case "incarnation":
      return self("incarnation", record.incarnation);
    case "members":
      return self("members", asRow(record.members));
    case "topology":
      return self("topology", asRow(record.records));
    case "broadcast":
      return self("broadcast", asRow(record.state));
    case "set-aside":
      return { module: "node", table: "self", key: "aside", row: record.upTo ?? undefined };
    case "rebuild-begun":
      return { ...rebuildMark, row: undefined };
  }
}

/** What the core begins with. `at`: of the newest transaction, or of the snapshot without one. `broadcast` lives and dies with the clock. */
export function restoredFrom(
  tables: Tables,
  { clock, operations, at }: Pick<Restored, "clock" | "operations" | "at">,
): Restored {
  const own = <Value>(key: string, otherwise: Value) =>
    (tables.row("node", "self", key) ?? otherwise) as unknown as Value;
  const aside = own<number | null>("aside", null);
  return {
    clock,
    incarnation: own<number>("incarnation", 0),
    members: own<readonly Claim[]>("members", []),
    topology: own<readonly TopologyRecord[]>("topology", []),
    keys: keysOf(tables, (index) => aside === null || index > aside),
    ...(aside === null ? {} : { setAside: keysOf(tables, (index) => index <= aside) }),
    hints: Array.from(tables.rows("kv", "hints"), ({ row }) => row as unknown as Hint),
    logIndex: tables.index,
    ...(at === undefined ? {} : { at }),
    operations,
    broadcast: clock === null ? null : own<BroadcastState | null>("broadcast", null),
    tables: tables.rowsBeside(["kv", "node"]),
    rebuild: own("rebuild", false),
  };
}

const rebuildMark: Mutation = { module: "node", table: "self", key: "rebuild", row: true };

/**
 * What a node goes on with when its data is damaged and others have it: what it knows of itself, and a mark that lasts
 * until its core has told the others. To be the first transaction of its new log: a crash after it changes nothing.
 */
export const keptOnRebuild = (tables: Tables): Mutation[] => [...tables.rows("node", "self"), rebuildMark];

/** They are read once, when the core is made. */
function* keysOf(tables: Tables, counts: (index: number) => boolean): Generator<readonly [Key, KeyState]> {
  for (const { key, row, from } of tables.rows("kv", "keys"))
    if (counts(from?.index ?? 0)) yield [key as Key, row as unknown as KeyState];
}

const self = (key: string, row: Row): Mutation => ({ module: "node", table: "self", key, row });
const hintName = ({ target, key }: Pick<Hint, "target" | "key">) => `${target} ${key}`;

/** States, hints and records are JSON: they go between nodes and into SQLite as such. */
const asRow = (value: KeyState | Hint | BroadcastState | readonly Claim[] | readonly TopologyRecord[]): Row =>
  value as unknown as Row;
