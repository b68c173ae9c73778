import type { LinkSettings } from "../../shared/contract/state.ts";
import type { MenuEntry } from "../base/ui/menu.tsx";
import { diskEntries } from "../storage/disk-menu.ts";
import { actionEntries } from "./act.ts";
import { linkActions, networkActions, nodeActions } from "./node-actions.ts";
import type { ShownNode } from "./network.ts";

type OpenLink = (from: string, to: string) => void;

export function nodeEntries(
  { node, status }: ShownNode,
  nodes: readonly ShownNode[],
  openLink: OpenLink,
): MenuEntry[] {
  const others = nodes.filter((other) => other.node !== node);
  const links: MenuEntry = {
    label: "Link to",
    entries: others.map((other) => ({ label: `${other.node}…`, run: () => openLink(node, other.node) })),
  };
  const actions = nodeActions(node, status, others.length > 0);
  const networkEnd = actions.findIndex((action) => action.group === "end");
  return [
    { heading: `${node}, ${status}` },
    ...actionEntries(actions.slice(0, networkEnd)),
    ...(others.length > 0 ? [links] : []),
    { label: "Disk", entries: diskEntries(node, status) },
    "separator",
    ...actionEntries(actions.slice(networkEnd)),
  ];
}

export function linkEntries(
  a: string,
  b: string,
  settings: ReadonlyMap<string, LinkSettings>,
  openLink: OpenLink,
): MenuEntry[] {
  return [
    { heading: `${a} – ${b}` },
    ...actionEntries(linkActions(a, b, settings)),
    "separator",
    { label: `Settings from ${a} to ${b}…`, run: () => openLink(a, b) },
    { label: `Settings from ${b} to ${a}…`, run: () => openLink(b, a) },
  ];
}

export function backgroundEntries(
  nodes: readonly ShownNode[],
  isCut: boolean,
  isImpaired: boolean,
): MenuEntry[] {
  return [{ heading: "Cluster" }, ...actionEntries(networkActions(nodes.length, isCut, isImpaired))];
}
