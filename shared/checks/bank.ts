/**
 * A bank: transfers move money between accounts, so every read of all balances adds up to the same total, and no
 * balance is below zero. A broken total shows a transfer that was seen half done.
 *
 * A read answers with an object of balances by account. Source: Kingsbury, Jepsen's `bank` workload.
 */
import { isRecord } from "../trace/detail.ts";
import { inShort } from "./json.ts";
import type { History, Operation, Verdict } from "./types.ts";
import { did, invalid, plural, sentence, unknown, valid } from "./words.ts";

const checker = "bank";
export const bankFunctions = ["transfer", "read"] as const;

interface BankRules {
  /** What all balances add up to; absent: what the first read says. */
  readonly total?: number;
  readonly mayOverdraw?: boolean;
}

export function checkBank(history: History, { total, mayOverdraw = false }: BankRules = {}): Verdict {
  let first: { readonly total: number; readonly read: Operation | null } | null =
    total === undefined ? null : { total, read: null };
  let reads = 0;
  for (const read of history) {
    if (read.f !== "read" || read.outcome !== "ok") continue;
    const balances = balancesOf(read);
    if (balances === null) {
      const summary = `${did(read)}, where a bank answers with balances by account such as {"0":10,"1":5}`;
      return unknown(checker, history.length, sentence(summary));
    }
    reads += 1;
    const overdrawn = mayOverdraw ? undefined : balances.find(([, balance]) => balance < 0);
    if (overdrawn !== undefined) {
      const [account, balance] = overdrawn;
      return invalid(
        checker,
        history.length,
        `Account ${account} stands at ${balance}.`,
        [read],
        [sentence(did(read)), "No account may be overdrawn."],
      );
    }
    const sum = balances.reduce((sum, [, balance]) => sum + balance, 0);
    if (first === null) first = { total: sum, read };
    else if (first.total !== sum) {
      return invalid(
        checker,
        history.length,
        `The total was ${first.total} and is ${sum}.`,
        first.read ? [first.read, read] : [read],
        [
          first.read
            ? sentence(`${did(first.read)}, together ${first.total}`)
            : `All accounts together hold ${first.total}.`,
          sentence(`${did(read)}, together ${sum}`),
          "Transfers move money; none makes or destroys it.",
        ],
      );
    }
  }
  if (reads === 0)
    return unknown(checker, history.length, "No balances were read, so there is nothing to add up.");
  return valid(checker, history.length, `All ${plural(reads, "read")} add up to ${inShort(first!.total)}.`);
}

function balancesOf({ output }: Operation): [account: string, balance: number][] | null {
  if (!isRecord(output)) return null;
  const balances: [string, number][] = [];
  for (const [account, balance] of Object.entries(output)) {
    if (typeof balance !== "number") return null;
    balances.push([account, balance]);
  }
  return balances;
}
