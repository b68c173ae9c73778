import type { WindowCommand } from "../../base/commands.ts";
import { labStore, type LabStore } from "../../base/store.ts";
import { showToast } from "../../base/toasts.ts";
import { callsFor, type Gesture, selectedNode } from "../targets.ts";

async function perform(gesture: Gesture): Promise<void> {
  const { lab, selection, run } = labStore.getState();
  if (lab === null) return;
  const calls = callsFor(gesture, selection, lab);
  if (typeof calls === "string") {
    showToast({ level: "info", text: calls });
    return;
  }
  await Promise.all(calls.map(({ command, params }) => run(command, params)));
}

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);

const named = (verb: string) => (state: LabStore) => {
  const node = selectedNode(state);
  return `${verb} ${node === null ? "the selected node" : node.id}`;
};

/** Faults on what is selected, and those on the whole network. */
export const faultCommands: readonly WindowCommand[] = [
  {
    id: "node.kill",
    title: named("Kill"),
    group: "Faults",
    keys: ["K"],
    words: "sigkill crash",
    live: true,
    run: () => perform("kill"),
  },
  {
    id: "node.pause",
    title: (state) => named(selectedNode(state)?.status === "paused" ? "Resume" : "Pause")(state),
    group: "Faults",
    keys: ["P"],
    words: "sigstop sigcont freeze resume",
    live: true,
    run: () => perform("pause"),
  },
  {
    id: "node.restart",
    title: named("Restart"),
    group: "Faults",
    keys: ["R"],
    words: "start",
    live: true,
    run: () => perform("restart"),
  },
  {
    id: "node.restart-without-clock",
    title: (state) => `${named("Restart")(state)} without its clock`,
    group: "Faults",
    words: "lose vector clock",
    live: true,
    enabled: (state) => selectedNode(state) !== null,
    async run(state) {
      const node = selectedNode(state);
      if (node !== null) await state.run("node.restart", { node: node.id, clock: "lose" });
    },
  },
  {
    id: "fault.cut",
    title: "Cut the selected node or link off",
    group: "Faults",
    keys: ["X"],
    words: "isolate partition block",
    live: true,
    run: () => perform("cut"),
  },
  {
    id: "fault.heal",
    title: (state) =>
      state.selection?.kind === "node" || state.selection?.kind === "link"
        ? "Heal what is selected"
        : "Heal the network",
    group: "Faults",
    keys: ["H"],
    words: "unblock mend",
    live: true,
    run: () => perform("heal"),
  },
  {
    id: "partition.halves",
    title: "Cut the network into halves",
    group: "Faults",
    words: "partition split brain",
    live: true,
    run: (state) => void state.run("partition.make", { kind: "halves" }),
  },
  {
    id: "partition.majorities-ring",
    title: "Cut so that each node sees another majority",
    group: "Faults",
    words: "partition majorities ring",
    live: true,
    run: (state) => void state.run("partition.make", { kind: "majorities-ring" }),
  },
  {
    id: "partition.heal-all",
    title: "Heal everything: cuts, latency, loss",
    group: "Faults",
    words: "mend reset links",
    live: true,
    run: (state) => void state.run("partition.heal", { all: true }),
  },
  {
    id: "undo",
    title: (state) => (state.lab?.undo == null ? "Undo" : `Undo: ${lowerFirst(state.lab.undo)}`),
    group: "Faults",
    keys: ["Ctrl+Z"],
    live: true,
    enabled: (state) => state.lab?.undo != null,
    async run(state) {
      const answer = await state.run("undo", {});
      if (answer?.undone != null) showToast({ level: "info", text: `Taken back: ${answer.undone}.` });
    },
  },
];

/** The same faults by the name of a node, for the palette. */
export function faultsOfNode(node: string): readonly WindowCommand[] {
  const make = (kind: "isolate" | "bridge" | "one-way", title: string, words: string): WindowCommand => ({
    id: `partition.${kind}.${node}`,
    title,
    group: "Faults",
    words,
    live: true,
    run: (state) => void state.run("partition.make", { kind, node }),
  });
  return [
    make("isolate", `Isolate ${node}`, "partition cut off"),
    make("bridge", `Leave ${node} as the only bridge`, "partition cut"),
    make("one-way", `Let nothing out of ${node}`, "partition one-way cut"),
    {
      id: `select.${node}`,
      title: `Select ${node}`,
      group: "View",
      run: (state) => state.select({ kind: "node", node }),
    },
  ];
}
