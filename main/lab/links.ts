/**
 * The link table: what the lab does to every ordered pair of nodes, and what came of it.
 *
 * A link is ordered because real faults are: a → b can be dead while b → a works. The sender's network applies the
 * settings, so one message to the sender changes a link and no message is ever in two minds. The table is the only
 * place that knows the whole network; partitions are written into it (partition.ts) and healed out of it.
 *
 * Guarantee: the proof of effect counts only what happened since the link last left rest, over restarts of the sender.
 */
import {
  type LinkCounts,
  type LinkSettings,
  type LinkState,
  type PartitionState,
  restingLink,
} from "../../shared/contract/state.ts";
import { LabError } from "../../shared/contract/errors.ts";
import type { LabEventDetails } from "../../shared/trace/names.ts";
import { orderedPairs, pairName } from "./partition.ts";

const noCounts: LinkCounts = { sent: 0, blocked: 0, lost: 0, duplicated: 0, delayed: 0, reordered: 0 };

interface Link {
  readonly from: string;
  readonly to: string;
  settings: LinkSettings;
  counts: LinkCounts;
  /** Totals since the link last left rest; null when it never did. */
  effect: { blocked: number; lost: number; delayed: number } | null;
}

/** What undo puts back: every link that was not at rest, and the partition that said so. */
export interface LinkSnapshot {
  readonly settings: ReadonlyMap<string, LinkSettings>;
  readonly partition: PartitionState | null;
}

const isResting = (settings: LinkSettings) =>
  !settings.blocked &&
  settings.latency === null &&
  settings.loss === 0 &&
  settings.duplicate === 0 &&
  settings.reorder === 0;

export class LinkTable {
  partition: PartitionState | null = null;
  /** Of every link that is new. */
  readonly #initial: LinkSettings;
  readonly #links = new Map<string, Link>();
  #nodes: readonly string[] = [];
  #effectChanged = false;

  constructor(initial: LinkSettings = restingLink) {
    this.#initial = initial;
  }

  /** Links of a new node are as at the beginning; those of a node that is gone are forgotten, in the partition too. */
  setNodes(nodes: readonly string[]): void {
    this.#nodes = nodes;
    const pairs = new Map(orderedPairs(nodes).map(([from, to]) => [pairName(from, to), { from, to }]));
    for (const name of this.#links.keys()) if (!pairs.has(name)) this.#links.delete(name);
    for (const [name, pair] of pairs) {
      if (!this.#links.has(name)) {
        const link: Link = { ...pair, settings: restingLink, counts: noCounts, effect: null };
        this.#links.set(name, link);
        this.#apply(link, this.#initial);
      }
    }
    if (this.partition !== null) {
      const groups = this.partition.groups.map((group) => group.filter((node) => nodes.includes(node)));
      const cut = this.partition.cut.filter((name) => pairs.has(name));
      // A partition that cuts nothing any more is none.
      this.partition = cut.length === 0 ? null : { ...this.partition, groups, cut };
    }
  }

  settings(from: string, to: string): LinkSettings {
    return this.#link(pairName(from, to)).settings;
  }

  /** Changes the named settings of one link and returns all of them. */
  set(from: string, to: string, change: Partial<LinkSettings>): LinkSettings {
    const link = this.#link(pairName(from, to));
    const settings = { ...link.settings, ...change };
    if (settings.latency?.kind === "uniform" && settings.latency.minMs > settings.latency.maxMs) {
      throw new LabError("bad_input", "The smallest latency must not be above the largest.");
    }
    this.#apply(link, settings);
    if (!settings.blocked) this.#forgetCut(pairName(from, to));
    return settings;
  }

  /** Blocks the pairs of the new partition and unblocks those of the one before. */
  makePartition(partition: PartitionState): void {
    for (const name of this.partition?.cut ?? []) this.#block(name, false);
    for (const name of partition.cut) this.#block(name, true);
    this.partition = partition;
  }

  /** Unblocks every link; with `all`, sets every link to rest. */
  heal(all: boolean): void {
    for (const link of this.#links.values()) {
      this.#apply(link, all ? restingLink : { ...link.settings, blocked: false });
    }
    this.partition = null;
  }

  snapshot(): LinkSnapshot {
    const settings = new Map<string, LinkSettings>();
    for (const [name, link] of this.#links) if (!isResting(link.settings)) settings.set(name, link.settings);
    return { settings, partition: this.partition };
  }

  restore(snapshot: LinkSnapshot): void {
    for (const [name, link] of this.#links) this.#apply(link, snapshot.settings.get(name) ?? restingLink);
    this.partition = snapshot.partition;
    this.setNodes(this.#nodes);
  }

  /** What the sender's network is told: only links that are not at rest. */
  outgoing(from: string): Record<string, LinkSettings> {
    const links: Record<string, LinkSettings> = {};
    for (const link of this.#links.values()) {
      if (link.from === from && !isResting(link.settings)) links[link.to] = link.settings;
    }
    return links;
  }

  /** The sender's process is a new one and counts from zero. */
  senderStarted(from: string): void {
    for (const link of this.#links.values()) if (link.from === from) link.counts = noCounts;
  }

  count(from: string, counts: Readonly<Record<string, LinkCounts>>): void {
    for (const [to, next] of Object.entries(counts)) {
      const link = this.#links.get(pairName(from, to));
      if (link === undefined) continue;
      if (link.effect !== null) {
        const gained = {
          blocked: next.blocked - link.counts.blocked,
          lost: next.lost - link.counts.lost,
          delayed: next.delayed - link.counts.delayed,
        };
        if (gained.blocked + gained.lost + gained.delayed > 0) this.#effectChanged = true;
        link.effect.blocked += gained.blocked;
        link.effect.lost += gained.lost;
        link.effect.delayed += gained.delayed;
      }
      link.counts = next;
    }
  }

  /** Totals of every link under a fault, when any grew since the last call; else null. Healed links end here. */
  takeEffect(): LabEventDetails["effect"] | null {
    const totals: LabEventDetails["effect"] = { blocked: {}, lost: {}, delayed: {} };
    for (const [name, link] of this.#links) {
      if (link.effect === null) continue;
      for (const what of ["blocked", "lost", "delayed"] as const) {
        if (link.effect[what] > 0) totals[what][name] = link.effect[what];
      }
      if (isResting(link.settings)) link.effect = null;
    }
    const changed = this.#effectChanged;
    this.#effectChanged = false;
    return changed ? totals : null;
  }

  list(): LinkState[] {
    return [...this.#links.values()].map(({ from, to, settings, counts }) => ({
      from,
      to,
      settings,
      counts,
    }));
  }

  #link(name: string): Link {
    const link = this.#links.get(name);
    if (link === undefined) {
      throw new LabError(
        "unknown_node",
        `There is no link "${name}": it needs two different nodes of this cluster.`,
      );
    }
    return link;
  }

  #block(name: string, blocked: boolean): void {
    const link = this.#links.get(name);
    if (link !== undefined) this.#apply(link, { ...link.settings, blocked });
  }

  #apply(link: Link, settings: LinkSettings): void {
    if (isResting(link.settings) && !isResting(settings)) link.effect = { blocked: 0, lost: 0, delayed: 0 };
    link.settings = settings;
  }

  #forgetCut(name: string): void {
    if (this.partition === null || !this.partition.cut.includes(name)) return;
    const cut = this.partition.cut.filter((other) => other !== name);
    this.partition = cut.length === 0 ? null : { ...this.partition, cut };
  }
}
