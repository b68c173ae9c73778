import { TriangleAlert } from "lucide-react";
import type { ScenarioInfo } from "../../shared/contract/studio.ts";
import { roving } from "./roving.ts";
import styles from "./scenario-list.module.css";
import { useStudio } from "./studio.ts";

const onKeyDown = roving("ArrowUp", "ArrowDown");

/** All scenarios, by lesson and then by name; a file that cannot be used says why. */
export function ScenarioList(props: {
  readonly scenarios: readonly ScenarioInfo[];
  readonly chosen: ScenarioInfo | null;
}) {
  const { scenarios, chosen } = props;
  return (
    <ul className={styles["list"]} aria-label="Scenarios">
      {scenarios.map((scenario) => {
        const isChosen = scenario === chosen;
        return (
          <li key={scenario.id}>
            <button
              type="button"
              data-item
              data-begin={isChosen ? "scenarios" : undefined}
              className={styles["row"]}
              aria-pressed={isChosen}
              tabIndex={isChosen ? 0 : -1}
              onClick={() => useStudio.setState({ chosen: scenario.id })}
              onKeyDown={onKeyDown}
            >
              <Lesson scenario={scenario} />
              <span className={styles["name"]}>{scenario.name}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Lesson({ scenario: { error, lesson } }: { readonly scenario: ScenarioInfo }) {
  if (error !== null) return <TriangleAlert className={styles["broken"]} aria-label="Cannot be used:" />;
  return (
    <span
      className={styles["lesson"]}
      data-lesson={lesson !== null}
      aria-label={lesson === null ? undefined : `Lesson ${lesson}:`}
    >
      {lesson ?? "–"}
    </span>
  );
}
