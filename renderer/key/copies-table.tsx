import { CircleCheck, GitFork, TriangleAlert } from "lucide-react";
import type { NodeId } from "../../shared/ids.ts";
import type { Copy, KeyCopies, Write } from "../../shared/trace/copies.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { useLab } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import { agoText } from "../cluster/beliefs.ts";
import styles from "./key.module.css";

/** Every replica of the key with what it holds; who is an owner, and who is behind. */
export function CopiesTable(props: {
  readonly model: SessionModel;
  readonly keyName: string;
  readonly copies: KeyCopies;
  readonly owners: readonly NodeId[];
}) {
  const { copies, owners } = props;
  const place = (node: NodeId) => (owners.includes(node) ? owners.indexOf(node) : owners.length);
  const rows = copies.copies
    .filter(({ node, versions }) => owners.includes(node) || versions.length > 0)
    .sort((a, b) => place(a.node) - place(b.node));
  return (
    <table className={styles["table"]} aria-label={`Replicas of ${props.keyName}`}>
      <thead>
        <tr>
          <th scope="col">Replica</th>
          <th scope="col">Versions</th>
          <th scope="col">Compared with all</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((copy) => (
          <Row key={copy.node} copy={copy} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function Row(props: {
  readonly model: SessionModel;
  readonly copy: Copy;
  readonly copies: KeyCopies;
  readonly owners: readonly NodeId[];
}) {
  const { model, copy, copies, owners } = props;
  const { node, versions } = copy;
  const select = useLab((state) => state.select);
  const status = model.nodes.get(node)?.status ?? "starting";
  const owner = owners.indexOf(node);
  return (
    <tr className={cx(owner === -1 && styles["outsider"])}>
      <th scope="row">
        <button type="button" className={styles["link"]} onClick={() => select({ kind: "node", node })}>
          {node}
        </button>
        <span className={styles["role"]}>{owner === -1 ? "no owner" : `owner ${owner + 1}`}</span>
        {status !== "running" && <span className={styles["down"]}>✕ {status}</span>}
      </th>
      <td>
        {versions.length === 0 && <span className={styles["none"]}>nothing</span>}
        <ul className={styles["versions"]}>
          {versions.map(({ dot, at, event }) => (
            <li key={dot}>
              <VersionChip
                dot={dot}
                write={copies.writes.get(dot)}
                onClick={() => select({ kind: "event", id: event })}
              />
              <span className={styles["when"]}>{agoText(model.at - at)} ago</span>
            </li>
          ))}
        </ul>
      </td>
      <td>
        <Standing copy={copy} isOwner={owner !== -1} />
      </td>
    </tr>
  );
}

function VersionChip(props: {
  readonly dot: string;
  readonly write: Write | undefined;
  readonly onClick: () => void;
}) {
  const { dot, write } = props;
  const isTombstone = write?.op === "delete";
  return (
    <button
      type="button"
      className={cx(styles["version"], isTombstone && styles["tombstone"])}
      title="Show where this replica stored it"
      onClick={props.onClick}
    >
      <span aria-hidden>{isTombstone ? "▼" : "▲"}</span>
      <span className={styles["value"]}>
        {isTombstone
          ? "deleted"
          : (write?.value ?? "a value") === ""
            ? "(empty)"
            : (write?.value ?? "a value")}
      </span>
      <code>{dot}</code>
    </button>
  );
}

function Standing({ copy, isOwner }: { readonly copy: Copy; readonly isOwner: boolean }) {
  const { versions, missing } = copy;
  if (missing.length > 0)
    return (
      <span className={styles[isOwner ? "behind" : "quiet"]}>
        {isOwner && <TriangleAlert aria-hidden className={styles["icon"]} />}
        {isOwner ? "behind, lacks" : "lacks"} {missing.join(" and ")}
      </span>
    );
  if (versions.length > 1)
    return (
      <span className={styles["siblings"]}>
        <GitFork aria-hidden className={styles["icon"]} /> {versions.length} siblings
      </span>
    );
  return (
    <span className={styles["fine"]}>
      <CircleCheck aria-hidden className={styles["icon"]} /> up to date
    </span>
  );
}
