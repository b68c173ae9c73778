import { ChevronDown, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import type { Branch, Exchange, Verdict } from "../../shared/trace/exchange.ts";
import { cx } from "../base/ui/cx.ts";
import styles from "./merkle.module.css";
import { type Row, rowsOf } from "./rows.ts";

const signs: Record<Verdict, string> = { equal: "=", differs: "≠", open: "?" };
const words: Record<Verdict, string> = { equal: "equal", differs: "differs", open: "not answered yet" };

/** Both trees face to face, as far as they were looked at; a key opens to its versions on both sides. */
export function TreeTable(props: {
  readonly exchange: Exchange;
  readonly root: Branch;
  readonly chosenKey: string | null;
  readonly onKey: (key: string) => void;
}) {
  const { exchange, root, chosenKey, onKey } = props;
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const rows = rowsOf(root, toggled);
  const [reached, setReached] = useState<string | null>(null);
  const focusable = rows.find(({ id }) => id === reached)?.id ?? rows[0]?.id;
  const toggle = (row: Row) => {
    const next = new Set(toggled);
    if (!next.delete(row.id)) next.add(row.id);
    setToggled(next);
  };
  const act = (row: Row) => {
    if (row.kind === "key") onKey(row.name);
    else if (row.isOpen !== undefined) toggle(row);
  };
  return (
    <table
      // A table whose rows open: there is no element of its own for it.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role
      role="treegrid"
      className={styles["trees"]}
      aria-label={`Trees of ${exchange.asker} and ${exchange.peer}`}
    >
      <thead>
        <tr>
          <th scope="col">{exchange.asker}</th>
          <th scope="col" aria-label="Compared" />
          <th scope="col">{exchange.peer}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.id}
            aria-level={row.depth + 1}
            aria-expanded={row.isOpen}
            aria-selected={row.kind === "key" && row.name === chosenKey}
            tabIndex={row.id === focusable ? 0 : -1}
            className={cx(styles["row"], styles[row.verdict], styles[row.kind])}
            onClick={() => act(row)}
            onFocus={() => setReached(row.id)}
            onKeyDown={(event) => onRowKey(event, row, { act, toggle })}
          >
            <Side row={row} hash={row.asked} side="left" />
            <td className={styles["sign"]} aria-label={words[row.verdict]}>
              {row.kind === "bundle" ? "" : signs[row.verdict]}
            </td>
            <Side row={row} hash={row.answered} side="right" />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The names stand on both sides, mirrored, with one step of indentation for each level. */
function Side({
  row,
  hash,
  side,
}: {
  readonly row: Row;
  readonly hash: string | null;
  readonly side: "left" | "right";
}) {
  const { depth, name, kind, isOpen, pair } = row;
  const Chevron = isOpen === true ? ChevronDown : ChevronRight;
  const shown = kind === "bundle" ? "" : hash === null ? "…" : hash === "" ? "nothing here" : hash;
  return (
    <td>
      <div className={styles[side]}>
        <span className={styles["guides"]} aria-hidden>
          {Array.from({ length: depth }, (_, level) => (
            <i key={level} />
          ))}
        </span>
        <span className={styles["chevron"]} aria-hidden>
          {isOpen !== undefined && <Chevron />}
        </span>
        <span className={styles["name"]}>{name}</span>
        <code className={cx(hash === "" && styles["absent"])}>{shown}</code>
        {pair !== undefined && pair.repair !== "none" && side === "right" && (
          <span className={styles["repair"]}>{pair.repair === "done" ? "✓ repaired" : "being repaired"}</span>
        )}
      </div>
    </td>
  );
}

function onRowKey(
  event: KeyboardEvent<HTMLElement>,
  row: Row,
  { act, toggle }: { readonly act: (row: Row) => void; readonly toggle: (row: Row) => void },
): void {
  const { key, currentTarget } = event;
  if (key === "ArrowDown" || key === "ArrowUp") {
    const next =
      key === "ArrowDown" ? currentTarget.nextElementSibling : currentTarget.previousElementSibling;
    if (next instanceof HTMLElement) next.focus();
  } else if (key === "ArrowRight" && row.isOpen === false) toggle(row);
  else if (key === "ArrowLeft" && row.isOpen === true) toggle(row);
  else if (key === "Enter" || key === " ") act(row);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
