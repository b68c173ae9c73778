import type { ReactNode } from "react";
import type { DiskCopy, NodeStorage } from "../../shared/contract/storage.ts";
import { Button } from "../base/ui/button.tsx";
import { bytesText, dateText, plural } from "../session/words.ts";
import styles from "./storage.module.css";
import { clockText, snapshotWords } from "./words.ts";

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={styles["part"]} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Everything of a node's storage but its log. */
export function StorageState(props: {
  readonly view: NodeStorage;
  readonly isStarting: boolean;
  readonly onCopy: () => void;
  readonly onPutBack: (copy: DiskCopy) => void;
}) {
  const { view } = props;
  return (
    <div className={styles["stateColumn"]}>
      <Part title="Last start">
        {props.isStarting && <p className={styles["hint"]}>{view.node} is starting…</p>}
        {view.recovery.length === 0 && !props.isStarting && (
          <p className={styles["hint"]}>Nothing to tell: what a start finds and mends is told here.</p>
        )}
        <ol className={styles["lines"]} aria-live="polite">
          {view.recovery.map((line, index) => (
            <li key={`${index} ${line}`}>{line}</li>
          ))}
        </ol>
      </Part>
      <Snapshots view={view} />
      <Clock view={view} />
      <Copies {...props} />
      <SetAside view={view} />
    </div>
  );
}

function Snapshots({ view }: { readonly view: NodeStorage }) {
  const { snapshots, kinds } = view;
  return (
    <Part title="Snapshots">
      {snapshots.length === 0 && (
        <p className={styles["hint"]}>
          None yet. {view.node} takes one when its log has grown by some megabytes; a start then replays only
          what came after it.
        </p>
      )}
      <ul className={styles["plain"]}>
        {snapshots.map(({ name, position, at, bytes, rows, problem }) => (
          <li key={name}>
            {problem === null ? (
              <>
                <b>at {position}</b>, {plural(rows, "row")}, {bytesText(bytes)}, {dateText(at)}
              </>
            ) : (
              <>
                <b>{name}</b> <span className={styles["problem"]}>{problem}</span>
              </>
            )}
          </li>
        ))}
      </ul>
      {kinds.snapshots === "memory" && <p className={styles["hint"]}>{snapshotWords.memory.text}</p>}
    </Part>
  );
}

function Clock({ view }: { readonly view: NodeStorage }) {
  const { kind, file, value, problem } = view.clock;
  const where =
    kind === "memory" ? "in memory only: after a restart its stamps repeat" : (file ?? "in its database");
  return (
    <Part title="Clock store">
      <p>
        {value === null ? "No clock is stored." : <code>{clockText(value)}</code>}{" "}
        <span className={styles["hint"]}>{where}</span>
      </p>
      {problem !== null && <p className={styles["problem"]}>{problem}</p>}
    </Part>
  );
}

function Copies(props: {
  readonly view: NodeStorage;
  readonly onCopy: () => void;
  readonly onPutBack: (copy: DiskCopy) => void;
}) {
  const { view, onCopy, onPutBack } = props;
  return (
    <Part title="Copies of its directory">
      {view.copies.length === 0 && (
        <p className={styles["hint"]}>
          None yet. An old copy, put back later, is a node that has forgotten what it acknowledged since.
        </p>
      )}
      <ul className={styles["plain"]}>
        {view.copies.map((copy) => (
          <li key={copy.label} className={styles["copy"]}>
            <span>
              <b>{copy.label}</b>, {bytesText(copy.bytes)}, {dateText(copy.at)}
            </span>
            <Button onClick={() => onPutBack(copy)}>Put back</Button>
          </li>
        ))}
      </ul>
      <Button onClick={onCopy}>Keep a copy now</Button>
    </Part>
  );
}

function SetAside({ view }: { readonly view: NodeStorage }) {
  return (
    <Part title="Set aside">
      {view.setAside.length === 0 && (
        <p className={styles["hint"]}>Nothing. What a start cuts off or replaces is kept, and listed here.</p>
      )}
      <ul className={styles["plain"]}>
        {view.setAside.map(({ file, bytes, at }) => (
          <li key={file}>
            <code>{file}</code>, {bytesText(bytes)}, {dateText(at)}
          </li>
        ))}
      </ul>
    </Part>
  );
}
