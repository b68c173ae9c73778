import type { RequestId } from "../../shared/ids.ts";
import { flowOf, type Leg, type RequestFlow } from "../../shared/trace/flow.ts";
import type { History } from "../../shared/trace/history.ts";
import { cx } from "../base/ui/cx.ts";
import { Section } from "./event-parts.tsx";
import { fateOf, fateWords, flowWords, legWords } from "./flow-words.ts";
import styles from "./request-flow.module.css";

/** A request as it fanned out: a line for each node asked, on one scale of time, up to its reply. */
export function RequestFlowSection(props: {
  readonly history: History;
  readonly request: RequestId;
  readonly selected: number;
  readonly onSelectEvent: (id: number) => void;
}) {
  const { history, request, selected, onSelectEvent } = props;
  const flow = flowOf(history, request);
  if (flow === null) return null;
  const scale = scaleOf(flow);
  const { own, coordinator, hints } = flow;
  const line = (leg: Leg) => (
    <Line
      key={leg.sent}
      words={legWords(leg)}
      fate={fateOf(leg)}
      said={fateWords(leg)}
      from={scale(leg.sentAt)}
      to={scale(leg.answeredAt ?? leg.arrivedAt ?? leg.sentAt)}
      isSelected={partsOf(leg).includes(selected)}
      onClick={() => onSelectEvent(leg.answered ?? leg.lost ?? leg.refused ?? leg.arrived ?? leg.sent)}
    />
  );
  return (
    <Section title="The whole request">
      <p>{flowWords(flow)}</p>
      <ol className={styles["legs"]} aria-label="Who was asked">
        <Line
          words={`client to ${flow.node}`}
          fate="counted"
          said=""
          from={0}
          to={flow.reply === null ? 1 : scale(flow.reply.at)}
          isSelected={selected === flow.began.id}
          onClick={() => onSelectEvent(flow.began.id)}
        />
        {flow.legs.filter(({ kind }) => kind === "forward").map(line)}
        {own !== null && (
          <Line
            words={`own copy of ${coordinator}`}
            fate={own.counted ? "counted" : "late"}
            said="✓"
            from={scale(own.at)}
            to={scale(own.at)}
            isSelected={selected === own.event}
            onClick={() => onSelectEvent(own.event)}
          />
        )}
        {flow.legs.filter(({ kind }) => kind !== "forward").map(line)}
        {hints.map(({ holder, target, event }) => (
          <Line
            key={event}
            words={`${holder} keeps a hint for ${target}`}
            fate="late"
            said=""
            from={scale(history.event(event)?.at ?? flow.began.at)}
            to={scale(history.event(event)?.at ?? flow.began.at)}
            isSelected={selected === event}
            onClick={() => onSelectEvent(event)}
          />
        ))}
      </ol>
    </Section>
  );
}

const partsOf = ({ sent, arrived, stored, answered, lost, refused }: Leg) => [
  sent,
  arrived,
  stored,
  answered,
  lost,
  refused,
];

/** Times as shares of the request's length, whatever came after its reply included. */
function scaleOf({ began, legs, reply }: RequestFlow): (at: number) => number {
  const ends = legs.map((leg) => leg.answeredAt ?? leg.arrivedAt ?? leg.sentAt);
  const end = Math.max(began.at, reply?.at ?? began.at, ...ends);
  const length = Math.max(end - began.at, 1e-3);
  return (at) => Math.min(1, Math.max(0, (at - began.at) / length));
}

const percent = (share: number) => `${(share * 100).toFixed(2)}%`;

function Line(props: {
  readonly words: string;
  readonly said: string;
  readonly fate: string;
  readonly from: number;
  readonly to: number;
  readonly isSelected: boolean;
  readonly onClick: () => void;
}) {
  const { words, said, fate, from, to, isSelected } = props;
  return (
    <li>
      <button
        type="button"
        className={cx(styles["leg"], styles[fate], isSelected && styles["selected"])}
        onClick={props.onClick}
      >
        <span className={styles["words"]}>{words}</span>
        <span className={styles["said"]}>{said}</span>
        <svg className={styles["bar"]} aria-hidden>
          <line className={styles["rail"]} x1="0" x2="100%" y1="50%" y2="50%" />
          <line className={styles["way"]} x1={percent(from)} x2={percent(to)} y1="50%" y2="50%" />
          <circle className={styles["end"]} cx={percent(to)} cy="50%" r="3" />
        </svg>
      </button>
    </li>
  );
}
