import { Cpu, FastForward } from "lucide-react";
import type { ScenarioInfo, World } from "../../shared/contract/studio.ts";
import { useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Field, Input } from "../base/ui/field.tsx";
import styles from "./panel.module.css";
import { startRun, useStudio } from "./studio.ts";
import { seedProblem } from "./words.ts";

/** What a scenario shows, and the two ways to run it. */
export function ScenarioStart({ scenario }: { readonly scenario: ScenarioInfo }) {
  const { name, about, predict, error, path } = scenario;
  return (
    <section className={styles["part"]} aria-label="The scenario chosen">
      <h3 className={styles["title"]}>{name}</h3>
      {error !== null && (
        <p className={styles["error"]} role="alert">
          {error}
        </p>
      )}
      {about !== null && <p className={styles["text"]}>{about}</p>}
      {error === null && <StartForm scenario={scenario} />}
      {predict !== null && (
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
      <Field label="Seed of all chance" error={problem}>
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            value={seed}
            onChange={(event) => useStudio.setState({ seed: event.target.value })}
          />
        )}
      </Field>
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
    </form>
  );
}
