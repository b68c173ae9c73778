/** Of the demonstrations about conflicts, deletes and retries. */
import type { ScenarioSource } from "../../../shared/scenario/schema.ts";
import { emptyDisks, type Mutant, replace, stepsOf, without } from "./change.ts";

const settingsOf = (source: ScenarioSource) => (source.cluster.replication ??= {});

/** The two files of demonstration 14 tell one story. */
const deleted = (file: string, becauseOfTombstones: string, tombstones: boolean): readonly Mutant[] => [
  {
    file,
    because: becauseOfTombstones,
    change(source) {
      settingsOf(source).tombstones = tombstones;
    },
    violates: [4, 5, 6, 7],
  },
  {
    file,
    because: "nobody deletes anything",
    change: (source) => without(source, "delete"),
    violates: [1, 2, 3],
  },
];

export const conflicts: readonly Mutant[] = [
  {
    file: "06-last-write-wins-loses.yaml",
    because: "the clock of C is right",
    change: (source) => without(source, "clock"),
    violates: [3, 4],
  },
  {
    file: "06-last-write-wins-loses.yaml",
    because: "the network is whole and a write waits for all",
    change(source) {
      without(source, "partition");
      source.cluster.w = 3;
    },
    violates: [1, 3, 4, 5, 6, 7],
  },
  {
    file: "06-last-write-wins-loses.yaml",
    because: "A is down",
    change(source) {
      stepsOf(source).splice(1, 0, { do: { kill: "A" } });
    },
    violates: [2, 8],
  },
  {
    file: "06-last-write-wins-loses.yaml",
    because: "every disk is lost at the end",
    change: emptyDisks,
    violates: [9],
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
    change: emptyDisks,
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
    file: "08-blind-writes.yaml",
    because: "both keys have dots",
    change(source) {
      settingsOf(source).conflicts = {};
    },
    violates: [2, 4],
  },
  {
    file: "08-blind-writes.yaml",
    because: "each client is taken to have read",
    change: (source) => replace(source, '"context":"blind",', ""),
    violates: [5, 7],
  },
  {
    file: "08-blind-writes.yaml",
    because: "the last client stays away",
    change(source) {
      stepsOf(source).splice(9, 1);
    },
    violates: [1, 3, 6, 7],
  },
  {
    file: "08-blind-writes.yaml",
    because: "every disk is lost at the end",
    change: emptyDisks,
    violates: [8, 9],
  },
  ...deleted("14-deleted-thing-returns.yaml", "a delete leaves a tombstone", true),
  ...deleted("14-deleted-thing-returns-cured.yaml", "a delete leaves nothing", false),
  {
    file: "19-retry-is-not-harmless.yaml",
    because: "no request bears a name",
    change: (source) => replace(source, '"token":"add-milk",', ""),
    violates: [7, 8],
  },
  {
    file: "19-retry-is-not-harmless.yaml",
    because: "no acknowledgement is lost",
    change: (source) => without(source, "rule", "end-rule"),
    violates: [1],
  },
  {
    file: "19-retry-is-not-harmless.yaml",
    because: "the first client does not write at first",
    change(source) {
      stepsOf(source)[0]!.do = [{ note: "Nothing." }];
    },
    violates: [1, 2, 3, 8],
  },
  {
    file: "19-retry-is-not-harmless.yaml",
    because: "nobody tries again",
    change(source) {
      stepsOf(source).splice(2, 1);
    },
    violates: [4, 5, 6, 8],
  },
];
