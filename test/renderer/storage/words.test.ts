import { describe, expect, it } from "vitest";
import {
  durableWords,
  isDurable,
  isGone,
  problemOf,
  recordWords,
  replayWords,
} from "../../../renderer/storage/words.ts";
import { recordOf, segmentOf, storageOf } from "./sample.ts";

const segments = [segmentOf(1, 1, 40, 4_000)];

const broken = (position: number) => recordOf(position, { problem: "Not what was written." });

describe("a node's storage in words", () => {
  it("tells what is durable and what is only written", () => {
    expect(durableWords(storageOf(segments))).toBe("All of it is durable.");
    const behind = storageOf(segments, { durable: 37 });
    expect(durableWords(behind)).toBe("Durable up to 37; 3 transactions are only written.");
    expect(durableWords(storageOf(segments, { durable: 39 }))).toBe(
      "Durable up to 39; 1 transaction is only written.",
    );
    expect([37, 38].map((position) => isDurable(behind, recordOf(position)))).toEqual([true, false]);
    expect(durableWords(storageOf(segments, { durable: null }))).toContain("only the running node");
    expect(durableWords(storageOf([]))).toBe("Nothing has been written yet.");
  });

  it("tells what a start would replay", () => {
    expect(replayWords(storageOf(segments))).toBe("A start replays 40 transactions, from the beginning.");
    expect(replayWords(storageOf(segments, { replayFrom: 39 }))).toBe(
      "A start replays 1 transaction, from the snapshot at 39.",
    );
    expect(replayWords(storageOf(segments, { replayFrom: 40 }))).toContain("nothing to replay");
    const dropped = storageOf([segmentOf(2, 31, 40, 4_000)], { replayFrom: 35 });
    expect(replayWords(dropped)).toContain("5 transactions");
  });

  it("teaches what a log in memory means", () => {
    const view = storageOf(segments);
    const memory = { ...view, kinds: { ...view.kinds, log: "memory" as const } };
    expect(durableWords(memory)).toBe("Kept in memory only: a restart loses it.");
    expect(isDurable(memory, recordOf(1))).toBe(false);
  });

  it("tells what is wrong with a record as the log's own reading has it", () => {
    const damage = { kind: "corrupt", file: recordOf(1).file, length: 100, after: 2, before: 4 } as const;
    const view = storageOf(segments, {
      damage: [{ ...damage, offset: 264, message: "Transaction 3 is broken." }],
    });
    expect(problemOf(view, broken(3))).toBe("Transaction 3 is broken.");
    expect(problemOf(view, broken(4))).toBe("Not what was written.");
    expect(problemOf(view, recordOf(3))).toBeNull();
  });

  it("tells a record in one line", () => {
    const view = storageOf(segments, { durable: 37 });
    expect(recordWords(view, recordOf(3))).toBe("3, put keys user:3, durable");
    expect(recordWords(view, recordOf(38, { ordinal: 1 }))).toBe(
      "38, part 2, put keys user:38, only written",
    );
    const unreadable = recordOf(5, {
      type: "damaged",
      module: "",
      table: "",
      key: "",
      problem: "Not sound.",
    });
    expect(recordWords(view, unreadable)).toBe("behind 5, damaged, Not sound.");
  });

  it("knows a record of a log that was set aside", () => {
    const after = storageOf([segmentOf(1, 83, 96, 4_000)]);
    const gone = [9, 81, 82, 83, 96, 98].map((position) => isGone(after, recordOf(position)));
    expect(gone).toEqual([true, true, false, false, false, true]);
  });
});
