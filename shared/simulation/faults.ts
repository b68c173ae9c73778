/**
 * What the lab does to a simulated cluster on purpose: each act of a scenario carried out on machines and network, with
 * the events that the real lab records for it.
 */
import { withoutAbsent } from "../fields.ts";
import type { NodeId } from "../ids.ts";
import type { FaultAction } from "../scenario/run.types.ts";
import type { Detail } from "../trace/event.ts";
import { type LinkSettings, restingLink } from "./links.ts";
import type { Machine } from "./machines.ts";
import { simulatedAddress } from "./network.ts";
import type { World } from "./world.ts";

type Done = (error?: string) => void;
type Value<Name extends FaultAction["name"]> = Extract<FaultAction, { readonly name: Name }>["value"];

interface Partition {
  readonly id: number;
  readonly cut: readonly (readonly [NodeId, NodeId])[];
}

export class Faults {
  readonly #world: World;
  #partition: Partition | null = null;
  #partitions = 0;
  #comparisons = 0;

  constructor(world: World) {
    this.#world = world;
  }

  act(action: FaultAction, done: Done): void {
    try {
      this.#act(action, done);
    } catch (error) {
      // What a scenario may get wrong (an unknown node, one in the wrong state) is said, not thrown.
      if (!(error instanceof RangeError)) throw error;
      done(error.message);
    }
  }

  /** Puts every link that is not at rest into the trace. */
  recordLinks(): void {
    for (const [from, to] of this.#pairs()) this.#record(from, to);
  }

  #act(action: FaultAction, done: Done): void {
    const { machines } = this.#world;
    switch (action.name) {
      case "restart":
        return this.#restart(action.value, done);
      case "add":
        return this.#add(action.value, done);
      case "remove":
        return this.#remove(this.#machine(action.value), done);
      case "stop":
        return machines.stop(this.#in(action.value, "running"), done);
      case "kill":
        machines.kill(this.#withProcess(action.value));
        break;
      case "pause":
        machines.pause(this.#in(action.value, "running"));
        break;
      case "resume":
        machines.resume(this.#in(action.value, "paused"));
        break;
      case "wipe":
        this.#wipe(this.#down(action.value));
        break;
      case "old-disk":
        this.#oldDisk(action.value);
        break;
      case "partition":
        this.#makePartition("custom", this.#sides(action.value.groups));
        break;
      case "isolate": {
        const { node } = this.#machine(action.value);
        this.#makePartition("isolate", [[node], this.#nodes().filter((other) => other !== node)]);
        break;
      }
      case "cut":
        this.#change(action.value.from, action.value.to, { blocked: true });
        break;
      case "heal":
        this.#heal(action.value === "all");
        break;
      case "link":
        this.#changeLinks(action.value);
        break;
      case "clog":
        this.#change(action.value.from, action.value.to, { clogged: true });
        break;
      case "rule":
        this.#world.lab("rule", { ...action.value } as Detail);
        this.#world.addRule(action.value);
        break;
      case "end-rule":
        this.#world.lab("end-rule", { name: action.value });
        this.#world.endRules(action.value);
        break;
      case "clock": {
        const { node, offset, drift } = action.value;
        const machine = this.#machine(node);
        this.#world.lab("clock", { node, offset, drift });
        machines.setWall(machine, offset, drift);
        break;
      }
      case "disk":
        this.#disk(action.value);
        break;
      case "compare": {
        const { node, with: peer } = action.value;
        const { process } = this.#in(node, "running");
        this.#comparisons += 1;
        this.#world.lab("compare", { node, with: peer });
        process!.input({ kind: "compare", exchange: `compare-${this.#comparisons}`, peer });
        break;
      }
      case "note":
        this.#world.lab("note", { text: action.value });
        break;
    }
    done();
  }

  #restart({ node, clock }: Value<"restart">, done: Done): void {
    const { machines } = this.#world;
    const machine = this.#machine(node);
    if (hasProcess(machine)) machines.kill(machine);
    this.#world.lab("restart", { node, clock });
    if (clock === "lose") machine.disk.loseClock();
    machines.start(machine, done);
  }

  #add(node: NodeId, done: Done): void {
    const { machines } = this.#world;
    if (machines.has(node)) return done(`There is a node "${node}" already.`);
    const machine = machines.add(node);
    this.#world.lab("node-added", { node, address: simulatedAddress(node) });
    machines.start(machine, done);
  }

  /** A running node leaves gracefully; one that cannot is killed. The others are told that it will not return. */
  #remove(machine: Machine, done: Done): void {
    const { machines } = this.#world;
    const { node } = machine;
    if (machines.all().length === 1) {
      return done(`${node} is the last node: it cannot be removed.`);
    }
    const forget = () => {
      this.#world.lab("node-removed", { node });
      machines.forget(node);
      for (const { process } of machines.all()) process?.input({ kind: "evict", node });
      done();
    };
    if (machine.status === "running") return machines.stop(machine, forget);
    if (hasProcess(machine)) machines.kill(machine);
    forget();
  }

  #wipe(machine: Machine): void {
    this.#world.lab("wipe", { node: machine.node });
    machine.disk.wipe();
  }

  #oldDisk({ node, of }: Value<"old-disk">): void {
    const machine = this.#down(node);
    const image = this.#world.image(of, node);
    if (image === undefined)
      throw new RangeError(`There is no snapshot "${of}" with a disk of ${node}: take one first.`);
    this.#world.lab("old-disk", { node, of });
    machine.disk.load(image);
  }

  #disk({ node, slow, full, fail, tear, rot }: Value<"disk">): void {
    const { disk } = this.#machine(node);
    this.#world.lab("disk", { node, ...withoutAbsent({ slow, full, fail, tear, rot }) });
    if (slow !== undefined) disk.slowUs = slow === 0 ? null : Math.round(slow * 1_000);
    if (full !== undefined) disk.isFull = full;
    if (fail !== undefined) disk.fail(fail);
    if (tear !== undefined) disk.willTear = tear;
    if (rot !== undefined && disk.rot(rot) < rot)
      throw new RangeError(`${node} stores fewer than ${rot} values that could rot.`);
  }

  /** One partition at a time: a new one takes the place of the one before. */
  #makePartition(kind: string, groups: readonly (readonly NodeId[])[]): void {
    const { network } = this.#world;
    const isTogether = (a: NodeId, b: NodeId) =>
      groups.some((group) => group.includes(a) && group.includes(b));
    const cut = this.#pairs().filter(([from, to]) => !isTogether(from, to));
    if (cut.length === 0)
      throw new RangeError("This partition cuts nothing: its sides must be different nodes.");
    if (this.#partition !== null) {
      this.#world.lab("heal", { id: this.#partition.id });
      for (const [from, to] of this.#partition.cut) this.#unblock(from, to);
    }
    this.#partitions += 1;
    const partition = { id: this.#partitions, cut };
    this.#world.lab("partition", {
      id: partition.id,
      kind,
      groups,
      cut: cut.map(([from, to]) => `${from}>${to}`),
    });
    for (const [from, to] of cut) network.change(from, to, { blocked: true });
    this.#partition = partition;
  }

  /** Nodes that no side names stand together on a side of their own. */
  #sides(groups: readonly (readonly NodeId[])[]): readonly (readonly NodeId[])[] {
    for (const node of groups.flat()) this.#machine(node);
    const named = new Set(groups.flat());
    const rest = this.#nodes().filter((node) => !named.has(node));
    return rest.length === 0 ? groups : [...groups, rest];
  }

  /** Every cut ends; with `all`, every link comes to rest and every rule ends. */
  #heal(all: boolean): void {
    const { network } = this.#world;
    const cut = new Set((this.#partition?.cut ?? []).map(([from, to]) => `${from}>${to}`));
    this.#world.lab("heal", { id: this.#partition?.id ?? null });
    this.#partition = null;
    for (const [from, to] of this.#pairs()) {
      const before = network.settings(from, to);
      const after = network.change(from, to, all ? restingLink : { blocked: false });
      // The heal itself says that the partition's cuts are over.
      const told = cut.has(`${from}>${to}`) ? { ...before, blocked: false } : before;
      if (!isEqual(told, after)) this.#record(from, to);
    }
    if (all) this.#world.endRules(null);
  }

  /** One link, all of one node's in one direction, or all. */
  #changeLinks({ from, to, ...change }: Value<"link">): void {
    if (from !== undefined) this.#machine(from);
    if (to !== undefined) this.#machine(to);
    const pairs = this.#pairs().filter(
      (pair) => (from === undefined || pair[0] === from) && (to === undefined || pair[1] === to),
    );
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    for (const [a, b] of pairs) this.#change(a, b, given);
  }

  #change(from: NodeId, to: NodeId, change: Partial<LinkSettings>): void {
    this.#pair(from, to);
    this.#world.network.change(from, to, change);
    this.#record(from, to);
  }

  #unblock(from: NodeId, to: NodeId): void {
    const { machines, network } = this.#world;
    if (machines.has(from) && machines.has(to)) network.change(from, to, { blocked: false });
  }

  #record(from: NodeId, to: NodeId): void {
    const settings = Object.entries(this.#world.network.settings(from, to)).filter(
      ([name, value]) => value !== restingLink[name as keyof LinkSettings],
    );
    this.#world.lab("link", { from, to, settings: Object.fromEntries(settings) });
  }

  #nodes(): NodeId[] {
    return this.#world.machines.all().map(({ node }) => node);
  }

  #pairs(): (readonly [NodeId, NodeId])[] {
    const nodes = this.#nodes();
    return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => [from, to] as const));
  }

  #pair(from: NodeId, to: NodeId): void {
    this.#machine(from);
    this.#machine(to);
    if (from === to) throw new RangeError(`A link needs two nodes, and ${from} is one.`);
  }

  #machine(node: NodeId): Machine {
    return this.#world.machines.get(node);
  }

  #in(node: NodeId, status: "running" | "paused"): Machine {
    const machine = this.#machine(node);
    if (machine.status !== status) throw new RangeError(`${node} is ${machine.status}, not ${status}.`);
    return machine;
  }

  #withProcess(node: NodeId): Machine {
    const machine = this.#machine(node);
    if (!hasProcess(machine))
      throw new RangeError(`${node} is not running (${machine.status}): restart it first.`);
    return machine;
  }

  #down(node: NodeId): Machine {
    const machine = this.#machine(node);
    if (hasProcess(machine))
      throw new RangeError(`${node} is ${machine.status}: stop or kill it before its disk is touched.`);
    return machine;
  }
}

const hasProcess = ({ process, status }: Machine) => process !== null || status === "starting";

const isEqual = (a: LinkSettings, b: LinkSettings) => JSON.stringify(a) === JSON.stringify(b);
