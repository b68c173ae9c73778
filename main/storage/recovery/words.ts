/** Sentences about what a start found: for the terminal, the storage view and the guide. */
import type { Damage } from "../log/transaction-log.ts";

/** What is damaged, where, and which transactions are lost by it: one line each. What two have in common is said once. */
export function damageWords(damage: readonly Damage[]): string[] {
  const said = new Set<string>();
  return damage.map((one) => {
    const { file, offset, message } = one;
    const what = message.includes(file) ? message : `${file}, from byte ${offset}: ${message}`;
    const lost = lostWords(one);
    if (said.has(lost)) return what;
    said.add(lost);
    return `${what} ${lost}`;
  });
}

/** Whether a transaction is missing, and not only something about the file is wrong. */
export const isLoss = ({ after, before }: Damage) => before === null || before > after + 1;

export function lostWords({ after, before }: Pick<Damage, "after" | "before">): string {
  if (before === null) return `Whatever followed transaction ${after} is lost.`;
  const lost = before - after - 1;
  if (lost <= 0) return "No transaction is lost by it.";
  if (lost === 1) return `Transaction ${after + 1} is lost.`;
  return `Transactions ${after + 1} to ${before - 1} are lost.`;
}

export const countOf = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
