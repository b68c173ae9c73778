/**
 * Every recovery mode on every kind of damage, word for word: modes.txt. A node wrote twelve transactions; key n % 4 holds n.
 * `UPDATE=1` rewrites what happened.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { recoveryModes } from "../../../../shared/contract/storage.ts";
import {
  countSomething,
  cutTransaction,
  flip,
  flipInTransaction,
  removeFile,
  tearLastAppend,
  zeroTransactions,
} from "./damages.ts";
import { filesOf, rowsOf, start, written } from "./place.ts";

const file = (position: number) => `snapshots/${String(position).padStart(12, "0")}.snapshot`;

interface Case {
  readonly title: string;
  readonly snapshotsAt?: readonly number[];
  readonly damage: (disk: MemoryDisk) => void;
  readonly hasPeers?: boolean;
}

const cases: readonly Case[] = [
  { title: "nothing is damaged", damage: () => {} },
  { title: "nothing is damaged, with snapshots", snapshotsAt: [4, 9], damage: () => {} },
  { title: "a torn tail", damage: tearLastAppend },
  { title: "a flipped bit in the middle", damage: (disk) => flipInTransaction(disk, 6) },
  {
    title: "a flipped bit in the middle, and nobody to ask",
    damage: (disk) => flipInTransaction(disk, 6),
    hasPeers: false,
  },
  {
    title: "a flipped bit in the middle, and rows that are on no other node",
    damage: (disk) => {
      countSomething(disk);
      flipInTransaction(disk, 6);
    },
  },
  {
    title: "a flipped bit behind a snapshot",
    snapshotsAt: [4],
    damage: (disk) => flipInTransaction(disk, 6),
  },
  {
    title: "a flipped bit before the newest snapshot",
    snapshotsAt: [4, 9],
    damage: (disk) => flipInTransaction(disk, 6),
  },
  { title: "zeros over three transactions", damage: (disk) => zeroTransactions(disk, 1, 4) },
  { title: "two places", damage: (disk) => [3, 9].forEach((n) => flipInTransaction(disk, n)) },
  { title: "a segment in the middle is not there", damage: (disk) => removeFile(disk, "log/00000002.log") },
  { title: "a segment is cut off", damage: (disk) => cutTransaction(disk, 3) },
  { title: "the head of a segment", damage: (disk) => flip(disk, "log/00000002.log", 9) },
  {
    title: "the newest snapshot",
    snapshotsAt: [4, 9],
    damage: (disk) => flip(disk, file(9), 300),
  },
  {
    title: "the head of the newest snapshot",
    snapshotsAt: [4, 9],
    damage: (disk) => flip(disk, file(9), 3),
  },
  {
    title: "the only snapshot, and the log does not begin at 1",
    snapshotsAt: [9],
    damage: (disk) => {
      flip(disk, file(9), 300);
      removeFile(disk, "log/00000001.log");
    },
  },
  {
    title: "the newest snapshot, and the log before it",
    snapshotsAt: [4, 9],
    damage: (disk) => {
      flip(disk, file(9), 300);
      flipInTransaction(disk, 7);
    },
  },
  {
    title: "the newest snapshot, and the end of the log",
    snapshotsAt: [1, 9],
    damage: (disk) => {
      flip(disk, file(9), 300);
      ["log/00000002.log", "log/00000003.log", "log/00000004.log"].forEach((name) => removeFile(disk, name));
    },
  },
];

function play({ title, snapshotsAt, damage, hasPeers = true }: Case): string {
  const before = written(12, snapshotsAt);
  damage(before);
  const shown = recoveryModes.map((mode) => {
    const disk = before.crash(() => 0);
    const files = filesOf(disk);
    let text: string;
    try {
      const node = start(disk, mode, { hasPeers: () => hasPeers });
      const rows = rowsOf(node.tables).map((row) => row.replace(/^kv key (\d) \{"n":(\d+)\}$/, "$1→$2"));
      const aside = [...filesOf(disk).keys()].filter((name) => name.startsWith("set-aside/"));
      text = [
        ...node.lines,
        `= at ${node.position}, clock ${node.clock["node-1"]}, rows ${rows.join(", ")}${node.rebuild ? ", to be rebuilt" : ""}`,
        ...[...Map.groupBy(aside, dirname)].map(
          ([dir, names]) => `+ ${dir}/: ${names.map((name) => basename(name)).join(", ")}`,
        ),
      ].join("\n");
      node.log.close();
      const again = start(disk, "strict");
      expect(again.tables.digest(), `${title}, ${mode}: the next start`).toBe(node.tables.digest());
      expect([again.position, again.rebuild]).toEqual([node.position, node.rebuild]);
    } catch (error) {
      text = String(error);
      expect(filesOf(disk), `${title}, ${mode}: refused`).toEqual(files);
    }
    return { mode, text };
  });
  const texts = Map.groupBy(shown, ({ text }) => text);
  const parts = [...texts].map(([text, who]) => `[${who.map(({ mode }) => mode).join(", ")}]\n${text}`);
  return `${title}\n----\n${parts.join("\n\n")}\n`;
}

it("every mode does what it says, on every kind of damage", () => {
  const path = join(import.meta.dirname, "modes.txt");
  const text = cases.map(play).join("\n\n");
  if (process.env["UPDATE"]) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
});
