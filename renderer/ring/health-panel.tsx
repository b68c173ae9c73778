import { TriangleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import type { Key } from "../../shared/ids.ts";
import type { Ring } from "../../shared/ring/ring.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { Button } from "../base/ui/button.tsx";
import { shownNodes } from "../cluster/network.ts";
import { openKey } from "../key/chosen-key.ts";
import { plural } from "../session/words.ts";
import { copiesWarning, healthOn, type SideHealth } from "./health.ts";
import styles from "./ring.module.css";

/** Warnings only: nothing is shown while every key has its copies and its quorum. */
export function HealthPanel(props: {
  readonly model: SessionModel;
  readonly cluster: NonNullable<SessionModel["cluster"]>;
  readonly ring: Ring;
  readonly keys: readonly Key[];
}) {
  const { model, cluster, ring, keys } = props;
  const nodes = shownNodes(model);
  const running = nodes.filter(({ status }) => status === "running").map(({ node }) => node);
  const groups = model.partition?.groups ?? [];
  const sides = groups.length > 1 ? groups : [nodes.map(({ node }) => node)];
  const state = `${running.join()} ${sides.map((side) => side.join()).join("|")}`;
  const health = useMemo(
    () => healthOn(keys, ring, cluster, (node) => running.some((other) => other === node), sides),
    // Which nodes run, and who reaches whom, is all in `state`.
    // oxlint-disable-next-line react/exhaustive-deps
    [keys, ring, cluster.n, cluster.r, cluster.w, state],
  );
  const warning = copiesWarning(ring.nodes.length, cluster.n);
  const short = health.filter(({ unreadable, unwritable }) => unreadable.length + unwritable.length > 0);
  if (warning === null && short.length === 0) return null;
  return (
    <section className={styles["health"]} aria-label="Keys at risk">
      {warning !== null && (
        <p className={styles["verdictWarning"]}>
          <TriangleAlert aria-hidden className={styles["icon"]} /> {warning}
        </p>
      )}
      {short.map((side) => (
        <Short key={side.side.join()} health={side} of={keys.length} isSplit={sides.length > 1} />
      ))}
    </section>
  );
}

const listedMax = 40;

function Short(props: { readonly health: SideHealth; readonly of: number; readonly isSplit: boolean }) {
  const { side, unreadable, unwritable } = props.health;
  const [isOpen, setOpen] = useState(false);
  const [more, fewer] =
    unreadable.length > unwritable.length ? [unreadable, unwritable] : [unwritable, unreadable];
  const cannot = unreadable === more ? "read" : "written";
  const both = fewer.length === more.length ? "read or written" : `${cannot}${alsoWords(fewer, cannot)}`;
  return (
    <div>
      <p className={styles["verdictWarning"]}>
        <TriangleAlert aria-hidden className={styles["icon"]} />
        <span>
          {props.isSplit && `On the side of ${side.join(", ")}: `}
          {plural(more.length, "key")} of {props.of} cannot be {both}: too few of their owners are in reach.{" "}
          <Button variant="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Hide them" : "Which"}
          </Button>
        </span>
      </p>
      {isOpen && (
        <ul className={styles["atRisk"]}>
          {more.slice(0, listedMax).map((key) => (
            <li key={key}>
              <button type="button" onClick={() => openKey(key)}>
                {key}
              </button>
            </li>
          ))}
          {more.length > listedMax && <li>and {more.length - listedMax} more</li>}
        </ul>
      )}
    </div>
  );
}

const alsoWords = (fewer: readonly Key[], cannot: string) =>
  fewer.length === 0 ? "" : `, ${fewer.length} of them not ${cannot === "read" ? "written" : "read"} either`;
