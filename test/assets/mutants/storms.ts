/** Of the storms. */
import { emptyDisks, type Mutant, replace } from "./change.ts";

export const storms: readonly Mutant[] = [
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
  {
    file: "storm-replication.yaml",
    because: "copies are lost and nothing brings them",
    change(source) {
      delete source.storm;
      delete source.load;
      delete source.calm;
      source.cluster.replication = { antiEntropyInterval: 0, hints: false };
      source.steps = [
        { do: { rule: { do: "drop", message: "REPLICATE" } } },
        { do: { put: { node: "node-1", key: "k1", value: "v", w: 1 } } },
      ];
    },
    violates: [1, 3],
  },
  {
    file: "storm-replication.yaml",
    because: "every disk is lost after the storm",
    change(source) {
      source.steps = [{ at: "25s", do: { note: "After the storm." } }];
      source.storm!.faults = ["kill", "pause", "partition"];
      emptyDisks(source);
    },
    violates: [2],
  },
];
