/** What one can do to a node or a link, given how it is: the entries of the context menus. */
import type { CommandName, CommandParams } from "../../shared/contract/contract.ts";
import type { LinkSettings, NodeStatus } from "../../shared/contract/state.ts";
import { pairName } from "./cut.ts";
import { isImpaired } from "./link-words.ts";

type CallOf<Name extends CommandName> = { readonly command: Name; readonly params: CommandParams<Name> };
type Acts =
  | "node.kill"
  | "node.pause"
  | "node.resume"
  | "node.stop"
  | "node.restart"
  | "node.remove"
  | "node.wipe"
  | "node.add"
  | "link.set"
  | "partition.make"
  | "partition.heal";
export type Call = { [Name in Acts]: CallOf<Name> }[Acts];

export interface Action {
  readonly label: string;
  readonly calls: readonly Call[];
  readonly group: "run" | "network" | "end";
  /** The key that does the same to the selected node. */
  readonly keys?: string;
  readonly isDanger?: boolean;
  /** What to ask before it is done: only for what cannot be undone. */
  readonly ask?: { readonly title: string; readonly text: string; readonly confirm: string };
}

export function nodeActions(node: string, status: NodeStatus, canIsolate: boolean): Action[] {
  const runs = status === "running" || status === "paused" || status === "starting" || status === "stopping";
  const actions: Action[] = [];
  if (runs)
    actions.push({
      ...one("Kill (SIGKILL)", "run", { command: "node.kill", params: { node } }, true),
      keys: "K",
    });
  if (status === "running")
    actions.push({ ...one("Pause", "run", { command: "node.pause", params: { node } }), keys: "P" });
  if (status === "paused")
    actions.push({ ...one("Resume", "run", { command: "node.resume", params: { node } }), keys: "P" });
  if (status === "running")
    actions.push(one("Stop gracefully", "run", { command: "node.stop", params: { node } }));
  actions.push(
    {
      ...one(runs ? "Restart" : "Start again", "run", {
        command: "node.restart",
        params: { node, clock: "keep" },
      }),
      keys: "R",
    },
    one(runs ? "Restart without its clock" : "Start again without its clock", "run", {
      command: "node.restart",
      params: { node, clock: "lose" },
    }),
  );
  if (canIsolate)
    actions.push({
      ...one("Isolate from all others", "network", {
        command: "partition.make",
        params: { kind: "isolate", node },
      }),
      keys: "X",
    });
  if (!runs)
    actions.push({
      ...one("Wipe its disk…", "end", { command: "node.wipe", params: { node } }, true),
      ask: {
        title: `Wipe the disk of ${node}?`,
        text: `Its data, its log and its clock are deleted. This cannot be undone; the other nodes keep their copies.`,
        confirm: "Wipe the disk",
      },
    });
  actions.push({
    ...one("Remove from the cluster…", "end", { command: "node.remove", params: { node } }, true),
    ask: {
      title: `Remove ${node} from the cluster?`,
      text: runs
        ? `${node} leaves gracefully and hands its keys over. To bring it back, add a new node.`
        : `${node} is not running and cannot hand its keys over. To replace it, add a new node.`,
      confirm: "Remove the node",
    },
  });
  return actions;
}

const one = (label: string, group: Action["group"], call: Call, isDanger = false): Action => ({
  label,
  group,
  calls: [call],
  ...(isDanger ? { isDanger } : {}),
});

const block = (from: string, to: string, blocked: boolean): Call => ({
  command: "link.set",
  params: { from, to, settings: { blocked } },
});

/** Both directions of the link between two nodes. `settings` answers for one ordered pair "a>b". */
export function linkActions(a: string, b: string, settings: ReadonlyMap<string, LinkSettings>): Action[] {
  const ways = [settings.get(pairName(a, b)), settings.get(pairName(b, a))];
  const [there, back] = ways.map((way) => way?.blocked ?? false);
  const actions: Action[] = [];
  const add = (label: string, calls: Call[]) => actions.push({ label, group: "network", calls });
  if (!there && !back) add("Cut both ways", [block(a, b, true), block(b, a, true)]);
  if (there || back)
    add("Heal", [...(there ? [block(a, b, false)] : []), ...(back ? [block(b, a, false)] : [])]);
  if (!there) add(`Cut only ${a} to ${b}`, [block(a, b, true)]);
  if (!back) add(`Cut only ${b} to ${a}`, [block(b, a, true)]);
  if (ways.some((way) => way !== undefined && isImpaired(way))) {
    const rest = { latency: null, loss: 0, duplicate: 0, reorder: 0 };
    add("End latency, loss, duplication and reordering", [
      { command: "link.set", params: { from: a, to: b, settings: rest } },
      { command: "link.set", params: { from: b, to: a, settings: rest } },
    ]);
  }
  return actions;
}

/** What one can do to the cluster as a whole. */
export function networkActions(nodes: number, isCut: boolean, isImpaired: boolean): Action[] {
  const actions: Action[] = [one("Add a node", "run", { command: "node.add", params: {} })];
  const cut = (label: string, kind: "halves" | "majorities-ring") =>
    actions.push(one(label, "network", { command: "partition.make", params: { kind } }));
  if (nodes > 1) cut("Cut into halves", "halves");
  if (nodes > 3) cut("Cut into a ring of majorities", "majorities-ring");
  if (isCut)
    actions.push({
      ...one("Heal every cut", "network", { command: "partition.heal", params: {} }),
      keys: "H",
    });
  if (isImpaired)
    actions.push(
      one("All links back to rest", "network", { command: "partition.heal", params: { all: true } }),
    );
  return actions;
}
