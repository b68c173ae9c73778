import { describe, expect, it } from "vitest";
import type { Migration, Module } from "../../../shared/runtime/module.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { Replay } from "../../../shared/runtime/replay.ts";
import { checkModules, Schema, SchemaError } from "../../../shared/runtime/schema.ts";
import { Tables } from "../../../shared/runtime/tables.ts";
import type { Mutation, Row, SchemaVersions } from "../../../shared/runtime/types.ts";

const step = (to: number): Migration => ({
  to,
  about: `adds ${to}`,
  migrate: (mutation) => [{ ...mutation, row: [...(mutation.row as readonly Row[]), to] }],
});
const module = (version: number, migrations: readonly Migration[]): Module => ({
  name: "shop",
  version,
  tables: ["items"],
  reducers: {},
  queries: {},
  migrations,
});
const row = (value: Row): Mutation => ({ module: "shop", table: "items", key: "k", row: value });

function refusal(act: () => unknown): SchemaError {
  try {
    act();
  } catch (error) {
    if (error instanceof SchemaError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("versions of rows (L9)", () => {
  it("run the migrations between, one by one", () => {
    const schema = new Schema([module(4, [step(2), step(3), step(4)])]);
    const read = (versions: SchemaVersions | null) => schema.read(row([]), versions)[0]!.row;
    expect([read(null), read({}), read({ shop: 1 }), read({ shop: 3 })]).toEqual([
      [2, 3, 4],
      [2, 3, 4],
      [2, 3, 4],
      [4],
    ]);
    expect(schema.versions).toEqual({ shop: 4 });
  });

  it("leave rows of today alone: the very same object", () => {
    const schema = new Schema([module(2, [step(2)])]);
    const today = row([]);
    expect(schema.read(today, { shop: 2 })[0]).toBe(today);
  });

  it("are refused when they are newer, with both versions and the way out", () => {
    const { kind, message } = refusal(() => new Schema([module(2, [])]).read(row([]), { shop: 3 }));
    expect(kind).toBe("newer");
    expect(message).toBe(
      "The rows of module shop are of version 3, and this node reads versions up to 2: start it with the Lightcone that wrote them, or a newer one.",
    );
  });

  it("are refused when no way leads from them, likewise", () => {
    const { kind, message } = refusal(() =>
      new Schema([module(4, [step(3), step(4)])]).read(row([]), { shop: 1 }),
    );
    expect(kind).toBe("too_old");
    expect(message).toBe(
      "The rows of module shop are of version 1, and this node reads versions 2 to 4: start it once with one that reads 1 and writes 2 or later, let it make a snapshot, then start this one.",
    );
  });

  it("are refused when the module is not there, or a migration cannot make sense of a row", () => {
    const schema = new Schema([module(2, [step(2)])]);
    expect(refusal(() => schema.read({ ...row([]), module: "toys" }, { toys: 2 }))).toMatchObject({
      kind: "unknown_module",
      message:
        'There are rows of a module "toys" (version 2), which this node does not have: start it with that module.',
    });
    const { kind, message } = refusal(() => schema.read(row(7), { shop: 1 }));
    expect(kind).toBe("migration_failed");
    expect(message).toMatch(
      /^The row of shop.items under "k" cannot be brought to version 2 \(TypeError: .*\)/,
    );
  });

  it("must be without gaps", () => {
    expect(() => checkModules([module(0, [])])).toThrow("whole numbers from 1");
    expect(() => checkModules([module(3, [step(2)])])).toThrow("lacks a migration to 3");
    expect(() => checkModules([module(4, [step(2), step(4)])])).toThrow("lacks a migration to 3");
    expect(() => checkModules([module(1, [step(1)])])).toThrow("more migrations than versions");
    expect(() => checkModules([module(1, []), module(1, [])])).toThrow("two modules named shop");
  });
});

const old = (key: string, value: Row | undefined): Mutation => ({
  module: "bank",
  table: "accounts",
  key,
  row: value,
});
const replayed = (versions: SchemaVersions | null, mutations: readonly Mutation[]) => {
  const replay = new Replay(new Tables(), new Schema(builtInModules), 0);
  replay.transaction({ position: 1, at: 0, clock: {}, mutations, versions });
  return replay;
};

describe("bank accounts of version 1", () => {
  it.each([[null], [{ bank: 1 }]])(
    "are read as accounts of today whose date nobody knows (%j)",
    (versions) => {
      const replay = replayed(versions, [
        old("ann", 70),
        old("bob", 30),
        old("cid", 1),
        old("cid", undefined),
      ]);
      expect(
        Array.from(replay.tables.rows("bank", "accounts"), ({ key, row: found }) => [key, found]),
      ).toEqual([
        ["ann", { balance: 70, opened: null }],
        ["bob", { balance: 30, opened: null }],
      ]);
      expect(replay.counts.migrated).toBe(3);
    },
  );

  it("are read so from a snapshot, too", () => {
    const replay = new Replay(new Tables(), new Schema(builtInModules), 8);
    replay.rows([old("ann", 70)], { bank: 1, kv: 1 });
    expect(replay.tables.row("bank", "accounts", "ann")).toEqual({ balance: 70, opened: null });
  });

  it("that are none are refused, and nothing of their transaction is applied", () => {
    const replay = new Replay(new Tables(), new Schema(builtInModules), 0);
    const mutations = [old("ann", 70), old("bob", { balance: 3 })];
    const committed = { position: 1, at: 0, clock: {}, mutations, versions: null };
    expect(refusal(() => replay.transaction(committed)).kind).toBe("migration_failed");
    expect(replay.tables.count).toBe(0);
    expect(replay.position).toBe(0);
  });
});
