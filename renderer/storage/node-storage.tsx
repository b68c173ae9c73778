import { HardDriveUpload, RotateCcw, TriangleAlert, Undo2, Zap } from "lucide-react";
import { useCallback, useState } from "react";
import type { NodeState } from "../../shared/contract/state.ts";
import type { FileDamage, NodeStorage, RecordView } from "../../shared/contract/storage.ts";
import { confirm } from "../base/ask.ts";
import { runCommand } from "../base/commands.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { Select } from "../base/ui/field.tsx";
import { Menu } from "../base/ui/menu.tsx";
import { plural } from "../session/words.ts";
import { questionOf } from "./breaking.ts";
import { copyDisk, openForm, putBack } from "./commands.ts";
import { diskEntries } from "./disk-menu.ts";
import { Legend, LogDrawing } from "./log-drawing.tsx";
import { RecordDetails } from "./record-details.tsx";
import { RecordList } from "./record-list.tsx";
import { StorageState } from "./storage-state.tsx";
import styles from "./storage.module.css";
import { useRecords } from "./use-records.ts";
import { useStorage } from "./use-storage.ts";
import { idOf, isGone, kindsWords, refusalHelp, sourceWords } from "./words.ts";

/** The storage of one node of the live lab. Mount it anew for another node. */
export function NodeStorageView({
  node,
  nodes,
}: {
  readonly node: NodeState;
  readonly nodes: readonly NodeState[];
}) {
  const { view, error, refresh } = useStorage(node.id, node.status);
  const [shown, pager] = useRecords(node.id, view);
  const [chosen, setChosen] = useState<RecordView | null>(null);
  /** Broken in the life that is still going on, which has not noticed. */
  const [brokenIn, setBrokenIn] = useState<number | null>(null);
  const choose = useCallback(
    (record: RecordView) => {
      pager.stay();
      setChosen(record);
    },
    [pager],
  );
  const breakIt = async (damage: FileDamage) => {
    const question = questionOf(node.id, damage, node.pid !== null);
    if (question !== null && !(await confirm(question))) return;
    if ((await labStore.getState().run("disk.damage", { node: node.id, damage })) === undefined) return;
    setBrokenIn(node.life ?? -1);
    refresh();
    void pager.reload();
  };
  const current =
    chosen === null || (view !== null && isGone(view, chosen))
      ? null
      : (shown.page.records.find((each) => idOf(each) === idOf(chosen)) ?? chosen);
  return (
    <div className={styles["room"]}>
      <div className={styles["panel"]}>
        <Bar node={node} nodes={nodes} view={view} />
        <Notices
          node={node}
          view={view}
          error={error}
          isBroken={brokenIn === (node.life ?? -1)}
          onUndone={refresh}
        />
        {view !== null && (
          <>
            <div className={styles["drawn"]}>
              <LogDrawing
                view={view}
                records={shown.page.records}
                chosen={current === null ? null : idOf(current)}
                onPlace={(file, offset) => void pager.at(file, offset)}
                onRecord={choose}
              />
            </div>
            <div className={styles["columns"]}>
              <RecordList
                view={view}
                shown={shown}
                pager={pager}
                chosen={current === null ? null : idOf(current)}
                onChoose={choose}
              />
              {current === null ? (
                <Teaching view={view} />
              ) : (
                <RecordDetails
                  key={idOf(current)}
                  view={view}
                  record={current}
                  records={shown.page.records}
                  onBreak={(damage) => void breakIt(damage)}
                />
              )}
              <StorageState
                view={view}
                isStarting={node.status === "starting"}
                onCopy={() => void copyDisk(node.id).then(refresh)}
                onPutBack={({ label }) => void putBack(node.id, label).then(refresh)}
              />
            </div>
          </>
        )}
      </div>
    </div>
  );
}

function Teaching({ view }: { readonly view: NodeStorage }) {
  const isMemory = view.kinds.log === "memory";
  return (
    <section className={styles["details"]} aria-label="No record is chosen">
      <EmptyState title={isMemory ? "Kept in memory only: a restart loses it" : "Choose a record"}>
        {isMemory
          ? "There is no file to break. Restart the node with its log in files to have one."
          : "It tells what it is made of here. Break it, restart the node, and watch what its start does about it."}
      </EmptyState>
      <Legend />
    </section>
  );
}

function Bar(props: {
  readonly node: NodeState;
  readonly nodes: readonly NodeState[];
  readonly view: NodeStorage | null;
}) {
  const { node, nodes, view } = props;
  const select = useLab((state) => state.select);
  return (
    <div className={styles["bar"]}>
      <Select
        aria-label="Node"
        value={node.id}
        onChange={(event) => select({ kind: "node", node: event.target.value })}
      >
        {nodes.map(({ id }) => (
          <option key={id}>{id}</option>
        ))}
      </Select>
      <span className={styles["source"]}>
        {view !== null && (
          <>
            <b>{kindsWords(view)}</b> {sourceWords(view, node.status)}
          </>
        )}
      </span>
      <Menu entries={diskEntries(node.id, node.status)}>
        <Button icon={Zap}>Disk faults</Button>
      </Menu>
      <Button icon={RotateCcw} onClick={() => openForm(node.id, "restart")}>
        {node.pid === null ? "Start and watch…" : "Restart and watch…"}
      </Button>
    </div>
  );
}

/** With the lab's own words for what it would take back. */
function UndoButton({ onUndone }: { readonly onUndone: () => void }) {
  const undo = useLab((state) => state.lab?.undo ?? null);
  if (undo === null) return null;
  return (
    <Button icon={Undo2} onClick={() => void (runCommand("undo") && onUndone())}>
      Undo: {undo.slice(0, 1).toLowerCase() + undo.slice(1)}
    </Button>
  );
}

const toldMax = 3;

/** What asks to be looked at: a refusal, damage that nobody has noticed yet, damage found, faults in force. */
function Notices(props: {
  readonly node: NodeState;
  readonly view: NodeStorage | null;
  readonly error: string | null;
  readonly isBroken: boolean;
  readonly onUndone: () => void;
}) {
  const { node, view, error, isBroken } = props;
  const found = view?.log.damage ?? [];
  const hasFailed = node.status === "failed" && node.error !== null;
  return (
    <div className={styles["notices"]}>
      {hasFailed && (
        <div className={styles["refusal"]} role="alert">
          <p>
            <TriangleAlert aria-hidden className={styles["icon"]} /> <b>{node.error}</b>
          </p>
          <p>{refusalHelp}</p>
          <UndoButton onUndone={props.onUndone} />
        </div>
      )}
      {error !== null && !hasFailed && (
        <p className={styles["problem"]} role="alert">
          {error}
        </p>
      )}
      {isBroken && (
        <div className={styles["notice"]}>
          <span>
            {node.pid === null
              ? "It is broken. Start the node and watch what its start does about it."
              : `It is broken, and ${node.id} has not noticed: it reads its log when it starts.`}
          </span>
          <UndoButton onUndone={props.onUndone} />
        </div>
      )}
      {view !== null && view.faults.length > 0 && (
        <p className={styles["notice"]}>
          <HardDriveUpload aria-hidden className={styles["icon"]} /> In force: {view.faults.join(" ")}
        </p>
      )}
      {found.slice(0, toldMax).map(({ message, file, offset, kind }) => (
        <p
          key={`${file} ${offset} ${kind}`}
          className={kind === "torn-tail" ? styles["notice"] : styles["refusal"]}
        >
          <TriangleAlert aria-hidden className={styles["icon"]} /> {message}
        </p>
      ))}
      {found.length > toldMax && (
        <p className={styles["refusal"]}>
          And {plural(found.length - toldMax, "more place", "more places")}.
        </p>
      )}
    </div>
  );
}
