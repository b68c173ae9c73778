/** The ways to break a record on purpose, and what each of them asks of the lab. */
import type { FileDamage, RecordView } from "../../shared/contract/storage.ts";

export const breakKinds = ["flip-bit", "zero", "truncate", "swap"] as const;
export type BreakKind = (typeof breakKinds)[number];

/** What is chosen beside the record. */
export interface BreakChoice {
  readonly kind: BreakKind;
  /** Byte of the record, from 0. */
  readonly byte: number;
  readonly bit: number;
  /** With which record it changes places. */
  readonly other: RecordView | null;
}

/** A bit in the middle of the record: past its head, before its end. */
export const firstChoice = (record: RecordView): BreakChoice => ({
  kind: "flip-bit",
  byte: Math.floor(record.bytes / 2),
  bit: 3,
  other: null,
});

export const breakWords: Record<BreakKind, { readonly label: string; readonly text: string }> = {
  "flip-bit": { label: "Flip a bit", text: "One bit of the record is turned over, as a worn disk may do." },
  zero: { label: "Zero it", text: "All its bytes become zero, as a sector that was never written." },
  truncate: { label: "Truncate the file here", text: "It and everything behind it in this file is gone." },
  swap: {
    label: "Swap it with another",
    text: "Two stretches of the file change places: each is sound, and in the wrong place.",
  },
};

/** A record of a table has no place in a file of its own: one of its bits can be turned over, and no more. */
export const kindsFor = (isTable: boolean): readonly BreakKind[] => (isTable ? ["flip-bit"] : breakKinds);

/** Records that it can change places with: in the same file, and not overlapping it. */
export function partnersOf(record: RecordView, records: readonly RecordView[]): RecordView[] {
  return records.filter(
    (other) =>
      other.file === record.file && Math.abs(other.offset - record.offset) >= swapLength(record, other),
  );
}

const swapLength = (a: RecordView, b: RecordView) => Math.min(a.bytes, b.bytes);

/** Null when something is still to be chosen. */
export function damageOf(record: RecordView, choice: BreakChoice, isTable: boolean): FileDamage | null {
  const { file, offset, bytes } = record;
  if (isTable) return { kind: "record", file, offset };
  switch (choice.kind) {
    case "flip-bit": {
      const byte = Math.min(Math.max(0, choice.byte), bytes - 1);
      return { kind: "flip-bit", file, offset: offset + byte, bit: choice.bit };
    }
    case "zero":
      return { kind: "zero", file, offset, bytes };
    case "truncate":
      return { kind: "truncate", file, bytes: offset };
    case "swap":
      return choice.other === null
        ? null
        : { kind: "swap", file, offset, other: choice.other.offset, bytes: swapLength(record, choice.other) };
  }
}

/** What to ask first: only where the lab may not be able to put the bytes back. */
export function questionOf(node: string, damage: FileDamage, runs: boolean) {
  if (damage.kind !== "truncate" || !runs) return null;
  return {
    title: `Truncate ${damage.file} of ${node}?`,
    text: `${node} runs and goes on writing to this file. As soon as it has, what is cut off now cannot be put back; the other nodes keep their copies.`,
    confirm: "Truncate the file",
  };
}
