/** Of the demonstrations about copies, conflicts and the ring. */
import { emptyDisks, type Mutant, replace, stepsOf, without } from "./change.ts";

export const replication: readonly Mutant[] = [
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
    file: "11-read-repair.yaml",
    because: "nothing is lost",
    change: (source) => without(source, "rule"),
    violates: [3, 4, 5],
  },
  {
    file: "11-read-repair.yaml",
    because: "nobody reads",
    change(source) {
      source.steps = stepsOf(source).slice(0, 1);
    },
    violates: [2, 6, 7],
  },
  {
    file: "11-read-repair.yaml",
    because: "a client writes it again",
    change(source) {
      source.steps!.splice(1, 0, { do: { put: { node: "A", key: "k", value: "again" } } });
    },
    violates: [1],
  },
  {
    file: "12-quorum-not-linearizable.yaml",
    because: "no copy is slow",
    change: (source) => without(source, "rule", "end-rule"),
    violates: [3, 5],
  },
  {
    file: "12-quorum-not-linearizable.yaml",
    because: "the readers come in the other order",
    change(source) {
      const steps = stepsOf(source);
      source.steps = [steps[0]!, steps[4]!, steps[3]!];
      delete source.steps[2]!.when;
    },
    violates: [1, 2, 4],
  },
  {
    file: "10-reads-that-miss.yaml",
    because: "no copy is slow",
    change: (source) => without(source, "rule"),
    violates: [3],
  },
  {
    file: "10-reads-that-miss.yaml",
    because: "every copy is as slow",
    change(source) {
      replace(source, '"key":"medium","by":"300ms"', '"by":"2s"');
    },
    violates: [4, 5],
  },
  {
    file: "10-reads-that-miss.yaml",
    because: "nobody is there to ask",
    change(source) {
      stepsOf(source).unshift({ do: [{ kill: "A" }, { kill: "C" }] });
    },
    violates: [1, 2],
  },
  {
    file: "10-reads-that-miss.yaml",
    because: "the copies are lost",
    change(source) {
      replace(source, '"do":"delay"', '"do":"drop"');
      replace(source, ',"by":"2s"', "");
      replace(source, ',"by":"300ms"', "");
    },
    violates: [6],
  },
  {
    file: "12-quorum-not-linearizable-cured.yaml",
    because: "a read writes nothing back",
    change(source) {
      source.cluster.replication = { ...source.cluster.replication, readRepair: "off" };
    },
    violates: [3, 5],
  },
  {
    file: "12-quorum-not-linearizable-cured.yaml",
    because: "the readers come in the other order",
    change(source) {
      const steps = stepsOf(source);
      source.steps = [steps[0]!, steps[4]!, steps[3]!];
      delete source.steps[2]!.when;
    },
    violates: [1, 2, 4],
  },
  {
    file: "13-hinted-handoff.yaml",
    because: "nobody keeps hints",
    change(source) {
      source.cluster.replication = { ...source.cluster.replication, hints: false };
    },
    violates: [1, 3, 4, 6, 7, 9],
  },
  {
    file: "13-hinted-handoff.yaml",
    because: "only one owner is down the second time",
    change(source) {
      const steps = stepsOf(source);
      steps[4]!.do = { kill: "C" };
      steps[5]!.when = { event: { node: "A", name: "member", about: "C", status: "dead" } };
      steps[6]!.when = { settled: ["A", "B", "D", "E"] };
    },
    violates: [5],
  },
  {
    file: "13-hinted-handoff.yaml",
    because: "A is down from the beginning",
    change(source) {
      const steps = stepsOf(source);
      steps[0]!.do = [{ kill: "C" }, { kill: "A" }];
      delete steps[1]!.when;
    },
    violates: [2],
  },
  {
    file: "13-hinted-handoff.yaml",
    because: "every disk is lost at the end",
    change: emptyDisks,
    violates: [8, 9, 10],
  },
  {
    file: "15-merkle-anti-entropy.yaml",
    because: "nothing is lost, and there are fewer keys",
    change(source) {
      without(source, "rule", "end-rule");
      replace(source, '"keys":10000', '"keys":500');
    },
    violates: [1, 2],
  },
  {
    file: "15-merkle-anti-entropy.yaml",
    because: "nobody compares",
    change(source) {
      without(source, "compare");
      for (const step of stepsOf(source)) delete step.when;
      replace(source, '"keys":10000', '"keys":500');
    },
    violates: [2, 3, 4, 5, 6],
  },
];
