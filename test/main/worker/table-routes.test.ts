/** Pages of a table: bounded by what they hold as well as by their rows. */
import { expect, it } from "vitest";
import { tableRows, tablesPath } from "../../../main/worker/table-routes.ts";
import { Schema } from "../../../shared/runtime/schema.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { Tables } from "../../../shared/runtime/tables.ts";

const { modules } = new Schema(builtInModules);

it("ends a page early where its rows are long, and nothing is left out", () => {
  const tables = new Tables();
  const long = "x".repeat(1024 * 1024);
  const keys = Array.from({ length: 20 }, (_, n) => `key-${String(n).padStart(2, "0")}`);
  for (const key of keys) tables.apply({ module: "kv", table: "keys", key, row: long });
  const read: string[] = [];
  const pages: number[] = [];
  for (let from: string | null = ""; from !== null;) {
    const page = tableRows({ tables, position: 20, modules }, `${tablesPath}kv/keys`, {
      from,
      to: null,
      limit: 1_000,
    });
    read.push(...page.rows.map(({ key }) => key));
    pages.push(page.rows.length);
    from = page.next;
  }
  expect(read).toEqual(keys);
  expect(Math.max(...pages)).toBeLessThanOrEqual(8);
  expect(Math.min(...pages)).toBeGreaterThan(0);
});
