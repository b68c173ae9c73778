import { Ban, Grid3x3, SlidersHorizontal } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { type LinkSettings, restingLink } from "../../shared/contract/state.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { labStore, useLab } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { act } from "./act.ts";
import { pairName } from "./cut.ts";
import { gridStep, type Place } from "./grid-keys.ts";
import { LinkDialog } from "./link-form.tsx";
import styles from "./link-matrix.module.css";
import { tallyOf } from "./link-tally.ts";
import { countText, describeLink, isImpaired, settingTexts } from "./link-words.ts";
import { settingsOf, shownNodes } from "./network.ts";
import { useSteadyModel } from "./use-steady-model.ts";

export function LinkMatrix() {
  const model = useSteadyModel(250);
  const nodes = shownNodes(model).map((node) => node.node);
  if (nodes.length < 2)
    return (
      <EmptyState icon={Grid3x3} title="Every link from each node to each other appears here">
        Links exist between two nodes: add a node on the map, or start a cluster from the toolbar.
      </EmptyState>
    );
  return <Matrix model={model} nodes={nodes} />;
}

function Matrix({ model, nodes }: { readonly model: SessionModel; readonly nodes: readonly string[] }) {
  const isLive = useLab((state) => state.mode.kind === "live");
  const selection = useLab((state) => state.selection);
  const [at, setAt] = useState({ row: 0, column: 1 });
  const [dialog, setDialog] = useState<{ readonly from: string; readonly to: string } | null>(null);
  const settings = settingsOf(model);
  const current = Math.max(at.row, at.column) < nodes.length ? at : { row: 0, column: 1 };

  function onKeyDown(event: KeyboardEvent<HTMLButtonElement>, here: Place) {
    const next = gridStep(event.key, here, nodes.length);
    if (next !== null) {
      setAt(next);
      cellAt(event.currentTarget.closest("table")!, next)?.focus();
    } else if (event.key.toLowerCase() === "e")
      setDialog({ from: nodes[here.row]!, to: nodes[here.column]! });
    else return;
    event.preventDefault();
  }

  return (
    <div className={styles["panel"]}>
      <p className={styles["legend"]}>
        {isLive ? (
          <>
            A click blocks or opens a link; <SlidersHorizontal aria-hidden className={styles["inline"]} /> (or
            E) opens its settings. Rows send, columns receive.
          </>
        ) : (
          "Rows send, columns receive."
        )}
      </p>
      <div className={styles["scroll"]}>
        <table className={styles["matrix"]} aria-label="Links, from row to column">
          <thead>
            <tr>
              <th scope="col" className={styles["corner"]}>
                from / to
              </th>
              {nodes.map((to) => (
                <th key={to} scope="col">
                  {to}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.map((from, i) => (
              <tr key={from}>
                <th scope="row">{from}</th>
                {nodes.map((to, j) => (
                  <Cell
                    key={to}
                    from={from}
                    to={to}
                    row={i}
                    column={j}
                    isCurrent={i === current.row && j === current.column}
                    isLive={isLive}
                    isSelected={selection?.kind === "link" && selection.from === from && selection.to === to}
                    settings={settings.get(pairName(from, to)) ?? restingLink}
                    at={model.at}
                    delayed={model.effect.delayed[pairName(from, to)] ?? 0}
                    onEdit={() => setDialog({ from, to })}
                    onKeyDown={onKeyDown}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {dialog !== null && <LinkDialog {...dialog} settings={settings} onClose={() => setDialog(null)} />}
    </div>
  );
}

const cellAt = (table: HTMLElement, { row, column }: Place) =>
  table.querySelector<HTMLElement>(`[data-row="${row}"][data-column="${column}"]`);

interface CellProps {
  readonly from: string;
  readonly to: string;
  readonly row: number;
  readonly column: number;
  /** The one cell of the grid that Tab reaches. */
  readonly isCurrent: boolean;
  readonly isLive: boolean;
  readonly isSelected: boolean;
  readonly settings: LinkSettings;
  readonly at: number;
  readonly delayed: number;
  readonly onEdit: () => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLButtonElement>, here: Place) => void;
}

function Cell(props: CellProps) {
  const { from, to, settings, isLive } = props;
  if (from === to)
    return (
      <td className={styles["self"]} aria-label={`${from} to itself: no link`}>
        –
      </td>
    );
  const counts = tallyOf(labStore.getState().history).on(from, to, props.at);
  const said = describeLink(from, to, settings, {
    ...counts,
    delayed: props.delayed,
    duplicated: 0,
    reordered: 0,
  });
  const inside = (
    <>
      <span className={styles["state"]}>
        {settings.blocked ? (
          <>
            <Ban aria-hidden className={styles["icon"]} /> blocked
          </>
        ) : (
          settingTexts(settings).join(" · ") || "open"
        )}
      </span>
      <span className={styles["counts"]}>
        {countText(counts.sent)} sent
        {counts.blocked > 0 && <b>, {countText(counts.blocked)} blocked</b>}
        {counts.lost > 0 && <b>, {countText(counts.lost)} lost</b>}
      </span>
    </>
  );
  const tone = settings.blocked ? "blocked" : isImpaired(settings) ? "impaired" : "open";
  const className = cx(styles["cell"], styles[tone], props.isSelected && styles["selected"]);
  if (!isLive)
    return (
      <td className={className} aria-label={said}>
        {inside}
      </td>
    );
  return (
    <td className={className}>
      <button
        type="button"
        className={styles["block"]}
        aria-pressed={settings.blocked}
        aria-label={said}
        title={said}
        data-row={props.row}
        data-column={props.column}
        tabIndex={props.isCurrent ? 0 : -1}
        onKeyDown={(event) => props.onKeyDown(event, { row: props.row, column: props.column })}
        onClick={() =>
          void act([{ command: "link.set", params: { from, to, settings: { blocked: !settings.blocked } } }])
        }
      >
        {inside}
      </button>
      <button
        type="button"
        className={styles["edit"]}
        tabIndex={-1}
        aria-label={`Settings of the link from ${from} to ${to}`}
        onClick={props.onEdit}
      >
        <SlidersHorizontal aria-hidden className={styles["icon"]} />
      </button>
    </td>
  );
}
