/** Plays the steps of a scenario, one after the other; those in the background go on beside the next. */
import type { TimeMs } from "../../ids.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import type { Scenario, Step } from "../schema.ts";
import { actionWords, conditionWords, durationWords, stepWords } from "../words.ts";
import type { Acts } from "./acts.ts";
import type { ClusterWatch } from "./cluster.ts";
import { Watch } from "./conditions.ts";
import type { Timers } from "./timers.ts";

/** How long a `when` may take where the step does not say. */
const withinMs = 10_000;

export interface Progress {
  /** Of the step that began last, from 1; 0 before the first. */
  readonly step: number;
  readonly of: number;
  readonly words: string;
}

export interface StepsOptions {
  readonly scenario: Scenario;
  readonly acts: Acts;
  readonly cluster: ClusterWatch;
  readonly timers: Timers;
  began(progress: Progress): void;
  /** The scenario cannot go on: one sentence. */
  failed(why: string): void;
}

export class Steps {
  readonly #options: StepsOptions;
  readonly #steps: readonly Step[];
  /** Of the step that is next. */
  #index = 0;
  #watch: Watch | null = null;
  /** When the step before was done; null while the next has to wait for that. */
  #doneAt: TimeMs | null = null;
  /** Steps that have begun and are not done. */
  #open = 0;
  #giveUp: (() => void) | null = null;
  #progress: Progress;

  constructor(options: StepsOptions) {
    this.#options = options;
    this.#steps = options.scenario.steps;
    this.#progress = { step: 0, of: this.#steps.length, words: "" };
  }

  get progress(): Progress {
    return this.#progress;
  }

  get areDone(): boolean {
    return this.#index >= this.#steps.length && this.#open === 0;
  }

  /** The next step waits for events of a kind. */
  get isWatching(): boolean {
    return this.#watch?.isForEvents ?? false;
  }

  start(): void {
    this.#doneAt = this.#options.timers.now;
    this.#watchNext();
    this.#schedule();
  }

  see(event: RecordedEvent): void {
    this.#watch?.see(event);
  }

  /** Begins the next step if it may begin. Called after every input. */
  proceed(): void {
    const step = this.#steps[this.#index];
    if (step === undefined || this.#doneAt === null || this.#options.timers.now < this.#earliest(step))
      return;
    if (this.#watch === null || this.#watch.holds) this.#begin(step);
    else this.#giveUp ??= this.#setLimit(step);
  }

  #earliest({ at = 0, after = 0 }: Step): TimeMs {
    return Math.max(at, this.#doneAt! + after);
  }

  #setLimit(step: Step): () => void {
    const { timers } = this.#options;
    const limit = step.within ?? withinMs;
    return timers.set(timers.now + limit, () => {
      const waited = `waited ${durationWords(limit)} for ${conditionWords(step.when!)}`;
      this.#fail(step, `${waited}, and ${this.#watch!.missing}`);
    });
  }

  #fail(step: Step, why: string): void {
    const number = this.#steps.indexOf(step) + 1;
    this.#options.failed(`Step ${number} (${stepWords(step)}) ${why}.`);
  }

  /** The next step has a time to wait for, or may begin at once. */
  #schedule(): void {
    const step = this.#steps[this.#index];
    if (step === undefined) return;
    const { timers } = this.#options;
    const earliest = this.#earliest(step);
    if (earliest > timers.now) timers.set(earliest, () => this.proceed());
  }

  #watchNext(): void {
    const when = this.#steps[this.#index]?.when;
    const { cluster, acts } = this.#options;
    this.#watch = when === undefined ? null : new Watch(when, cluster, acts.calls);
  }

  #begin(step: Step): void {
    this.#giveUp?.();
    this.#giveUp = null;
    this.#index += 1;
    this.#open += 1;
    // From now on: what this step brings about may happen before the step is done.
    this.#watchNext();
    this.#progress = { step: this.#index, of: this.#steps.length, words: stepWords(step) };
    this.#options.began(this.#progress);
    this.#doneAt = null;
    if (step.background === true) this.#letNext();
    this.#play(step, 1);
  }

  #letNext(): void {
    this.#doneAt = this.#options.timers.now;
    this.#schedule();
  }

  /** One repetition after the other, each at least `every` after the one before began. */
  #play(step: Step, repetition: number): void {
    const { timers } = this.#options;
    const { times = 1, every = 0 } = step.repeat ?? {};
    const begunAt = timers.now;
    this.#perform(step, 0, () => {
      if (repetition >= times) {
        this.#open -= 1;
        if (step.background !== true) this.#letNext();
      } else if (every === 0) this.#play(step, repetition + 1);
      else timers.set(begunAt + every, () => this.#play(step, repetition + 1));
    });
  }

  #perform(step: Step, index: number, done: () => void): void {
    const action = step.do[index];
    if (action === undefined) return done();
    this.#options.acts.perform(action, (error) => {
      if (error === undefined) this.#perform(step, index + 1, done);
      else {
        // The words of a step with one act are those of the act.
        const which = step.do.length === 1 ? "" : `${actionWords(action)}: `;
        this.#fail(step, `could not be carried out: ${which}${withoutStop(error)}`);
      }
    });
  }
}

const withoutStop = (sentence: string) => sentence.replace(/\.$/, "");
