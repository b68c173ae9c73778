/**
 * Scenarios that must fail: each with its fault taken away, its order turned round, or a core that breaks the rule it
 * shows. Together they violate every expectation of every demonstration at least once, and what each storm is for.
 */
import type { RunRecord } from "../../shared/scenario/run.types.ts";
import type { ScenarioSource } from "../../shared/scenario/schema.ts";
import type { Detail, RecordedEvent } from "../../shared/trace/event.ts";

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

const stepsOf = (source: ScenarioSource): Step[] => (source.steps ??= []);
const actsOf = (step: Step) => (Array.isArray(step.do) ? step.do : [step.do]) as Record<string, unknown>[];

/** Takes every act of these names out; a step that has none left becomes a note. */
function without(source: ScenarioSource, ...names: string[]): void {
  for (const step of stepsOf(source)) {
    const kept = actsOf(step).filter((act) => !names.some((name) => name in act));
    step.do = kept.length === 0 ? [{ note: "Nothing." }] : kept;
  }
}

/** Replaces text in the whole scenario, as an editor would. */
function replace(source: ScenarioSource, from: string, to: string): void {
  const { expect: wanted, ...rest } = source;
  Object.assign(source, JSON.parse(JSON.stringify(rest).replaceAll(from, to)), { expect: wanted });
}

/** Puts the steps into another order, by their positions from 0, without what they wait for. */
function reorder(source: ScenarioSource, order: readonly number[]): void {
  const steps = stepsOf(source);
  source.steps = order.map((index) => ({ do: steps[index]!.do }));
}

function tampered(record: RunRecord, change: (event: RecordedEvent) => Detail | undefined): RunRecord {
  const events = record.events.map((event) => {
    const detail = change(event);
    return detail === undefined ? event : { ...event, detail: { ...event.detail, ...detail } };
  });
  return { ...record, events };
}

/** A core that says "causal" and delivers as it comes: played unordered, recorded as causal from the second question on. */
const falselyCausal =
  (...texts: string[]) =>
  (record: RunRecord) =>
    tampered(record, ({ detail }) =>
      texts.some((text) => text === detail?.["text"]) ? { order: "causal" } : undefined,
    );

export const mutants: readonly Mutant[] = [
  {
    file: "01-happens-before.yaml",
    because: "e comes after m2",
    change(source) {
      const [first, ...others] = stepsOf(source);
      others.at(-1)!.do = first!.do;
      source.steps = others;
    },
    violates: [1, 3, 4],
  },
  {
    file: "01-happens-before.yaml",
    because: "B sends m2 before m1 arrives",
    change: (source) => reorder(source, [0, 3, 1, 2, 4]),
    violates: [1, 2, 4],
  },
  {
    file: "02-reply-before-question.yaml",
    because: "no link is slow",
    change(source) {
      without(source, "rule", "end-rule");
      replace(source, '"held"', '"delivered"');
    },
    violates: [2, 3, 4, 6, 7],
  },
  {
    file: "02-reply-before-question.yaml",
    because: "the replies come first",
    change(source) {
      source.steps = [
        { do: { broadcast: { node: "B", text: "Yes!" } } },
        { do: { broadcast: { node: "A", text: "Lunch at noon?" } } },
        { do: { broadcast: { node: "B", text: "With pleasure!" } } },
        { do: { broadcast: { node: "A", text: "Dinner at eight?" } } },
      ];
      source.end = "1s";
    },
    violates: [1, 5],
  },
  {
    file: "02-reply-before-question.yaml",
    because: "the core takes causal for unordered",
    change(source) {
      replace(source, '"causal"', '"unordered"');
      replace(source, '"held"', '"delivered"');
    },
    tamper: falselyCausal("Dinner at eight?", "With pleasure!"),
    violates: [7, 8, 9],
  },
  {
    file: "03-clocks-lie.yaml",
    because: "B's clock is right",
    change: (source) => without(source, "clock"),
    violates: [2, 3],
  },
  {
    file: "03-clocks-lie.yaml",
    because: "the reply comes first",
    change: (source) => reorder(source, [1, 0, 2]),
    violates: [1],
  },
  {
    file: "03-clocks-lie.yaml",
    because: "the core forgets its logical clocks between two events",
    tamper: (record) =>
      tampered(record, ({ node, name }) =>
        node === "B" && name === "broadcast" ? { lamport: 0, vector: {} } : undefined,
      ),
    violates: [4, 5],
  },
  {
    file: "04-lamport-is-not-enough.yaml",
    because: "A tells B before b",
    change(source) {
      source.steps = [
        { do: [{ local: { node: "A", text: "a" } }, { tell: { node: "A", to: "B", text: "m" } }] },
        {
          when: { event: { node: "B", type: "receive", name: "TELL" } },
          do: { local: { node: "B", text: "b" } },
        },
      ];
      source.label!["b"] = { node: "B", name: "event", text: "b" };
    },
    violates: [1, 2, 3],
  },
  {
    file: "05-fifo-is-not-causal.yaml",
    because: "no link is slow",
    change(source) {
      without(source, "rule", "end-rule");
      replace(source, '"held"', '"delivered"');
    },
    violates: [3, 4],
  },
  {
    file: "05-fifo-is-not-causal.yaml",
    because: "only the first of A's posts is late, and nobody keeps any order",
    change(source) {
      replace(source, '"from":"A"', '"from":"A","times":1');
      replace(source, '"order":"fifo"', '"order":"unordered"');
    },
    violates: [1],
  },
  {
    file: "05-fifo-is-not-causal.yaml",
    because: "the core takes causal for unordered",
    change(source) {
      replace(source, '"order":"causal"', '"order":"unordered"');
      replace(source, '"held"', '"delivered"');
    },
    tamper: falselyCausal("I lost my keys.", "They were in the door.", "What luck."),
    violates: [5, 6],
  },
  {
    file: "05-fifo-is-not-causal.yaml",
    because: "the comment comes first",
    change(source) {
      source.steps = [
        { do: { broadcast: { node: "B", text: "How wonderful." } } },
        { do: { broadcast: { node: "A", text: "Found it!" } } },
      ];
      source.end = "1s";
    },
    violates: [2],
  },
  {
    file: "09-read-and-write-quorums-meet.yaml",
    because: "a read asks one replica",
    change(source) {
      source.cluster.r = 1;
    },
    violates: [5],
  },
  {
    file: "09-read-and-write-quorums-meet.yaml",
    because: "a write waits for three",
    change(source) {
      source.cluster.w = 3;
    },
    violates: [1],
  },
  {
    file: "09-read-and-write-quorums-meet.yaml",
    because: "nothing is lost and nobody is killed",
    change: (source) => without(source, "rule", "kill"),
    violates: [2, 3],
  },
  {
    file: "09-read-and-write-quorums-meet.yaml",
    because: "a reader goes home early",
    change(source) {
      stepsOf(source).at(-1)!.repeat!.times = 49;
    },
    violates: [4, 5],
  },
  {
    file: "16-ring-against-modulo.yaml",
    because: "nobody joins",
    change(source) {
      without(source, "add");
      replace(source, '["A","B","C","D","E"]', '["A","B","C","D"]');
      source.cluster.nodes = ["A", "B", "C", "D"];
    },
    violates: [1],
  },
  {
    file: "17-dead-paused-or-cut-off.yaml",
    because: "the pause is short",
    change(source) {
      const [, , , resume] = stepsOf(source);
      resume!.when = { event: { node: "B", name: "member", about: "C", status: "suspect" } };
    },
    violates: [1, 2],
  },
  {
    file: "18-crash-amnesia.yaml",
    because: "the clock is on disk",
    change(source) {
      source.cluster.clocks = "durable";
    },
    violates: [3, 4],
  },
  {
    file: "18-crash-amnesia.yaml",
    because: "A is not started again",
    change: (source) => without(source, "restart"),
    violates: [1, 2],
  },
  {
    file: "18-crash-amnesia-cured.yaml",
    because: "the clock is in memory",
    change(source) {
      source.cluster.clocks = "memory";
    },
    violates: [3, 4],
  },
  {
    file: "18-crash-amnesia-cured.yaml",
    because: "A is not started again",
    change: (source) => without(source, "restart"),
    violates: [1, 2],
  },
  {
    file: "20-gossip-spreads.yaml",
    because: "nobody gossips",
    change(source) {
      source.cluster.membership = { ...source.cluster.membership, gossipNodes: 0 };
    },
    violates: [1, 3],
  },
  {
    file: "20-gossip-spreads.yaml",
    because: "nobody sleeps",
    change(source) {
      without(source, "pause", "resume");
      for (const step of stepsOf(source).slice(2, 4)) delete step.when;
    },
    violates: [2],
  },
  {
    file: "storm-ids.yaml",
    because: "the clock is in memory",
    change(source) {
      source.cluster.clocks = "memory";
    },
    violates: [2],
  },
  {
    file: "storm-broadcast.yaml",
    because: "nobody keeps any order",
    change: (source) => replace(source, '"causal"', '"unordered"'),
    violates: [2, 3],
  },
  {
    file: "storm-kv.yaml",
    because: "copies are lost and nothing is read",
    change(source) {
      delete source.storm;
      delete source.load;
      source.steps = [
        { do: { rule: { do: "drop", message: "REPLICATE" } } },
        { do: { put: { node: "node-1", key: "k1", value: "v", w: 1 } } },
      ];
    },
    violates: [2, 5],
  },
  {
    file: "storm-kv.yaml",
    because: "every disk is wiped after the storm",
    change(source) {
      const nodes = ["node-1", "node-2", "node-3", "node-4", "node-5"];
      source.steps = [
        { at: "21s", do: nodes.flatMap((node) => [{ kill: node }, { wipe: node }]) },
        { do: nodes.map((node) => ({ restart: node })) },
      ];
    },
    violates: [3],
  },
  {
    file: "storm-membership.yaml",
    because: "one node never notices",
    tamper: (record) => ({
      ...record,
      events: record.events.filter(
        ({ node, name, detail }) =>
          !(
            node === "node-1" &&
            name === "member" &&
            detail?.["about"] === "node-3" &&
            detail["status"] === "dead"
          ),
      ),
    }),
    violates: [2],
  },
];
