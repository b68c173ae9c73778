import { ArrowLeft, Check, CircleAlert, ClockAlert, type LucideIcon, Route, Scissors } from "lucide-react";
import { useState } from "react";
import { sentenceOf, useLab } from "../base/store.ts";
import { Button, IconButton } from "../base/ui/button.tsx";
import { EmptyState } from "../base/ui/empty-state.tsx";
import styles from "./cards.module.css";
import { guide } from "./guide.ts";
import { type Lesson, lessons, type Step } from "./lessons.ts";

const icons: Record<Lesson["id"], LucideIcon> = { follow: Route, cut: Scissors, clock: ClockAlert };

function Choosing(props: { readonly onChoose: (lesson: Lesson) => void }) {
  return (
    <ul className={styles["columns"]}>
      {lessons.map((lesson) => {
        const Icon = icons[lesson.id];
        return (
          <li key={lesson.id}>
            <button type="button" className={styles["card"]} onClick={() => props.onChoose(lesson)}>
              <Icon className={styles["icon"]} aria-hidden />
              <span>
                <b>{lesson.title}</b>
                <span className={styles["promise"]}>{lesson.text}</span>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

type Progress = { readonly seen: readonly string[]; readonly busy: boolean; readonly error: string | null };

function Running(props: { readonly lesson: Lesson; readonly onBack: () => void }) {
  const [steps] = useState<readonly Step[]>(() => props.lesson.start());
  const [{ seen, busy, error }, setProgress] = useState<Progress>({ seen: [], busy: false, error: null });
  const perform = async (step: Step) => {
    setProgress({ seen, busy: true, error: null });
    try {
      const sentence = await step.perform(guide);
      setProgress({ seen: [...seen, sentence], busy: false, error: null });
    } catch (failure) {
      setProgress({ seen, busy: false, error: sentenceOf(failure) });
    }
  };
  return (
    <>
      <h3 className={styles["title"]}>
        <IconButton icon={ArrowLeft} label="All three" onClick={props.onBack} />
        {props.lesson.title}
      </h3>
      <ol className={styles["columns"]}>
        {steps.map((step, index) => (
          <li key={step.action} className={styles["step"]} data-state={stateOf(index, seen.length)}>
            <span className={styles["number"]}>
              {index < seen.length ? <Check aria-label="Done" /> : index + 1}
            </span>
            <div className={styles["what"]}>
              {index === seen.length ? (
                <Button variant="primary" disabled={busy} onClick={() => void perform(step)}>
                  {busy ? "Working…" : step.action}
                </Button>
              ) : (
                <b>{step.action}</b>
              )}
              <p>{seen[index] ?? step.text}</p>
              {index === seen.length && error !== null && (
                <p className={styles["error"]} role="alert">
                  <CircleAlert aria-hidden />
                  {error}
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

const stateOf = (index: number, done: number) => (index < done ? "done" : index === done ? "now" : "later");

/** The first start: three short ways in, each run on the real cluster. Reached again from the help menu. */
export function Cards() {
  const isLive = useLab((state) => state.mode.kind === "live");
  const [chosen, setChosen] = useState<Lesson | null>(null);
  if (!isLive) {
    return (
      <EmptyState title="These need the live cluster.">
        They write, cut and kill for real. Go back to live to try them.
      </EmptyState>
    );
  }
  return (
    <div className={styles["cards"]}>
      {chosen === null ? (
        <Choosing onChoose={setChosen} />
      ) : (
        <Running key={chosen.id} lesson={chosen} onBack={() => setChosen(null)} />
      )}
    </div>
  );
}
