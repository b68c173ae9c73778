import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { Tooltip } from "../base/ui/tooltip.tsx";
import { roving } from "./roving.ts";
import styles from "./step-strip.module.css";
import { presentStep, type ShownStep, stepsOf } from "./steps.ts";
import { goTo, goToNeighbour } from "./studio.ts";

/** The steps of the scenario whose recording is shown, above the transport; nothing over any other session. */
export function StepStrip() {
  const isRecorded = useLab((state) => state.mode.kind === "recorded");
  return isRecorded ? <Strip /> : null;
}

function Strip() {
  const history = useLab((state) => state.history);
  const version = useLab((state) => state.historyVersion);
  const steps = useMemo(() => (version === 0 ? [] : stepsOf(history.lab)), [history, version]);
  const present = useLab(({ cursor, selection }) =>
    presentStep(steps, cursor, selection?.kind === "event" ? selection.id : null),
  );
  const isAtEnd = useLab((state) => state.cursor === null);
  if (steps.length === 0) return null;
  return (
    <section className={styles["strip"]} aria-label="Steps of the scenario">
      <Tooltip text="Previous step" keys="<" side="top">
        <Button
          variant="quiet"
          icon={ChevronLeft}
          aria-label="Previous step"
          disabled={present === -1}
          onClick={() => goToNeighbour(-1)}
        />
      </Tooltip>
      <Chips steps={steps} present={present} />
      <Tooltip text="Next step" keys=">" side="top">
        <Button variant="quiet" aria-label="Next step" disabled={isAtEnd} onClick={() => goToNeighbour(1)}>
          Next step
          <ChevronRight className={styles["icon"]} aria-hidden />
        </Button>
      </Tooltip>
    </section>
  );
}

const onKeyDown = roving("ArrowLeft", "ArrowRight");

function Chips(props: { readonly steps: readonly ShownStep[]; readonly present: number }) {
  const { steps, present } = props;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current
      ?.querySelector(`[data-step="${Math.max(0, present)}"]`)
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [present]);
  return (
    <ol ref={list} className={styles["steps"]}>
      {steps.map((step, index) => (
        <li key={step.event} data-step={index} data-state={stateOf(index, present)}>
          <button
            type="button"
            data-item
            className={styles["step"]}
            title={step.words}
            aria-current={index === present ? "step" : undefined}
            tabIndex={index === Math.max(0, present) ? 0 : -1}
            onClick={() => goTo(step)}
            onKeyDown={onKeyDown}
          >
            <span className={styles["number"]}>{step.number}</span>
            <span className={styles["words"]}>{step.words}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

const stateOf = (index: number, present: number) =>
  index < present ? "past" : index === present ? "now" : "later";
