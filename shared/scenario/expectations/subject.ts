/** What the judges of single expectations share: the record, indexed once, and the labels found in it. */
import type { EventRef, Limits } from "../../checks/types.ts";
import type { NodeId } from "../../ids.ts";
import { membershipPresets } from "../../membership/presets.ts";
import type { MembershipConfig } from "../../membership/types.ts";
import { Causality } from "../../trace/causality.ts";
import { labLane, type RecordedEvent } from "../../trace/event.ts";
import { History } from "../../trace/history.ts";
import { matches } from "../match.ts";
import type { ExpectationResult, NodeView, RunRecord } from "../run.types.ts";
import type { Expectation, Scenario } from "../schema.ts";
import { Application } from "./application.ts";

type KeysOf<One> = One extends unknown ? keyof One : never;
export type ExpectationName = KeysOf<Expectation>;
type ValueOf<Name extends ExpectationName> = Extract<Expectation, Record<Name, unknown>>[Name];
export type Judge<Name extends ExpectationName> = (
  value: ValueOf<Name>,
  subject: Subject,
) => ExpectationResult;

/** A label that matched nothing, or too few times. */
interface Unmatched {
  readonly verdict: "violated" | "unknown";
  readonly found: string;
}

export class Subject {
  readonly scenario: Scenario;
  readonly record: RunRecord;
  readonly limits: Limits;
  #history: History | null = null;
  #causality: Causality | null = null;
  #application: Application | null = null;
  #inTime: readonly RecordedEvent[] | null = null;

  constructor(scenario: Scenario, record: RunRecord, limits: Limits) {
    this.scenario = scenario;
    this.record = record;
    this.limits = limits;
  }

  get history(): History {
    if (this.#history !== null) return this.#history;
    this.#history = new History();
    this.#history.append(this.record.events);
    return this.#history;
  }

  /** Of the whole trace, gossip and all. */
  get causality(): Causality {
    return (this.#causality ??= new Causality(this.history));
  }

  get application(): Application {
    return (this.#application ??= new Application(this.history));
  }

  /** Every event in the order of time, at equal times in that of recording; in a lane that is program order. */
  get inTime(): readonly RecordedEvent[] {
    return (this.#inTime ??= [...this.record.events].sort(byTime));
  }

  get membership(): MembershipConfig {
    const { preset, membership } = this.scenario.cluster;
    return { ...membershipPresets[preset], ...membership };
  }

  /** The running nodes as they were at the end. */
  get running(): readonly NodeView[] {
    return this.record.final.filter((view) => view.running);
  }

  /** The id of an event that a checker names by its place; null when it is not in the record. */
  idOf({ node, life, seq }: EventRef): number | null {
    const found = this.history.lane(node as NodeId).find((event) => event.life === life && event.seq === seq);
    return found?.id ?? null;
  }

  /** The event a label means. */
  labelled(name: string): RecordedEvent | Unmatched {
    const wanted = this.scenario.label[name];
    if (wanted === undefined) {
      return { verdict: "unknown", found: `The scenario has no label "${name}": add it under "label".` };
    }
    const nth = wanted.nth ?? 1;
    const isMeant =
      "action" in wanted
        ? (event: RecordedEvent) => isAct(event, wanted.action, wanted.node)
        : (event: RecordedEvent) => matches(event, wanted);
    let seen = 0;
    for (const event of this.inTime) if (isMeant(event) && ++seen === nth) return event;
    const found =
      seen === 0
        ? `Label "${name}" matched nothing.`
        : `Label "${name}" means the ${nth}th of its kind, and there were ${seen}.`;
    return { verdict: "violated", found };
  }

  /** All of them, or the first that is missing. */
  allLabelled(names: readonly string[]): readonly RecordedEvent[] | Unmatched {
    const events: RecordedEvent[] = [];
    for (const name of names) {
      const event = this.labelled(name);
      if (!("id" in event)) return event;
      events.push(event);
    }
    return events;
  }
}

/** By time. At equal times, which virtual time has often, what was recorded first came first. */
export const byTime = (a: RecordedEvent, b: RecordedEvent) => a.at - b.at || a.id - b.id;

/** Names of the lab's acts where its event has another name. */
const eventOfAct: Readonly<Record<string, string>> = {
  add: "node-added",
  remove: "node-removed",
  isolate: "partition",
  cut: "link",
  flap: "link",
  clog: "link",
};

function isAct(event: RecordedEvent, action: string, node: string | undefined): boolean {
  if (event.node !== labLane || event.name !== (eventOfAct[action] ?? action)) return false;
  return node === undefined || event.detail?.["node"] === node;
}

/** A verdict without events, for the many cases in which there is nothing to point at. */
export const result = (
  words: string,
  verdict: ExpectationResult["verdict"],
  found: string,
  proof: readonly (number | RecordedEvent)[] = [],
): ExpectationResult => ({
  words,
  verdict,
  found,
  proof: proof.map((event) => (typeof event === "number" ? event : event.id)),
});
