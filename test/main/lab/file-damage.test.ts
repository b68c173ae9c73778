import { existsSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteDamage, planDamage } from "../../../main/lab/file-damage.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import { temporaryDir } from "./temporary.ts";

const file = "log/00000001.log";

function dirWith(bytes: Uint8Array): string {
  const dir = temporaryDir();
  mkdirSync(join(dir, "log"));
  writeFileSync(join(dir, file), bytes);
  return dir;
}

/** What the damage makes of the bytes, written another way; null where it must be refused. */
function naive(bytes: readonly number[], damage: ByteDamage): number[] | null {
  const changed = [...bytes];
  switch (damage.kind) {
    case "flip-bit":
      if (damage.offset >= bytes.length) return null;
      changed[damage.offset] = bytes[damage.offset]! ^ (2 ** damage.bit);
      return changed;
    case "truncate":
      return damage.bytes >= bytes.length ? null : bytes.slice(0, damage.bytes);
    case "zero":
      if (damage.offset + damage.bytes > bytes.length) return null;
      return different(changed.fill(0, damage.offset, damage.offset + damage.bytes), bytes);
    case "swap": {
      const { offset, other, bytes: count } = damage;
      if (Math.max(offset, other) + count > bytes.length || Math.abs(offset - other) < count) return null;
      changed.splice(offset, count, ...bytes.slice(other, other + count));
      changed.splice(other, count, ...bytes.slice(offset, offset + count));
      return different(changed, bytes);
    }
  }
}

const different = (changed: number[], before: readonly number[]) =>
  changed.every((byte, index) => byte === before[index]) ? null : changed;

const place = fc.nat(40);
const length = fc.integer({ min: 1, max: 20 });
const damages: fc.Arbitrary<ByteDamage> = fc.oneof(
  fc.record({
    kind: fc.constant("flip-bit" as const),
    file: fc.constant(file),
    offset: place,
    bit: fc.nat(7),
  }),
  fc.record({ kind: fc.constant("truncate" as const), file: fc.constant(file), bytes: place }),
  fc.record({ kind: fc.constant("zero" as const), file: fc.constant(file), offset: place, bytes: length }),
  fc.record({
    kind: fc.constant("swap" as const),
    file: fc.constant(file),
    offset: place,
    other: place,
    bytes: length,
  }),
);

describe("damage to a file", () => {
  it("does what it says and nothing else, and its undo restores every byte", () => {
    const data = dirWith(new Uint8Array());
    const path = join(data, file);
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 40 }), damages, (bytes, damage) => {
        writeFileSync(path, Uint8Array.from(bytes));
        const expected = naive(bytes, damage);
        if (expected === null) {
          expect(() => planDamage(data, damage)).toThrow(LabError);
          expect([...readFileSync(path)]).toEqual(bytes);
          return;
        }
        const planned = planDamage(data, damage);
        expect([...readFileSync(path)], "planned is not made").toEqual(bytes);
        planned.make();
        expect([...readFileSync(path)]).toEqual(expected);
        expect(planned.stands()).toBe(true);
        planned.undo();
        expect([...readFileSync(path)]).toEqual(bytes);
        expect(planned.stands()).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("no longer stands when somebody has written there since, or the file is gone", () => {
    const data = dirWith(Uint8Array.of(1, 2, 3, 4));
    const flip = planDamage(data, { kind: "flip-bit", file, offset: 1, bit: 0 });
    flip.make();
    writeFileSync(join(data, file), Uint8Array.of(1, 3, 3, 4, 5));
    expect(flip.stands(), "written elsewhere").toBe(true);
    writeFileSync(join(data, file), Uint8Array.of(1, 9, 3, 4));
    expect(flip.stands()).toBe(false);
    const cut = planDamage(data, { kind: "truncate", file, bytes: 2 });
    cut.make();
    writeFileSync(join(data, file), Uint8Array.of(1, 9, 7));
    expect(cut.stands(), "the node has appended").toBe(false);
  });

  it("says what is wrong with a place, and touches nothing", () => {
    const data = dirWith(Uint8Array.of(1, 2, 3));
    const sentences: [ByteDamage, RegExp][] = [
      [{ kind: "flip-bit", file, offset: 3, bit: 0 }, /has 3 bytes, and the damage would reach to byte 4/],
      [{ kind: "truncate", file, bytes: 3 }, /has 3 bytes: cut it to fewer/],
      [{ kind: "zero", file, offset: 0, bytes: 2_000_000 }, /at most 1048576/],
      [{ kind: "swap", file, offset: 0, other: 1, bytes: 2 }, /overlap/],
      [{ kind: "truncate", file: "log/00000002.log", bytes: 1 }, /There is no file log\/00000002\.log/],
    ];
    for (const [damage, sentence] of sentences) expect(() => planDamage(data, damage)).toThrow(sentence);
    expect([...readFileSync(join(data, file))]).toEqual([1, 2, 3]);
  });

  it("never leaves the data directory, by name or by link", () => {
    const outside = temporaryDir();
    writeFileSync(join(outside, "secret"), "abc");
    const data = dirWith(Uint8Array.of(1));
    symlinkSync(join(outside, "secret"), join(data, "link"));
    symlinkSync(outside, join(data, "folder"));
    linkSync(join(outside, "secret"), join(data, "twin"));
    const names = ["../x", "/etc/passwd", "", ".", "log", "link", "twin", "folder/secret", "log/../../x"];
    for (const name of names) {
      expect(() => planDamage(data, { kind: "truncate", file: name, bytes: 0 }), name).toThrow(LabError);
    }
    expect(statSync(join(outside, "secret")).size).toBe(3);
    expect(existsSync(join(data, "x"))).toBe(false);
  });
});
