import type { CommandName, CommandParams } from "../../shared/contract/contract.ts";
import type { LabState, NodeState } from "../../shared/contract/state.ts";
import type { LabStore, Selection } from "../base/store.ts";

type CallOf<Name extends CommandName> = { readonly command: Name; readonly params: CommandParams<Name> };
export type FaultCall =
  | CallOf<"node.kill">
  | CallOf<"node.pause">
  | CallOf<"node.resume">
  | CallOf<"node.restart">
  | CallOf<"link.set">
  | CallOf<"partition.make">
  | CallOf<"partition.heal">;

export type Gesture = "kill" | "pause" | "restart" | "cut" | "heal";

/** The node a gesture means: the one selected. */
export function selectedNode(state: Pick<LabStore, "selection" | "lab">): NodeState | null {
  const { selection, lab } = state;
  if (selection?.kind !== "node" || lab === null) return null;
  return lab.nodes.find((node) => node.id === selection.node) ?? null;
}

/** What a gesture does to what is selected; a sentence when it cannot do anything to it. */
export function callsFor(
  gesture: Gesture,
  selection: Selection | null,
  lab: LabState,
): readonly FaultCall[] | string {
  if (selection?.kind === "link" && (gesture === "cut" || gesture === "heal")) {
    return linkCalls(selection.from, selection.to, gesture === "cut");
  }
  if (gesture === "heal" && selection?.kind !== "node") return [{ command: "partition.heal", params: {} }];
  const node = selectedNode({ selection, lab });
  if (node === null) {
    const what = gesture === "cut" ? "a node or a link" : "a node";
    return `Select ${what} first: click it on the cluster map or its name on the timeline.`;
  }
  return nodeCalls(gesture, node, lab);
}

function linkCalls(from: string, to: string, blocked: boolean): readonly FaultCall[] {
  return [
    { command: "link.set", params: { from, to, settings: { blocked } } },
    { command: "link.set", params: { from: to, to: from, settings: { blocked } } },
  ];
}

function nodeCalls(gesture: Gesture, node: NodeState, lab: LabState): readonly FaultCall[] | string {
  const params = { node: node.id };
  const runs = node.status === "running" || node.status === "paused" || node.status === "starting";
  switch (gesture) {
    case "kill":
      return runs ? [{ command: "node.kill", params }] : `${node.id} is not running. R starts it again.`;
    case "pause":
      if (node.status === "paused") return [{ command: "node.resume", params }];
      if (node.status === "running") return [{ command: "node.pause", params }];
      return `${node.id} is not running, so it cannot be paused. R starts it again.`;
    case "restart":
      return [{ command: "node.restart", params: { ...params, clock: "keep" } }];
    case "cut":
      return [{ command: "partition.make", params: { kind: "isolate", node: node.id } }];
    case "heal": {
      const blocked = lab.links.filter(
        (link) => (link.from === node.id || link.to === node.id) && link.settings.blocked,
      );
      if (blocked.length === 0) return `No link of ${node.id} is cut.`;
      return blocked.map(({ from, to }) => ({
        command: "link.set",
        params: { from, to, settings: { blocked: false } },
      }));
    }
  }
}
