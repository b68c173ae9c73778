/**
 * Version 1 kept an account as a bare number, its balance. From version 2 on it says when it was opened as well. Of
 * accounts that are older nobody knows, and nothing is made up: theirs is null.
 */
import type { Migration } from "../../module.ts";

export const accountsHaveADate: Migration = {
  to: 2,
  about: "an account says when it was opened",
  migrate: (mutation) => {
    const { row } = mutation;
    if (row === undefined) return [mutation];
    if (typeof row !== "number") throw new TypeError("a balance of version 1 is a number");
    return [{ ...mutation, row: { balance: row, opened: null } }];
  },
};
