import { Clapperboard } from "lucide-react";
import { useEffect } from "react";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { OwnFiles } from "./own-files.tsx";
import styles from "./panel.module.css";
import { RunView } from "./run-view.tsx";
import { ScenarioList } from "./scenario-list.tsx";
import { ScenarioStart } from "./scenario-start.tsx";
import { useStudio, watchScenarios } from "./studio.ts";
import { useBegin } from "./use-begin.ts";

/** Scenarios: which there are, what the chosen one shows, and what came of the last run. */
export function ScenariosPanel() {
  const scenarios = useStudio((state) => state.scenarios);
  const chosenId = useStudio((state) => state.chosen);
  const run = useLab((state) => state.lab?.studio.run ?? null);
  useEffect(watchScenarios, []);
  useBegin("scenarios");
  if (scenarios === null) return null;
  const chosen = scenarios.find(({ id }) => id === chosenId) ?? scenarios[0] ?? null;
  if (chosen === null) {
    return (
      <EmptyState icon={Clapperboard} title="Scenarios appear here">
        <OwnFiles />
      </EmptyState>
    );
  }
  return (
    <div className={styles["panel"]}>
      <div className={styles["list"]}>
        <ScenarioList scenarios={scenarios} chosen={chosen} />
      </div>
      <ScenarioStart key={chosen.id} scenario={chosen} />
      {run === null ? (
        <section className={styles["part"]} aria-label="The last run">
          <h3 className={styles["title"]}>What came of it appears here</h3>
          <p className={styles["text"]}>
            Simulated, a run is over in a moment. Its recording opens by itself; go through it step by step
            and see what was expected and what was found.
          </p>
          <OwnFiles />
        </section>
      ) : (
        <RunView run={run} />
      )}
    </div>
  );
}
