/**
 * Several replicas in one process, with virtual time: each message takes 1 ms, disks are objects, links can be cut.
 * It keeps the duties of a host and asserts, at every step, what must hold of every output.
 */
import { expect } from "vitest";
import { noRarePaths, type RarePaths } from "../../../shared/buggify.ts";
import type { Call, CallOutcome } from "../../../shared/runtime/runtime.ts";
import type { Mutation } from "../../../shared/runtime/types.ts";
import type { Act, ActAnswer } from "../../../shared/broadcast/types.ts";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asNodeId, asRequestId, type Key, type NodeId } from "../../../shared/ids.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import type { Preset } from "../../../shared/membership/types.ts";
import { Replica } from "../../../shared/replica/replica.ts";
import {
  type Emitted,
  type Envelope,
  type Input,
  nothingRestored,
  type OutgoingMessage,
  type Output,
  type Restored,
} from "../../../shared/replica/types.ts";
import type { ReplicationSettings } from "../../../shared/replication/settings.ts";
import type { ClientRequest, OperationOutcome, Quorum } from "../../../shared/replication/types.ts";

const latency = 1;
const epoch = 1_000_000;

interface Machine {
  readonly address: string;
  disk: Restored;
  /** Null while it is down. */
  replica: Replica | null;
}

export interface Happening {
  readonly at: number;
  readonly node: NodeId;
  readonly event: Emitted | { readonly type: "lost"; readonly name: string; readonly peer: NodeId };
}

export class Cluster {
  readonly happenings: Happening[] = [];
  readonly outcomes = new Map<string, OperationOutcome>();
  readonly machines = new Map<NodeId, Machine>();
  now = epoch;
  readonly #quorum: Quorum;
  readonly #preset: Preset;
  readonly #rare: RarePaths;
  readonly #settings: Partial<ReplicationSettings>;
  /** Ordered pairs "a>b" on which messages die. */
  readonly #cut = new Set<string>();
  /** "kind node" of messages that die, too. */
  #lost: string | null = null;
  #travelling: { at: number; from: NodeId; message: OutgoingMessage }[] = [];
  #requests = 0;
  #atOneMoment = 0;
  readonly #messageIds = new Set<string>();

  constructor(
    quorum: Quorum = { n: 3, r: 2, w: 2 },
    preset: Preset = "lab",
    rare = noRarePaths,
    settings: Partial<ReplicationSettings> = {},
  ) {
    this.#settings = settings;
    this.#quorum = quorum;
    this.#preset = preset;
    this.#rare = rare;
  }

  get up(): NodeId[] {
    return [...this.machines].filter(([, machine]) => machine.replica).map(([node]) => node);
  }

  replica(node: string): Replica {
    const replica = this.machines.get(asNodeId(node))?.replica;
    if (!replica) throw new Error(`${node} is down`);
    return replica;
  }

  /** Starts a node, for the first time or again with what its disk holds. */
  start(name: string, seeds: readonly string[] = []): void {
    const node = asNodeId(name);
    const machine = this.machines.get(node) ?? { address: `${name}:1`, disk: nothingRestored, replica: null };
    this.machines.set(node, machine);
    const config = {
      node,
      address: machine.address,
      life: this.now,
      seeds: seeds.map((seed) => `${seed}:1`),
      gossip: true,
      virtualNodes: 150,
      membership: membershipPresets[this.#preset],
      replication: { ...this.#quorum, ...this.#settings, requestTimeout: 1_000 },
      seed: this.machines.size,
      rare: this.#rare,
    };
    machine.replica = new Replica(config, machine.disk, this.now);
    this.#step(node, { kind: "tick" });
  }

  /** Starts nodes and waits until each sees all of them alive. */
  startAll(count: number): void {
    for (let i = 1; i <= count; i++) this.start(`node-${i}`, i > 1 ? ["node-1"] : []);
    this.settle(count);
  }

  /** Until everybody sees so many alive, and the ring is at rest. */
  settle(alive: number): void {
    const seesAll = (node: NodeId) => {
      const replica = this.replica(node);
      return (
        replica.isSettled && replica.members().filter(({ status }) => status === "alive").length === alive
      );
    };
    this.runUntil(() => this.up.every(seesAll), 10_000);
  }

  kill(name: string): void {
    const machine = this.machines.get(asNodeId(name))!;
    machine.replica = null;
    this.#travelling = this.#travelling.filter(({ from }) => from !== name);
  }

  /** The disk of a node that is down is gone. */
  wipe(name: string): void {
    this.machines.get(asNodeId(name))!.disk = nothingRestored;
  }

  /** What a host leaves of a damaged disk: all that the node knew of itself. */
  damage(name: string): void {
    const machine = this.machines.get(asNodeId(name))!;
    machine.disk = { ...machine.disk, keys: [], hints: [], logIndex: 0, tables: [], rebuild: true };
  }

  loseClock(name: string): void {
    const machine = this.machines.get(asNodeId(name))!;
    machine.disk = { ...machine.disk, clock: null, broadcast: null };
  }

  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Messages of this kind to this node die; without arguments, none do any more. */
  lose(kind?: string, to?: string): void {
    this.#lost = kind === undefined ? null : `${kind} ${to}`;
  }

  leave(name: string): void {
    this.#step(asNodeId(name), { kind: "leave" });
  }

  input(name: string, input: Input): Output {
    return this.#step(asNodeId(name), input);
  }

  /** Hands a request to a node and returns its id; the outcome is in `outcomes` when it has arrived. */
  request(name: string, request: Omit<ClientRequest, "id">): string {
    const id = `request-${++this.#requests}`;
    this.#step(asNodeId(name), { kind: "request", request: { id: asRequestId(id), ...request } });
    return id;
  }

  /** Carries out an act of the application on a node. */
  act(name: string, act: Act): ActAnswer {
    const request = asRequestId(`request-${++this.#requests}`);
    const { answers } = this.#step(asNodeId(name), { kind: "act", request, act });
    expect(answers.map((each) => each.request)).toEqual([request]);
    return answers[0]!.answer;
  }

  /** The outcome of a request, after all messages about data have arrived. */
  ask(name: string, request: Omit<ClientRequest, "id">): OperationOutcome {
    const id = this.request(name, request);
    this.runUntil(() => this.outcomes.has(id) && !this.hasDataTravelling, 5_000);
    return this.outcomes.get(id)!;
  }

  /** Tells a node that another will not return. */
  evict(by: string, node: string): void {
    this.#step(asNodeId(by), { kind: "evict", node: asNodeId(node) });
  }

  /** Calls a reducer and gives what became of it. */
  call(node: string, call: Call): CallOutcome {
    this.#requests += 1;
    const request = asRequestId(`call-${this.#requests}`);
    const { calls } = this.#step(asNodeId(node), { kind: "call", request, ...call });
    expect(calls.map((each) => each.request)).toEqual([request]);
    return calls[0]!.outcome;
  }

  get hasDataTravelling(): boolean {
    return this.#travelling.some(({ message }) => !isMembership(message.envelope));
  }

  run(ms: number): void {
    const end = this.now + ms;
    while (this.#advance(end));
    this.now = end;
  }

  runUntil(reached: () => boolean, limit: number): void {
    const end = this.now + limit;
    while (!reached())
      if (!this.#advance(end)) throw new Error(`not reached within ${limit} ms of virtual time`);
  }

  /** The versions of a key on every node that is up. */
  values(key: Key): Record<string, (string | null)[]> {
    const versions = (node: NodeId) => this.replica(node).keys.get(key)?.versions ?? [];
    return Object.fromEntries(this.up.map((node) => [node, versions(node).map((version) => version.value)]));
  }

  /** Goes to the next moment at which anything happens; false when that is after `end`. */
  #advance(end: number): boolean {
    const deadlines = this.up.map((node) => this.replica(node).deadline ?? Infinity);
    const next = Math.min(this.#travelling[0]?.at ?? Infinity, ...deadlines);
    if (next > end) return false;
    this.#atOneMoment = next > this.now ? 0 : this.#atOneMoment + 1;
    // Whoever is due for ever keeps time from passing.
    if (this.#atOneMoment > 10_000) throw new Error(`no end of ticks at ${this.now}`);
    this.now = Math.max(this.now, next);
    while (this.#travelling[0] && this.#travelling[0].at <= this.now) {
      const { from, message } = this.#travelling.shift()!;
      this.#deliver(from, message);
    }
    for (const node of this.up) {
      if ((this.replica(node).deadline ?? Infinity) <= this.now) this.#step(node, { kind: "tick" });
    }
    return true;
  }

  #deliver(from: NodeId, { to, envelope }: OutgoingMessage): void {
    const [target, machine] = [...this.machines].find(([, each]) => each.address === to.address) ?? [];
    const lost = (peer: NodeId) =>
      this.happenings.push({
        at: this.now,
        node: from,
        event: { type: "lost", name: envelope.body.kind, peer },
      });
    const isCut = this.#cut.has(`${from}>${target}`) || this.#lost === `${envelope.body.kind} ${target}`;
    if (target && isCut) lost(target);
    else if (machine?.replica) {
      // Over the wire nothing keeps its identity.
      this.#step(target!, { kind: "message", envelope: JSON.parse(JSON.stringify(envelope)) as Envelope });
    } else {
      if (target) lost(target);
      this.#step(from, { kind: "unreachable", to, undelivered: [envelope.id] });
    }
  }

  #step(node: NodeId, input: Input): Output {
    const machine = this.machines.get(node)!;
    const { replica } = machine;
    if (!replica)
      return { records: [], messages: [], replies: [], answers: [], calls: [], events: [], operations: [] };
    const before = replica.clock;
    const output = replica.step(input, this.now);
    this.#check(node, before, output);
    machine.disk = { ...stored(machine.disk, output, replica.clock), at: this.now };
    for (const event of output.events) this.happenings.push({ at: this.now, node, event });
    for (const { request, outcome } of output.replies) this.outcomes.set(request, outcome);
    for (const message of output.messages) {
      this.#travelling.push({ at: this.now + latency, from: node, message });
    }
    if (replica.hasLeft) machine.replica = null;
    return output;
  }

  /** What holds of every output: own counters grow by event, dots are the counters of their events, ids are unique. */
  #check(node: NodeId, before: VectorClock, output: Output): void {
    let counter = before[node] ?? 0;
    for (const event of output.events) {
      const own = event.clock![node]!;
      expect(own, `${node}: ${event.name}`).toBeGreaterThan(counter);
      counter = own;
      const dot = event.name === "stored" ? (event.detail!["dot"] as string) : "";
      if (dot === `${node}:${own}` || !dot.startsWith(`${node}:`)) continue;
      // A write of its own can come back to a node only when it had lost it.
      expect(Number(dot.split(":")[1]), "a dot is the counter of its event").toBeLessThan(own);
    }
    for (const { envelope } of output.messages) {
      expect(this.#messageIds.has(envelope.id), `message id ${envelope.id} used twice`).toBe(false);
      this.#messageIds.add(envelope.id);
    }
  }
}

const rowName = ({ module, table, key }: Mutation) => JSON.stringify([module, table, key]);

const isMembership = ({ body }: Envelope) =>
  "rumours" in body || "members" in body || body.kind === "TOPOLOGY" || body.kind === "TOPOLOGY_ACK";

/** The disk after an output has been committed: written out field by field, whatever any store makes of it. */
export function stored(
  disk: Restored,
  output: Pick<Output, "records" | "operations">,
  clock: VectorClock,
): Restored {
  const keys = new Map(disk.keys);
  const hints = new Map(disk.hints.map((hint) => [`${hint.target} ${hint.key}`, hint]));
  const rows = new Map(Array.from(disk.tables ?? [], (row) => [rowName(row), row]));
  let aside = disk.setAside === undefined ? null : new Map(disk.setAside);
  let { incarnation, members, topology, logIndex, broadcast, rebuild = false } = disk;
  for (const record of output.records) {
    if (record.kind === "entry") {
      expect(record.entry.index).toBe(logIndex + 1);
      logIndex = record.entry.index;
      keys.set(record.entry.key, record.entry.state);
      aside?.delete(record.entry.key);
    } else if (record.kind === "incarnation") ({ incarnation } = record);
    else if (record.kind === "members") ({ members } = record);
    else if (record.kind === "topology") topology = record.records;
    else if (record.kind === "broadcast") broadcast = record.state;
    else if (record.kind === "hint") hints.set(`${record.hint.target} ${record.hint.key}`, record.hint);
    else if (record.kind === "hint-done") hints.delete(`${record.target} ${record.key}`);
    else if (record.kind === "dropped") {
      keys.delete(record.key);
      aside?.delete(record.key);
    } else if (record.kind === "set-aside" && record.upTo !== null) {
      expect(record.upTo).toBe(logIndex);
      aside = new Map([...(aside ?? []), ...keys]);
      keys.clear();
    } else if (record.kind === "set-aside") {
      for (const [key, state] of aside ?? []) keys.set(key, state);
      aside = null;
    } else if (record.kind === "rebuild-begun") rebuild = false;
    else for (const row of record.mutations) rows.set(rowName(row), row);
  }
  const operations =
    output.operations.length > 0 ? [...disk.operations, ...output.operations] : disk.operations;
  return {
    clock,
    incarnation,
    members,
    topology,
    keys,
    hints: [...hints.values()],
    logIndex,
    operations,
    broadcast,
    tables: [...rows.values()].filter(({ row }) => row !== undefined),
    rebuild,
    ...(aside === null ? {} : { setAside: aside }),
  };
}
