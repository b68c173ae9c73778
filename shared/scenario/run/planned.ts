/**
 * Carries out the faults and operations of a plan, each at its time, and puts everything right where its storm ends.
 *
 * A fault that makes no sense when its time comes (the node to be resumed was killed by a step meanwhile) is left out
 * with a note on the lab's lane: plans are drawn by lot, and those of a minimiser lack a part on purpose.
 */
import type { NodeId, TimeMs } from "../../ids.ts";
import type { Action, Plan } from "../schema.ts";
import { actionWords } from "../words.ts";
import type { Acts } from "./acts.ts";
import type { ClusterWatch } from "./cluster.ts";
import type { Timers } from "./timers.ts";

export interface PlannedOptions {
  readonly plan: Plan;
  readonly calm: TimeMs;
  readonly acts: Acts;
  readonly cluster: ClusterWatch;
  readonly timers: Timers;
}

export class Planned {
  readonly #options: PlannedOptions;
  readonly #faults: Plan["faults"];
  readonly #operations: Plan["operations"];
  #fault = 0;
  #operation = 0;
  /** Faults that have begun and are not done. */
  #open = 0;
  /** "ending": the storm's last faults have yet to take effect. */
  #phase: "storm" | "ending" | "healing" | "calm" | "over" = "storm";

  constructor(options: PlannedOptions) {
    this.#options = options;
    this.#faults = [...options.plan.faults].sort(byTime);
    this.#operations = [...options.plan.operations].sort(byTime);
    if (options.plan.until === undefined) this.#phase = "over";
  }

  /** Nothing more will be begun: operations that were begun may still be under way. */
  get isDone(): boolean {
    return (
      this.#fault >= this.#faults.length &&
      this.#operation >= this.#operations.length &&
      this.#open === 0 &&
      this.#phase === "over"
    );
  }

  start(): void {
    const { plan, timers } = this.#options;
    this.#playFaults();
    this.#playOperations();
    if (plan.until === undefined) return;
    const { until } = plan;
    const endStorm = () => {
      this.#phase = "ending";
      this.#goOn();
    };
    // Set again when it rings: what ends together with the storm was set before that, and comes first.
    timers.set(until, () => timers.set(until, endStorm));
  }

  #playFaults(): void {
    const { timers } = this.#options;
    for (let next = this.#faults[this.#fault]; next !== undefined; next = this.#faults[this.#fault]) {
      if (next.at > timers.now) {
        timers.set(next.at, () => this.#playFaults());
        return;
      }
      this.#fault += 1;
      this.#perform(next.do);
    }
  }

  #playOperations(): void {
    const { timers, acts } = this.#options;
    for (
      let next = this.#operations[this.#operation];
      next !== undefined;
      next = this.#operations[this.#operation]
    ) {
      if (next.at > timers.now) {
        timers.set(next.at, () => this.#playOperations());
        return;
      }
      this.#operation += 1;
      const { do: action, client } = next;
      acts.perform(action, (error) => this.#leftOut(action, error), client);
    }
  }

  #perform(action: Action): void {
    this.#open += 1;
    this.#options.acts.perform(action, (error) => {
      this.#open -= 1;
      this.#leftOut(action, error);
      this.#goOn();
    });
  }

  #leftOut(action: Action, error: string | undefined): void {
    // A world that cannot even keep a note has nobody to tell.
    if (error === undefined || action.name === "note") return;
    this.#perform({ name: "note", value: `Left out: ${actionWords(action)}. ${error}`.slice(0, 1_000) });
  }

  /** Once the last fault is done: heals, resumes and restarts; once that is done, the calm begins. */
  #goOn(): void {
    if (this.#open > 0) return;
    if (this.#phase === "ending") {
      this.#phase = "healing";
      for (const action of this.#whatPutsRight()) this.#perform(action);
    } else if (this.#phase === "healing") {
      this.#phase = "calm";
      const { timers, calm } = this.#options;
      timers.set(timers.now + calm, () => {
        this.#phase = "over";
      });
    }
  }

  #whatPutsRight(): Action[] {
    const { cluster } = this.#options;
    return [
      { name: "heal", value: "all" },
      ...cluster.in("paused").map(resume),
      ...cluster.in("down").map(restart),
    ];
  }
}

const byTime = (a: { readonly at: TimeMs }, b: { readonly at: TimeMs }) => a.at - b.at;
const resume = (node: NodeId): Action => ({ name: "resume", value: node });
const restart = (node: NodeId): Action => ({ name: "restart", value: { node, clock: "keep" } });
