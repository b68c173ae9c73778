/** The two trees as rows of a table: one line for each branch, each key, and each bundle of equal ones that is closed. */
import type { Branch, KeyPair, Verdict } from "../../shared/trace/exchange.ts";
import { plural } from "../session/words.ts";
import { rangeWords } from "./words.ts";

export interface Row {
  /** Stays the same from message to message. */
  readonly id: string;
  readonly depth: number;
  readonly name: string;
  readonly asked: string;
  readonly answered: string | null;
  readonly verdict: Verdict;
  readonly kind: "branch" | "key" | "bundle";
  /** Undefined: there is nothing to open. */
  readonly isOpen?: boolean;
  readonly pair?: KeyPair;
}

/** Equal ones are drawn one by one up to here; more are closed into one line. */
const equalShownMax = 2;

/** `toggled`: rows that were opened or closed by hand. */
export function rowsOf(root: Branch, toggled: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  addBranch(rows, root, 0, toggled);
  return rows;
}

function addBranch(rows: Row[], branch: Branch, depth: number, toggled: ReadonlySet<string>): void {
  const { range, prefix, asked, answered, verdict, branches, keys } = branch;
  const id = `${range}/${prefix}`;
  const hasMore = branches.length + keys.length > 0;
  const isOpen = hasMore && !toggled.has(id);
  const name = range === "" ? "all ranges" : prefix === "" ? rangeWords(range) : prefix;
  const opening = hasMore ? { isOpen } : {};
  rows.push({ id, depth, name, asked, answered, verdict, kind: "branch", ...opening });
  if (!isOpen) return;
  bundled(branches, `${id} branches`, "branch", "branches", { rows, depth: depth + 1, toggled }, (child) =>
    addBranch(rows, child, depth + 1, toggled),
  );
  bundled(keys, `${id} keys`, "key", "keys", { rows, depth: depth + 1, toggled }, (pair) =>
    rows.push({
      id: `${id} key ${pair.key}`,
      depth: depth + 1,
      name: pair.key,
      asked: pair.asked,
      answered: pair.answered,
      verdict: pair.verdict,
      kind: "key",
      pair,
    }),
  );
}

interface Place {
  readonly rows: Row[];
  readonly depth: number;
  readonly toggled: ReadonlySet<string>;
}

/** What differs or is open stands alone; what is equal, where it is many, in one closed line. */
function bundled<Item extends { readonly verdict: Verdict }>(
  items: readonly Item[],
  id: string,
  one: string,
  many: string,
  { rows, depth, toggled }: Place,
  add: (item: Item) => void,
): void {
  const equal = items.filter(({ verdict }) => verdict === "equal");
  const isBundled = equal.length > equalShownMax;
  for (const item of items) if (!isBundled || item.verdict !== "equal") add(item);
  if (!isBundled) return;
  const isOpen = toggled.has(id);
  const name = `${plural(equal.length, one, many)} equal`;
  rows.push({ id, depth, name, asked: "", answered: "", verdict: "equal", kind: "bundle", isOpen });
  if (isOpen) for (const item of equal) add(item);
}
