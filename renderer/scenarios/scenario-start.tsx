import { Cpu, FastForward } from "lucide-react";
import { useId } from "react";
import type { ScenarioInfo, World } from "../../shared/contract/studio.ts";
import { useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Input } from "../base/ui/field.tsx";
import styles from "./panel.module.css";
import { startRun, useStudio } from "./studio.ts";
import { seedProblem } from "./words.ts";

/** What a scenario shows, and the two ways to run it. */
export function ScenarioStart({ scenario }: { readonly scenario: ScenarioInfo }) {
  const { about, predict, error, path } = scenario;
  const isAsked = useLab(({ lab }) => lab?.studio.run?.scenario === scenario.id);
  return (
    <section className={styles["part"]} aria-label="The scenario chosen">
      {error !== null && (
        <p className={styles["error"]} role="alert">
          {error}
        </p>
      )}
      {error === null && <StartForm scenario={scenario} />}
      {about !== null && <p className={styles["text"]}>{about}</p>}
      {predict !== null && !isAsked && (
        <p className={styles["question"]}>
          <b>Predict:</b> {predict}
        </p>
      )}
      <p className={styles["path"]}>{path}</p>
    </section>
  );
}

function StartForm({ scenario }: { readonly scenario: ScenarioInfo }) {
  const seed = useStudio((state) => state.seed);
  const isRunning = useLab((state) => state.lab?.studio.run?.status === "running");
  const problem = seedProblem(seed);
  const seedId = useId();
  const problemId = `${seedId}-problem`;
  const start = (world: World) => {
    if (problem === null && !isRunning) void startRun(scenario.id, world, Number(seed));
  };
  return (
    <form
      className={styles["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        start("simulated");
      }}
    >
      <span className={styles["inline"]}>
        <label htmlFor={seedId}>Seed</label>
        <Input
          id={seedId}
          inputMode="numeric"
          title="All chance in a run comes from it: messages' delays, faults, who is asked"
          value={seed}
          aria-invalid={problem !== null}
          aria-describedby={problemId}
          onChange={(event) => useStudio.setState({ seed: event.target.value })}
        />
      </span>
      <div className={styles["buttons"]}>
        <Button
          variant="primary"
          type="submit"
          icon={FastForward}
          disabled={problem !== null || isRunning}
          title="On virtual time: over in a moment, and the same seed gives the same run"
        >
          Simulate
        </Button>
        <Button
          icon={Cpu}
          disabled={problem !== null || isRunning}
          title="A cluster of its own, in real time, beside the one that runs"
          onClick={() => start("real")}
        >
          Run on real processes
        </Button>
      </div>
      {problem !== null && (
        <p id={problemId} className={styles["error"]} role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
