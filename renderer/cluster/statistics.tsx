import { ChartNoAxesColumn } from "lucide-react";
import type { Operation, RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import { labLane } from "../../shared/trace/event.ts";
import { labStore } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { LineChart, StackChart } from "./charts.tsx";
import { countText } from "./link-words.ts";
import { dataOperations, type Rates, ratesOf } from "./rates.ts";
import styles from "./statistics.module.css";
import { useSteadyModel } from "./use-steady-model.ts";

const windowMs = 30_000;

/** Signs of the operations, as on the timeline. */
const signs: Record<Operation, string> = {
  put: "▲",
  get: "●",
  delete: "▼",
  internal: "◆",
  membership: "■",
  consensus: "⬢",
  lab: "⚑",
};

export function Statistics() {
  const model = useSteadyModel(500);
  const { history } = labStore.getState();
  if (history.size === 0)
    return (
      <EmptyState icon={ChartNoAxesColumn} title="Throughput, latency and messages appear here">
        Write a value in the data panel, or switch the load on in the toolbar.
      </EmptyState>
    );
  const to = Math.floor(model.at / 1000) * 1000;
  const from = Math.max(to - windowMs, Math.floor(history.first / 1000) * 1000);
  const rates = ratesOf(eventsBetween(history, from, to), from, to);
  return (
    <div className={styles["panel"]}>
      <p className={styles["span"]}>
        The last {Math.max(1, Math.round((to - from) / 1000))} whole seconds: {countText(rates.events)}{" "}
        events, {rates.conflicts} {rates.conflicts === 1 ? "conflict" : "conflicts"} noticed,{" "}
        {model.conflicts.size} {model.conflicts.size === 1 ? "key" : "keys"} with siblings now
      </p>
      <div className={styles["cards"]}>
        <Throughput rates={rates} />
        <Latency rates={rates} />
        <Messages rates={rates} />
        <Nodes rates={rates} />
      </div>
    </div>
  );
}

function* eventsBetween(history: History, from: number, to: number): Generator<RecordedEvent> {
  for (const node of [labLane, ...history.lanes]) {
    const [start, end] = history.span(node, from, to);
    const lane = history.lane(node);
    for (let index = start; index < end; index++) yield lane[index]!;
  }
}

const perSecond = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)}/s`;
const ms = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

function Sign({ op }: { readonly op: Operation }) {
  return (
    <span aria-hidden className={cx(styles["sign"], styles[op])}>
      {signs[op]}
    </span>
  );
}

function Throughput({ rates }: { readonly rates: Rates }) {
  const failed = dataOperations.reduce((sum, op) => sum + rates.operations[op].failed, 0);
  return (
    <section className={styles["card"]} aria-label="Operations per second">
      <h3>Operations</h3>
      <StackChart
        label="Operations of each second, by kind"
        unit="/s"
        series={[...dataOperations, "failed"] as const}
        rows={rates.seconds}
      />
      <dl className={styles["figures"]}>
        {dataOperations.map((op) => (
          <div key={op}>
            <dt>
              <Sign op={op} /> {op.toUpperCase()}
            </dt>
            <dd>{perSecond(rates.operations[op].perSecond)}</dd>
          </div>
        ))}
        <div className={cx(failed > 0 && styles["bad"])}>
          <dt>✕ failed</dt>
          <dd>{failed}</dd>
        </div>
      </dl>
    </section>
  );
}

function Latency({ rates }: { readonly rates: Rates }) {
  return (
    <section className={styles["card"]} aria-label="Latency">
      <h3>Latency, request to reply</h3>
      <LineChart
        label="Latency of each second: median and 95th percentile"
        unit=" ms"
        rows={rates.seconds.map(({ at, p50, p95 }) => ({ at, low: p50, high: p95 }))}
      />
      <table className={styles["numbers"]}>
        <thead>
          <tr>
            <th scope="col" aria-label="Operation" />
            {["p50", "p95", "p99", "longest"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dataOperations.map((op) => {
            const { latency } = rates.operations[op];
            return (
              <tr key={op}>
                <th scope="row">
                  <Sign op={op} /> {op.toUpperCase()}
                </th>
                {[latency?.p50, latency?.p95, latency?.p99, latency?.max].map((value, index) => (
                  <td key={`${op}-${index}`}>{value === undefined ? "–" : ms(value)}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Messages({ rates }: { readonly rates: Rates }) {
  const most = rates.messages[0]?.perSecond ?? 0;
  return (
    <section className={styles["card"]} aria-label="Messages by kind">
      <h3>Messages sent</h3>
      {rates.messages.length === 0 && <p className={styles["none"]}>No message in this stretch.</p>}
      <ul className={styles["messages"]}>
        {rates.messages.map(({ name, op, perSecond: rate, lost }) => (
          <li key={name}>
            <span className={styles["name"]}>
              <Sign op={op} /> {name}
            </span>
            <svg aria-hidden>
              <rect
                className={styles[op]}
                height="100%"
                width={`${most === 0 ? 0 : (rate / most) * 100}%`}
                rx="2"
              />
            </svg>
            <span className={styles["rate"]}>{perSecond(rate)}</span>
            <span className={cx(styles["lost"], lost > 0 && styles["bad"])}>
              {lost > 0 ? `✕ ${countText(lost)} lost` : ""}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Nodes({ rates }: { readonly rates: Rates }) {
  return (
    <section className={styles["card"]} aria-label="By node">
      <h3>By node</h3>
      <table className={styles["numbers"]}>
        <thead>
          <tr>
            <th scope="col" aria-label="Node" />
            {["events", "sent", "received", "lost"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rates.nodes.map((node) => (
            <tr key={node.node}>
              <th scope="row">{node.node}</th>
              <td>{perSecond(node.perSecond)}</td>
              <td>{countText(node.sent)}</td>
              <td>{countText(node.received)}</td>
              <td className={cx(node.lost > 0 && styles["bad"])}>{countText(node.lost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
