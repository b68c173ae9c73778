import { Hammer } from "lucide-react";
import { useId, useState } from "react";
import type { FileDamage, NodeStorage, RecordView } from "../../shared/contract/storage.ts";
import { Button } from "../base/ui/button.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import { Fact } from "../timeline/event-parts.tsx";
import { bytesText, dateText } from "../session/words.ts";
import {
  type BreakChoice,
  type BreakKind,
  breakWords,
  damageOf,
  firstChoice,
  kindsFor,
  partnersOf,
} from "./breaking.ts";
import { isTable } from "./geometry.ts";
import styles from "./storage.module.css";
import { clockText, isDurable, placeWords, problemOf, typeWords } from "./words.ts";

/** One record as it lies in the log, and how to break it. */
export function RecordDetails(props: {
  readonly view: NodeStorage;
  readonly record: RecordView;
  /** Those it could change places with. */
  readonly records: readonly RecordView[];
  readonly onBreak: (damage: FileDamage) => void;
}) {
  const { view, record } = props;
  const durable = isDurable(view, record);
  const name = `Record ${placeWords(record)}`;
  return (
    <section className={styles["details"]} aria-label={name}>
      <h3>{name}</h3>
      {record.problem !== null && <p className={styles["problem"]}>{problemOf(view, record)}</p>}
      {view.kinds.log !== "memory" && <BreakForm {...props} />}
      <dl className={styles["facts"]}>
        <Fact name="Durable">
          {durable === null ? "only the running node could tell" : durable ? "yes" : "not yet: only written"}
        </Fact>
        <Fact name="Type">
          {record.type}
          {typeWords[record.type] !== undefined && `: ${typeWords[record.type]}`}
        </Fact>
        {record.table !== "" && (
          <Fact name="Module, table">
            {record.module}, {record.table}
          </Fact>
        )}
        {record.key !== "" && (
          <Fact name="Key">
            <code>{record.key}</code>
          </Fact>
        )}
        {record.row !== "" && (
          <Fact name="Row">
            <code className={styles["row"]}>{record.row}</code>
          </Fact>
        )}
        {record.at > 0 && <Circumstances record={record} />}
        <Fact name="Place">
          {isTable(view) ? `row of ${record.file}` : `${record.file}, byte ${record.offset}`},{" "}
          {bytesText(record.bytes)}
        </Fact>
      </dl>
    </section>
  );
}

/** When and by whom; the log's own words and what is broken have none. */
function Circumstances({ record }: { readonly record: RecordView }) {
  const { clock, at, origin, replicas, term, index } = record;
  return (
    <>
      <Fact name="Clock">
        <code>{clockText(clock)}</code>
      </Fact>
      <Fact name="Written">{dateText(at)}</Fact>
      <Fact name="Origin">{origin ?? "none"}</Fact>
      <Fact name="Replicas">{replicas.length === 0 ? "none" : replicas.join(", ")}</Fact>
      <Fact name="Term, index">
        {term}, {index}
      </Fact>
    </>
  );
}

function BreakForm(props: {
  readonly view: NodeStorage;
  readonly record: RecordView;
  readonly records: readonly RecordView[];
  readonly onBreak: (damage: FileDamage) => void;
}) {
  const { view, record } = props;
  const [choice, setChoice] = useState<BreakChoice>(() => firstChoice(record));
  const hint = useId();
  const table = isTable(view);
  const kinds = kindsFor(table);
  const partners = partnersOf(record, props.records);
  const damage = damageOf(record, choice, table);
  const set = (part: Partial<BreakChoice>) => setChoice({ ...choice, ...part });
  return (
    <form
      className={styles["break"]}
      aria-label="Break this record"
      onSubmit={(event) => {
        event.preventDefault();
        if (damage !== null) props.onBreak(damage);
      }}
    >
      <div className={styles["way"]}>
        <Select
          aria-label="How to break it"
          aria-describedby={hint}
          value={choice.kind}
          onChange={(event) => {
            const kind = event.target.value as BreakKind;
            set({ kind, other: kind === "swap" ? (choice.other ?? partners.at(-1) ?? null) : choice.other });
          }}
        >
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {breakWords[kind].label}
            </option>
          ))}
        </Select>
        <Button type="submit" variant="danger" icon={Hammer} disabled={damage === null}>
          Break it
        </Button>
      </div>
      <p id={hint} className={styles["hint"]}>
        {breakWords[choice.kind].text}
      </p>
      {choice.kind === "flip-bit" && !table && (
        <div className={styles["pair"]}>
          <Field label={`Byte, 0 to ${record.bytes - 1}`}>
            {(control) => (
              <Input
                {...control}
                type="number"
                min={0}
                max={record.bytes - 1}
                value={choice.byte}
                onChange={(event) => set({ byte: Math.trunc(event.target.valueAsNumber || 0) })}
              />
            )}
          </Field>
          <Field label="Bit, 0 to 7">
            {(control) => (
              <Input
                {...control}
                type="number"
                min={0}
                max={7}
                value={choice.bit}
                onChange={(event) => set({ bit: Math.trunc(event.target.valueAsNumber || 0) })}
              />
            )}
          </Field>
        </div>
      )}
      {choice.kind === "swap" && (
        <Partner partners={partners} chosen={choice.other} onChoose={(other) => set({ other })} />
      )}
    </form>
  );
}

function Partner(props: {
  readonly partners: readonly RecordView[];
  readonly chosen: RecordView | null;
  readonly onChoose: (record: RecordView | null) => void;
}) {
  const { partners, chosen } = props;
  if (partners.length === 0)
    return <p className={styles["hint"]}>No other record of this page lies in the same file.</p>;
  return (
    <Field label="With record">
      {(control) => (
        <Select
          {...control}
          value={chosen?.offset ?? ""}
          onChange={(event) =>
            props.onChoose(partners.find(({ offset }) => String(offset) === event.target.value) ?? null)
          }
        >
          {partners.map(({ offset, position, key }) => (
            <option key={offset} value={offset}>
              {position} {key}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
