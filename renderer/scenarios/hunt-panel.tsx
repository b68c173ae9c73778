import { Crosshair } from "lucide-react";
import { useEffect } from "react";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { OwnFiles } from "./own-files.tsx";
import { HuntFailures } from "./hunt-failures.tsx";
import { HuntForm } from "./hunt-form.tsx";
import { HuntProgress } from "./hunt-progress.tsx";
import styles from "./panel.module.css";
import { useStudio, watchScenarios } from "./studio.ts";
import { useBegin } from "./use-begin.ts";

/** One scenario under many seeds: what the runs reached, and which of them failed. */
export function HuntPanel() {
  const scenarios = useStudio((state) => state.scenarios);
  const hunt = useLab((state) => state.lab?.studio.hunt ?? null);
  useEffect(watchScenarios, []);
  useBegin("hunt");
  if (scenarios === null) return null;
  const usable = scenarios.filter(({ error }) => error === null);
  if (usable.length === 0) {
    return (
      <EmptyState icon={Crosshair} title="A hunt needs a scenario">
        <OwnFiles />
      </EmptyState>
    );
  }
  return (
    <div className={styles["panel"]}>
      <section className={styles["part"]} aria-label="What to hunt">
        <HuntForm scenarios={usable} hunt={hunt} />
      </section>
      {hunt === null ? (
        <section className={styles["part"]} aria-label="Progress of the hunt">
          <h3 className={styles["title"]}>A hunt plays one scenario under many seeds</h3>
          <p className={styles["text"]}>
            Every seed is another order of messages, another storm, another slow disk. Most runs hold; the one
            that does not is found here, made as small as it can be, and opened at the event that proves it.
            Scenarios with a storm are the ones worth hunting.
          </p>
          <OwnFiles />
        </section>
      ) : (
        <HuntProgress hunt={hunt} />
      )}
      <HuntFailures hunt={hunt} />
    </div>
  );
}
