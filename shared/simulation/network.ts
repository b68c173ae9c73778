/**
 * The network between simulated nodes: each ordered pair is a link of its own, with its latency, its faults and its own
 * source of chance.
 *
 * It looks to a node like the real one. A link keeps its messages in order, as a TCP connection does, unless it is told
 * to reorder. A dead process refuses: the sender hears `unreachable` when its message arrives, and also when a process
 * that it was connected to ends. A cut link is silent. A paused process takes what comes over a connection that stands,
 * and leaves a new one hanging until the handshake is given up. Each message that dies on its way is reported in the
 * sender's lane as "lost" with its reason, where the sender still lives to say so. Messages are immutable, so none is
 * copied.
 */
import type { NodeId } from "../ids.ts";
import { lostEvent } from "../replica/lost-event.ts";
import type { OutgoingMessage } from "../replica/types.ts";
import type { Decision } from "../scenario/rules.ts";
import type { SimulatedHost } from "./host.ts";
import { Link, type LinkSettings, type Sent } from "./links.ts";
import type { Streams } from "./streams.ts";
import { Timed, type VirtualTime } from "./virtual-time.ts";

type LossReason = "blocked" | "loss" | "rule" | "unreachable";

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly streams: Streams;
  /** Of every link at the beginning. */
  readonly settings: LinkSettings;
  /** The process that runs there now. */
  readonly running: (node: NodeId) => SimulatedHost | undefined;
  /** Asked once for each message, before it meets its link; null when no rule is in force. */
  decide(from: NodeId, to: NodeId, sent: Sent): Decision | null;
}

/** A message picked for reordering stays back at least this much longer. */
const reorderHoldUs = 20_000;
/** A handshake that a paused process does not answer is given up after this long. */
const handshakeUs = 2_000_000;

class Arrival extends Timed implements Sent {
  readonly host: SimulatedHost;
  readonly message: OutgoingMessage;
  readonly link: Link;
  readonly sentUs: number;
  readonly #network: SimulatedNetwork;

  constructor(network: SimulatedNetwork, link: Link, { host, message }: Sent, sentUs: number) {
    super();
    this.#network = network;
    this.link = link;
    this.host = host;
    this.message = message;
    this.sentUs = sentUs;
  }

  override fire(): void {
    this.#network.arrive(this);
  }
}

export class SimulatedNetwork {
  readonly #options: NetworkOptions;
  readonly #time: VirtualTime;
  readonly #nodes = new Map<string, NodeId>();
  /** By sender, then by the receiver's address. */
  readonly #links = new Map<NodeId, Map<string, Link>>();

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#time = options.time;
  }

  addNode(node: NodeId, address: string): void {
    this.#nodes.set(address, node);
  }

  send(host: SimulatedHost, message: OutgoingMessage): void {
    const to = this.#nodes.get(message.to.address);
    if (to === host.node) {
      this.#time.after(0, () => host.input({ kind: "message", envelope: message.envelope }));
      return;
    }
    if (to === undefined) {
      this.#lose(host, message, message.to.node, "unreachable");
      const { envelope, to: nobody } = message;
      this.#time.after(0, () => host.input({ kind: "unreachable", to: nobody, undelivered: [envelope.id] }));
      return;
    }
    const link = this.#link(host.node, to, message.to.address);
    const sent = { host, message };
    const decision = this.#options.decide(host.node, to, sent);
    switch (decision?.kind) {
      case undefined:
      case "pass":
        return this.#enter(link, sent, 0);
      case "drop":
        return this.#lose(host, message, to, "rule", decision.rule);
      case "delay":
        return this.#enter(link, sent, Math.round(decision.ms * 1_000));
      case "duplicate":
        this.#enter(link, sent, 0);
        return this.#enter(link, sent, 0);
      case "hold":
        return;
    }
  }

  /** Messages that a rule had held go on their way. */
  release(held: readonly Sent[]): void {
    for (const sent of held) {
      const { to } = sent.message;
      const node = this.#nodes.get(to.address);
      if (node !== undefined) this.#enter(this.#link(sent.host.node, node, to.address), sent, 0);
    }
  }

  settings(from: NodeId, to: NodeId): LinkSettings {
    return this.#linkBetween(from, to).settings;
  }

  /** Changes the named settings of one link. What is on its way when it is blocked is lost. */
  change(from: NodeId, to: NodeId, change: Partial<LinkSettings>): LinkSettings {
    const link = this.#linkBetween(from, to);
    link.settings = { ...link.settings, ...change };
    if (link.settings.blocked) {
      link.cutAtUs = this.#time.us;
      link.lastUs = 0;
    }
    if (!link.settings.clogged) for (const sent of link.held.splice(0)) this.#enter(link, sent, 0);
    return link.settings;
  }

  /** Every link of which somebody has spoken, for healing. */
  *links(): Generator<Link> {
    for (const links of this.#links.values()) yield* links.values();
  }

  /** A process is gone: whoever was connected to it notices, unless the network between them is cut. */
  ended(host: SimulatedHost): void {
    for (const link of this.#links.get(host.node)?.values() ?? []) {
      link.connectedTo = null;
      link.isNamed = false;
      link.dialling = [];
    }
    for (const link of this.#linksTo(host.node)) {
      this.#refuse(link, link.dialling.splice(0), true);
      if (link.connectedTo !== host.life) continue;
      const sender = this.#options.running(link.from);
      if (sender === undefined || link.settings.blocked) continue;
      this.#time.after(link.drawUs(), () => {
        if (sender.hasEnded || link.connectedTo !== host.life || link.settings.blocked) return;
        link.connectedTo = null;
        sender.input({
          kind: "unreachable",
          to: { node: link.to, address: addressOf(host) },
          undelivered: [],
        });
      });
    }
  }

  /** A process that was paused answers those that knocked meanwhile. */
  resumed(host: SimulatedHost): void {
    for (const link of this.#linksTo(host.node)) {
      for (const sent of link.dialling.splice(0)) this.#hand(link, sent, host);
    }
  }

  /** A message is at the other end of its link. */
  arrive(arrival: Arrival): void {
    const { link, host, message } = arrival;
    if (link.cutAtUs >= arrival.sentUs) {
      this.#lose(host, message, link.to, "blocked");
      return;
    }
    const target = this.#options.running(link.to);
    if (target === undefined || (link.connectedTo !== null && link.connectedTo !== target.life)) {
      // Over a connection that has broken nobody knows what arrived; without one, it certainly never left.
      const isConnected = link.connectedTo !== null;
      link.connectedTo = null;
      this.#refuse(link, [arrival], !isConnected);
    } else if (target.isPaused && link.connectedTo === null) {
      this.#dial(link, arrival);
    } else {
      this.#hand(link, arrival, target);
    }
  }

  #enter(link: Link, sent: Sent, extraUs: number): void {
    const { settings } = link;
    if (settings.blocked) return this.#lose(sent.host, sent.message, link.to, "blocked");
    if (link.happens(settings.loss)) return this.#lose(sent.host, sent.message, link.to, "loss");
    if (settings.clogged) {
      link.held.push(sent);
      return;
    }
    this.#travel(link, sent, extraUs);
    if (link.happens(settings.duplicate)) this.#travel(link, sent, extraUs);
  }

  #travel(link: Link, sent: Sent, extraUs: number): void {
    const { us } = this.#time;
    const latency = link.drawUs();
    const arrival = new Arrival(this, link, sent, us);
    if (link.happens(link.settings.reorder)) {
      const hold = Math.round(Math.max(reorderHoldUs, latency) * (1 + link.random()));
      this.#time.schedule(arrival, us + latency + hold + extraUs);
    } else if (extraUs > 0) {
      this.#time.schedule(arrival, us + latency + extraUs);
    } else {
      link.lastUs = Math.max(us + latency, link.lastUs);
      this.#time.schedule(arrival, link.lastUs);
    }
  }

  #hand(link: Link, { message, host }: Sent, target: SimulatedHost): void {
    if (!host.hasEnded) {
      link.connectedTo = target.life;
      link.isNamed = true;
    }
    target.input({ kind: "message", envelope: message.envelope });
  }

  /** The process does not answer: what is to be said waits for the handshake. */
  #dial(link: Link, sent: Sent): void {
    link.dialling.push(sent);
    if (link.dialling.length > 1) return;
    const { dialling } = link;
    this.#time.after(handshakeUs, () => {
      if (link.dialling !== dialling || dialling[0] !== sent) return;
      this.#refuse(link, dialling.splice(0), true);
    });
  }

  /** `never`: they certainly did not arrive. */
  #refuse(link: Link, refused: readonly Sent[], never: boolean): void {
    for (const { host, message } of refused) {
      this.#lose(host, message, link.to, "unreachable");
      const node = link.isNamed ? link.to : null;
      const undelivered = never ? [message.envelope.id] : [];
      host.input({ kind: "unreachable", to: { node, address: message.to.address }, undelivered });
    }
  }

  #lose(
    host: SimulatedHost,
    { envelope }: OutgoingMessage,
    to: NodeId | null,
    reason: LossReason,
    rule: string | null = null,
  ): void {
    host.emit(lostEvent(envelope, to, reason, this.#time.now, rule));
  }

  #link(from: NodeId, to: NodeId, address: string): Link {
    let links = this.#links.get(from);
    if (links === undefined) this.#links.set(from, (links = new Map()));
    let link = links.get(address);
    if (link === undefined) {
      const random = this.#options.streams.open(`network ${from}>${to}`);
      links.set(address, (link = new Link(from, to, this.#options.settings, random)));
    }
    return link;
  }

  #linkBetween(from: NodeId, to: NodeId): Link {
    return this.#link(from, to, simulatedAddress(to));
  }

  *#linksTo(node: NodeId): Generator<Link> {
    const address = simulatedAddress(node);
    for (const links of this.#links.values()) {
      const link = links.get(address);
      if (link !== undefined) yield link;
    }
  }
}

/** Where a node of a simulated cluster is found. */
export const simulatedAddress = (node: NodeId) => `${node}:7000`;
const addressOf = ({ node }: SimulatedHost) => simulatedAddress(node);
