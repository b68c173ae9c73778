import { KeyRound } from "lucide-react";
import { useMemo, useState } from "react";
import type { SessionModel } from "../../shared/trace/model.ts";
import { naturalOrder } from "../../shared/trace/history.ts";
import { useLab } from "../base/store.ts";
import { IconButton } from "../base/ui/button.tsx";
import { cx } from "../base/ui/cx.ts";
import { Input } from "../base/ui/field.tsx";
import { agoText } from "../cluster/beliefs.ts";
import { openKey } from "../key/chosen-key.ts";
import styles from "./data.module.css";
import { readKey } from "./exchanges.ts";

/** So many rows are drawn at once; the filter narrows the rest down. */
const rowsMax = 200;

/** Every key that was written or read so far: what was done last, and whether versions stand side by side. */
export function KeyList(props: {
  readonly model: SessionModel;
  readonly node: string;
  readonly isLive: boolean;
}) {
  const { model, node, isLive } = props;
  const [filter, setFilter] = useState("");
  const select = useLab((state) => state.select);
  const selected = useLab((state) => (state.selection?.kind === "key" ? state.selection.key : null));
  const count = model.keys.size;
  const names = useMemo(
    () => [...model.keys.keys()].filter((key) => key.includes(filter)).sort(naturalOrder),
    // The model's map is a new one whenever it changes.
    [model.keys, filter],
  );
  return (
    <section className={styles["keys"]} aria-label="Keys">
      <div className={styles["keysHead"]}>
        <h3>{count === 1 ? "1 key" : `${count} keys`}</h3>
        <Input
          type="search"
          aria-label="Find a key"
          placeholder="Find a key"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      {count === 0 && (
        <p className={styles["hint"]}>
          Keys appear here once one is written or read:{" "}
          {isLive ? "put one, or switch the load on." : "none was by now."}
        </p>
      )}
      <ul>
        {names.slice(0, rowsMax).map((key) => {
          const { op, at, node: last, siblings } = model.keys.get(key)!;
          const isConflict = siblings > 1 || model.conflicts.has(key);
          return (
            <li key={key} className={styles["keyRow"]}>
              <button
                type="button"
                className={cx(styles["key"], selected === key && styles["selected"])}
                aria-pressed={selected === key}
                onClick={() => select({ kind: "key", key })}
                onDoubleClick={() => {
                  if (isLive) readKey(node, key);
                }}
              >
                <code>{key}</code>
                {isConflict && <span className={styles["conflict"]}>{Math.max(2, siblings)} siblings</span>}
                <span className={styles["last"]}>
                  {op.toUpperCase()} on {last}, {agoText(model.at - at)} ago
                </span>
              </button>
              <IconButton
                icon={KeyRound}
                label={`Show ${key} on all its replicas`}
                onClick={() => openKey(key)}
              />
            </li>
          );
        })}
      </ul>
      {names.length > rowsMax && (
        <p className={styles["hint"]}>
          {names.length - rowsMax} more: narrow them down with the field above.
        </p>
      )}
    </section>
  );
}
