import { compare } from "../../shared/clock/vector-clock.ts";
import type { Causality } from "../../shared/trace/causality.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import { ClockLabel } from "./clock-label.tsx";
import { reasonOf, sentenceOf } from "./describe.ts";
import styles from "./event-inspector.module.css";
import { Fact, Link } from "./event-parts.tsx";
import { shortName } from "./paint-labels.ts";
import { RequestFlowSection } from "./request-flow.tsx";
import { Sign } from "./sign.tsx";
import { duration, elapsed, timeOfDay } from "./ticks.ts";

export interface EventInspectorProps {
  readonly event: RecordedEvent;
  readonly history: History;
  readonly causality: Causality;
  readonly onSelectEvent: (id: number) => void;
  readonly onSelectKey: (key: string) => void;
  readonly onSelectNode: (node: string) => void;
}

/** All that is known of one event: what it was, its clocks, what it came from and what came of it. */
export function EventInspector(props: EventInspectorProps) {
  const { event, history, causality, onSelectKey, onSelectNode } = props;
  const counts = causality.counts(event.id);
  const inLab = event.op === "lab";
  return (
    <article className={styles["inspector"]} aria-label="Selected event">
      <header>
        <h2>
          <Sign op={event.op} size="1.05em" /> {shortName(event)}
          <span className={styles["type"]}>
            {event.op === event.name ? event.type : `${event.op}, ${event.type}`}
          </span>
        </h2>
        <p>{sentenceOf(event, history)}</p>
      </header>
      <dl className={styles["facts"]}>
        <Fact name="Node">
          {inLab ? "the lab" : <Link onClick={() => onSelectNode(event.node)}>{event.node}</Link>}
        </Fact>
        <Fact name="Time">
          {elapsed(event.at - history.first, 0.001)}{" "}
          <span className={styles["quiet"]}>{timeOfDay(event.at)}</span>
        </Fact>
        {!inLab && (
          <Fact name="Place">
            life {livesOf(history, event)}, event {event.seq} of it
          </Fact>
        )}
        {event.key !== undefined && (
          <Fact name="Key">
            <Link onClick={() => onSelectKey(event.key!)}>{event.key}</Link>
          </Fact>
        )}
        {event.request !== undefined && (
          <Fact name="Request">
            <code>{event.request}</code>
          </Fact>
        )}
      </dl>
      {event.request !== undefined && (
        <RequestFlowSection
          history={history}
          request={event.request}
          selected={event.id}
          onSelectEvent={props.onSelectEvent}
        />
      )}
      <Clocks {...props} />
      <Message {...props} />
      <Links
        title="Caused by"
        ids={causality.causes(event.id)}
        empty="Nothing: it is a beginning."
        {...props}
      />
      <Links title="Led to" ids={causality.effects(event.id)} empty="Nothing yet." {...props} />
      {!inLab && (
        <section>
          <h3>What it could have known</h3>
          <ul className={styles["counts"]}>
            <li data-side="past">
              <b>{counts.past.toLocaleString("en")}</b> before it: it could have known them
            </li>
            <li data-side="future">
              <b>{counts.future.toLocaleString("en")}</b> after it: they could have known it
            </li>
            <li data-side="concurrent">
              <b>{counts.concurrent.toLocaleString("en")}</b> concurrent: neither could have known the other
            </li>
          </ul>
        </section>
      )}
      {event.detail !== undefined && Object.keys(event.detail).length > 0 && (
        <section>
          <h3>Detail</h3>
          <dl className={styles["facts"]}>
            {Object.entries(event.detail).map(([name, value]) => (
              <Fact key={name} name={name}>
                <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>
              </Fact>
            ))}
          </dl>
        </section>
      )}
    </article>
  );
}

function Clocks({ event, history, causality }: EventInspectorProps) {
  if (event.clock === null) {
    if (event.op === "lab") return null;
    return (
      <section>
        <h3>Clock</h3>
        <p className={styles["quiet"]}>None: this happened in the network, where no node can stamp it.</p>
      </section>
    );
  }
  const lane = history.lane(event.node);
  const before = lane[lane.indexOf(event) - 1]?.clock ?? null;
  const truth = causality.truth(event.id);
  const mismatch = causality.mismatch(event.id);
  const differs = compare(event.clock, truth) !== "equal";
  return (
    <section>
      <h3>Clock</h3>
      <p className={styles["clock"]}>
        <ClockLabel clock={event.clock} before={before} lanes={history.lanes} />
      </p>
      <p className={styles["quiet"]}>
        in the order {history.lanes.join(", ")}; bold is what this event changed
      </p>
      {differs && (
        <>
          <p className={styles["clock"]}>
            <ClockLabel clock={truth} before={null} lanes={history.lanes} />
          </p>
          <p className={styles["quiet"]}>
            {mismatch === null
              ? "recorded events in its true past; nodes may skip stamps, so the numbers need not be the same"
              : "recorded events in its true past"}
          </p>
        </>
      )}
      {mismatch !== null && <p className={styles["warning"]}>{mismatch.sentence}</p>}
    </section>
  );
}

function Message({ event, history, onSelectEvent }: EventInspectorProps) {
  if (event.message === undefined) return null;
  const send = history.send(event.message);
  const receives = history.receives(event.message);
  const lost = history.lost(event.message);
  const time = (at: number) => elapsed(at - history.first, 0.001);
  return (
    <section>
      <h3>Message</h3>
      <dl className={styles["facts"]}>
        <Fact name="Kind">
          <code>{event.name}</code>
        </Fact>
        <Fact name="Sent">
          {send === undefined ? (
            "not recorded"
          ) : (
            <Link onClick={() => onSelectEvent(send.id)}>
              {time(send.at)} by {send.node}
            </Link>
          )}
        </Fact>
        {receives.map((receive, index) => (
          <Fact key={receive.id} name={index === 0 ? "Received" : "Again"}>
            <Link onClick={() => onSelectEvent(receive.id)}>
              {time(receive.at)} by {receive.node}
            </Link>
            {send !== undefined && ` after ${duration(receive.at - send.at)}`}
          </Fact>
        ))}
        {lost !== undefined && (
          <Fact name="Lost">
            <Link onClick={() => onSelectEvent(lost.id)}>{time(lost.at)}</Link>: {reasonOf(lost)}
          </Fact>
        )}
        {receives.length === 0 && lost === undefined && <Fact name="Received">no arrival is recorded</Fact>}
      </dl>
    </section>
  );
}

interface LinksProps extends EventInspectorProps {
  readonly title: string;
  readonly ids: readonly number[];
  readonly empty: string;
}

function Links({ title, ids, empty, event, history, onSelectEvent }: LinksProps) {
  const events = ids.map((id) => history.event(id)).filter((found) => found !== undefined);
  return (
    <section>
      <h3>{title}</h3>
      {events.length === 0 && <p className={styles["quiet"]}>{empty}</p>}
      <ul className={styles["links"]}>
        {events.map((other) => (
          <li key={other.id}>
            <Link onClick={() => onSelectEvent(other.id)}>
              <Sign op={other.op} /> {other.node} {shortName(other)}
            </Link>{" "}
            <span className={styles["quiet"]}>{distance(event, other)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function distance(event: RecordedEvent, other: RecordedEvent): string {
  const gap = other.at - event.at;
  if (gap === 0) return "at the same moment";
  return gap < 0 ? `${duration(-gap)} before` : `${duration(gap)} after`;
}

/** Which life of its node the event belongs to, counted from 1. */
function livesOf(history: History, event: RecordedEvent): number {
  let count = 0;
  let life: number | null = null;
  for (const other of history.lane(event.node)) {
    if (other.life !== life) count += 1;
    life = other.life;
    if (other.life === event.life) break;
  }
  return count;
}
