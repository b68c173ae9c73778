/**
 * Accounts, and transfers between them: the classic test of whether a transaction is all or nothing. Half a transfer
 * shows at once, for the sum of all accounts changes by `open` and `close` only.
 */
import { z } from "zod";
import type { TimeMs } from "../../ids.ts";
import { accountsHaveADate } from "../migrations/bank/0002-accounts-have-a-date.ts";
import { type Module, query, reducer, ReducerError, type TableReader } from "../module.ts";

/** A row of `accounts`, by the account's name. Type, not interface: a row is any JSON. */
type Account = {
  /** Never negative, whole. */
  readonly balance: number;
  /** When it was opened, by the wall clock of the node; null: before that was written down. */
  readonly opened: TimeMs | null;
};

const account = z.string().min(1).max(200);

function find(tables: TableReader, name: string): Account {
  const found = tables.get("accounts", name) as Account | undefined;
  if (found !== undefined) return found;
  throw new ReducerError("no_such_account", `There is no account ${name}: open it first.`);
}

function checkAmount(amount: number, least: number): void {
  if (Number.isSafeInteger(amount) && amount >= least && !Object.is(amount, -0)) return;
  throw new ReducerError("bad_amount", `An amount is a whole number from ${least}: ${amount} is none.`);
}

function added(balance: number, amount: number): number {
  if (Number.isSafeInteger(balance + amount)) return balance + amount;
  throw new ReducerError("too_large", `No account can hold more than ${Number.MAX_SAFE_INTEGER}.`);
}

export const bank: Module = {
  name: "bank",
  version: 2,
  tables: ["accounts"],
  reducers: {
    open: reducer({ account, balance: z.number().optional() }, (tables, args, { now }) => {
      const { account: name, balance = 0 } = args;
      checkAmount(balance, 0);
      if (tables.get("accounts", name) !== undefined)
        throw new ReducerError("account_exists", `There is an account ${name} already.`);
      tables.put("accounts", name, { balance, opened: now });
      return { balance };
    }),
    transfer: reducer({ from: account, to: account, amount: z.number() }, (tables, { from, to, amount }) => {
      checkAmount(amount, 1);
      if (from === to)
        throw new ReducerError("same_account", `A transfer needs two accounts: both are ${from}.`);
      const source = find(tables, from);
      const target = find(tables, to);
      if (source.balance < amount) {
        throw new ReducerError(
          "insufficient_funds",
          `Account ${from} holds ${source.balance}, not ${amount}: transfer less.`,
        );
      }
      const balances = { from: source.balance - amount, to: added(target.balance, amount) };
      tables.put("accounts", from, { ...source, balance: balances.from });
      tables.put("accounts", to, { ...target, balance: balances.to });
      return balances;
    }),
    /** Pays out what it holds. */
    close: reducer({ account }, (tables, { account: name }) => {
      const { balance } = find(tables, name);
      tables.delete("accounts", name);
      return { balance };
    }),
  },
  queries: {
    balance: query({ account }, (tables, { account: name }) => find(tables, name).balance),
    sum: query({}, (tables) => {
      let sum = 0;
      let accounts = 0;
      for (const [, row] of tables.rows("accounts")) {
        sum += (row as Account).balance;
        accounts += 1;
      }
      return { sum, accounts };
    }),
  },
  migrations: [accountsHaveADate],
};
