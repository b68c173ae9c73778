/**
 * A network of memberships in virtual time: latency, loss, cuts, pauses, kills and disks that keep what was persisted.
 * Everything that happens follows from the seed.
 */
import { expect } from "vitest";
import { asNodeId, type TimeMs } from "../../../shared/ids.ts";
import { Membership } from "../../../shared/membership/membership.ts";
import type {
  Claim,
  Destination,
  MembershipConfig,
  MembershipEffects,
  MembershipMessage,
  Random,
} from "../../../shared/membership/types.ts";
import type { MemberStatus } from "../../../shared/trace/names.ts";

/** Mulberry32: small, and good enough to shuffle a test. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Disk {
  incarnation: number;
  members: readonly Claim[];
}

interface Process {
  readonly name: string;
  address: string;
  disk: Disk;
  state: "up" | "paused" | "down";
  membership: Membership;
  /** Ends events of earlier lives. */
  life: number;
  tickAt: TimeMs;
  /** What arrived during a pause. */
  inbox: (() => void)[];
}

export interface Change {
  readonly at: TimeMs;
  readonly observer: string;
  readonly about: string;
  readonly status: MemberStatus;
  readonly previous: MemberStatus | null;
}

interface Timed {
  readonly at: TimeMs;
  readonly order: number;
  readonly run: () => void;
}

export interface NetworkOptions {
  readonly config: MembershipConfig;
  readonly seed?: number;
  readonly latency?: TimeMs;
  /** Share of messages lost. */
  readonly loss?: number;
}

export class Network {
  now: TimeMs = 1_000_000;
  loss: number;
  readonly changes: Change[] = [];
  readonly sent: {
    readonly at: TimeMs;
    readonly from: string;
    readonly to: string;
    readonly kind: string;
  }[] = [];
  readonly refutations: string[] = [];
  readonly random: Random;
  readonly #config: MembershipConfig;
  readonly #latency: TimeMs;
  readonly #processes = new Map<string, Process>();
  readonly #cut = new Set<string>();
  readonly #queue: Timed[] = [];
  #order = 0;

  constructor(options: NetworkOptions) {
    this.#config = options.config;
    this.random = randomFrom(options.seed ?? 1);
    this.#latency = options.latency ?? 1;
    this.loss = options.loss ?? 0;
  }

  get names(): string[] {
    return [...this.#processes.keys()];
  }

  /** Starts a process that is not running: a new one, or one that died, with what is left on its disk. */
  start(name: string, seeds: readonly string[] = [], keep: Partial<Disk> = {}, address = `${name}:1`): void {
    const earlier = this.#processes.get(name);
    const disk = { ...(earlier?.disk ?? { incarnation: 0, members: [] }), ...keep };
    const membership = new Membership({
      config: this.#config,
      node: asNodeId(name),
      address,
      incarnation: disk.incarnation,
      members: disk.members,
      seeds: seeds.map((seed) => `${seed}:1`),
      random: randomFrom(Math.floor(this.random() * 2 ** 32)),
      now: this.now,
    });
    const life = (earlier?.life ?? 0) + 1;
    const process: Process = {
      name,
      address,
      disk,
      state: "up",
      membership,
      life,
      tickAt: Infinity,
      inbox: [],
    };
    this.#processes.set(name, process);
    this.#step(process, (fx) => membership.start(this.now, fx));
  }

  /** Starts `count` nodes n1, n2, … that all join through the first, and waits until all see all alive. */
  static formed(count: number, options: NetworkOptions): Network {
    const network = new Network(options);
    for (let index = 1; index <= count; index += 1) network.start(`n${index}`, index === 1 ? [] : ["n1"]);
    network.until(() => network.isAllAlive(), 60_000);
    return network;
  }

  kill(name: string): void {
    const process = this.#process(name);
    process.state = "down";
    process.life += 1;
    process.inbox = [];
  }

  pause(name: string): void {
    this.#process(name).state = "paused";
  }

  /** The overdue timer fires first, then all that waits in the socket is read. */
  resume(name: string): void {
    const process = this.#process(name);
    if (process.state !== "paused") return;
    process.state = "up";

    if (process.tickAt <= this.now) this.#tick(process);
    for (const deliver of process.inbox.splice(0)) deliver();
  }

  /** Pauses that nobody asked for, on every node, of up to `stallMax`, for as long as the network runs. */
  stallAll(stallMax: TimeMs, gapMax: TimeMs): void {
    for (const name of this.names) {
      const stall = () => {
        if (this.#process(name).state === "up") this.pause(name);
        this.#after(this.random() * stallMax, () => {
          this.resume(name);
          this.#after(this.random() * gapMax, stall);
        });
      };
      this.#after(this.random() * gapMax, stall);
    }
  }

  /** Only nodes of the same group can talk. */
  partition(...groups: readonly (readonly string[])[]): void {
    for (const group of groups) {
      for (const other of groups.filter((candidate) => candidate !== group)) {
        for (const from of group) for (const to of other) this.cut(from, to);
      }
    }
  }

  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Calls the membership of `name`, as its owner would. */
  act(name: string, action: (membership: Membership, fx: MembershipEffects) => void): void {
    const process = this.#process(name);
    this.#step(process, (fx) => action(process.membership, fx));
  }

  leave(name: string): void {
    this.act(name, (membership, fx) => membership.leave(this.now, fx));
  }

  membership(name: string): Membership {
    return this.#process(name).membership;
  }

  disk(name: string): Disk {
    return this.#process(name).disk;
  }

  belief(observer: string, about: string): MemberStatus | undefined {
    return this.membership(observer).member(asNodeId(about))?.status;
  }

  /** True when every running node believes `status` of `about`. */
  allBelieve(about: string, status: MemberStatus): boolean {
    return this.#running()
      .filter(({ name }) => name !== about)
      .every(({ name }) => this.belief(name, about) === status);
  }

  /** True when every running node sees every process of the network alive. */
  isAllAlive(): boolean {
    return this.#running().every(({ name }) =>
      this.names.every((about) => this.belief(name, about) === "alive"),
    );
  }

  convictions(): Change[] {
    return this.changes.filter(({ status }) => status === "dead");
  }

  run(duration: TimeMs): void {
    const end = this.now + duration;
    while ((this.#queue[0]?.at ?? Infinity) <= end) this.#next();
    this.now = end;
  }

  /** Runs until `holds`, and returns how long that took. Fails after `limit`. */
  until(holds: () => boolean, limit: TimeMs): TimeMs {
    const begin = this.now;
    while (!holds()) {
      if ((this.#queue[0]?.at ?? Infinity) > begin + limit) {
        const views = this.#running().map(({ name, membership }) => {
          const odd = membership.members().filter(({ status }) => status !== "alive");
          const view = odd.map(({ node, status, incarnation }) => `${node} ${status}@${incarnation}`);
          return `${name} knows ${membership.members().length}, not alive: ${view.join(", ")}`;
        });
        expect.fail(`not so after ${limit} ms:\n${views.join("\n")}`);
      }
      this.#next();
    }
    return this.now - begin;
  }

  /** Processes that run and take part: one that has left waits for its end. */
  #running(): Process[] {
    return [...this.#processes.values()].filter(
      ({ name, state }) => state === "up" && this.belief(name, name) === "alive",
    );
  }

  #process(name: string): Process {
    return this.#processes.get(name)!;
  }

  #after(delay: TimeMs, run: () => void): void {
    this.#order += 1;
    const entry = { at: this.now + delay, order: this.#order, run };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#queue[middle]!.at <= entry.at) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, entry);
  }

  #next(): void {
    const entry = this.#queue.shift()!;
    this.now = Math.max(this.now, entry.at);
    entry.run();
  }

  #step(process: Process, action: (fx: MembershipEffects) => void): void {
    action(this.#effects(process));
    const { membership } = process;
    process.disk.members = membership
      .members()
      .map(({ node, address, status, incarnation }) => ({ node, address, status, incarnation, from: node }));
    const tickAt = Math.max(this.now, membership.deadline);
    if (process.tickAt <= tickAt) return;
    process.tickAt = tickAt;
    const { life } = process;
    // Timers of a real process are late by a little, always.
    this.#after(tickAt - this.now + this.random() * 2, () => {
      if (process.life === life && process.tickAt === tickAt && process.state === "up") this.#tick(process);
    });
  }

  #tick(process: Process): void {
    process.tickAt = Infinity;
    this.#step(process, (fx) => process.membership.tick(this.now, fx));
  }

  #effects(process: Process): MembershipEffects {
    const observer = process.name;
    return {
      send: (to, message) => this.#send(process, to, message),
      changed: ({ node: about, status }, previous) => {
        this.changes.push({ at: this.now, observer, about, status, previous });
      },
      persistIncarnation: (incarnation) => {
        expect(incarnation, "incarnations only grow").toBeGreaterThan(process.disk.incarnation);
        process.disk.incarnation = incarnation;
      },
      refuted: (incarnation, was) => this.refutations.push(`${observer}@${incarnation} was ${was}`),
    };
  }

  #send(sender: Process, to: Destination, message: MembershipMessage): void {
    const claims = "members" in message ? message.members : message.rumours;
    for (const { node, from, incarnation } of claims) {
      const isOwn = node === sender.name && from === sender.name;
      if (isOwn)
        expect(incarnation, "P16: durable before it is said").toBeLessThanOrEqual(sender.disk.incarnation);
    }
    const receiver = [...this.#processes.values()].find(({ address }) => address === to.address);
    const name = receiver?.name ?? to.address;
    this.sent.push({ at: this.now, from: sender.name, to: name, kind: message.kind });
    if (this.#cut.has(`${sender.name}>${name}`) || this.random() < this.loss) return;
    const from = { node: asNodeId(sender.name), address: sender.address };
    const { life } = sender;
    this.#after(this.#latency * (0.5 + this.random()), () => {
      const target = this.#processes.get(name);
      if (target && target.state !== "down") return this.#deliver(target, from, message);
      if (sender.life !== life || sender.state === "down") return;
      this.#arrive(sender, () => this.#step(sender, (fx) => sender.membership.unreachable(this.now, to, fx)));
    });
  }

  #deliver(
    target: Process,
    from: { node: Claim["node"]; address: string },
    message: MembershipMessage,
  ): void {
    this.#arrive(target, () => {
      target.membership.heard(this.now, from.node);
      this.#step(target, (fx) => target.membership.receive(this.now, from, message, fx));
    });
  }

  #arrive(process: Process, handle: () => void): void {
    if (process.state === "paused") process.inbox.push(handle);
    else handle();
  }
}
