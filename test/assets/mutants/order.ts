/** Of the demonstrations about order, clocks and failure detection. */
import type { RunRecord } from "../../../shared/scenario/run.types.ts";
import { type Mutant, reorder, replace, stepsOf, tampered, without } from "./change.ts";

/** A core that says "causal" and delivers as it comes: played unordered, recorded as causal from the second question on. */
const falselyCausal =
  (...texts: string[]) =>
  (record: RunRecord) =>
    tampered(record, ({ detail }) =>
      texts.some((text) => text === detail?.["text"]) ? { order: "causal" } : undefined,
    );

export const order: readonly Mutant[] = [
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
];
