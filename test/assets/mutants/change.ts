/** The ways in which a scenario is made to fail. */
import type { RunRecord } from "../../../shared/scenario/run.types.ts";
import type { ScenarioSource } from "../../../shared/scenario/schema.ts";
import type { Detail, RecordedEvent } from "../../../shared/trace/event.ts";

type Steps = NonNullable<ScenarioSource["steps"]>;
type Step = Steps[number];

export interface Mutant {
  readonly file: string;
  /** What is different. */
  readonly because: string;
  readonly change?: (source: ScenarioSource) => void;
  /** What a broken core would have recorded. */
  readonly tamper?: (record: RunRecord) => RunRecord;
  /** Expectations that must be violated by it, by their positions from 1. */
  readonly violates: readonly number[];
}

export const stepsOf = (source: ScenarioSource): Step[] => (source.steps ??= []);
const actsOf = (step: Step) => (Array.isArray(step.do) ? step.do : [step.do]) as Record<string, unknown>[];

/** Takes every act of these names out; a step that has none left becomes a note. */
export function without(source: ScenarioSource, ...names: string[]): void {
  for (const step of stepsOf(source)) {
    const kept = actsOf(step).filter((act) => !names.some((name) => name in act));
    step.do = kept.length === 0 ? [{ note: "Nothing." }] : kept;
  }
}

/** Replaces text in the whole scenario, as an editor would. */
export function replace(source: ScenarioSource, from: string, to: string): void {
  const { expect: wanted, ...rest } = source;
  Object.assign(source, JSON.parse(JSON.stringify(rest).replaceAll(from, to)), { expect: wanted });
}

/** Puts the steps into another order, by their positions from 0, without what they wait for. */
export function reorder(source: ScenarioSource, order: readonly number[]): void {
  const steps = stepsOf(source);
  source.steps = order.map((index) => ({ do: steps[index]!.do }));
}

export function tampered(record: RunRecord, change: (event: RecordedEvent) => Detail | undefined): RunRecord {
  const events = record.events.map((event) => {
    const detail = change(event);
    return detail === undefined ? event : { ...event, detail: { ...event.detail, ...detail } };
  });
  return { ...record, events };
}

/** All nodes end, lose their disks and start again. */
export function emptyDisks(source: ScenarioSource): void {
  const { nodes } = source.cluster;
  const names = Array.isArray(nodes) ? nodes : Array.from({ length: nodes }, (_, i) => `node-${i + 1}`);
  stepsOf(source).push(
    { do: names.flatMap((node) => [{ kill: node }, { wipe: node }]) },
    { do: names.map((node) => ({ restart: node })) },
  );
}
