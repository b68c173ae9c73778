import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { asNodeId } from "../../../shared/ids.ts";
import {
  type CallContext,
  type Module,
  reducer,
  ReducerError,
  type TableWriter,
} from "../../../shared/runtime/module.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { ask } from "../../../shared/runtime/query.ts";
import { Replay } from "../../../shared/runtime/replay.ts";
import { Runtime } from "../../../shared/runtime/runtime.ts";
import { Schema } from "../../../shared/runtime/schema.ts";
import { Tables } from "../../../shared/runtime/tables.ts";
import type { Mutation, Row } from "../../../shared/runtime/types.ts";

const context: CallContext = { now: 7, random: () => 0.5, node: asNodeId("node-1") };

/** A module whose one reducer does this. */
const doing = (run: (tables: TableWriter, context: CallContext) => Row | undefined): Module => ({
  name: "test",
  version: 1,
  tables: ["rows", "others"],
  reducers: { run: reducer({}, (tables, _, given) => run(tables, given)) },
  queries: {},
  migrations: [],
});
const run = (body: Parameters<typeof doing>[0], rows: readonly Mutation[] = []) => {
  const runtime = new Runtime([doing(body)]);
  runtime.replay(rows);
  const before = runtime.tables.digest();
  const done = runtime.call({ module: "test", reducer: "run" }, context);
  return { ...done, runtime, isChanged: runtime.tables.digest() !== before };
};
const row = (key: string, value: Row | undefined): Mutation => ({
  module: "test",
  table: "rows",
  key,
  row: value,
});

describe("a reducer", () => {
  it("reads its own writes, and leaves the last word on each row", () => {
    const seen: unknown[] = [];
    const { outcome, mutations } = run(
      (tables) => {
        tables.put("rows", "a", 1);
        seen.push(tables.get("rows", "a"), tables.get("rows", "b"));
        tables.put("rows", "a", 2);
        tables.delete("rows", "b");
        seen.push(tables.get("rows", "b"), [...tables.rows("rows")]);
        tables.put("rows", "c", 3);
        tables.delete("rows", "c");
        return "done";
      },
      [row("b", "old"), row("d", "kept")],
    );
    expect(seen).toEqual([
      1,
      "old",
      undefined,
      [
        ["d", "kept"],
        ["a", 2],
      ],
    ]);
    expect(outcome).toEqual({ ok: true, result: "done", changed: 2 });
    expect(mutations).toEqual([row("a", 2), row("b", undefined)]);
  });

  it.each([
    ["an object without a prototype", Object.create(null)],
    [
      "an object whose text throws",
      {
        toString() {
          throw new Error("no");
        },
      },
    ],
    [
      "an error whose name throws",
      Object.defineProperty(new Error("x"), "name", { get: () => Symbol("no") }),
    ],
  ])("that throws %s ends its call and nothing else", (_, thrown: unknown) => {
    const { outcome, isChanged } = run(() => {
      throw thrown;
    });
    expect(outcome).toEqual({
      ok: false,
      error: {
        code: "reducer_failed",
        message:
          "test.run has a bug and changed nothing: it threw something of type object that has no text.",
      },
    });
    expect(isChanged).toBe(false);
  });

  it("that throws leaves nothing, whatever it had written", () => {
    const refused = run((tables) => {
      tables.put("rows", "a", 1);
      throw new ReducerError("sold_out", "There is none left.");
    });
    expect(refused).toMatchObject({
      outcome: { ok: false, error: { code: "sold_out", message: "There is none left." } },
      mutations: [],
      isChanged: false,
    });
    const broken = run((tables) => {
      tables.put("rows", "a", 1);
      return (undefined as unknown as { readonly x: Row }).x;
    });
    expect(broken).toMatchObject({ outcome: { error: { code: "reducer_failed" } }, isChanged: false });
  });

  it.each<[string, Parameters<typeof doing>[0], string]>([
    ["a row that is no JSON", (tables) => (tables.put("rows", "a", NaN), null), "holds the number NaN"],
    ["a row that would read back otherwise", (tables) => (tables.put("rows", "a", [-0]), null), "number -0"],
    ["a date", (tables) => (tables.put("rows", "a", new Date(0) as never), null), "not a plain one"],
    ["nothing in a list", (tables) => (tables.put("rows", "a", [undefined] as never), null), "no JSON"],
    ["half a character", (tables) => (tables.put("rows", "a", "\ud800"), null), "well-formed"],
    ["a key without a character", (tables) => (tables.put("rows", "", 1), null), "one character or more"],
    ["a table of nobody", (tables) => (tables.put("accounts", "a", 1), null), "no table accounts"],
    ["a result that is no JSON", () => (() => 1) as never, "what it returned"],
    ["a promise", () => Promise.resolve(1) as never, "what it returned"],
    [
      "a row changed in place",
      (tables) => {
        (tables.get("rows", "list") as unknown as number[]).push(1);
        return null;
      },
      "not extensible",
    ],
  ])("that tries %s has a bug, which ends the call only", (_, body, message) => {
    const { outcome, isChanged } = run(body, [row("list", [])]);
    expect(outcome).toMatchObject({ ok: false, error: { code: "reducer_failed" } });
    expect(outcome.ok ? "" : outcome.error.message).toContain(message);
    expect(isChanged).toBe(false);
  });

  it("that keeps its tables for later finds them closed", () => {
    let kept: TableWriter | undefined;
    const { runtime } = run((tables) => {
      kept = tables;
      return null;
    });
    expect(() => kept!.put("rows", "a", 1)).toThrow("after it returned");
    expect(runtime.tables.count).toBe(0);
  });
});

const at = (position: number) => ({ position, at: 0, clock: {}, mutations: [], versions: null });

const forbidden = () => {
  throw new Error("touched");
};

describe("P36: a replay", () => {
  const trap: Module = {
    name: "test",
    version: 2,
    tables: ["rows"],
    reducers: { run: { takes: [], run: forbidden } },
    queries: { look: { takes: [], run: forbidden } },
    migrations: [{ to: 2, about: "", migrate: (mutation) => [{ ...mutation, row: [mutation.row ?? null] }] }],
  };

  it("applies mutations and nothing else: no reducer, no query, no clock, no chance, no subscriber", () => {
    const schema = new Schema([trap]);
    const replay = new Replay(new Tables(), schema, 0);
    const seen: boolean[] = [];
    const mutations = {
      *[Symbol.iterator]() {
        seen.push(runtime.replaying);
        yield* replay.tables.rowsBeside([]);
      },
    };
    const runtime = new Runtime([trap]);
    vi.spyOn(Date, "now").mockImplementation(forbidden);
    vi.spyOn(Math, "random").mockImplementation(forbidden);
    vi.spyOn(performance, "now").mockImplementation(forbidden);
    try {
      const committed = { position: 1, at: 5, clock: {}, mutations: [row("a", 1), row("b", 2)] };
      replay.transaction({ ...committed, versions: { test: 1 } });
      expect(replay.replaying).toBe(true);
      replay.finish();
      runtime.replay(mutations);
    } finally {
      vi.restoreAllMocks();
    }
    expect(seen).toEqual([true]);
    expect([replay.replaying, runtime.replaying]).toEqual([false, false]);
    expect(replay.counts).toEqual({ rows: 0, transactions: 1, mutations: 2, migrated: 2 });
    expect(runtime.tables.row("test", "rows", "b")).toEqual([2]);
    expect(runtime.call({ module: "test", reducer: "run" }, context).outcome).toMatchObject({
      error: { code: "reducer_failed", message: "test.run has a bug and changed nothing: Error: touched." },
    });
  });

  it("takes no calls while it goes on", () => {
    const runtime = new Runtime();
    runtime.replay({
      *[Symbol.iterator](): Generator<Mutation> {
        const { outcome } = runtime.call(
          { module: "counter", reducer: "increment", args: { name: "a" } },
          context,
        );
        expect(outcome).toMatchObject({ ok: false, error: { code: "replaying" } });
        yield row("a", 1);
      },
    });
    expect(runtime.tables.count).toBe(1);
  });

  it("takes each transaction once, and in order", () => {
    const replay = new Replay(new Tables(), new Schema(builtInModules), 4);
    expect(() => replay.transaction(at(4))).toThrow("transaction 4 is replayed after 4");
    replay.transaction(at(5));
    expect(() => replay.transaction(at(5))).toThrow(RangeError);
    expect(replay.position).toBe(5);
  });
});

/** The naive twin: what the account book says afterwards; false when it refuses. */
function book(balances: Map<string, number>, name: string, args: Record<string, unknown>): boolean {
  const { account: one = "", from = "", to = "", balance = 0, amount = 0 } = args as Record<string, never>;
  if (name === "open") {
    if (balances.has(one) || balance < 0) return false;
    balances.set(one, balance);
    return true;
  }
  if (name === "close") return balances.delete(one);
  const [source, target] = [balances.get(from), balances.get(to)];
  if (source === undefined || target === undefined || from === to || amount < 1 || source < amount)
    return false;
  balances.set(from, source - amount);
  balances.set(to, target + amount);
  return true;
}

describe("the bank", () => {
  const account = fc.constantFrom("ann", "bob", "cid");
  const calls = fc.array(
    fc.oneof(
      fc.record({
        reducer: fc.constant("open"),
        args: fc.record({ account, balance: fc.integer({ max: 50 }) }),
      }),
      fc.record({ reducer: fc.constant("close"), args: fc.record({ account }) }),
      {
        weight: 4,
        arbitrary: fc.record({
          reducer: fc.constant("transfer"),
          args: fc.record({ from: account, to: account, amount: fc.integer({ min: -2, max: 40 }) }),
        }),
      },
    ),
    { maxLength: 60 },
  );

  it("does as an account book does; its sum changes by open and close only; its log says the same", () => {
    const schema = new Schema(builtInModules);
    const sumOf = (runtime: Runtime) => {
      const outcome = ask(runtime.tables, schema.modules, { module: "bank", query: "sum" });
      return outcome.ok ? (outcome.result as { readonly sum: number }).sum : NaN;
    };
    fc.assert(
      fc.property(calls, (list) => {
        const runtime = new Runtime();
        const logged = new Tables();
        const balances = new Map<string, number>();
        for (const { reducer: name, args } of list) {
          const before = sumOf(runtime);
          const { outcome, mutations } = runtime.call({ module: "bank", reducer: name, args }, context);
          expect(outcome.ok).toBe(book(balances, name, args));
          if (name === "transfer") {
            expect(sumOf(runtime)).toBe(before);
            expect(mutations).toHaveLength(outcome.ok ? 2 : 0);
          }
          logged.applyAll({ mutations });
        }
        const rows = [...runtime.tables.rows("bank", "accounts")];
        expect(
          new Map(rows.map(({ key, row: found }) => [key, (found as { balance: number }).balance])),
        ).toEqual(balances);
        expect(logged.digest()).toBe(runtime.tables.digest());
      }),
    );
  });
});

describe("modules of one's own", () => {
  it("stand beside the others: the worked example of shared/runtime/module.ts", () => {
    const stock: Module = {
      name: "stock",
      version: 1,
      tables: ["items"],
      reducers: {
        take: reducer({ item: z.string(), count: z.int().min(1) }, (tables, { item, count }) => {
          const left = Number(tables.get("items", item) ?? 0) - count;
          if (left < 0) throw new ReducerError("sold_out", `There are not ${count} of ${item} left.`);
          tables.put("items", item, left);
          return left;
        }),
      },
      queries: {},
      migrations: [],
    };
    const runtime = new Runtime([...builtInModules, stock]);
    runtime.replay([{ module: "stock", table: "items", key: "pen", row: 3 }]);
    const take = (count: number) =>
      runtime.call({ module: "stock", reducer: "take", args: { item: "pen", count } }, context).outcome;
    expect(take(2)).toEqual({ ok: true, result: 1, changed: 1 });
    expect(take(2)).toMatchObject({ ok: false, error: { code: "sold_out" } });
  });

  it("may draw chance and ask the time: the log has what came of it", () => {
    const { mutations } = run((tables, { now, random, node }) => {
      tables.put("rows", "a", { now, random: random(), node });
      return null;
    });
    expect(mutations).toEqual([row("a", { now: 7, random: 0.5, node: "node-1" })]);
  });
});

it("`rows` gives no more than an answer may hold, one row at least, and says where the rest begins", () => {
  const tables = new Tables();
  const long = "x".repeat(3 * 1024 * 1024);
  for (const [key, value] of Object.entries({ a: long, b: long, c: long.repeat(3), d: 1 }))
    tables.apply({ module: "test", table: "rows", key, row: value });
  const modules = new Map([["test", doing(() => null)]]);
  const pages: string[][] = [];
  for (let from: string | null = "a"; from !== null;) {
    const outcome = ask(tables, modules, {
      module: "test",
      query: "rows",
      args: { table: "rows", keys: { from } },
    });
    if (!outcome.ok) throw new Error(outcome.error.message);
    const page = outcome.result as unknown as { rows: [string, Row][]; next: string | null };
    pages.push(page.rows.map(([key]) => key));
    from = page.next;
  }
  expect(pages).toEqual([["a", "b"], ["c"], ["d"]]);
});
