import { ArrowDownToLine, ListTree } from "lucide-react";
import {
  type KeyboardEvent,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "react";
import { operations } from "../../shared/trace/event.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { Input, Select } from "../base/ui/field.tsx";
import { useSize } from "../cluster/use-size.ts";
import { EventFilter, everything, type FilterTerms } from "./event-filter.ts";
import styles from "./event-log.module.css";
import { EventRow } from "./event-row.tsx";
import { rowsAt, scrollTo } from "./event-window.ts";

/** Events looked at between two frames. */
const scanMax = 40_000;
const everyMs = 120;

export function EventLog() {
  const isEmpty = useLab((state) => state.history.size === 0);
  if (isEmpty)
    return (
      <EmptyState icon={ListTree} title="Every event appears here, in the order it was recorded">
        What the nodes do, the messages between them and the lab’s own acts, as soon as a cluster runs.
      </EmptyState>
    );
  return <Log />;
}

function Log() {
  const [terms, setTerms] = useState<FilterTerms>(everything);
  const filter = useFilter(terms);
  const isLive = useLab((state) => state.mode.kind === "live");
  const [follows, setFollows] = useState(isLive);
  return (
    <div className={styles["panel"]}>
      <FilterBar
        terms={terms}
        onChange={setTerms}
        found={filter.matches.length}
        of={filter.scanned}
        follows={follows}
        onFollow={isLive ? setFollows : null}
      />
      <List filter={filter} follows={follows} onStopFollowing={() => setFollows(false)} />
    </div>
  );
}

/** The filter over the session's events, advanced as they arrive without ever blocking a frame. */
function useFilter(terms: FilterTerms): EventFilter {
  const history = useLab((state) => state.history);
  const membership = useLab((state) => state.membershipShown);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const filter = useMemo(
    () => new EventFilter({ ...terms, membership }, history),
    [terms, membership, history],
  );
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const advance = () => {
      timer = null;
      const isMore = filter.advance(scanMax);
      redraw();
      if (isMore) timer = setTimeout(advance, 0);
    };
    advance();
    const unsubscribe = labStore.subscribe((state, before) => {
      if (state.historyVersion !== before.historyVersion) timer ??= setTimeout(advance, everyMs);
    });
    return () => {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
    };
  }, [filter]);
  return filter;
}

function FilterBar(props: {
  readonly terms: FilterTerms;
  readonly onChange: (terms: FilterTerms) => void;
  readonly found: number;
  readonly of: number;
  readonly follows: boolean;
  readonly onFollow: ((follows: boolean) => void) | null;
}) {
  const { terms, onChange, onFollow } = props;
  const lanes = useLab((state) => state.history.lanes);
  const [operation = ""] = terms.operations;
  return (
    <search className={styles["bar"]} aria-label="Filter the events">
      <Select
        aria-label="Operation"
        value={operation}
        onChange={(event) => {
          const chosen = operations.find((op) => op === event.target.value);
          onChange({ ...terms, operations: new Set(chosen === undefined ? [] : [chosen]) });
        }}
      >
        <option value="">Any operation</option>
        {operations.map((op) => (
          <option key={op} value={op}>
            {op}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Node"
        value={terms.node}
        onChange={(event) => onChange({ ...terms, node: event.target.value })}
      >
        <option value="">Any node</option>
        {[...lanes, "lab"].map((node) => (
          <option key={node} value={node}>
            {node}
          </option>
        ))}
      </Select>
      <Input
        aria-label="Key"
        placeholder="Key"
        value={terms.key}
        onChange={(event) => onChange({ ...terms, key: event.target.value })}
      />
      <Input
        type="search"
        aria-label="Words in the event"
        placeholder="Words in the event"
        value={terms.text}
        onChange={(event) => onChange({ ...terms, text: event.target.value })}
      />
      <output className={styles["count"]}>
        {props.found.toLocaleString("en")} of {props.of.toLocaleString("en")}
      </output>
      {onFollow !== null && (
        <Button icon={ArrowDownToLine} aria-pressed={props.follows} onClick={() => onFollow(!props.follows)}>
          Follow
        </Button>
      )}
    </search>
  );
}

function List(props: {
  readonly filter: EventFilter;
  readonly follows: boolean;
  readonly onStopFollowing: () => void;
}) {
  const { filter, follows, onStopFollowing } = props;
  const [box, size] = useSize<HTMLDivElement>();
  const [scrolled, setScrolled] = useState(0);
  const selection = useLab((state) => state.selection);
  const cursor = useLab((state) => state.cursor);
  const history = useLab((state) => state.history);
  const selected = selection?.kind === "event" ? selection.id : null;
  const count = filter.matches.length;
  const view = size?.height ?? 0;
  const rowHeight = Math.round((size?.em ?? 13) * 1.85);
  const rows = rowsAt(scrolled, view, rowHeight, count);
  /** Where the list itself has scrolled to: a scroll event from anywhere else is the person's. */
  const own = useRef(-1);
  const wantsFocus = useRef(false);

  const scrollToRow = useEffectEvent((row: number) => {
    const top = scrollTo(row, view, rowHeight, count);
    own.current = top;
    box.current!.scrollTo({ top });
  });

  useLayoutEffect(() => {
    if (follows && view > 0) scrollToRow(Math.max(0, count - 1));
  }, [follows, count, view]);

  useLayoutEffect(() => {
    const list = box.current!;
    if (selected === null || view === 0) return;
    const shown = list.querySelector(`[data-event="${selected}"]`);
    const row = filter.rowOf(selected);
    if (!isInside(shown, list) && filter.at(row) !== undefined) scrollToRow(row);
  }, [selected, filter, view, box]);

  // After an arrow key the focus goes with the selection, once the row is drawn.
  useEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    box.current!.querySelector<HTMLElement>(`[data-event="${selected}"]`)?.focus({ preventScroll: true });
  });

  function onKeyDown(stroke: KeyboardEvent, id: number) {
    const step = stroke.key === "ArrowDown" ? 1 : stroke.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    stroke.preventDefault();
    const next = filter.at(Math.min(Math.max(0, filter.rowOf(id) + step), count - 1));
    if (next === undefined) return;
    onStopFollowing();
    wantsFocus.current = true;
    labStore.getState().select({ kind: "event", id: next.id });
  }

  const drawn = Array.from({ length: rows.end - rows.first }, (_, row) => filter.at(rows.first + row)).filter(
    (event) => event !== undefined,
  );
  const reached = drawn.find((event) => event.id === selected)?.id ?? drawn[0]?.id;
  return (
    <div
      ref={box}
      className={styles["list"]}
      onScroll={(event) => {
        const { scrollTop } = event.currentTarget;
        if (Math.abs(scrollTop - own.current) > 2 && follows) onStopFollowing();
        setScrolled(scrollTop);
      }}
    >
      <div className={styles["content"]} style={{ height: rows.height }}>
        <div className={styles["rows"]} style={{ transform: `translateY(${rows.offset}px)` }}>
          {drawn.map((event) => (
            <EventRow
              key={event.id}
              event={event}
              first={history.first}
              height={rowHeight}
              isSelected={event.id === selected}
              isLater={cursor !== null && event.at > cursor}
              isReached={event.id === reached}
              onKeyDown={onKeyDown}
            />
          ))}
        </div>
      </div>
      {count === 0 && <p className={styles["none"]}>No event fits the filter.</p>}
    </div>
  );
}

function isInside(row: Element | null, list: Element): boolean {
  if (row === null) return false;
  const [inner, outer] = [row.getBoundingClientRect(), list.getBoundingClientRect()];
  return inner.top >= outer.top && inner.bottom <= outer.bottom;
}
