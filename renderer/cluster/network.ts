/** The network as the model at the cursor has it. */
import { useState } from "react";
import { type LinkSettings, linkSettingsSchema, restingLink } from "../../shared/contract/state.ts";
import type { ModelNode, ModelNodeStatus, SessionModel } from "../../shared/trace/model.ts";
import type { Doubt } from "./beliefs.ts";
import { type NodePair, pairName } from "./cut.ts";

export type ShownStatus = Exclude<ModelNodeStatus, "removed">;
export type ShownNode = ModelNode & { readonly status: ShownStatus };

/** The nodes that belong to the cluster, in natural order. */
export function shownNodes(model: SessionModel): ShownNode[] {
  return [...model.nodes.values()].filter((node): node is ShownNode => node.status !== "removed");
}

/** Settings of every ordered pair "a>b" that is not at rest, the partition included. */
export function settingsOf(model: SessionModel): ReadonlyMap<string, LinkSettings> {
  const settings = new Map<string, LinkSettings>();
  for (const [pair, recorded] of model.links) {
    const parsed = linkSettingsSchema.partial().safeParse(recorded);
    if (parsed.success) settings.set(pair, { ...restingLink, ...(parsed.data as Partial<LinkSettings>) });
  }
  for (const pair of model.partition?.cut ?? [])
    settings.set(pair, { ...(settings.get(pair) ?? restingLink), blocked: true });
  return settings;
}

export function blockedPairs(settings: ReadonlyMap<string, LinkSettings>): ReadonlySet<string> {
  return new Set([...settings].filter(([, link]) => link.blocked).map(([pair]) => pair));
}

/** How many of the nodes that run doubt this one. */
export function doubtsAbout(model: SessionModel, about: string): Doubt {
  const doubt = { suspect: 0, dead: 0 };
  for (const [observer, beliefs] of model.beliefs) {
    if (observer === about || model.nodes.get(observer)?.status !== "running") continue;
    for (const [node, { status }] of beliefs) {
      if (node === about && (status === "suspect" || status === "dead")) doubt[status]++;
    }
  }
  return doubt;
}

/** Messages blocked in either direction since the fault began. */
export function blockedCount(model: SessionModel, { a, b }: NodePair): number {
  const { blocked } = model.effect;
  return (blocked[pairName(a, b)] ?? 0) + (blocked[pairName(b, a)] ?? 0);
}

/** The nodes' names, the same array as long as they are the same. */
export function useNames(nodes: readonly ShownNode[]): readonly string[] {
  const names = nodes.map(({ node }) => node);
  const [kept, setKept] = useState<readonly string[]>(names);
  const isSame = kept.length === names.length && kept.every((name, index) => name === names[index]);
  if (!isSame) setKept(names);
  return isSame ? kept : names;
}
