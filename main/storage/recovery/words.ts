/** Sentences about what a start found and did: for the terminal, the storage view and the guide. */
import type { Position } from "../../../shared/runtime/types.ts";
import type { Damage } from "../log/transaction-log.ts";

/** Where, what, and which transactions: one or two sentences. */
export function wordsOf({ file, offset, after, before, message }: Damage): string {
  return `${file}, from byte ${offset}: ${message} ${lostWords(after, before)}`;
}

export function lostWords(after: Position, before: Position | null): string {
  if (before === null) return `All that was written after transaction ${after} is in it.`;
  const lost = before - after - 1;
  if (lost <= 0) return `No transaction is missing between ${after} and ${before}.`;
  if (lost === 1) return `Transaction ${after + 1} is lost.`;
  return `Transactions ${after + 1} to ${before - 1} are lost.`;
}

export const countOf = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
