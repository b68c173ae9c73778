/** A world without a cluster: it answers what a run asks after a fixed time, and keeps who runs as a lab would. */
import { asNodeId, type NodeId, type TimeMs } from "../../../shared/ids.ts";
import { ScenarioRun } from "../../../shared/scenario/run.ts";
import type {
  CallAnswer,
  FaultAction,
  NodeView,
  RunInput,
  RunOutput,
} from "../../../shared/scenario/run.types.ts";
import type { Scenario } from "../../../shared/scenario/schema.ts";
import { actionWords } from "../../../shared/scenario/words.ts";
import { labLane, type RecordedEvent } from "../../../shared/trace/event.ts";

const answerMs = 2;
const actMs = 10;

type Status = "running" | "paused" | "down";

export class ScriptedWorld {
  readonly run: ScenarioRun;
  /** What was asked, with its time. */
  readonly lines: string[] = [];
  readonly events: RecordedEvent[] = [];
  /** How many calls are answered later than asked; those with these ids are never answered. */
  readonly silent = new Set<number>();
  /** Answers that differ from "ok", by id of the call. */
  readonly answers = new Map<number, CallAnswer>();
  now: TimeMs = 0;
  readonly #nodes = new Map<NodeId, Status>();
  readonly #isLate: boolean;
  #inputs: { at: TimeMs; input: RunInput }[] = [];

  /** `isLate`: the lab's events come after the act that they are about was said to be done. */
  constructor(scenario: Scenario, seed = 0, isLate = false) {
    this.#isLate = isLate;
    this.run = new ScenarioRun(scenario, seed);
    for (const node of scenario.cluster.nodes) this.#nodes.set(node, "running");
  }

  /** One input now. */
  give(input: RunInput): void {
    for (const output of this.run.step(input, this.now)) this.#carryOut(output);
  }

  /** Goes on until the run is over or `limit`; the state of the run says when it wants to be woken. */
  play(limit: TimeMs): void {
    for (;;) {
      const next = this.#inputs[0]?.at ?? Infinity;
      const at = Math.min(next, this.run.deadline ?? Infinity);
      if (this.run.isOver || at > limit) break;
      this.now = Math.max(this.now, at);
      this.give(at === next ? this.#inputs.shift()!.input : { kind: "tick" });
    }
    if (!this.run.isOver) this.now = Math.max(this.now, limit);
  }

  event(node: string, name: string, detail: Record<string, string>, more: Partial<RecordedEvent> = {}): void {
    this.give({ kind: "events", events: [this.#record(node, name, detail, more)] });
  }

  #record(
    node: string,
    name: string,
    detail: Record<string, string>,
    more: Partial<RecordedEvent> = {},
  ): RecordedEvent {
    const id = this.events.length + 1;
    const event: RecordedEvent = {
      id,
      node: asNodeId(node),
      life: 1,
      seq: id,
      at: this.now,
      type: "local",
      op: node === labLane ? "lab" : "membership",
      name,
      clock: null,
      detail,
      ...more,
    };
    this.events.push(event);
    return event;
  }

  #carryOut(output: RunOutput): void {
    switch (output.kind) {
      case "step":
        this.#say(`step ${output.number} of ${output.of}: ${output.words}`);
        break;
      case "call": {
        const { id, client, node, request } = output.call;
        const asked = request.kind === "act" ? JSON.stringify(request.act) : requestWords(request);
        this.#say(`call ${id} of ${client} at ${node}: ${asked}`);
        if (this.silent.has(id)) break;
        const answer = this.answers.get(id) ?? ok();
        this.#later(answerMs, { kind: "returned", call: id, answer });
        break;
      }
      case "fault":
        this.#say(`act ${output.id}: ${actionWords(output.action)}`);
        this.#act(output.id, output.action);
        break;
      case "observe":
        this.#say(`observe ${output.id} as "${output.label}"`);
        this.#later(0, { kind: "observed", id: output.id, views: this.#views() });
    }
  }

  /** What becomes of an act, and the events that a lab records for it. */
  #act(id: number, action: FaultAction): void {
    const { name, value } = action;
    const node = (typeof value === "object" && "node" in value ? value.node : value) as NodeId;
    const status = this.#nodes.get(node);
    const refuse = (error: string) => this.#later(actMs, { kind: "done", id, error });
    const after: Partial<Record<typeof name, Status>> = {
      kill: "down",
      stop: "down",
      pause: "paused",
      resume: "running",
      restart: "running",
      add: "running",
    };
    if ((name === "kill" && status === "down") || (name === "pause" && status !== "running"))
      return refuse(`${node} is ${status}.`);
    if (name === "resume" && status !== "paused") return refuse(`${node} is not paused.`);
    const next = after[name];
    if (next !== undefined) this.#nodes.set(node, next);
    const eventName = name === "restart" || name === "add" ? "node-started" : name;
    this.#later(actMs + (this.#isLate ? 5 : 0), {
      kind: "events",
      events: [this.#record(labLane, eventName, { node })],
    });
    this.#later(actMs, { kind: "done", id });
  }

  #views(): NodeView[] {
    return [...this.#nodes].map(([node, status]) => ({
      node,
      running: status === "running",
      members: [],
      ring: [],
      virtualNodes: 1,
      keys: [],
    }));
  }

  #later(ms: TimeMs, input: RunInput): void {
    const at = this.now + ms;
    const place = this.#inputs.findIndex((other) => other.at > at);
    this.#inputs.splice(place < 0 ? this.#inputs.length : place, 0, { at, input });
  }

  #say(line: string): void {
    this.lines.push(`${Number(this.now.toFixed(3))} ${line}`);
  }
}

export const ok = (more: Partial<Extract<CallAnswer, { ok: true }>> = {}): CallAnswer => ({
  ok: true,
  values: [],
  dots: [],
  context: { A: 1 },
  ...more,
});

export const failed = (definite: boolean): CallAnswer => ({
  ok: false,
  definite,
  code: "down",
  message: "It is down.",
});

function requestWords(
  request: Extract<RunOutput, { kind: "call" }>["call"]["request"] & { kind: "data" },
): string {
  const { op, key, value, context, quorum } = request;
  const words = [op, key, ...(value === undefined ? [] : [JSON.stringify(value)])];
  if (context !== undefined) words.push(`having seen ${JSON.stringify(context)}`);
  if (Object.keys(quorum).length > 0) words.push(`with ${JSON.stringify(quorum)}`);
  return words.join(" ");
}
