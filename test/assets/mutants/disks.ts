/** Of the demonstrations about disks that fail. */
import { emptyDisks, type Mutant, replace, stepsOf, without } from "./change.ts";

const nobodyWaits = (source: Parameters<typeof stepsOf>[0]) => {
  for (const step of stepsOf(source)) delete step.when;
};

export const disks: readonly Mutant[] = [
  {
    file: "21-bit-rot.yaml",
    because: "nothing rots",
    change: (source) => without(source, "disk"),
    violates: [1, 2, 3, 4],
  },
  {
    file: "21-bit-rot.yaml",
    because: "C goes on with what is sound",
    change(source) {
      source.cluster.storage = { recovery: "salvage" };
    },
    violates: [2, 3, 5],
  },
  {
    file: "21-bit-rot.yaml",
    because: "all disks are lost",
    change: emptyDisks,
    violates: [6],
  },
  {
    file: "22-flush-fails.yaml",
    because: "no flush fails",
    change: (source) => without(source, "disk"),
    violates: [1, 2, 3, 5, 6],
  },
  {
    file: "22-flush-fails.yaml",
    because: "no flush fails, and nobody waits for it",
    change(source) {
      without(source, "disk");
      nobodyWaits(source);
    },
    violates: [4],
  },
  {
    file: "22-flush-fails.yaml",
    because: "all disks are lost",
    change: emptyDisks,
    violates: [7],
  },
  {
    file: "23-power-cut.yaml",
    because: "the power stays",
    change: (source) => without(source, "kill", "restart"),
    violates: [1, 3, 4],
  },
  {
    file: "23-power-cut.yaml",
    because: "the processes are killed, and the power stays",
    change: (source) => without(source, "disk"),
    violates: [3, 4],
  },
  {
    file: "23-power-cut.yaml",
    because: "one write is left out",
    change: (source) => replace(source, '"keys":10', '"keys":9'),
    violates: [2, 4],
  },
  {
    file: "23-power-cut-cured.yaml",
    because: "nothing is flushed",
    change(source) {
      source.cluster.storage = { sync: "off" };
    },
    violates: [3, 4],
  },
  {
    file: "23-power-cut-cured.yaml",
    because: "nothing happens to the nodes",
    change: (source) => without(source, "kill", "restart"),
    violates: [1],
  },
  {
    file: "23-power-cut-cured.yaml",
    because: "one write is left out",
    change: (source) => replace(source, '"keys":10', '"keys":9'),
    violates: [2],
  },
];
