import type { WindowCommand } from "../../base/commands.ts";

export const loadRates = [1, 5, 20, 100, 500] as const;

export const clusterCommands: readonly WindowCommand[] = [
  {
    id: "cluster.new",
    title: "New cluster…",
    group: "Cluster",
    words: "preset nodes start fresh",
    live: true,
    run: (state) => state.openOverlay("new-cluster"),
  },
  {
    id: "node.add",
    title: "Add a node",
    group: "Cluster",
    words: "join grow",
    live: true,
    run: (state) => void state.run("node.add", {}),
  },
  {
    id: "load.toggle",
    title: (state) => (state.lab?.load.running === true ? "Hold the load" : "Run the load"),
    group: "Cluster",
    keys: ["Space"],
    words: "pause traffic operations",
    live: true,
    enabled: (state) => state.lab !== null,
    run: (state) => void state.run("load.set", { running: state.lab?.load.running !== true }),
  },
  ...loadRates.map((rate): WindowCommand => ({
    id: `load.rate.${rate}`,
    title: `Load: ${rate} operation${rate === 1 ? "" : "s"} a second`,
    group: "Cluster",
    words: "traffic rate",
    live: true,
    run: (state) => void state.run("load.set", { running: true, opsPerSecond: rate }),
  })),
];
