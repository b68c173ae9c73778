/** The steps of a run as its recording tells them, and which of them the time cursor stands on. */
import type { TimeMs } from "../../shared/ids.ts";
import { number, text } from "../../shared/trace/detail.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";

/** A step of a scenario that was carried out. */
export interface ShownStep {
  /** Its event on the lab's lane. */
  readonly event: number;
  readonly at: TimeMs;
  readonly words: string;
  readonly number: number;
}

/** All steps in the lab's lane, in their order. None: the session is no run of a scenario. */
export function stepsOf(lab: readonly RecordedEvent[]): readonly ShownStep[] {
  return lab
    .filter((event) => event.name === "step")
    .map(({ id, at, detail }, index) => ({
      event: id,
      at,
      words: text(detail?.["words"]) ?? "",
      number: number(detail?.["number"]) ?? index + 1,
    }));
}

/**
 * Index of the step the cursor stands on or has passed last; -1 before the first. Null is the end of the recording.
 * Of several steps in the same moment the selected one counts.
 */
export function presentStep(
  steps: readonly ShownStep[],
  cursor: TimeMs | null,
  selected: number | null,
): number {
  if (cursor === null) return steps.length - 1;
  const chosen = steps.findIndex((step) => step.event === selected && step.at === cursor);
  return chosen === -1 ? steps.findLastIndex((step) => step.at <= cursor) : chosen;
}

/** Where "next step" and "previous step" lead: to a step, to the moment before the first, or to the end. */
export function neighbourStep(
  steps: readonly ShownStep[],
  cursor: TimeMs | null,
  selected: number | null,
  direction: 1 | -1,
): ShownStep | "before" | "end" {
  const present = presentStep(steps, cursor, selected);
  // The end comes after the last step, so the way back from it leads to that step.
  if (cursor === null) return direction === 1 ? "end" : (steps.at(-1) ?? "before");
  const step = steps[present]!;
  // Between two steps the way back leads to the one that was passed, as on any player.
  if (direction === -1 && present >= 0 && step.at < cursor) return step;
  return steps[present + direction] ?? (direction === 1 ? "end" : "before");
}
