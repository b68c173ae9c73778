import type { Ring } from "../../shared/ring/ring.ts";
import { useLab } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import type { ShownNode } from "../cluster/network.ts";
import { plural } from "../session/words.ts";
import type { Step } from "./geometry.ts";
import { lookOf } from "./node-look.ts";
import styles from "./ring.module.css";

/** The legend of the ring: each node's look, its share, and how it is. */
export function NodeShares(props: {
  readonly ring: Ring;
  readonly nodes: readonly ShownNode[];
  readonly active: string | null;
  readonly onPoint: (node: string | null) => void;
  readonly steps: readonly Step[];
  /** Keys of the session by owner. */
  readonly load: ReadonlyMap<string, { readonly first: number; readonly any: number }>;
  /** Requests of clients so far. */
  readonly served: ReadonlyMap<string, number>;
}) {
  const { ring, nodes, active, onPoint } = props;
  const select = useLab((state) => state.select);
  const shares = nodes.map(({ node }) => ring.share(node));
  const largest = Math.max(...shares);
  return (
    <ul className={styles["shares"]} aria-label="Share of the ring by node">
      {nodes.map(({ node, status }, index) => {
        const share = shares[index]!;
        const owner = props.steps.find((step) => step.node === node)?.owner ?? null;
        return (
          <li key={node}>
            <button
              type="button"
              className={cx(styles["share"], active === node && styles["pointed"])}
              onPointerEnter={() => onPoint(node)}
              onPointerLeave={() => onPoint(null)}
              onFocus={() => onPoint(node)}
              onBlur={() => onPoint(null)}
              onClick={() => select({ kind: "node", node })}
            >
              <Swatch index={index} isDown={status !== "running"} />
              <span className={styles["who"]}>
                {node}
                {status !== "running" && <em className={styles["state"]}> {status}</em>}
                {owner !== null && <em className={styles["owner"]}> owner {owner}</em>}
              </span>
              <svg className={cx(styles["bar"], styles[`hue${lookOf(index).hue}`])} aria-hidden>
                <rect className={styles["arc"]} height="100%" width={`${(share / largest) * 100}%`} rx="2" />
              </svg>
              <span className={styles["amount"]}>{(share * 100).toFixed(1)} %</span>
              <span className={styles["load"]}>
                {plural(props.load.get(node)?.any ?? 0, "key")},{" "}
                {plural(props.served.get(node) ?? 0, "request")}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Swatch({ index, isDown }: { readonly index: number; readonly isDown: boolean }) {
  const { hue, fill } = lookOf(index);
  return (
    <svg className={cx(styles["swatch"], styles[`hue${hue}`])} viewBox="0 0 14 14" aria-hidden>
      <rect className={styles["arc"]} width="14" height="14" rx="3" />
      {fill !== "solid" && <rect width="14" height="14" rx="3" fill={`url(#ring-${fill})`} />}
      {isDown && <rect width="14" height="14" rx="3" fill="url(#ring-down)" />}
    </svg>
  );
}
