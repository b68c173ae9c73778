import type { MouseEvent } from "react";
import type { NodeStorage, RecordView } from "../../shared/contract/storage.ts";
import { cx } from "../base/ui/cx.ts";
import { useSize } from "../cluster/use-size.ts";
import { plural } from "../session/words.ts";
import {
  type Block,
  layoutLog,
  type LogLayout,
  layoutPage,
  placeAt,
  type SegmentBox,
  snapshotMarks,
  spanOf,
} from "./geometry.ts";
import styles from "./log-drawing.module.css";
import { durableWords, idOf, isDurable, replayWords } from "./words.ts";

interface DrawingProps {
  readonly view: NodeStorage;
  readonly records: readonly RecordView[];
  readonly chosen: string | null;
  readonly onPlace: (file: string, offset: number) => void;
  readonly onRecord: (record: RecordView) => void;
}

/** The whole log on one line, and under it the page of it that is looked at, record by record. */
export function LogDrawing(props: DrawingProps) {
  const [box, size] = useSize<HTMLDivElement>();
  const { view } = props;
  return (
    <div ref={box} className={styles["drawing"]}>
      {size !== null && size.width > 0 && <Lines {...props} width={size.width} em={size.em} />}
      <p className={styles["sentence"]}>
        {durableWords(view)} {replayWords(view)}
      </p>
    </div>
  );
}

/** Narrower than this, in em, only the sentence under the line says where a start replays from. */
const labelled = 44;
/** Heights in em. */
const flags = 1.25;
const strip = 1.25;
const names = 1.15;
const lens = 0.7;
const page = 1.5;

function Lines(props: DrawingProps & { readonly width: number; readonly em: number }) {
  const { view, records, width, em, onPlace, onRecord } = props;
  const layout = layoutLog(view, width, records);
  const blocks = layoutPage(records, width);
  const top = flags * em;
  const pageTop = (flags + strip + names + lens) * em;
  const height = pageTop + page * em + 2;
  return (
    <figure className={styles["lines"]} style={{ height }} aria-label={wordsOf(view)}>
      <svg width={width} height={height} aria-hidden>
        <Patterns />
        <Lens layout={layout} records={records} top={top} pageTop={pageTop} em={em} />
        <Segments view={view} layout={layout} top={top} em={em} />
        <Marks view={view} layout={layout} top={top} em={em} />
        <Page {...props} blocks={blocks} top={pageTop} />
      </svg>
      <button
        type="button"
        tabIndex={-1}
        className={styles["surface"]}
        style={{ top, height: strip * em }}
        aria-label="Show the records at a place of the log"
        onClick={(event) => {
          const place = placeAt(view, layout, pointedAt(event));
          if (place !== null) onPlace(place.file, place.offset);
        }}
      />
      <button
        type="button"
        tabIndex={-1}
        className={styles["surface"]}
        style={{ top: pageTop, height: page * em }}
        aria-label="Choose a record of the page"
        onClick={(event) => {
          const x = pointedAt(event);
          const block = blocks.find((candidate) => x >= candidate.x && x <= candidate.x + candidate.width);
          if (block !== undefined) onRecord(block.record);
        }}
      />
    </figure>
  );
}

const pointedAt = ({ clientX, currentTarget }: MouseEvent<HTMLElement>) =>
  clientX - currentTarget.getBoundingClientRect().left;

/** The drawing for those who hear it. */
function wordsOf(view: NodeStorage): string {
  const { segments, damage } = view.log;
  const parts = [
    `Log of ${view.node} in ${plural(segments.length, "segment")}.`,
    durableWords(view),
    replayWords(view),
    ...damage.map(({ message }) => message),
  ];
  return parts.join(" ");
}

interface Layer {
  readonly view: NodeStorage;
  readonly layout: LogLayout;
  readonly top: number;
  readonly em: number;
}

function Segments({ view, layout, top, em }: Layer) {
  const { log, kinds } = view;
  const volatile = kinds.log === "memory";
  const flushed = volatile ? 0 : layout.xOf((log.durable ?? log.last) + 1);
  return layout.boxes.map((box) => {
    const end = box.x + box.width;
    const durableEnd = Math.min(end, Math.max(box.x, flushed));
    if (box.segment === null)
      return (
        <g key={box.file}>
          <rect className={styles["missing"]} x={box.x} y={top} width={box.width} height={strip * em} />
          <Name box={box} text="missing" top={top} em={em} />
        </g>
      );
    return (
      <g key={box.file}>
        <rect className={styles["written"]} x={box.x} y={top} width={box.width} height={strip * em} />
        <rect
          className={cx(styles["durable"], log.durable === null && styles["untold"])}
          x={box.x}
          y={top}
          width={Math.max(0, durableEnd - box.x)}
          height={strip * em}
        />
        <rect className={styles["edge"]} x={box.x} y={top} width={box.width} height={strip * em} />
        <Name box={box} text={nameOf(box)} top={top} em={em} />
      </g>
    );
  });
}

const lastPart = (file: string) => file.slice(file.lastIndexOf("/") + 1);

const nameOf = ({ file, segment }: SegmentBox) =>
  segment === null || segment.last < segment.first
    ? lastPart(file)
    : `${lastPart(file)}, ${segment.first} to ${segment.last}`;

/** Under its segment, when that is wide enough for it. */
function Name(props: {
  readonly box: SegmentBox;
  readonly text: string;
  readonly top: number;
  readonly em: number;
}) {
  const { box, text, top, em } = props;
  const short = [
    text,
    lastPart(box.file)
      .replace(/^0+(?=\d)/, "")
      .replace(/\.\w+$/, ""),
  ].find((candidate) => Math.max(3, candidate.length) * em * 0.5 < box.width);
  if (short === undefined) return null;
  return (
    <text className={styles["name"]} x={box.x} y={top + (strip + 0.95) * em} fontSize={em * 0.85}>
      {short}
    </text>
  );
}

function Marks({ view, layout, top, em }: Layer) {
  const { log } = view;
  const bottom = top + strip * em;
  const replay = layout.xOf(log.replayFrom + 1);
  const isRight = replay > layout.width * 0.6;
  return (
    <g fontSize={em * 0.85}>
      {view.kinds.log !== "memory" && log.last > log.replayFrom && (
        <>
          <path
            className={styles["replay"]}
            d={`M${replay},${top - em * 0.95}V${bottom + 2}M${replay},${bottom + 2}H${layout.width}`}
          />
          {layout.width > em * labelled && (
            <text
              className={styles["label"]}
              x={replay + (isRight ? -em * 0.9 : em * 0.9)}
              y={top - em * 0.3}
              textAnchor={isRight ? "end" : "start"}
            >
              a start replays from here
            </text>
          )}
        </>
      )}
      {snapshotMarks(view, layout, em).map(({ x, snapshots }) => (
        <path
          key={x}
          className={cx(styles["flag"], snapshots.some(({ problem }) => problem !== null) && styles["bad"])}
          d={`M${x},${top + strip * em}V${top - em * 0.9}l${em * 0.7},${em * 0.35}l${-em * 0.7},${em * 0.35}`}
        >
          <title>{snapshots.map(({ position }) => `Snapshot at ${position}`).join("\n")}</title>
        </path>
      ))}
      {log.damage.map((damage) => {
        const { x, width } = spanOf(view, layout, damage);
        const isTorn = damage.kind === "torn-tail";
        const centre = Math.min(layout.width - em * 0.4, Math.max(em * 0.4, x + width / 2));
        const arm = em * 0.3;
        return (
          <g
            key={`${damage.file} ${damage.offset} ${damage.kind}`}
            className={cx(styles["damage"], isTorn && styles["torn"])}
          >
            <rect x={x} y={top} width={width} height={strip * em} />
            <path
              className={styles["cross"]}
              transform={`translate(${centre},${top - em * 0.5})`}
              d={`M${-arm},${-arm}L${arm},${arm}M${arm},${-arm}L${-arm},${arm}`}
            />
            <title>{damage.message}</title>
          </g>
        );
      })}
    </g>
  );
}

/** From the part of the log that the page is, down to the page. */
function Lens(props: {
  readonly layout: LogLayout;
  readonly records: readonly RecordView[];
  readonly top: number;
  readonly pageTop: number;
  readonly em: number;
}) {
  const { layout, records, top, pageTop, em } = props;
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return null;
  const from = layout.xOf(first.position);
  const to = Math.max(from + 3, layout.xOf(last.position + 1));
  const under = top + strip * em + 3;
  const shoulder = pageTop - lens * em;
  return (
    <path
      className={styles["lens"]}
      d={`M${from},${under}H${to}V${shoulder}L${layout.width},${pageTop}H0L${from},${shoulder}Z`}
    />
  );
}

function Page(
  props: DrawingProps & { readonly blocks: readonly Block[]; readonly top: number; readonly em: number },
) {
  const { view, blocks, chosen, top, em } = props;
  const height = page * em;
  return blocks.map(({ record, x, width, isAfterGap }) => {
    const durable = isDurable(view, record);
    const id = idOf(record);
    const look = record.problem !== null ? "broken" : lookOf(durable);
    const inset = width > 5 ? 1 : 0;
    return (
      <g key={id} className={cx(styles["block"], styles[look], id === chosen && styles["chosen"])}>
        {isAfterGap && <path className={styles["hole"]} d={`M${x - 4},${top}v${height}`} />}
        <rect x={x} y={top} width={Math.max(1, width - inset)} height={height} />
        {look === "broken" && (
          <path
            className={styles["cross"]}
            d={`M${x},${top}L${x + width - inset},${top + height}M${x + width - inset},${top}L${x},${top + height}`}
          />
        )}
      </g>
    );
  });
}

const lookOf = (durable: boolean | null) => (durable === null ? "untold" : durable ? "hard" : "soft");

function Patterns() {
  return (
    <defs>
      <pattern
        id="log-written"
        width="6"
        height="6"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <path className={styles["grain"]} d="M0,0V6" />
      </pattern>
      <pattern
        id="log-damage"
        width="5"
        height="5"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(-45)"
      >
        <path className={styles["wound"]} d="M0,0V5" />
      </pattern>
    </defs>
  );
}

const signs = [
  ["hard", "durable"],
  ["soft", "only written"],
  ["broken", "broken"],
] as const;

/** What the looks of a record mean. */
export function Legend() {
  return (
    <ul className={styles["legend"]} aria-hidden>
      {signs.map(([look, words]) => (
        <li key={look}>
          <svg width="1.1em" height="0.9em" viewBox="0 0 12 10">
            <g className={cx(styles["block"], styles[look])}>
              <rect x="1" y="1" width="10" height="8" />
              {look === "broken" && <path className={styles["cross"]} d="M1,1L11,9M11,1L1,9" />}
            </g>
          </svg>
          {words}
        </li>
      ))}
    </ul>
  );
}
