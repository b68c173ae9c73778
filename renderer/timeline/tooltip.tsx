import { type Ref, useImperativeHandle, useState } from "react";
import type { Causality } from "../../shared/trace/causality.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import { ClockLabel } from "./clock-label.tsx";
import { mixOf } from "./clusters.ts";
import { sentenceOf } from "./describe.ts";
import { eventOf, type Hit } from "./hit.ts";
import { Sign } from "./sign.tsx";
import { elapsed } from "./ticks.ts";
import styles from "./timeline.module.css";

interface Hover {
  readonly hit: Hit;
  readonly x: number;
  readonly y: number;
  /** Width of the picture, for the tooltip to stay inside. */
  readonly width: number;
}

export interface ShowHover {
  show(hover: Hover | null): void;
}

interface TooltipProps {
  readonly ref: Ref<ShowHover>;
  readonly history: History;
  readonly causality: Causality;
}

/** What the pointer rests on: a sentence, and the two clocks, what the node believed and what is true. */
export function Tooltip({ ref, history, causality }: TooltipProps) {
  const [hover, setHover] = useState<Hover | null>(null);
  useImperativeHandle(ref, () => ({ show: setHover }), []);
  if (hover === null) return null;
  const { hit, x, y, width } = hover;
  const event = eventUnder(hit, x);
  if (event === null || history.event(event.id) === undefined) return null;
  const mark = hit?.kind === "mark" ? hit.mark : null;
  const count = mark === null ? 1 : mark.end - mark.start;
  const lane = history.lane(event.node);
  const before = lane[lane.indexOf(event) - 1]?.clock ?? null;
  const mismatch = causality.mismatch(event.id);
  const side = x > width * 0.6 ? { right: width - x + 14 } : { left: x + 14 };
  return (
    <div className={styles["tooltip"]} style={{ ...side, top: y + 16 }} role="tooltip">
      {count > 1 && mark !== null && (
        <p className={styles["mix"]}>
          {mixOf(mark.track, mark.start, mark.end).map(([op, of]) => (
            <span key={op}>
              <Sign op={op} /> {of} {op}
            </span>
          ))}
        </p>
      )}
      <p>{sentenceOf(event, history)}</p>
      <dl className={styles["clocks"]}>
        <dt>at</dt>
        <dd className={styles["clock"]}>{elapsed(event.at - history.first, 1)}</dd>
        {event.clock !== null && (
          <>
            <dt>belief</dt>
            <dd>
              <ClockLabel clock={event.clock} before={before} lanes={history.lanes} />
            </dd>
            <dt>truth</dt>
            <dd>
              <ClockLabel clock={causality.truth(event.id)} before={null} lanes={history.lanes} />
            </dd>
          </>
        )}
      </dl>
      {mismatch !== null && <p className={styles["warning"]}>{mismatch.sentence}</p>}
      {count > 1 && <p className={styles["hint"]}>{count} events lie here. Ctrl+wheel goes nearer.</p>}
    </div>
  );
}

function eventUnder(hit: Hit, x: number): RecordedEvent | null {
  if (hit?.kind === "mark") return eventOf(hit.mark, x, null);
  if (hit?.kind === "arrow") return hit.arrow.event;
  return hit?.kind === "flag" ? hit.flag.event : null;
}
