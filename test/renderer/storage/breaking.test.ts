import { describe, expect, it } from "vitest";
import {
  breakKinds,
  damageOf,
  firstChoice,
  kindsFor,
  partnersOf,
  questionOf,
} from "../../../renderer/storage/breaking.ts";
import { fileDamageSchema } from "../../../shared/contract/storage.ts";
import { recordOf } from "./sample.ts";

const record = recordOf(3, { offset: 264, bytes: 80 });

const asks = (kind: (typeof breakKinds)[number], runs: boolean) =>
  questionOf("node-1", damageOf(record, { ...firstChoice(record), kind }, false)!, runs) !== null;

describe("breaking a record", () => {
  it("stays within the record, and within the contract", () => {
    const other = recordOf(5, { offset: 464, bytes: 120 });
    const asked = breakKinds.map((kind) => damageOf(record, { ...firstChoice(record), kind, other }, false));
    expect(asked).toEqual([
      { kind: "flip-bit", file: record.file, offset: 304, bit: 3 },
      { kind: "zero", file: record.file, offset: 264, bytes: 80 },
      { kind: "truncate", file: record.file, bytes: 264 },
      { kind: "swap", file: record.file, offset: 264, other: 464, bytes: 80 },
    ]);
    for (const damage of asked) expect(fileDamageSchema.safeParse(damage).success).toBe(true);
    const far = damageOf(record, { ...firstChoice(record), byte: 9_999 }, false);
    expect(far).toMatchObject({ offset: 264 + 79 });
  });

  it("swaps only with one that is in the same file and does not overlap", () => {
    const elsewhere = recordOf(9, { file: "log/00000002.log" });
    const overlapping = recordOf(4, { offset: 300, bytes: 80 });
    const apart = recordOf(6, { offset: 564 });
    expect(partnersOf(record, [record, elsewhere, overlapping, apart])).toEqual([apart]);
    expect(damageOf(record, { ...firstChoice(record), kind: "swap" }, false)).toBeNull();
  });

  it("asks first where the bytes may not come back", () => {
    expect([asks("truncate", true), asks("truncate", false), asks("zero", true)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("turns over one bit of a record in a table, and no more", () => {
    expect(kindsFor(true)).toEqual(["flip-bit"]);
    const damage = damageOf({ ...record, file: "log" }, firstChoice(record), true);
    expect(damage).toEqual({ kind: "record", file: "log", offset: 264 });
  });
});
