/** Of the demonstrations about copies, conflicts and the ring. */
import { type Mutant, replace, stepsOf, without } from "./change.ts";

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
    file: "07-siblings-and-their-repair.yaml",
    because: "the network is whole and a write waits for all",
    change(source) {
      without(source, "partition");
      source.cluster.w = 3;
    },
    violates: [1, 2, 4],
  },
  {
    file: "07-siblings-and-their-repair.yaml",
    because: "the merged value is written blindly",
    change: (source) => replace(source, '"context":"before"', '"context":"blind"'),
    violates: [8, 9, 10, 11],
  },
  {
    file: "07-siblings-and-their-repair.yaml",
    because: "the merged value is written before the cut heals",
    change(source) {
      const [cut, , , , merge] = stepsOf(source);
      source.steps = [cut!, merge!, { do: { put: { node: "C", key: "k", value: "blue", as: "before" } } }];
      replace(source, ',"context":"before","w":3', "");
    },
    violates: [2, 5, 6, 7],
  },
  {
    file: "07-siblings-and-their-repair.yaml",
    because: "every disk is wiped before the end",
    change(source) {
      const nodes = ["A", "B", "C"];
      stepsOf(source).push(
        { do: nodes.flatMap((node) => [{ kill: node }, { wipe: node }]) },
        { do: nodes.map((node) => ({ restart: node })) },
      );
    },
    violates: [10, 11, 12],
  },
  {
    file: "07-siblings-and-their-repair.yaml",
    because: "the right side writes nothing",
    change(source) {
      stepsOf(source)[1]!.do = { put: { node: "A", key: "k", value: "red", client: "left" } };
    },
    violates: [1, 3, 4, 6],
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
];
