import {
  CircleCheck,
  CircleHelp,
  CircleMinus,
  CircleX,
  Eye,
  type LucideIcon,
  TriangleAlert,
} from "lucide-react";
import type { MemberStatus } from "../../shared/trace/names.ts";
import type { Belief, SessionModel } from "../../shared/trace/model.ts";
import { useLab } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { useDiskFaults } from "../storage/use-disk-faults.ts";
import { agoText, isSplit, verdictOn, verdictText } from "./beliefs.ts";
import styles from "./members.module.css";
import { type ShownNode, shownNodes } from "./network.ts";
import { useSteadyModel } from "./use-steady-model.ts";

const icons: Record<MemberStatus, LucideIcon> = {
  alive: CircleCheck,
  suspect: CircleHelp,
  dead: CircleX,
  left: CircleMinus,
};

export function Members() {
  const model = useSteadyModel(250);
  const nodes = shownNodes(model);
  const diskFaults = useDiskFaults(model);
  if (nodes.length === 0 || model.beliefs.size === 0)
    return (
      <EmptyState icon={Eye} title="What each node believes of the others appears here">
        Beliefs come with the first gossip, a moment after the nodes have started.
      </EmptyState>
    );
  return (
    <div className={styles["panel"]}>
      <table
        className={styles["table"]}
        aria-label="Beliefs: each row an observer, each column whom the belief is about"
      >
        <thead>
          <tr>
            <th scope="col" className={styles["corner"]}>
              observer / about
            </th>
            {nodes.map(({ node }) => (
              <th key={node} scope="col">
                <NodeName node={node} />
                <Split model={model} nodes={nodes} about={node} />
              </th>
            ))}
          </tr>
          <tr className={styles["truth"]}>
            <th scope="row">The lab knows</th>
            {nodes.map((node) => (
              <td key={node.node}>
                <b>{node.status}</b>
                <span className={styles["more"]}>
                  {node.pid === null ? "no process" : `process ${node.pid}`}
                  {node.clockLost && ", clock lost"}
                </span>
                {diskFaults.get(node.node)?.map((words) => (
                  <span key={words} className={styles["verdict"]}>
                    {words}
                  </span>
                ))}
              </td>
            ))}
          </tr>
        </thead>
        <tbody>
          {nodes.map((observer) => (
            <tr key={observer.node} className={cx(!isWatching(observer) && styles["silent"])}>
              <th scope="row">
                <NodeName node={observer.node} />
                {!isWatching(observer) && (
                  <span className={styles["more"]}>{observer.status}: last belief</span>
                )}
              </th>
              {nodes.map((about) => (
                <BeliefCell
                  key={about.node}
                  observer={observer}
                  about={about}
                  belief={model.beliefs.get(observer.node)?.get(about.node)}
                  at={model.at}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const isWatching = ({ status }: ShownNode) => status === "running" || status === "starting";

function NodeName({ node }: { readonly node: string }) {
  const select = useLab((state) => state.select);
  const isSelected = useLab((state) => state.selection?.kind === "node" && state.selection.node === node);
  return (
    <button
      type="button"
      className={cx(styles["name"], isSelected && styles["selected"])}
      aria-pressed={isSelected}
      onClick={() => select({ kind: "node", node })}
    >
      {node}
    </button>
  );
}

/** Marks a column whose watching observers differ. */
function Split(props: {
  readonly model: SessionModel;
  readonly nodes: readonly ShownNode[];
  readonly about: string;
}) {
  const beliefs = props.nodes
    .filter((observer) => isWatching(observer) && observer.node !== props.about)
    .flatMap((observer) => {
      for (const [node, belief] of props.model.beliefs.get(observer.node) ?? [])
        if (node === props.about) return [belief.status];
      return [];
    });
  if (!isSplit(beliefs)) return null;
  return (
    <span className={styles["split"]}>
      <TriangleAlert aria-hidden className={styles["icon"]} /> observers differ
    </span>
  );
}

function BeliefCell(props: {
  readonly observer: ShownNode;
  readonly about: ShownNode;
  readonly belief: Belief | undefined;
  readonly at: number;
}) {
  const { observer, about, belief } = props;
  if (observer.node === about.node) return <td className={styles["self"]}>itself</td>;
  if (belief === undefined) return <td className={styles["self"]}>never heard of it</td>;
  const verdict = verdictOn(about.status, belief.status);
  const Icon = icons[belief.status];
  return (
    <td className={cx(styles["belief"], isWatching(observer) && styles[verdict])}>
      <span className={cx(styles["status"], styles[belief.status])}>
        <Icon aria-hidden className={styles["icon"]} /> {belief.status}
      </span>
      <span className={styles["more"]}>
        incarnation {belief.incarnation}, {agoText(props.at - belief.since)}
      </span>
      {verdict !== "agrees" && isWatching(observer) && (
        <span className={styles["verdict"]}>{verdictText(verdict, belief.status)}</span>
      )}
    </td>
  );
}
