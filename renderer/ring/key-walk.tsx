import { ChevronRight, CircleCheck, TriangleAlert } from "lucide-react";
import { Fragment } from "react";
import { asKey } from "../../shared/ids.ts";
import type { Ring } from "../../shared/ring/ring.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { cx } from "../base/ui/cx.ts";
import { shownNodes } from "../cluster/network.ts";
import { type Step, turnOf } from "./geometry.ts";
import { quorumWarning, verdictsOn } from "./quorum.ts";
import styles from "./ring.module.css";

/** The way from a key clockwise to its owners, and whether they are enough. */
export function KeyWalk(props: {
  readonly model: SessionModel;
  readonly cluster: NonNullable<SessionModel["cluster"]>;
  readonly keyName: string;
  readonly ring: Ring;
  readonly steps: readonly Step[];
}) {
  const { model, cluster, keyName, ring, steps } = props;
  if (keyName === "")
    return (
      <p className={styles["hint"]}>
        Type a key, or click one elsewhere: its place, its clockwise walk and its owners appear here.
      </p>
    );
  const position = ring.position(asKey(keyName));
  const nodes = shownNodes(model);
  const statusOf = (node: string) => nodes.find((candidate) => candidate.node === node)?.status ?? "stopped";
  const owners = steps.filter((step) => step.owner !== null).map((step) => step.node);
  const groups = model.partition?.groups ?? [];
  const sides = groups.length > 1 ? groups : [nodes.map(({ node }) => node)];
  return (
    <section className={styles["key"]} aria-label={`Owners of ${keyName}`}>
      <p className={styles["position"]}>
        <code>{keyName}</code> lies at <code>0x{position.toString(16).padStart(8, "0")}</code>,{" "}
        {(turnOf(position) * 100).toFixed(2)} % of the way round. Clockwise from there:
      </p>
      <ol className={styles["walk"]}>
        {runsOf(steps).map(({ step, count }, index) => {
          const status = statusOf(step.node);
          const isOwner = step.owner !== null;
          return (
            <Fragment key={`${step.position}`}>
              {index > 0 && <ChevronRight aria-hidden className={styles["arrow"]} />}
              <li className={cx(styles["step"], isOwner ? styles["isOwner"] : styles["passed"])}>
                {isOwner && <b>{step.owner}</b>} {step.node}
                {isOwner && status !== "running" && <span className={styles["dead"]}>✕ {status}</span>}
                {!isOwner && <span> passed over{count > 1 && ` ${count} times`}</span>}
              </li>
            </Fragment>
          );
        })}
      </ol>
      {verdictsOn(owners, (node) => statusOf(node) === "running", sides, cluster).map((verdict) => {
        const warning = quorumWarning(verdict, { ...cluster, n: owners.length });
        const Icon = warning === null ? CircleCheck : TriangleAlert;
        const where = sides.length > 1 ? `On the side of ${verdict.side.join(", ")}: ` : "";
        return (
          <p
            key={verdict.side.join()}
            className={cx(styles["verdict"], warning !== null && styles["warning"])}
          >
            <Icon aria-hidden className={styles["icon"]} />
            <span>
              {where}
              {warning ??
                `${verdict.live.length} of ${owners.length} owners can answer: reads and writes work.`}
            </span>
          </p>
        );
      })}
    </section>
  );
}

/** Virtual nodes of one node that follow one another and are passed over, as one. */
function runsOf(steps: readonly Step[]): { step: Step; count: number }[] {
  const runs: { step: Step; count: number }[] = [];
  for (const step of steps) {
    const last = runs.at(-1);
    if (last !== undefined && step.owner === null && last.step.owner === null && last.step.node === step.node)
      last.count++;
    else runs.push({ step, count: 1 });
  }
  return runs;
}
