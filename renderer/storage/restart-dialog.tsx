import { ChevronDown, ChevronRight } from "lucide-react";
import { useState } from "react";
import type { NodeState } from "../../shared/contract/state.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Dialog } from "../base/ui/dialog.tsx";
import { Toggle } from "../base/ui/toggle.tsx";
import { selectedNode } from "../session/targets.ts";
import { RecoveryChoice } from "./recovery-choice.tsx";
import { KindFields, type StorageForm } from "./storage-fields.tsx";
import styles from "./forms.module.css";

const close = () => labStore.getState().openOverlay(null);

/** Starts the selected node as it is described here, and shows what its start finds. */
export function RestartDialog() {
  const node = useLab(selectedNode);
  if (node === null)
    return (
      <Dialog title="Restart a node" onClose={close}>
        <p>Select a node first: click it on the cluster map or its name on the timeline.</p>
      </Dialog>
    );
  return <Restart node={node} />;
}

function Restart({ node }: { readonly node: NodeState }) {
  const [form, setForm] = useState<StorageForm>({ ...node.storage, clockStore: node.clockStore });
  const [keepsClock, setKeepsClock] = useState(true);
  const [isOpen, setOpen] = useState(false);
  const runs = node.pid !== null;
  const start = () => {
    const { run, showDrawer } = labStore.getState();
    const { clockStore, ...storage } = form;
    const clock = keepsClock ? ("keep" as const) : ("lose" as const);
    close();
    showDrawer("storage");
    void run("node.restart", { node: node.id, clock, clockStore, storage });
  };
  return (
    <Dialog
      title={runs ? `Restart ${node.id}` : `Start ${node.id} again`}
      onClose={close}
      actions={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button data-focus variant="primary" onClick={start}>
            {runs ? "Restart and watch" : "Start and watch"}
          </Button>
        </>
      }
    >
      <div className={styles["fields"]}>
        {runs && <p>Its process is killed first; what it had flushed is there when it comes back.</p>}
        <RecoveryChoice value={form.recovery} onChange={(recovery) => setForm({ ...form, recovery })} />
        <Toggle label="With the clock it had" checked={keepsClock} onChange={setKeepsClock} />
        <Button
          variant="quiet"
          icon={isOpen ? ChevronDown : ChevronRight}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          How it keeps what it knows
        </Button>
        {isOpen && <KindFields form={form} onChange={setForm} />}
      </div>
    </Dialog>
  );
}
