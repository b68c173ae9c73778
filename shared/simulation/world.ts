/**
 * A whole cluster in one process: machines, network, clients and the lab, on one virtual clock.
 *
 * It knows nothing of scenarios' steps and expectations: it does what it is told, and records what happens. Everything
 * that happens follows from the seed and from what it was told when.
 */
import type { RarePaths } from "../buggify.ts";
import { withoutAbsent } from "../fields.ts";
import type { NodeId } from "../ids.ts";
import { aboutMessage } from "../replica/describe.ts";
import type { Emitted } from "../replica/types.ts";
import type { CallAnswer, ClientCall, FaultAction, NodeView } from "../scenario/run.types.ts";
import { type Decision, RuleSet } from "../scenario/rules.ts";
import type { MessageRule, Scenario } from "../scenario/schema.ts";
import { type Detail, labLane } from "../trace/event.ts";
import { Clients } from "./clients.ts";
import type { DiskImage } from "./disk.ts";
import { Faults } from "./faults.ts";
import type { SimulatedHost } from "./host.ts";
import { restingLink, type Sent } from "./links.ts";
import { Machines, quorumOf } from "./machines.ts";
import { simulatedAddress, SimulatedNetwork } from "./network.ts";
import type { Streams } from "./streams.ts";
import { epochMs, VirtualTime } from "./virtual-time.ts";

export interface WorldOptions {
  readonly name: string;
  readonly cluster: Scenario["cluster"];
  readonly network: Scenario["network"];
  readonly streams: Streams;
  readonly rare: RarePaths;
  /** The next events of a lane, from `seq` on. */
  recorded(node: NodeId, life: number, seq: number, events: readonly Emitted[]): void;
  returned(call: ClientCall, answer: CallAnswer): void;
}

export class World {
  readonly time = new VirtualTime();
  readonly machines: Machines;
  readonly network: SimulatedNetwork;
  readonly #options: WorldOptions;
  readonly #clients: Clients;
  readonly #faults: Faults;
  readonly #rules = new RuleSet<Sent>();
  readonly #images = new Map<string, ReadonlyMap<NodeId, DiskImage>>();
  #labSeq = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { time } = this;
    const { streams, cluster } = options;
    const running = (node: NodeId) => this.machines.running(node);
    this.machines = new Machines({
      cluster,
      time,
      streams,
      rare: options.rare,
      owner: {
        lab: (name, detail) => this.lab(name, detail),
        emitted: (host, events) => this.#emitted(host, events),
        send: (host, message) => this.network.send(host, message),
        addressed: (node, address) => this.network.addNode(node, address),
        processEnded: (host) => this.network.ended(host),
        processResumed: (host) => this.network.resumed(host),
      },
    });
    this.network = new SimulatedNetwork({
      time,
      streams,
      settings: { ...restingLink, ...withoutAbsent(options.network ?? {}) },
      running,
      decide: (from, to, sent) => this.#decide(from, to, sent),
    });
    this.#clients = new Clients({
      time,
      random: streams.open("clients"),
      running,
      returned: (call, answer) => options.returned(call, answer),
    });
    this.#faults = new Faults(this);
  }

  /** Starts every node of the cluster at once. Where one fails to start, `failed` hears why. */
  start(failed: (why: string) => void): void {
    const { name, cluster, network } = this.#options;
    const { nodes, preset, virtualNodes } = cluster;
    const quorum = quorumOf(cluster);
    this.lab("cluster", { name, preset, ...quorum, virtualNodes, nodes });
    for (const node of nodes) {
      this.machines.add(node);
      this.lab("node-added", { node, address: simulatedAddress(node) });
    }
    if (network !== undefined) this.#faults.recordLinks();
    for (const machine of this.machines.all()) {
      this.machines.start(machine, (error) => {
        if (error !== undefined) failed(error);
      });
    }
  }

  /** Every node serves and, with gossip, sees every other alive and the ring at rest. */
  get isReady(): boolean {
    const machines = this.machines.all();
    if (machines.some(({ status }) => status !== "running")) return false;
    if (!this.#options.cluster.gossip) return true;
    return machines.every(({ process }) => {
      const members = process!.replica.members();
      // What is not durable yet is not in the trace yet either: a run begins after its cluster was seen to be ready.
      if (!process!.isIdle || !process!.replica.isSettled) return false;
      return members.length >= machines.length && members.every(({ status }) => status === "alive");
    });
  }

  call(call: ClientCall): void {
    this.#clients.call(call);
  }

  /** `done` is called once, when it has taken effect, or with a sentence why it could not. */
  act(action: FaultAction, done: (error?: string) => void): void {
    this.#faults.act(action, done);
  }

  /** What every node shows now, in the order in which they were added. A paused one shows nothing. */
  views(): NodeView[] {
    return this.machines.all().map(({ node, status, process }) => {
      const { virtualNodes } = this.#options.cluster;
      if (process === null || status === "paused") {
        return { node, running: false, members: [], ring: [], virtualNodes, keys: [] };
      }
      const { replica } = process;
      const members = replica.members().map((member) => {
        const { node: about, status: belief, incarnation } = member;
        return { node: about, status: belief, incarnation };
      });
      return {
        node,
        running: true,
        members,
        ring: replica.ring.nodes,
        virtualNodes,
        keys: [...replica.keys],
      };
    });
  }

  /** Keeps a copy of every disk, for `image`. */
  keepDisks(label: string): void {
    this.#images.set(label, new Map(this.machines.all().map(({ node, disk }) => [node, disk.image()])));
  }

  image(label: string, node: NodeId): DiskImage | undefined {
    return this.#images.get(label)?.get(node);
  }

  addRule(rule: MessageRule): void {
    this.#rules.add(rule);
  }

  /** Ends the rules of this name, or all; what they held goes on its way. */
  endRules(name: string | null): void {
    this.network.release(name === null ? this.#rules.endAll() : this.#rules.end(name));
  }

  /** One of the lab's own acts. */
  lab(name: string, detail: Detail): void {
    this.#labSeq += 1;
    const event: Emitted = { at: this.time.now, type: "local", op: "lab", name, clock: null, detail };
    this.#options.recorded(labLane, epochMs, this.#labSeq, [event]);
  }

  #emitted(host: SimulatedHost, events: readonly Emitted[]): void {
    this.#options.recorded(host.node, host.life, host.seq + 1, events);
    host.seq += events.length;
  }

  #decide(from: NodeId, to: NodeId, sent: Sent): Decision | null {
    if (this.#rules.isEmpty) return null;
    const { body } = sent.message.envelope;
    return this.#rules.decide({ from, to, kind: body.kind, key: aboutMessage(body).key }, sent);
  }
}
