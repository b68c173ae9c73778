import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import { type ClockStoreKind, clockStoreKinds } from "../../shared/contract/state.ts";
import {
  logKinds,
  snapshotKinds,
  type StorageSettings,
  syncPolicies,
} from "../../shared/contract/storage.ts";
import { Button } from "../base/ui/button.tsx";
import { Field, Select } from "../base/ui/field.tsx";
import { RecoveryChoice } from "./recovery-choice.tsx";
import styles from "./forms.module.css";
import { clockWords, logWords, snapshotWords, syncWords } from "./words.ts";

export type StorageForm = StorageSettings & { readonly clockStore: ClockStoreKind };

interface FieldsProps {
  readonly form: StorageForm;
  readonly onChange: (form: StorageForm) => void;
}

type Words = Readonly<Record<string, { readonly label: string; readonly text: string }>>;

function OneOf<Name extends string>(props: {
  readonly label: string;
  readonly names: readonly Name[];
  readonly words: Words;
  readonly value: Name;
  readonly onChange: (name: Name) => void;
}) {
  const { words } = props;
  return (
    <Field label={props.label} hint={words[props.value]?.text}>
      {(control) => (
        <Select
          {...control}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value as Name)}
        >
          {props.names.map((name) => (
            <option key={name} value={name}>
              {words[name]?.label}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** Where a node keeps its log, its snapshots and its clock, and when it flushes. */
export function KindFields({ form, onChange }: FieldsProps) {
  const set = (part: Partial<StorageForm>) => onChange({ ...form, ...part });
  return (
    <div className={styles["kinds"]}>
      <OneOf
        label="Log"
        names={logKinds}
        words={logWords}
        value={form.log}
        onChange={(log) => set({ log })}
      />
      <OneOf
        label="Snapshots"
        names={snapshotKinds}
        words={snapshotWords}
        value={form.snapshots}
        onChange={(snapshots) => set({ snapshots })}
      />
      <OneOf
        label="Clock store"
        names={clockStoreKinds}
        words={clockWords}
        value={form.clockStore}
        onChange={(clockStore) => set({ clockStore })}
      />
      <OneOf
        label="Flush"
        names={syncPolicies}
        words={syncWords}
        value={form.sync}
        onChange={(sync) => set({ sync })}
      />
    </div>
  );
}

/** How the nodes of a new cluster keep what they know; as they do now as long as it stays closed. */
export function StorageFields({ form, onChange }: FieldsProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className={styles["fields"]} aria-label="Storage">
      <Button
        variant="quiet"
        icon={isOpen ? ChevronDown : ChevronRight}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        Storage
      </Button>
      {isOpen && (
        <>
          <KindFields form={form} onChange={onChange} />
          <RecoveryChoice value={form.recovery} onChange={(recovery) => onChange({ ...form, recovery })} />
        </>
      )}
    </section>
  );
}
