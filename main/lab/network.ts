/** What the lab does to links on purpose: the link table, the recording and the senders, kept in step. */
import { isDeepStrictEqual } from "node:util";
import {
  type LinkSettings,
  type LinkState,
  type PartitionState,
  restingLink,
} from "../../shared/contract/state.ts";
import { withoutAbsent } from "../../shared/fields.ts";
import type { LinkSnapshot, LinkTable } from "./links.ts";
import { pairName, type PartitionRequest, planPartition } from "./partition.ts";
import type { MessageRule } from "../../shared/scenario/schema.ts";
import type { Recorder } from "./recorder.ts";
import type { RuleTable } from "./rules.ts";
import type { Supervisor } from "./supervisor.ts";

export interface NetworkParts {
  readonly links: LinkTable;
  readonly rules: RuleTable;
  readonly recorder: Recorder;
  readonly supervisor: Supervisor;
  readonly onChange: () => void;
}

export class Network {
  readonly #links: LinkTable;
  readonly #rules: RuleTable;
  readonly #recorder: Recorder;
  readonly #supervisor: Supervisor;
  readonly #onChange: () => void;
  #partitions = 0;

  constructor({ links, rules, recorder, supervisor, onChange }: NetworkParts) {
    this.#links = links;
    this.#rules = rules;
    this.#recorder = recorder;
    this.#supervisor = supervisor;
    this.#onChange = onChange;
  }

  get partition(): PartitionState | null {
    return this.#links.partition;
  }

  settings(from: string, to: string): LinkSettings {
    return this.#links.settings(from, to);
  }

  setLink(from: string, to: string, change: Partial<LinkSettings>): void {
    this.setLinks([[from, to]], change);
  }

  /** The same change of several links; the nodes are told once. */
  setLinks(pairs: readonly (readonly [from: string, to: string])[], change: Partial<LinkSettings>): void {
    for (const [from, to] of pairs) {
      this.#links.set(from, to, change);
      this.#record(from, to);
    }
    this.#apply();
  }

  /** Records every link that is not at rest. */
  recordLinks(): void {
    for (const { from, to, settings } of this.#links.list()) {
      if (!isEqual(settings, restingLink)) this.#record(from, to);
    }
  }

  /** Messages from the one to the other wait until every link is healed. */
  clog(from: string, to: string): void {
    this.#links.settings(from, to);
    this.#rules.clog(from, to);
    this.#record(from, to);
    this.#supervisor.sendRules();
  }

  addRule(rule: MessageRule): void {
    this.#recorder.lab("rule", withoutAbsent(rule));
    this.#rules.add(rule);
    this.#supervisor.sendRules();
  }

  /** Rules of this name end; what they held leaves now. */
  endRule(name: string): void {
    this.#recorder.lab("end-rule", { name });
    this.#rules.end(name);
    this.#supervisor.sendRules();
  }

  makePartition(request: PartitionRequest): PartitionState {
    const nodes = this.#supervisor.all().map((node) => node.id);
    const plan = planPartition(nodes, request);
    const before = this.#links.partition;
    if (before !== null) this.#recorder.lab("heal", { id: before.id });
    const partition: PartitionState = {
      id: (this.#partitions += 1),
      kind: request.kind,
      groups: plan.groups.map((group) => [...group]),
      cut: [...plan.cut],
    };
    this.#recorder.lab("partition", partition);
    this.#links.makePartition(partition);
    this.#apply();
    return partition;
  }

  /** Unblocks every link; with `all`, sets every link to rest and ends every message rule and clog. */
  heal(all: boolean): void {
    this.#recorder.lab("heal", { id: this.#links.partition?.id ?? null });
    const ended = this.#links.partition;
    const before = this.#links.list();
    this.#links.heal(all);
    const hadRules = all && !this.#rules.isEmpty;
    const clogged = hadRules ? before.filter(({ from, to }) => this.#rules.isClogged(from, to)) : [];
    if (hadRules) this.#rules.clear();
    this.#recordChanged(before, ended, null);
    for (const { from, to } of clogged) this.#record(from, to);
    this.#apply();
    if (hadRules) this.#supervisor.sendRules();
  }

  snapshot(): LinkSnapshot {
    return this.#links.snapshot();
  }

  /** Puts all links back as they were; a partition that comes back is a new one. */
  restore(snapshot: LinkSnapshot): void {
    const ended = this.#links.partition;
    const begun = snapshot.partition === null ? null : { ...snapshot.partition, id: (this.#partitions += 1) };
    if (ended !== null) this.#recorder.lab("heal", { id: ended.id });
    if (begun !== null) this.#recorder.lab("partition", begun);
    const before = this.#links.list();
    this.#links.restore({ ...snapshot, partition: begun });
    this.#recordChanged(before, ended, begun);
    this.#apply();
  }

  /** Proof of effect: called once a second. */
  recordEffect(): void {
    const effect = this.#links.takeEffect();
    if (effect !== null) this.#recorder.lab("effect", effect);
  }

  /** Records each link that is not what a reader of the heal and the new partition alone takes it for. */
  #recordChanged(
    before: readonly LinkState[],
    ended: PartitionState | null,
    begun: PartitionState | null,
  ): void {
    for (const [index, { from, to, settings }] of this.#links.list().entries()) {
      const old = before[index]!.settings;
      const name = pairName(from, to);
      const isCut = begun?.cut.includes(name) ?? false;
      const isOpened = ended?.cut.includes(name) ?? false;
      if (isEqual({ ...old, blocked: isCut || (old.blocked && !isOpened) }, settings)) continue;
      this.#record(from, to);
    }
  }

  #record(from: string, to: string): void {
    const settings = awayFromRest(this.#links.settings(from, to));
    const clogged = this.#rules.isClogged(from, to) ? { clogged: true } : {};
    this.#recorder.lab("link", { from, to, settings: { ...settings, ...clogged } });
  }

  #apply(): void {
    this.#supervisor.sendLinks();
    this.#onChange();
  }
}

const isEqual = isDeepStrictEqual as (a: LinkSettings, b: LinkSettings) => boolean;

/** The settings that do something. */
function awayFromRest(settings: LinkSettings): Partial<LinkSettings> {
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => value !== restingLink[name as keyof LinkSettings]),
  );
}
