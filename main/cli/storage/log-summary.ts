/** What a log holds, counted while it streams by: as much memory as it has tables and nodes, however long it is. */
import type { Committed, Mutation } from "../../../shared/runtime/types.ts";

/** What is left out when it is not given. `from` and `to` are transactions, both included. */
export interface LogFilter {
  readonly module?: string;
  readonly table?: string;
  readonly key?: string;
  readonly from?: number;
  readonly to?: number;
}

interface Span {
  readonly first: number;
  readonly last: number;
}

interface TableCount {
  mutations: number;
  /** Of them, rows that go. */
  removals: number;
}

interface ModuleCount {
  /** Schema versions its rows were written under, in order; empty in a log from before versions were recorded. */
  readonly versions: number[];
  readonly tables: Record<string, TableCount>;
}

export interface LogSummary {
  readonly transactions: number;
  readonly mutations: number;
  /** Null when there are none. */
  readonly positions: Span | null;
  /** Wall clock of the nodes, ms. */
  readonly times: Span | null;
  /** Of each node's entry in the vector clocks. */
  readonly clocks: Readonly<Record<string, Span>>;
  readonly modules: Readonly<Record<string, ModuleCount>>;
}

export const isInRange = ({ position }: Pick<Committed, "position">, { from, to }: LogFilter): boolean =>
  (from === undefined || position >= from) && (to === undefined || position <= to);

export const isWanted = (mutation: Pick<Mutation, "module" | "table" | "key">, filter: LogFilter): boolean =>
  (filter.module === undefined || mutation.module === filter.module) &&
  (filter.table === undefined || mutation.table === filter.table) &&
  (filter.key === undefined || mutation.key === filter.key);

export class LogCounter {
  #transactions = 0;
  #mutations = 0;
  #positions: Span | null = null;
  #times: Span | null = null;
  readonly #clocks = new Map<string, Span>();
  readonly #modules = new Map<string, { versions: Set<number>; tables: Map<string, TableCount> }>();

  /** A transaction counts when one of its mutations is wanted, or nothing in particular is. */
  add(committed: Committed, filter: LogFilter): void {
    if (!isInRange(committed, filter)) return;
    const wanted = committed.mutations.filter((mutation) => isWanted(mutation, filter));
    const isAll = filter.module === undefined && filter.table === undefined && filter.key === undefined;
    if (wanted.length === 0 && !isAll) return;
    this.#transactions += 1;
    this.#mutations += wanted.length;
    this.#positions = grown(this.#positions, committed.position);
    this.#times = grown(this.#times, committed.at);
    for (const [node, counter] of Object.entries(committed.clock)) {
      this.#clocks.set(node, grown(this.#clocks.get(node) ?? null, counter));
    }
    for (const mutation of wanted) this.#count(mutation, committed);
  }

  #count({ module, table, row }: Mutation, { versions }: Committed): void {
    let counted = this.#modules.get(module);
    if (counted === undefined) {
      counted = { versions: new Set(), tables: new Map() };
      this.#modules.set(module, counted);
    }
    const version = versions?.[module];
    if (version !== undefined) counted.versions.add(version);
    let count = counted.tables.get(table);
    if (count === undefined) {
      count = { mutations: 0, removals: 0 };
      counted.tables.set(table, count);
    }
    count.mutations += 1;
    if (row === undefined) count.removals += 1;
  }

  get summary(): LogSummary {
    return {
      transactions: this.#transactions,
      mutations: this.#mutations,
      positions: this.#positions,
      times: this.#times,
      clocks: byName(this.#clocks),
      modules: Object.fromEntries(
        sorted(this.#modules).map(([name, { versions, tables }]) => [
          name,
          { versions: [...versions].toSorted((a, b) => a - b), tables: byName(tables) },
        ]),
      ),
    };
  }
}

const grown = (span: Span | null, value: number): Span =>
  span === null
    ? { first: value, last: value }
    : { first: Math.min(span.first, value), last: Math.max(span.last, value) };

const sorted = <Value>(map: ReadonlyMap<string, Value>) =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));

const byName = <Value>(map: ReadonlyMap<string, Value>): Record<string, Value> =>
  Object.fromEntries(sorted(map));
