/**
 * What a start makes of a simulated disk on which values are damaged: the recovery modes of a real node.
 *
 * What a simulated disk keeps are rows, not the records that led to them. So "truncate" drops every row that was written
 * at the first damaged one or after it, and knows nothing of what stood under those keys before: as a log would that was
 * compacted up to there.
 */
import type { Key } from "../ids.ts";
import { keptOnRebuild } from "../replica/durable.ts";
import { Tables } from "../runtime/tables.ts";

export interface Recovery {
  readonly mode: "rebuild" | "strict" | "truncate" | "salvage";
  /** Somebody could be asked for what is lost. */
  readonly hasPeers: boolean;
}

interface Recovered {
  readonly tables: Tables;
  /** What was done, each to go after the node's name. */
  readonly lines: readonly string[];
}

/** Or a sentence: why it does not start. The tables themselves when nothing is damaged. */
export function recovered(
  tables: Tables,
  damaged: ReadonlySet<Key>,
  { mode, hasPeers }: Recovery,
): Recovered | string {
  const [first] = damaged;
  if (first === undefined) return { tables, lines: [] };
  const others = damaged.size === 1 ? "" : ` and ${damaged.size - 1} more`;
  const what = `the value of key ${JSON.stringify(first)}${others}`;
  switch (mode) {
    case "rebuild": {
      if (!hasPeers) return refusal(what);
      const kept = new Tables();
      kept.applyAll({ mutations: keptOnRebuild(tables) });
      return {
        tables: kept,
        lines: [`found damage (${what}), dropped its data and fetches it from the others`],
      };
    }
    case "strict":
      return refusal(what);
    case "salvage": {
      for (const key of damaged) drop(tables, key);
      return { tables, lines: [`found damage (${what}), left that out and goes on`] };
    }
    case "truncate": {
      const indexOf = (key: Key) => tables.mutation("kv", "keys", key)?.from?.index ?? 0;
      const end = Math.min(...Array.from(damaged, indexOf));
      for (const { key } of tables.rows("kv", "keys")) if (indexOf(key as Key) >= end) drop(tables, key);
      return { tables, lines: [`found damage (${what}) and goes on with what was written before it`] };
    }
  }
}

const drop = (tables: Tables, key: string) =>
  tables.apply({ module: "kv", table: "keys", key, row: undefined });

const refusal = (what: string) =>
  `node.db is damaged (${what}); restore a copy, or wipe the node and let it start empty.`;
