/**
 * Membership alone, for clusters far larger than anyone can run: the Membership class of every node, a network and
 * virtual time, no keys and no disks. It answers what papers on failure detectors plot: how soon a failure is noticed,
 * how soon everybody knows, how many messages that costs, and how often somebody who lives is convicted.
 *
 * Every node knows every other from the beginning, as in a cluster that has been up for long. The first failures come
 * after a quiet time, one after the other.
 *
 * Sources for comparison: Das, Gupta, Motivala 2002, "SWIM", §3 and 5 (a failed member is first chosen for a probe
 * within e/(e − 1) ≈ 1.58 protocol periods, expected); Dadgar, Phillips, Currey 2018, "Lifeguard", §5.
 */
import { asNodeId, type NodeId, type TimeMs } from "../ids.ts";
import { Membership } from "../membership/membership.ts";
import { membershipPresets } from "../membership/presets.ts";
import type {
  Claim,
  Destination,
  MembershipConfig,
  MembershipEffects,
  MembershipMessage,
  Preset,
} from "../membership/types.ts";
import type { MemberStatus } from "../trace/names.ts";
import { createRandom } from "../replica/random.ts";
import { Streams } from "./streams.ts";
import { epochMs, Timed, usOf, VirtualTime } from "./virtual-time.ts";

export interface MembershipRunOptions {
  readonly members: number;
  readonly preset: Preset;
  /** Virtual minutes. */
  readonly minutes: number;
  readonly seed: number;
  /** Members that crash and stay down, evenly spread over the run after its first tenth and before its last fifth. */
  readonly failures?: number;
  /** Share of messages lost. */
  readonly loss?: number;
}

export interface MembershipRunResult {
  /** One for each failure, milliseconds; null for what had not happened at the end. */
  readonly detections: readonly {
    /** Until somebody suspected it. */
    readonly suspectedAfter: TimeMs | null;
    /** Until somebody had convicted it. */
    readonly firstAfter: TimeMs | null;
    /** Until every running member had. */
    readonly allAfter: TimeMs | null;
  }[];
  readonly messages: number;
  readonly messagesPerMemberPerSecond: number;
  /** Suspicions and convictions of members that were running, counted at whoever first held them. */
  readonly falseSuspicions: number;
  readonly falseConvictions: number;
  readonly events: number;
}

interface Failure {
  readonly node: NodeId;
  readonly us: number;
  suspectedUs: number | null;
  firstUs: number | null;
  allUs: number | null;
  convictedBy: number;
}

const latencyUs = 500;
const latencySpreadUs = 1_000;

class Tick extends Timed {
  readonly #member: SimulatedMember;

  constructor(member: SimulatedMember) {
    super();
    this.#member = member;
  }

  override fire(): void {
    this.#member.timerFired(this);
  }
}

class Arrival extends Timed {
  readonly #to: SimulatedMember;
  readonly #from: { readonly node: NodeId; readonly address: string };
  readonly #sender: SimulatedMember;
  readonly #message: MembershipMessage;

  constructor(sender: SimulatedMember, to: SimulatedMember, message: MembershipMessage) {
    super();
    this.#sender = sender;
    this.#from = sender.place;
    this.#to = to;
    this.#message = message;
  }

  override fire(): void {
    if (this.#to.isUp) this.#to.receive(this.#from, this.#message);
    else this.#sender.refused(this.#to.place);
  }
}

class SimulatedMember {
  readonly place: Destination & { readonly node: NodeId };
  isUp = true;
  readonly #world: MembershipWorld;
  readonly #membership: Membership;
  readonly #effects: MembershipEffects;
  #timer: Tick | null = null;

  constructor(
    world: MembershipWorld,
    index: number,
    config: MembershipConfig,
    claims: readonly Claim[],
    seed: number,
  ) {
    const { node, address } = claims[index]!;
    this.#world = world;
    this.place = { node, address };
    this.#membership = new Membership({
      config,
      node,
      address,
      incarnation: 0,
      members: claims.filter((claim) => claim.node !== node),
      seeds: [],
      random: createRandom(seed),
      now: epochMs,
    });
    this.#effects = {
      send: (to, message) => world.send(this, to, message),
      changed: (member, previous) => world.changed(this, member.node, member.status, previous),
      persistIncarnation: () => {},
      refuted: () => {},
    };
  }

  start(): void {
    this.#membership.start(this.#world.time.now, this.#effects);
    this.#arm();
  }

  receive(from: { readonly node: NodeId; readonly address: string }, message: MembershipMessage): void {
    const { now } = this.#world.time;
    this.#membership.heard(now, from.node);
    this.#membership.receive(now, from, message, this.#effects);
    this.#arm();
  }

  refused(to: Destination): void {
    if (!this.isUp) return;
    this.#membership.unreachable(this.#world.time.now, to, this.#effects);
    this.#arm();
  }

  timerFired(timer: Tick): void {
    if (timer !== this.#timer || !this.isUp) return;
    this.#timer = null;
    const { now } = this.#world.time;
    if (this.#membership.deadline <= now) this.#membership.tick(now, this.#effects);
    this.#arm();
  }

  #arm(): void {
    const { deadline } = this.#membership;
    if (deadline === Infinity) return;
    const { time } = this.#world;
    const at = Math.max(time.us, usOf(deadline));
    if (this.#timer !== null && this.#timer.at <= at) return;
    this.#timer = new Tick(this);
    time.schedule(this.#timer, at);
  }
}

class MembershipWorld {
  readonly time = new VirtualTime();
  messages = 0;
  falseSuspicions = 0;
  falseConvictions = 0;
  events = 0;
  readonly failures: Failure[] = [];
  readonly #members: SimulatedMember[] = [];
  readonly #byAddress = new Map<string, SimulatedMember>();
  readonly #failureOf = new Map<NodeId, Failure>();
  readonly #network: () => number;
  readonly #loss: number;
  #running: number;

  constructor({ members, preset, seed, loss = 0 }: MembershipRunOptions) {
    const streams = new Streams(seed);
    this.#network = streams.open("network");
    this.#loss = loss;
    this.#running = members;
    const nodes = Array.from({ length: members }, (_, i) => asNodeId(`node-${i + 1}`));
    const claims = nodes.map((node): Claim => ({
      node,
      address: `${node}:7000`,
      status: "alive",
      incarnation: 1,
      from: node,
    }));
    for (const [index, node] of nodes.entries()) {
      const member = new SimulatedMember(
        this,
        index,
        membershipPresets[preset],
        claims,
        streams.seedOf(`core ${node}`),
      );
      this.#members.push(member);
      this.#byAddress.set(member.place.address, member);
    }
  }

  /** All before the first message: a member that hears of others before its start takes them for news to spread. */
  start(): void {
    for (const member of this.#members) member.start();
  }

  crash(index: number): void {
    const member = this.#members[index]!;
    if (!member.isUp) return;
    member.isUp = false;
    this.#running -= 1;
    const failure: Failure = {
      node: member.place.node,
      us: this.time.us,
      suspectedUs: null,
      firstUs: null,
      allUs: null,
      convictedBy: 0,
    };
    this.failures.push(failure);
    this.#failureOf.set(member.place.node, failure);
  }

  send(sender: SimulatedMember, to: Destination, message: MembershipMessage): void {
    this.messages += 1;
    const target = this.#byAddress.get(to.address)!;
    if (this.#loss > 0 && this.#network() < this.#loss) return;
    const takes = latencyUs + Math.floor(this.#network() * latencySpreadUs);
    this.time.schedule(new Arrival(sender, target, message), this.time.us + takes);
  }

  changed(
    observer: SimulatedMember,
    about: NodeId,
    status: MemberStatus,
    previous: MemberStatus | null,
  ): void {
    this.events += 1;
    if (status !== "suspect" && status !== "dead") return;
    const failure = this.#failureOf.get(about);
    if (failure === undefined) {
      // Told by others or found out: a belief that is wrong is wrong at each who holds it.
      if (previous === null || observer.place.node === about) return;
      if (status === "suspect") this.falseSuspicions += 1;
      else this.falseConvictions += 1;
      return;
    }
    failure.suspectedUs ??= this.time.us;
    if (status !== "dead" || previous === "dead") return;
    failure.firstUs ??= this.time.us;
    failure.convictedBy += 1;
    if (failure.convictedBy >= this.#running) failure.allUs ??= this.time.us;
  }
}

/** Throws RangeError for fewer than two members or more failures than would leave two. */
export function simulateMembership(options: MembershipRunOptions): MembershipRunResult {
  const { members, minutes, seed, failures = 0 } = options;
  if (members < 2 || failures > members - 2) {
    throw new RangeError(`${members} members with ${failures} failures: at least two must go on running.`);
  }
  const world = new MembershipWorld(options);
  world.start();
  const endUs = Math.round(minutes * 60_000_000);
  const victims = createRandom(seed);
  for (let i = 0; i < failures; i += 1) {
    const at = endUs * (0.1 + (0.7 * (i + victims())) / failures);
    const first = Math.floor(victims() * members);
    world.time.after(Math.floor(at), () => crashNext(world, first, members));
  }
  while (world.time.next(endUs));
  return {
    detections: world.failures.map((failure) => ({
      suspectedAfter: after(failure, failure.suspectedUs),
      firstAfter: after(failure, failure.firstUs),
      allAfter: after(failure, failure.allUs),
    })),
    messages: world.messages,
    messagesPerMemberPerSecond: world.messages / members / (minutes * 60),
    falseSuspicions: world.falseSuspicions,
    falseConvictions: world.falseConvictions,
    events: world.events,
  };
}

const after = (failure: Failure, us: number | null) => (us === null ? null : (us - failure.us) / 1_000);

/** The victim drawn, or the next that still runs. */
function crashNext(world: MembershipWorld, first: number, members: number): void {
  const before = world.failures.length;
  for (let i = 0; i < members && world.failures.length === before; i += 1) world.crash((first + i) % members);
}
