/**
 * The interpreter of a scenario: a state machine like the replica. Inputs are what happened in the world and the time,
 * outputs are what the world is to do; the same scenario and seed ask the same of the real cluster and the simulated one.
 *
 * A run plays its steps and, beside them, the plan of its storm and load. Then it waits for the answers of calls under
 * way, goes on for as long as the scenario's `end` says, looks at every node once more, and is over. Events are looked
 * at and forgotten: what grows is only the list of calls.
 */
import type { NodeId, TimeMs } from "../ids.ts";
import type { RecordedEvent, TraceEvent } from "../trace/event.ts";
import { planOf } from "./plan.ts";
import type { CallRecord, NodeView, RunInput, RunOutput, RunRecord } from "./run.types.ts";
import { Acts } from "./run/acts.ts";
import { ClusterWatch } from "./run/cluster.ts";
import { Planned } from "./run/planned.ts";
import { type Progress, Steps } from "./run/steps.ts";
import { Timers } from "./run/timers.ts";
import type { Scenario } from "./schema.ts";

/** Calls are waited for this long at the end: longer than any world lets a client wait for an answer. */
const answerLimitMs = 15_000;
/** Name of the last look at the nodes. */
const lastLook = "end";

export class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #timers = new Timers();
  readonly #cluster: ClusterWatch;
  readonly #acts: Acts;
  readonly #steps: Steps;
  readonly #planned: Planned;
  #outputs: RunOutput[] = [];
  #phase: "new" | "playing" | "answers" | "end" | "looking" | "over" = "new";
  #broken: string | null = null;
  #final: readonly NodeView[] = [];

  /** `seed`: 0 to 2^53 - 1, for storm and load. The first `step` begins the run: the cluster is ready. */
  constructor(scenario: Scenario, seed: number) {
    const { nodes, gossip } = scenario.cluster;
    this.#scenario = scenario;
    const areBeliefsWanted = scenario.steps.some(({ when }) => when !== undefined && "settled" in when);
    this.#cluster = new ClusterWatch(nodes, { gossip, areBeliefsWanted });
    const timers = this.#timers;
    const emit = (output: RunOutput) => {
      if (this.#phase !== "looking" && this.#phase !== "over") this.#outputs.push(output);
    };
    this.#acts = new Acts({ timers, cluster: this.#cluster, emit });
    const parts = { timers, acts: this.#acts, cluster: this.#cluster };
    this.#steps = new Steps({
      ...parts,
      scenario,
      began: ({ step, of, words }) => emit({ kind: "step", number: step, of, words }),
      failed: (why) => this.#end(why),
    });
    this.#planned = new Planned({ ...parts, plan: planOf(scenario, seed), calm: scenario.calm ?? 0 });
  }

  /** A `tick` no later than this, please; null when only other inputs are waited for. */
  get deadline(): TimeMs | null {
    return this.isOver ? null : this.#timers.deadline;
  }

  /** Events of this kind make a difference at any time. */
  heeds(event: Pick<TraceEvent, "type" | "name">, node: NodeId): boolean {
    return this.#cluster.heeds(event, node);
  }

  /** All events make a difference now; else only those it heeds do, and others need not be given. */
  heedsAll(now: TimeMs): boolean {
    return this.#steps.isWatching || this.#timers.isDue(now);
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  /** In the order of invocation. */
  get calls(): readonly CallRecord[] {
    return this.#acts.calls.records;
  }

  /** Why the run ended before its end, one sentence; its verdict is unknown. */
  get broken(): string | null {
    return this.#broken;
  }

  /** The step that began last, for the player. */
  get progress(): Progress {
    return this.#steps.progress;
  }

  /** What the run is judged on. `final`: the nodes at the end, where the run could not look itself. */
  record(events: readonly RecordedEvent[], final: readonly NodeView[] = this.#final): RunRecord {
    return {
      events,
      calls: this.calls,
      snapshots: this.#acts.snapshots,
      final: this.#final.length > 0 ? this.#final : final,
      nodes: [...this.#cluster.everyNode],
    };
  }

  /**
   * One input, in time that never runs backwards (milliseconds since the cluster was ready). The outputs are to be
   * carried out in their order. Throws RangeError when an answer comes that was not asked for.
   */
  step(input: RunInput, now: TimeMs): readonly RunOutput[] {
    this.#timers.advance(now);
    this.#take(input);
    if (this.#phase === "new") this.#start();
    this.#proceed();
    this.#timers.ringDue();
    this.#proceed();
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #take(input: RunInput): void {
    if (this.#phase === "over" || (this.#phase === "looking" && !isLastWord(input))) return;
    switch (input.kind) {
      case "tick":
        return;
      case "events":
        for (const event of input.events) {
          this.#cluster.see(event);
          this.#steps.see(event);
        }
        return;
      case "returned":
        return this.#acts.calls.returned(input.call, input.answer, this.#timers.now);
      case "done":
        return this.#acts.done(input.id, input.error);
      case "observed":
        return this.#acts.observed(input.id, input.views);
      case "broken":
        this.#broken ??= input.why;
        this.#phase = "over";
    }
  }

  #start(): void {
    this.#phase = "playing";
    this.#steps.start();
    this.#planned.start();
  }

  #proceed(): void {
    if (this.#phase === "playing") {
      this.#steps.proceed();
      if (this.#steps.areDone && this.#planned.isDone) this.#awaitAnswers();
    }
    if (this.#phase === "answers" && this.#acts.calls.underWay === 0) this.#goOnToEnd();
  }

  #awaitAnswers(): void {
    this.#phase = "answers";
    this.#timers.set(this.#timers.now + answerLimitMs, () => {
      if (this.#phase === "answers") this.#goOnToEnd();
    });
  }

  #goOnToEnd(): void {
    this.#phase = "end";
    this.#acts.calls.dropWaiting();
    const { end } = this.#scenario;
    if (end === 0) this.#end(null);
    else this.#timers.set(this.#timers.now + end, () => this.#end(null));
  }

  /** One last look at the nodes, and it is over. */
  #end(broken: string | null): void {
    if (this.#phase === "looking") return;
    this.#broken ??= broken;
    this.#timers.clear();
    this.#acts.observe(lastLook, (views) => {
      this.#final = views;
      this.#phase = "over";
    });
    this.#phase = "looking";
  }
}

/** While the last look is taken nothing else counts any more. */
const isLastWord = ({ kind }: RunInput) => kind === "observed" || kind === "broken";
