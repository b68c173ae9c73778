import { CircleCheck, CircleX, Hourglass, LocateFixed, TriangleAlert } from "lucide-react";
import type { DataAnswer } from "../../shared/contract/contract.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button, IconButton } from "../base/ui/button.tsx";
import { cx } from "../base/ui/cx.ts";
import { consequence, contextText, type Exchange, headline, isMerged, replicaMarks } from "./answers.ts";
import styles from "./data.module.css";
import { ask, requestEventOf, useData } from "./exchanges.ts";

const signs = { put: "▲", get: "●", delete: "▼" } as const;

/** What was asked and what came back, the newest first and in full. */
export function AnswerList({ node }: { readonly node: string }) {
  const exchanges = useData((state) => state.exchanges);
  return (
    <section className={styles["answers"]} aria-label="Answers" aria-live="polite">
      {exchanges.length === 0 && (
        <p className={styles["hint"]}>
          Answers appear here, with the replicas that took part. Put a value, then follow it on the timeline.
        </p>
      )}
      <ol>
        {exchanges.map((exchange, index) => (
          <Answer key={exchange.number} exchange={exchange} node={node} isNewest={index === 0} />
        ))}
      </ol>
    </section>
  );
}

function Answer(props: { readonly exchange: Exchange; readonly node: string; readonly isNewest: boolean }) {
  const { exchange, isNewest } = props;
  const { op, key, value, answer, failure } = exchange;
  const Icon =
    failure !== null ? CircleX : answer === null ? Hourglass : isShort(answer) ? TriangleAlert : CircleCheck;
  const tone = failure !== null ? "failed" : answer !== null && isShort(answer) ? "short" : "ok";
  return (
    <li className={cx(styles["answer"], isNewest && styles["newest"])}>
      <div className={styles["asked"]}>
        <span aria-hidden className={styles[op]}>
          {signs[op]}
        </span>
        <b>{op.toUpperCase()}</b> <code>{key}</code>
        {value !== null && <span className={styles["value"]}>{value === "" ? "(empty)" : value}</span>}
        <span className={styles["through"]}>through {exchange.node}</span>
        <IconButton
          icon={LocateFixed}
          label="Show the request on the timeline"
          onClick={() => showRequest(exchange)}
        />
      </div>
      <p className={cx(styles["headline"], styles[tone])}>
        <Icon aria-hidden className={styles["icon"]} /> {headline(exchange)}
      </p>
      {failure !== null && <p className={styles["consequence"]}>{consequence(exchange, failure)}</p>}
      {answer !== null && <Found exchange={exchange} answer={answer} node={props.node} />}
      {answer !== null && isNewest && <Replicas answer={answer} />}
    </li>
  );
}

const isShort = (answer: DataAnswer) => answer.failed.length > 0;

/** The values of a read; siblings each with the way to end the conflict. */
function Found(props: { readonly exchange: Exchange; readonly answer: DataAnswer; readonly node: string }) {
  const { exchange, answer } = props;
  const isLive = useLab((state) => state.mode.kind === "live");
  if (answer.values.length === 0 || (exchange.op === "put" && answer.values.length === 1)) return null;
  const isOther =
    answer.shown !== undefined && answer.shown.join() !== answer.values.map((each) => each.value).join();
  if (answer.shown !== undefined && (isOther || isMerged(answer)))
    return <Shown values={answer.shown} error={answer.mergeError ?? null} />;
  const isConflict = answer.values.length > 1;
  return (
    <ul className={styles["values"]} aria-label={isConflict ? "Siblings" : "Value"}>
      {answer.values.map(({ value, dot }) => (
        <li key={dot}>
          <span className={styles["value"]}>{value === "" ? "(empty)" : value}</span>
          <span className={styles["dot"]}>written at {dot}</span>
          {isConflict && isLive && (
            <Button
              onClick={() =>
                void ask("put", props.node, answer.key, { value, context: { ...answer.context } })
              }
            >
              Keep this one
            </Button>
          )}
        </li>
      ))}
      {isConflict && (
        <li className={styles["hint"]}>
          Concurrent: neither write had seen the other. Writing with this context (
          {contextText(answer.context)}) replaces them all.
        </li>
      )}
    </ul>
  );
}

/** What the key's conflict strategy shows of its versions. */
function Shown({ values, error }: { readonly values: readonly string[]; readonly error: string | null }) {
  return (
    <ul className={styles["values"]} aria-label="Value">
      {values.map((value) => (
        <li key={value}>
          <span className={styles["value"]}>{value === "" ? "(empty)" : value}</span>
        </li>
      ))}
      {error !== null && <li className={styles["consequence"]}>The merge function failed: {error}</li>}
    </ul>
  );
}

const markWords = { ok: "✓", failed: "✕ failed", pending: "… not waited for" } as const;

function Replicas({ answer }: { readonly answer: DataAnswer }) {
  return (
    <dl className={styles["facts"]}>
      <dt>Replicas</dt>
      <dd>
        {replicaMarks(answer).map(({ node, mark }) => (
          <span key={node} className={cx(styles["replica"], styles[mark])}>
            {node} {markWords[mark]}
          </span>
        ))}
      </dd>
      <dt>Coordinator</dt>
      <dd>{answer.coordinator}</dd>
      <dt>Context</dt>
      <dd>
        <code>{contextText(answer.context)}</code>
      </dd>
    </dl>
  );
}

function showRequest(exchange: Exchange): void {
  const { history, select } = labStore.getState();
  const event = requestEventOf(history, exchange);
  select(event === undefined ? { kind: "key", key: exchange.key } : { kind: "event", id: event });
}
