/**
 * A simulated cluster driven by hand: acts are carried out, time is let pass, and everything recorded can be looked at.
 * At every event it asserts what every host owes: lanes without gaps, and nothing said before its commit.
 */
import { expect } from "vitest";
import { nativeHasher } from "../../../main/scenario/native-hasher.ts";
import { createRarePaths, noRarePaths } from "../../../shared/buggify.ts";
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type NodeId } from "../../../shared/ids.ts";
import type { CallAnswer, ClientCall, FaultAction } from "../../../shared/scenario/run.types.ts";
import { type Scenario, scenarioSchema, type ScenarioSource } from "../../../shared/scenario/schema.ts";
import { TraceHash } from "../../../shared/simulation/canonical.ts";
import { Streams } from "../../../shared/simulation/streams.ts";
import { World } from "../../../shared/simulation/world.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";

export interface LabOptions {
  readonly seed?: number;
  readonly buggify?: boolean;
  readonly scenario?: Partial<ScenarioSource>;
}

export class SimulatedLab {
  readonly scenario: Scenario;
  readonly world: World;
  readonly events: TraceEvent[] = [];
  readonly answers = new Map<number, CallAnswer>();
  readonly calls: ClientCall[] = [];
  readonly problems: string[] = [];
  readonly #lanes = new Map<string, { seq: number; at: number }>();
  readonly #newestLife = new Map<string, number>();
  readonly #sent = new Set<string>();
  readonly #hash = new TraceHash(nativeHasher());

  constructor(nodes: readonly string[] | number, options: LabOptions = {}) {
    const { seed = 1, buggify = false, scenario = {} } = options;
    const cluster = scenario.cluster ?? { nodes: typeof nodes === "number" ? nodes : [...nodes] };
    this.scenario = scenarioSchema.parse({ name: "test", ...scenario, cluster });
    const streams = new Streams(seed);
    this.world = new World({
      name: "test",
      cluster: this.scenario.cluster,
      network: this.scenario.network,
      streams,
      rare: buggify ? createRarePaths(streams.open("buggify"), () => {}) : noRarePaths,
      recorded: (node, life, seq, events) => {
        this.#hash.add(node, life, seq, events);
        events.forEach((event, i) => this.#record({ node, life, seq: seq + i, ...event }));
      },
      returned: ({ id }, answer) => {
        expect(this.answers.has(id), `call ${id} is answered once`).toBe(false);
        this.answers.set(id, answer);
      },
    });
    this.world.start((why) => this.problems.push(why));
  }

  /** A cluster that is ready. */
  static ready(nodes: readonly string[] | number, options: LabOptions = {}): SimulatedLab {
    const lab = new SimulatedLab(nodes, options);
    lab.until(() => lab.world.isReady, 60_000);
    return lab;
  }

  get sha256(): string {
    return this.#hash.digest();
  }

  /** Virtual milliseconds since the epoch. */
  get ms(): number {
    return this.world.time.us / 1_000;
  }

  run(ms: number): void {
    const { time } = this.world;
    const end = time.us + Math.round(ms * 1_000);
    while (time.next(end));
    time.rest(end);
  }

  until(reached: () => boolean, limitMs = 20_000): number {
    const { time } = this.world;
    const begin = time.us;
    while (!reached()) {
      if (!time.next(begin + limitMs * 1_000)) expect.fail(`not so after ${limitMs} ms of virtual time`);
    }
    return (time.us - begin) / 1_000;
  }

  /** Carries an act out and waits for it; returns its error, if any. */
  act(action: FaultAction): string | undefined {
    let result: { error: string | undefined } | null = null;
    this.begin(action, (error) => (result = { error }));
    this.until(() => result !== null);
    return result!.error;
  }

  begin(action: FaultAction, done: (error?: string) => void = () => {}): void {
    this.world.act(action, done);
  }

  call(node: string, request: { op: "put" | "get" | "delete"; key: string; value?: string }): ClientCall {
    const call: ClientCall = {
      id: this.calls.length + 1,
      client: "test",
      node: asNodeId(node),
      request: { kind: "data", ...request, key: asKey(request.key), quorum: {} },
    };
    return this.send(call);
  }

  send(call: ClientCall): ClientCall {
    this.calls.push(call);
    this.world.call(call);
    return call;
  }

  ask(node: string, request: { op: "put" | "get" | "delete"; key: string; value?: string }): CallAnswer {
    const { id } = this.call(node, request);
    this.until(() => this.answers.has(id));
    return this.answers.get(id)!;
  }

  put(node: string, key: string, value: string): CallAnswer {
    return this.ask(node, { op: "put", key, value });
  }

  get(node: string, key: string): CallAnswer {
    return this.ask(node, { op: "get", key });
  }

  /** What a running node believes of another. */
  belief(node: string, about: string): string | undefined {
    const process = this.world.machines.get(asNodeId(node)).process;
    return process?.replica.members().find((member) => member.node === about)?.status;
  }

  settled(alive: readonly string[]): boolean {
    return alive.every((node) => alive.every((about) => this.belief(node, about) === "alive"));
  }

  lane(node: string): TraceEvent[] {
    return this.events.filter((event) => event.node === node);
  }

  /** One line for each of the lab's acts, and for each event about the key. */
  transcript(key: string): string {
    const isWanted = (event: TraceEvent) => event.node === "lab" || event.key === key;
    const lines = this.events.filter(isWanted).map(({ node, type, name, peer, detail }) => {
      const what = type === "local" ? name : `${type} ${name}`;
      const other = peer === undefined ? "" : ` ${type === "receive" ? "from" : "to"} ${peer}`;
      const { life: _life, hash: _hash, dot, dots, ...rest } = detail ?? {};
      // A stored version's numbers differ from host to host; those of a conflict are what it is about.
      const told = dot === undefined && dots !== undefined ? { ...rest, dots } : rest;
      return `${node} ${what}${other}${Object.keys(told).length > 0 ? ` ${JSON.stringify(told)}` : ""}`;
    });
    return `${lines.join("\n")}\n`;
  }

  /** What the duties of a host come to in the trace. */
  #record(event: TraceEvent): void {
    const { node, life, seq, at, message, type, name, detail, key } = event;
    const lane = `${node} ${life}`;
    const last = this.#lanes.get(lane) ?? { seq: 0, at: 0 };
    must(seq === last.seq + 1, () => `${lane}: ${seq} after ${last.seq}: numbered in order, without gaps`);
    must(at >= last.at, () => `${lane}: time runs backwards from ${last.at} to ${at}`);
    must(life >= (this.#newestLife.get(node) ?? 0), () => `${lane}: a life that has ended says something`);
    this.#lanes.set(lane, { seq, at });
    this.#newestLife.set(node, life);
    if (type === "send") this.#sent.add(message!);
    if (type === "receive")
      must(this.#sent.has(message!), () => `${message} arrives before its sending is kept`);
    if (type === "local" && name === "stored") {
      const [writer, counter] = (detail!["dot"] as string).split(":");
      const state = this.world.machines.get(node).disk.tables.row("kv", "keys", key!) as KeyState | undefined;
      const durable = state?.context[writer!] ?? 0;
      must(durable >= Number(counter), () => `${lane}: ${writer}:${counter} is stored but not durable`);
    }
    this.events.push(event);
  }
}

/** An assertion made at every event: `expect` would cost more than the simulation. */
function must(holds: boolean, otherwise: () => string): void {
  if (!holds) expect.fail(otherwise());
}

export const node = (name: string): NodeId => asNodeId(name);
