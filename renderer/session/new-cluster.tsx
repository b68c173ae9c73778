import { useState } from "react";
import { membershipPresets } from "../../shared/membership/presets.ts";
import { type Preset, presets } from "../../shared/membership/types.ts";
import type { LabState } from "../../shared/contract/state.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Dialog } from "../base/ui/dialog.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import { storageDefaults } from "../../shared/contract/storage.ts";
import { type StorageForm, StorageFields } from "../storage/storage-fields.tsx";
import styles from "./dialogs.module.css";
import { quorumProblem } from "./quorum.ts";
import { ReplicationFields } from "./replication-fields.tsx";
import { firstReplication, replicationProblem, settingsFrom } from "./replication.ts";

const close = () => labStore.getState().openOverlay(null);

const presetWords: Record<Preset, string> = {
  lab: "lab: fast, a killed node is dead for all in under 2 s",
  lan: "lan: as real clusters are set",
  classroom: "classroom: slow enough to watch",
};

/** As the nodes there are keep what they know. */
function storageOf(lab: LabState | null): StorageForm {
  const [node] = lab?.nodes ?? [];
  return { ...(node?.storage ?? storageDefaults), clockStore: node?.clockStore ?? "sqlite" };
}

const storageParams = ({ clockStore, ...storage }: StorageForm) => ({ clockStore, storage });

/** Ends the cluster there is and starts another, as it is described here. */
export function NewCluster() {
  const lab = useLab((state) => state.lab);
  const [nodes, setNodes] = useState(String(lab?.nodes.length ?? 5));
  const [preset, setPreset] = useState<Preset>(lab?.cluster.preset ?? "lab");
  const [quorum, setQuorum] = useState({
    n: String(lab?.cluster.n ?? 3),
    r: String(lab?.cluster.r ?? 2),
    w: String(lab?.cluster.w ?? 2),
  });
  const [replication, setReplication] = useState(firstReplication);
  const [storage, setStorage] = useState<StorageForm>(() => storageOf(lab));
  const [busy, setBusy] = useState(false);
  const numbers = { nodes: Number(nodes), n: Number(quorum.n), r: Number(quorum.r), w: Number(quorum.w) };
  const problem =
    quorumProblem(numbers.nodes, numbers.n, numbers.r, numbers.w) ?? replicationProblem(replication);
  const overlapping = numbers.r + numbers.w > numbers.n;
  const submit = async () => {
    setBusy(true);
    const answer = await labStore.getState().run("cluster.new", {
      ...numbers,
      preset,
      replication: settingsFrom(replication),
      ...storageParams(storage),
    });
    if (answer === undefined) setBusy(false);
    else close();
  };
  return (
    <Dialog title="New cluster" onClose={close}>
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === null) void submit();
        }}
      >
        <p>
          This cluster and its recording end, a fresh one starts. Keep the recording first if it is wanted.
        </p>
        <div className={styles["row"]}>
          <Field label="Nodes">
            {(control) => (
              <Input
                {...control}
                data-focus
                inputMode="numeric"
                value={nodes}
                onChange={(e) => setNodes(e.target.value)}
              />
            )}
          </Field>
          {(["n", "r", "w"] as const).map((name) => (
            <Field key={name} label={{ n: "N, copies", r: "R, to read", w: "W, to write" }[name]}>
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  value={quorum[name]}
                  onChange={(e) => setQuorum({ ...quorum, [name]: e.target.value })}
                />
              )}
            </Field>
          ))}
        </div>
        <output className={problem === null ? styles["hint"] : styles["problem"]}>
          {problem ??
            (overlapping
              ? "R + W is larger than N: a read meets the last acknowledged write."
              : "R + W is not larger than N: a read may miss an acknowledged write.")}
        </output>
        <Field label="Failure detection" hint={`Probes every ${membershipPresets[preset].probeInterval} ms.`}>
          {(control) => (
            <Select {...control} value={preset} onChange={(e) => setPreset(e.target.value as Preset)}>
              {presets.map((each) => (
                <option key={each} value={each}>
                  {presetWords[each]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <ReplicationFields fields={replication} onChange={setReplication} />
        <StorageFields form={storage} onChange={setStorage} />
        <div className={styles["actions"]}>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={busy || problem !== null}>
            {busy ? "Starting…" : "Start the cluster"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
