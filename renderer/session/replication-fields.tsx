import { ChevronDown, ChevronRight, Plus, X } from "lucide-react";
import { useState } from "react";
import { conflictStrategies } from "../../shared/clock/strategies.ts";
import { Button, IconButton } from "../base/ui/button.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import { Toggle } from "../base/ui/toggle.tsx";
import styles from "./dialogs.module.css";
import type { ReplicationForm, Strategy } from "./replication.ts";

const strategyWords: Record<Strategy, string> = {
  siblings: "siblings: all are kept, the client decides",
  "last-write-wins": "last write wins: the others are lost",
  "server-vectors": "server vectors: what dots cure, for lessons",
  counter: "counter: additions are summed",
  set: "set: a union, with removals",
  map: "map: merged field by field",
  max: "max: the largest number",
  text: "text: merged by three ways",
};

/** How the new cluster replicates, beyond its quorum; the usual settings as long as it stays closed. */
export function ReplicationFields(props: {
  readonly fields: ReplicationForm;
  readonly onChange: (fields: ReplicationForm) => void;
}) {
  const { fields, onChange } = props;
  const [isOpen, setOpen] = useState(false);
  const set = (part: Partial<ReplicationForm>) => onChange({ ...fields, ...part });
  return (
    <section className={styles["replication"]} aria-label="Replication">
      <Button
        variant="quiet"
        icon={isOpen ? ChevronDown : ChevronRight}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        Replication
      </Button>
      {isOpen && (
        <>
          <Toggle
            label="Sloppy quorum: stand-ins count for owners out of reach"
            checked={fields.sloppy}
            onChange={(sloppy) => set({ sloppy })}
          />
          <Toggle
            label="Hinted handoff: a stand-in keeps writes for an owner until it is back"
            checked={fields.hints}
            onChange={(hints) => set({ hints })}
          />
          <div className={styles["pair"]}>
            <Field label="Read repair" hint="When a read finds an owner behind.">
              {(control) => (
                <Select
                  {...control}
                  value={fields.readRepair}
                  onChange={(event) =>
                    set({ readRepair: event.target.value as ReplicationForm["readRepair"] })
                  }
                >
                  <option value="background">in the background</option>
                  <option value="blocking">before the answer</option>
                  <option value="off">off</option>
                </Select>
              )}
            </Field>
            <Field label="Anti-entropy every, s" hint="0: only on command.">
              {(control) => (
                <Input
                  {...control}
                  inputMode="decimal"
                  value={fields.antiEntropy}
                  onChange={(event) => set({ antiEntropy: event.target.value })}
                />
              )}
            </Field>
          </div>
          <Strategies fields={fields} set={set} />
        </>
      )}
    </section>
  );
}

function Strategies(props: {
  readonly fields: ReplicationForm;
  readonly set: (part: Partial<ReplicationForm>) => void;
}) {
  const { conflicts } = props.fields;
  const setAt = (index: number, part: Partial<(typeof conflicts)[number]>) =>
    props.set({ conflicts: conflicts.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  return (
    <fieldset className={styles["strategies"]}>
      <legend>Conflict strategies by key prefix; siblings where none fits</legend>
      {conflicts.map(({ prefix, strategy }, index) => (
        <div key={index} className={styles["strategy"]}>
          <Input
            mono
            aria-label={`Prefix ${index + 1}`}
            placeholder="cart:"
            value={prefix}
            onChange={(event) => setAt(index, { prefix: event.target.value })}
          />
          <Select
            aria-label={`Strategy ${index + 1}`}
            value={strategy}
            onChange={(event) => setAt(index, { strategy: event.target.value as Strategy })}
          >
            {conflictStrategies.map((name) => (
              <option key={name} value={name}>
                {strategyWords[name]}
              </option>
            ))}
          </Select>
          <IconButton
            icon={X}
            label={`Remove strategy ${index + 1}`}
            onClick={() => props.set({ conflicts: conflicts.filter((_, at) => at !== index) })}
          />
        </div>
      ))}
      <Button
        icon={Plus}
        onClick={() => props.set({ conflicts: [...conflicts, { prefix: "", strategy: "last-write-wins" }] })}
      >
        Add a strategy
      </Button>
    </fieldset>
  );
}
