/** What assets/guides/migration.md quotes is what the code says. */
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { checkHead } from "../../main/storage/log/segment-files.ts";
import { encodeHead, headBytes, logFormat } from "../../main/storage/log/segment-head.ts";
import type { Migration, Module } from "../../shared/runtime/module.ts";
import { bank } from "../../shared/runtime/modules/bank.ts";
import { Schema } from "../../shared/runtime/schema.ts";
import type { Mutation, SchemaVersions } from "../../shared/runtime/types.ts";
import { asNodeId } from "../../shared/ids.ts";
import { guideText, quotations } from "./guide.ts";

const account: Mutation = { module: "bank", table: "accounts", key: "alice", row: 5 };

function sentenceOf(module: Module, versions: SchemaVersions, mutation = account): string {
  try {
    new Schema([module]).read(mutation, versions);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was not refused");
}

function sentenceOfNewerFile(): string {
  const owner = { node: asNodeId("node-1"), cluster: "lightcone" };
  const page = encodeHead({ number: 1, salt: 7, first: 1, bytes: headBytes, owner });
  page.writeUInt32LE(logFormat + 1, 8);
  // The checksum counts as zero in itself.
  page.writeUInt32LE(0, 12);
  page.writeUInt32LE(crc32(page), 12);
  try {
    checkHead(page, "data/node-1/log/00000001.log", 1, owner);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was not refused");
}

describe("the guide to migrations", () => {
  const toThree: Migration = { to: 3, about: "nothing", migrate: (mutation) => [mutation] };

  it("quotes what a start refuses, word for word", () => {
    const quoted = quotations(guideText("migration.md"));
    const said = [
      sentenceOf(bank, { bank: 3 }),
      sentenceOf({ ...bank, version: 3, migrations: [toThree] }, { bank: 1 }),
      sentenceOf(bank, { stock: 1 }, { ...account, module: "stock" }),
      sentenceOf(bank, { bank: 1 }, { ...account, row: "five" }),
      sentenceOfNewerFile(),
    ];
    expect(quoted).toEqual(said);
  });
});
