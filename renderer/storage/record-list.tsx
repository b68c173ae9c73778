import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import type { NodeStorage, RecordView } from "../../shared/contract/storage.ts";
import { IconButton } from "../base/ui/button.tsx";
import { cx } from "../base/ui/cx.ts";
import { bytesText } from "../session/words.ts";
import { hasNewer, hasOlder, type RecordPager, type Shown } from "./pager.ts";
import styles from "./storage.module.css";
import { idOf, isDurable, recordWords } from "./words.ts";

interface ListProps {
  readonly view: NodeStorage;
  readonly shown: Shown;
  readonly pager: RecordPager;
  readonly chosen: string | null;
  readonly onChoose: (record: RecordView) => void;
}

/** A page of records: one of them is reached by Tab, arrows lead from one to the next and on to other pages. */
export function RecordList({ view, shown, pager, chosen, onChoose }: ListProps) {
  const list = useRef<HTMLUListElement>(null);
  const { page, follows, error } = shown;
  const { records } = page;
  const isBackOpen = hasOlder(shown, view);
  const isForthOpen = hasNewer(shown, view);
  const newest = idOrNull(records.at(-1));
  /** Which end of the next page takes the focus. */
  const wanted = useRef<"first" | "last" | null>(null);

  useLayoutEffect(() => {
    if (follows && newest !== null) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [follows, newest]);

  useEffect(() => {
    if (wanted.current === null || records.length === 0) return;
    const record = wanted.current === "first" ? records[0]! : records.at(-1)!;
    wanted.current = null;
    onChoose(record);
    focusOn(list.current, record);
  }, [records, onChoose]);

  function turn(to: "older" | "newer" | "toStart" | "toEnd", focus: "first" | "last") {
    wanted.current = focus;
    void pager[to]();
  }

  function onKeyDown(stroke: KeyboardEvent, index: number) {
    const { key } = stroke;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    const next = step === 0 ? undefined : records[index + step];
    if (next !== undefined) {
      onChoose(next);
      focusOn(list.current, next);
    } else if (step !== 0 || key === "PageUp" || key === "PageDown") {
      const isBack = step === -1 || key === "PageUp";
      if (isBack && isBackOpen) turn("older", "last");
      if (!isBack && isForthOpen) turn("newer", "first");
    } else if (key === "Home") turn("toStart", "first");
    else if (key === "End") turn("toEnd", "last");
    else return;
    stroke.preventDefault();
    stroke.stopPropagation();
  }

  const reached = records.some((record) => idOf(record) === chosen) ? chosen : newest;
  return (
    <section className={styles["records"]} aria-label="Records of the log">
      <div className={styles["pages"]}>
        <IconButton
          icon={ChevronFirst}
          label="First records"
          disabled={!isBackOpen}
          onClick={() => void pager.toStart()}
        />
        <IconButton
          icon={ChevronLeft}
          label="Older records"
          disabled={!isBackOpen}
          onClick={() => void pager.older()}
        />
        <output className={styles["range"]}>{rangeWords(records, view)}</output>
        <IconButton
          icon={ChevronRight}
          label="Newer records"
          disabled={!isForthOpen}
          onClick={() => void pager.newer()}
        />
        <IconButton
          icon={ChevronLast}
          label="Newest records, and those that come"
          pressed={follows}
          onClick={() => void pager.toEnd()}
        />
      </div>
      {error !== null && (
        <p className={styles["problem"]} role="alert">
          {error}
        </p>
      )}
      <ul ref={list} className={styles["list"]}>
        {records.map((record, index) => {
          const id = idOf(record);
          return (
            <li key={id}>
              <button
                type="button"
                data-item
                data-record={id}
                tabIndex={id === reached ? 0 : -1}
                aria-pressed={id === chosen}
                aria-label={recordWords(view, record)}
                className={cx(
                  styles["record"],
                  id === chosen && styles["chosen"],
                  record.problem !== null && styles["broken"],
                )}
                onClick={() => onChoose(record)}
                onKeyDown={(stroke) => onKeyDown(stroke, index)}
              >
                <span className={styles["state"]}>{stateSign(view, record)}</span>
                <span className={styles["position"]}>{placeText(record)}</span>
                <span className={styles["what"]}>
                  <b>{record.key === "" ? record.type : record.key}</b> {record.module} {record.table}
                </span>
                <span className={styles["length"]}>{bytesText(record.bytes)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const idOrNull = (record: RecordView | undefined) => (record === undefined ? null : idOf(record));

const placeText = ({ position, ordinal, type }: RecordView) =>
  type === "damaged" ? `> ${position}` : ordinal === 0 ? position : `${position}·${ordinal + 1}`;

/** Filled: durable. Hollow: only written. A question: who could tell does not run. */
function stateSign(view: NodeStorage, record: RecordView): string {
  if (record.problem !== null) return "✕";
  const durable = isDurable(view, record);
  return durable === null ? "◌" : durable ? "●" : "○";
}

function rangeWords(records: readonly RecordView[], { log }: NodeStorage): string {
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return "no records";
  return `${first.position} to ${last.position} of ${log.last}`;
}

function focusOn(list: HTMLElement | null, record: RecordView): void {
  list?.querySelector<HTMLElement>(`[data-record="${CSS.escape(idOf(record))}"]`)?.focus();
}
