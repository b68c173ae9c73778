import { Crosshair, X } from "lucide-react";
import { useId } from "react";
import type { HuntState, ScenarioInfo } from "../../shared/contract/studio.ts";
import { labStore } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Input, Select } from "../base/ui/field.tsx";
import { Toggle } from "../base/ui/toggle.tsx";
import styles from "./hunt.module.css";
import { useStudio } from "./studio.ts";
import { rangeProblem } from "./words.ts";

type Wish = ReturnType<typeof useStudio.getState>["hunt"];

const change = (changes: Partial<Wish>) =>
  useStudio.setState(({ hunt }) => ({ hunt: { ...hunt, ...changes } }));

/** Storms first: chance has most to do in them. */
const bySeedsWorth = (scenarios: readonly ScenarioInfo[]) =>
  scenarios.toSorted((a, b) => Number(a.lesson !== null) - Number(b.lesson !== null));

export function HuntForm(props: {
  readonly scenarios: readonly ScenarioInfo[];
  readonly hunt: HuntState | null;
}) {
  const wish = useStudio((state) => state.hunt);
  const scenarios = bySeedsWorth(props.scenarios);
  const chosen = scenarios.find(({ id }) => id === wish.scenario) ?? scenarios[0]!;
  const isRunning = props.hunt?.status === "running";
  const problem = rangeProblem(wish.from, wish.to);
  const problemId = useId();
  const { run } = labStore.getState();
  const start = () => {
    if (problem !== null || isRunning) return;
    const range = { from: Number(wish.from), to: Number(wish.to) };
    void run("hunt.start", { scenario: chosen.id, ...range, stopAtFirst: wish.stopAtFirst });
  };
  return (
    <form
      className={styles["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <Select
        aria-label="Scenario"
        data-begin="hunt"
        value={chosen.id}
        onChange={(event) => change({ scenario: event.target.value })}
      >
        {scenarios.map(({ id, name, lesson }) => (
          <option key={id} value={id}>
            {lesson === null ? name : `${lesson}. ${name}`}
          </option>
        ))}
      </Select>
      <div className={styles["range"]}>
        {(["from", "to"] as const).map((end) => (
          <label key={end}>
            {end === "from" ? "Seeds" : "to"}
            <Input
              inputMode="numeric"
              aria-label={end === "from" ? "Seeds from" : "Seeds to"}
              aria-invalid={problem !== null}
              aria-describedby={problemId}
              value={wish[end]}
              onChange={(event) => change({ [end]: event.target.value })}
            />
          </label>
        ))}
      </div>
      {problem !== null && (
        <p id={problemId} className={styles["problem"]} role="alert">
          {problem}
        </p>
      )}
      <div>
        {isRunning ? (
          <Button icon={X} onClick={() => void run("hunt.cancel", {})}>
            Cancel the hunt
          </Button>
        ) : (
          <Button variant="primary" type="submit" icon={Crosshair} disabled={problem !== null}>
            Hunt
          </Button>
        )}
      </div>
      <Toggle
        label="Stop at the first failure"
        checked={wish.stopAtFirst}
        onChange={(stopAtFirst) => change({ stopAtFirst })}
      />
    </form>
  );
}
