import { useState } from "react";
import type { LiveDiskFault } from "../../shared/contract/storage.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Dialog } from "../base/ui/dialog.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import { Choice } from "../base/ui/toggle.tsx";
import { selectedNode } from "../session/targets.ts";
import { faultFrom, type FaultForm, firstFault, faultProblem, faultWords } from "./disk-faults.ts";
import styles from "./forms.module.css";

const close = () => labStore.getState().openOverlay(null);

const operations: readonly { readonly name: FaultForm["operation"]; readonly label: string }[] = [
  { name: "write", label: "Write" },
  { name: "sync", label: "Flush" },
  { name: "rename", label: "Rename" },
];

/** A fault of the selected node's disk, in full. */
export function DiskDialog() {
  const node = useLab(selectedNode);
  const [form, setForm] = useState(firstFault);
  const set = (part: Partial<FaultForm>) => setForm({ ...form, ...part });
  const problem = faultProblem(form);
  if (node === null || node.status !== "running")
    return (
      <Dialog title="Break a disk" onClose={close}>
        <p>
          {node === null
            ? "Select a node first: click it on the cluster map or its name on the timeline."
            : `${node.id} is ${node.status}: only the disk of a running node can fail. Its files can be broken at any time, in the storage view.`}
        </p>
      </Dialog>
    );
  const submit = async () => {
    const answer = await labStore.getState().run("disk.fault", { node: node.id, fault: faultFrom(form) });
    if (answer !== undefined) close();
  };
  return (
    <Dialog title={`Break the disk of ${node.id}`} onClose={close}>
      <form
        className={styles["fields"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === null) void submit();
        }}
      >
        <div>
          <Choice
            label="Fault"
            value={form.kind}
            options={[
              { name: "fail", label: "Fail" },
              { name: "full", label: "Full" },
              { name: "slow", label: "Slow" },
            ]}
            onChange={(kind) => set({ kind })}
          />
        </div>
        {form.kind === "fail" && <FailFields form={form} set={set} />}
        {form.kind === "slow" && (
          <Field label="Longer by, ms" hint="Each write and each flush.">
            {(control) => (
              <Input
                {...control}
                inputMode="numeric"
                value={form.ms}
                onChange={(event) => set({ ms: event.target.value })}
              />
            )}
          </Field>
        )}
        <output className={problem === null ? styles["hint"] : styles["problem"]}>
          {problem ?? sentence(faultFrom(form))}
        </output>
        <div className={styles["actions"]}>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={problem !== null}>
            Break the disk
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function sentence(fault: LiveDiskFault): string {
  const words = faultWords(fault);
  const isOnce = fault.kind === "fail" && fault.lasts === "once";
  const end = isOnce ? "; those after it succeed." : " until it is healed or the process ends.";
  return words.slice(0, 1).toUpperCase() + words.slice(1) + end;
}

function FailFields({
  form,
  set,
}: {
  readonly form: FaultForm;
  readonly set: (part: Partial<FaultForm>) => void;
}) {
  return (
    <div className={styles["kinds"]}>
      <Field label="Operation">
        {(control) => (
          <Select
            {...control}
            data-focus
            value={form.operation}
            onChange={(event) => set({ operation: event.target.value as FaultForm["operation"] })}
          >
            {operations.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Which, counted from now">
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            value={form.nth}
            onChange={(event) => set({ nth: event.target.value })}
          />
        )}
      </Field>
      <Field label="For how long">
        {(control) => (
          <Select
            {...control}
            value={form.lasts}
            onChange={(event) => set({ lasts: event.target.value as FaultForm["lasts"] })}
          >
            <option value="once">that one only</option>
            <option value="always">that one and all after it</option>
          </Select>
        )}
      </Field>
    </div>
  );
}
