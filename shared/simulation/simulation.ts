/**
 * One run of a scenario on virtual time, step by step: the interpreter, the world it is played in, and the trace.
 *
 * The run begins when the cluster is ready, and is judged when the interpreter says that it is over. Scenario, seed and
 * version are the whole run: the same three give the same trace, byte for byte, on any machine.
 */
import { createRarePaths } from "../buggify.ts";
import type { NodeId } from "../ids.ts";
import type { Emitted } from "../replica/types.ts";
import { judge, judgeEndedEarly } from "../scenario/expectations/judge.ts";
import { ScenarioRun } from "../scenario/run.ts";
import type { RunInput, RunOutput } from "../scenario/run.types.ts";
import type { RecordedEvent } from "../trace/event.ts";
import { portableHasher, TraceHash } from "./canonical.ts";
import { type Batch, recordedOf } from "./recorded.ts";
import { Streams } from "./streams.ts";
import type { SimulationOptions, SimulationResult } from "./types.ts";
import { World } from "./world.ts";

/** A cluster that is not ready by then never will be. */
const readyLimitUs = 60_000_000;
const readyCheckUs = 1_000;
/** Search states for all checks of one verdict: virtual runs have no time limit, or they would differ by machine. */
const judgeStatesMax = 5_000_000;

/** Events that are kept for the record; a run with more is ended, before it takes all memory. */
const keptEventsMax = 3_000_000;

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #world: World;
  readonly #hash: TraceHash | null;
  readonly #reached: Record<string, number> = {};
  readonly #events: RecordedEvent[] = [];
  /** Recorded but not yet handed to the interpreter. */
  #fresh: Batch[] = [];
  /** The interpreter heeds one of them. */
  #isHeeded = false;
  /** Recorded but not yet handed to whoever watches. */
  #untold: RecordedEvent[] = [];
  readonly #inputs: RunInput[] = [];
  #run: ScenarioRun | null = null;
  #readyUs = 0;
  #count = 0;
  #isFeeding = false;
  #tickAtUs = Infinity;
  /** Why it ended before its end. */
  #broken: string | null = null;
  #result: SimulationResult | null = null;

  constructor(options: SimulationOptions) {
    const { scenario, seed, buggify, hasher = portableHasher() } = options;
    this.#options = options;
    this.#hash = hasher === null ? null : new TraceHash(hasher);
    const streams = new Streams(seed);
    const reached = (path: string) => {
      this.#reached[path] = (this.#reached[path] ?? 0) + 1;
    };
    this.#world = new World({
      name: scenario.name,
      cluster: scenario.cluster,
      network: scenario.network,
      streams,
      rare: buggify ? createRarePaths(streams.open("buggify"), reached) : { buggify: () => false, reached },
      recorded: (node, life, seq, events) => this.#record(node, life, seq, events),
      returned: ({ id }, answer) => this.#feed({ kind: "returned", call: id, answer }),
    });
    this.#world.start((why) => (this.#broken ??= `The cluster did not start: ${why}`));
    this.#awaitReady();
  }

  /** True when there is nothing more to come. */
  get isOver(): boolean {
    return this.#broken !== null || (this.#run?.isOver ?? false);
  }

  /** Virtual milliseconds since the first start. */
  get virtualMs(): number {
    return this.#world.time.us / 1_000;
  }

  /** Events so far. */
  get events(): number {
    return this.#count;
  }

  /**
   * Goes on for at most so much virtual time, and at most so many things that happen in it; false when the run is over.
   */
  advance(virtualMs: number, happeningsMax = Infinity): boolean {
    const { time } = this.#world;
    const limit = time.us + Math.max(0, Math.round(virtualMs * 1_000));
    let left = happeningsMax;
    for (; !this.isOver && left > 0 && time.next(limit); left -= 1) this.#pass();
    if (!this.isOver && left > 0) time.rest(limit);
    this.#tell();
    return !this.isOver;
  }

  /** The verdict on the run; on one that is not over, "unknown". It cannot go on afterwards. */
  result(): SimulationResult {
    if (this.#result !== null) return this.#result;
    if (!this.isOver)
      this.#broken = `The run was ended after ${(this.virtualMs / 1_000).toFixed(3)} s of virtual time.`;
    const { scenario, seed, version } = this.#options;
    this.#tell();
    const record = (this.#run ?? new ScenarioRun(scenario, seed)).record(this.#events, this.#world.views());
    const verdict = judge(scenario, record, { states: judgeStatesMax, isTimeUp: () => false });
    const broken = this.#broken ?? this.#run?.broken ?? null;
    this.#result = {
      seed,
      version,
      verdict: broken === null ? verdict : judgeEndedEarly(scenario, verdict, broken),
      record,
      traceSha256: this.#hash?.digest() ?? "",
      events: this.#count,
      virtualMs: this.virtualMs,
      reached: this.#reached,
    };
    return this.#result;
  }

  /** Looks until every node serves and sees the others; then the run begins. */
  #awaitReady(): void {
    const { time } = this.#world;
    time.after(readyCheckUs, () => {
      if (this.#world.isReady) this.#begin();
      else if (time.us < readyLimitUs) this.#awaitReady();
      else this.#broken = `The cluster was not ready after ${readyLimitUs / 1e6} s of virtual time.`;
    });
  }

  #begin(): void {
    const { scenario, seed } = this.#options;
    this.#readyUs = this.#world.time.us;
    this.#fresh = [];
    this.#run = new ScenarioRun(scenario, seed);
    this.#feed({ kind: "tick" });
  }

  /** What happened just now reaches the interpreter. */
  #pass(): void {
    while (this.#fresh.length > 0) {
      const batches = this.#fresh;
      const isHeeded = this.#run !== null && (this.#isHeeded || this.#run.heedsAll(this.#now));
      this.#isHeeded = false;
      this.#fresh = [];
      if (isHeeded) this.#feed({ kind: "events", events: batches.flatMap(recordedOf) });
    }
  }

  /** One input at a time, whatever comes of it meanwhile. */
  #feed(input: RunInput): void {
    this.#inputs.push(input);
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      if (this.#run!.isOver) continue;
      for (const output of this.#run!.step(next, this.#now)) this.#carryOut(output);
    }
    this.#isFeeding = false;
    this.#arm();
  }

  /** Milliseconds since the cluster was ready. */
  get #now(): number {
    return (this.#world.time.us - this.#readyUs) / 1_000;
  }

  #carryOut(output: RunOutput): void {
    switch (output.kind) {
      case "call":
        this.#world.call(output.call);
        break;
      case "fault": {
        const { id, action } = output;
        this.#world.act(action, (error) =>
          this.#feed({ kind: "done", id, ...(error === undefined ? {} : { error }) }),
        );
        break;
      }
      case "step": {
        const { number, of, words } = output;
        this.#world.lab("step", { number, of, words });
        break;
      }
      case "observe":
        this.#world.keepDisks(output.label);
        this.#feed({ kind: "observed", id: output.id, views: this.#world.views() });
        break;
    }
  }

  #arm(): void {
    const deadline = this.#run?.deadline ?? null;
    if (deadline === null) return;
    const { time } = this.#world;
    const at = Math.max(time.us, this.#readyUs + Math.ceil(deadline * 1_000));
    if (at >= this.#tickAtUs) return;
    this.#tickAtUs = at;
    time.after(at - time.us, () => {
      if (this.#tickAtUs !== at) return;
      this.#tickAtUs = Infinity;
      this.#feed({ kind: "tick" });
    });
  }

  #record(node: NodeId, life: number, seq: number, events: readonly Emitted[]): void {
    this.#hash?.add(node, life, seq, events);
    const batch: Batch = { id: this.#count + 1, node, life, seq, events };
    this.#count += events.length;
    this.#fresh.push(batch);
    this.#isHeeded ||= this.#run !== null && events.some((event) => this.#run!.heeds(event, node));
    const { keepEvents = true } = this.#options;
    const isWatched = this.#options.onEvents !== undefined;
    if (keepEvents || isWatched) {
      for (const recorded of recordedOf(batch)) {
        if (keepEvents) this.#events.push(recorded);
        if (isWatched) this.#untold.push(recorded);
      }
    }
    if (this.#untold.length >= tellMax) this.#tell();
    if (this.#events.length > keptEventsMax) {
      this.#broken ??= `The run has more than ${keptEventsMax} events and was ended: make it shorter.`;
    }
  }

  #tell(): void {
    if (this.#untold.length === 0) return;
    const events = this.#untold;
    this.#untold = [];
    this.#options.onEvents?.(events);
  }
}

/** Events handed on at a time. */
const tellMax = 1_000;
