import { Play, X } from "lucide-react";
import type { HuntFailure, HuntState } from "../../shared/contract/studio.ts";
import { Button } from "../base/ui/button.tsx";
import { plural } from "../session/words.ts";
import { openSession, pointAt } from "./open.ts";
import styles from "./hunt.module.css";
import panel from "./panel.module.css";
import { startRun, useStudio } from "./studio.ts";

/** When most seeds fail, a longer list tells nothing more. */
const shownMax = 100;

/** The seeds that failed, as they come; a small one opens at the event that proves it. */
export function HuntFailures({ hunt }: { readonly hunt: HuntState | null }) {
  const failures = hunt?.failures ?? [];
  return (
    <section className={panel["part"]} aria-label="Failures">
      <h3 className={panel["title"]}>
        {failures.length === 0 ? "Failures" : plural(failures.length, "failure")}
      </h3>
      {failures.length === 0 && (
        <p className={panel["text"]}>
          A seed that violates an expectation appears here. It is made small first: fewer nodes, faults and
          operations that still fail. A click then opens it at its proof.
        </p>
      )}
      <ul className={styles["failures"]} aria-label="Seeds that failed">
        {failures.slice(0, shownMax).map((failure) => (
          <li key={failure.seed}>
            <Failure failure={failure} hunt={hunt!} />
          </li>
        ))}
      </ul>
      {failures.length > shownMax && <p className={panel["text"]}>The first {shownMax} are shown.</p>}
    </section>
  );
}

function Failure({ failure, hunt }: { readonly failure: HuntFailure; readonly hunt: HuntState }) {
  const { minimised, session, proof } = failure;
  if (session === null) {
    return (
      <div className={styles["failure"]}>
        <Words failure={failure} />
        {hunt.status === "running" ? (
          <span className={styles["small"]}>It is being made small, then it can be opened.</span>
        ) : (
          <Whole failure={failure} hunt={hunt} />
        )}
      </div>
    );
  }
  const open = () =>
    void openSession(session, () => {
      if (proof !== null) pointAt([proof], proof);
    });
  return (
    <button type="button" className={styles["failure"]} title="Open it at its proof" onClick={open}>
      <Words failure={failure} />
      {minimised !== null && (
        <span className={styles["small"]}>
          Made small: {sizes("nodes", minimised.nodes)}, {sizes("faults", minimised.faults)},{" "}
          {sizes("operations", minimised.operations)}
        </span>
      )}
    </button>
  );
}

const sizes = (what: string, [before, after]: readonly [number, number]) => `${before} → ${after} ${what}`;

function Words({ failure: { seed, words, found } }: { readonly failure: HuntFailure }) {
  return (
    <>
      <span className={styles["seed"]}>
        <X className={styles["icon"]} aria-hidden />
        Seed {seed}
      </span>
      <span>{words}</span>
      <span className={styles["found"]}>{found}</span>
    </>
  );
}

/** Only the first few are made small: the others can be played as they were. */
function Whole({ failure, hunt }: { readonly failure: HuntFailure; readonly hunt: HuntState }) {
  const scenario = useStudio((state) => state.scenarios?.find(({ name }) => name === hunt.scenario) ?? null);
  if (scenario === null) return null;
  return (
    <span className={styles["small"]}>
      It was not made small.{" "}
      <Button icon={Play} onClick={() => void startRun(scenario.id, "simulated", failure.seed)}>
        Play the whole run
      </Button>
    </span>
  );
}
