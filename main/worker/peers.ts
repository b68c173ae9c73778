/**
 * The node's side of the network: what the core wants sent goes through the lab's message rules, through the fault of
 * its link and then through the one connection to its address; what peers send comes back in as messages.
 *
 * Each node dials its own connection for what it sends and only listens on those it accepts. Two connections a pair
 * cost little, and no pair ever has to agree on which of two simultaneous dials survives.
 *
 * A link's fault is known by the receiver's name, a seed by its address only. A message to a bare address therefore
 * waits for the handshake, which names the receiver, before it meets the link: a cut holds for joins too.
 */
import type { Duplex } from "node:stream";
import type { LinkCounts, LinkSettings } from "../../shared/contract/state.ts";
import type { MessageId, NodeId } from "../../shared/ids.ts";
import type { Destination } from "../../shared/membership/types.ts";
import { aboutMessage } from "../../shared/replica/describe.ts";
import type { Envelope, OutgoingMessage } from "../../shared/replica/types.ts";
import type { ActiveRule } from "../../shared/scenario/rules.ts";
import { type Identity, wasMyself } from "./handshake.ts";
import { acceptPeer } from "./incoming.ts";
import { Links, type LossReason } from "./links.ts";
import { Outgoing } from "./outgoing.ts";
import { OutgoingRules } from "./rules.ts";

export interface PeersOwner {
  readonly identity: Identity;
  readonly secret: string;
  received(envelope: Envelope): void;
  /** `undelivered`: messages that certainly never left. */
  unreachable(to: Destination, undelivered: readonly MessageId[]): void;
  /** `rule`: the name of the rule that dropped it, if it has one. */
  lost(
    envelope: Envelope,
    to: Destination,
    reason: LossReason | "rule" | "unreachable",
    rule?: string | null,
  ): void;
  /** Rules that count have matched so many of this node's messages, by id. */
  counted(seen: Readonly<Record<number, number>>): void;
  stranger(from: string, reason: string): void;
  /** A peer refused this node: something for a person to read. */
  refused(address: string, reason: string): void;
}

/** A stranger that keeps knocking is reported this often. */
const strangerRepeatMs = 5_000;

export class Peers {
  readonly counts = {
    bytesSent: 0,
    messagesSent: new Map<string, number>(),
    messagesReceived: new Map<string, number>(),
  };
  readonly #owner: PeersOwner;
  readonly #connections = new Map<string, Outgoing>();
  /** Messages to a bare address, until the handshake tells whose it is. */
  readonly #unnamed = new Map<string, OutgoingMessage[]>();
  readonly #accepted = new Set<Duplex>();
  readonly #rules: OutgoingRules<OutgoingMessage>;
  readonly #links: Links<OutgoingMessage>;
  readonly #touched = new Set<Outgoing>();
  /** Addresses that turned out to be this node's own: a seed may well name it. */
  readonly #own = new Set<string>();
  readonly #said = new Map<string, number>();
  #closed = false;

  constructor(owner: PeersOwner, chance: () => number) {
    this.#owner = owner;
    const after = (ms: number, action: () => void) => {
      const timer = setTimeout(() => {
        action();
        this.flush();
      }, ms);
      return () => clearTimeout(timer);
    };
    this.#rules = new OutgoingRules<OutgoingMessage>({
      node: owner.identity.node,
      after,
      describe: ({ envelope: { body } }) => ({ kind: body.kind, key: aboutMessage(body).key }),
      pass: (to, message) => this.#links.send(to, message),
      dropped: (_, { to, envelope }, rule) => owner.lost(envelope, to, "rule", rule),
      counted: (seen) => owner.counted(seen),
    });
    this.#links = new Links<OutgoingMessage>({
      now: () => performance.now(),
      after,
      random: chance,
      deliver: (_, message) => this.#write(message),
      lost: (_, { to, envelope }, reason) => owner.lost(envelope, to, reason),
    });
  }

  /** Takes the message over; it leaves with the next `flush`. */
  send(message: OutgoingMessage): void {
    const { to } = message;
    if (this.#own.has(to.address)) {
      setImmediate(() => this.#owner.received(message.envelope));
      return;
    }
    count(this.counts.messagesSent, message.envelope.body.kind);
    const connection = this.#connection(to.address);
    const node = to.node ?? connection.node;
    if (node !== null) {
      this.#rules.send(node, message);
      return;
    }
    const waiting = this.#unnamed.get(to.address);
    if (waiting === undefined) this.#unnamed.set(to.address, [message]);
    else waiting.push(message);
    connection.dial();
  }

  flush(): void {
    for (const connection of this.#touched) connection.flush();
    this.#touched.clear();
  }

  /** The HTTP server hands over a connection that asked to be a peer's. */
  accept(socket: Duplex, head: Buffer, remote: string): void {
    this.#accepted.add(socket);
    socket.once("close", () => this.#accepted.delete(socket));
    acceptPeer(socket, head, remote, {
      identity: this.#owner.identity,
      secret: this.#owner.secret,
      received: (envelope) => {
        count(this.counts.messagesReceived, envelope.body.kind);
        this.#owner.received(envelope);
      },
      stranger: (from, reason) => {
        if (this.#isNews(`${remote.replace(/:\d+$/, "")} ${reason}`)) this.#owner.stranger(from, reason);
      },
    });
  }

  setLinks(settings: Readonly<Record<string, LinkSettings>>): void {
    this.#links.apply(settings);
    this.flush();
  }

  setRules(rules: readonly ActiveRule[], clogged: readonly string[]): void {
    this.#rules.apply(rules, clogged);
    this.flush();
  }

  linkCounts(): Record<string, LinkCounts> {
    return this.#links.counts();
  }

  /** Written messages still leave; nothing is reported any more. */
  close(): void {
    this.#closed = true;
    this.flush();
    this.#rules.close();
    this.#links.close();
    for (const connection of this.#connections.values()) connection.close();
    for (const socket of this.#accepted) socket.destroy();
  }

  #connection(address: string): Outgoing {
    let connection = this.#connections.get(address);
    if (connection === undefined) {
      connection = new Outgoing(address, {
        identity: this.#owner.identity,
        secret: this.#owner.secret,
        connected: (connection, node) => this.#connected(connection, node),
        failed: (connection, messages) => this.#failed(connection, messages),
        unreachable: ({ address, node }, undelivered) => {
          if (this.#closed || this.#own.has(address)) return;
          this.#owner.unreachable({ address, node }, undelivered);
        },
        refused: ({ address }, reason, byPeer) => this.#refused(address, reason, byPeer),
        wrote: (bytes) => (this.counts.bytesSent += bytes),
      });
      this.#connections.set(address, connection);
    }
    return connection;
  }

  #write(message: OutgoingMessage): void {
    const connection = this.#connection(message.to.address);
    connection.send(message);
    this.#touched.add(connection);
  }

  #connected({ address }: Outgoing, node: NodeId): void {
    const waiting = this.#unnamed.get(address) ?? [];
    this.#unnamed.delete(address);
    for (const { envelope } of waiting) this.#rules.send(node, { to: { node, address }, envelope });
    this.flush();
  }

  #failed({ address }: Outgoing, messages: readonly OutgoingMessage[]): void {
    const unnamed = this.#unnamed.get(address) ?? [];
    this.#unnamed.delete(address);
    if (this.#closed) return;
    if (this.#own.has(address)) {
      for (const { envelope } of unnamed) this.#owner.received(envelope);
      return;
    }
    for (const { envelope, to } of [...messages, ...unnamed]) this.#owner.lost(envelope, to, "unreachable");
  }

  #refused(address: string, reason: string, byPeer: boolean): void {
    if (reason === wasMyself) this.#own.add(address);
    if (this.#closed || reason === wasMyself || !this.#isNews(`${address} ${reason}`)) return;
    if (byPeer) this.#owner.refused(address, reason);
    else this.#owner.stranger(address, reason);
  }

  #isNews(what: string): boolean {
    const now = performance.now();
    if (now - (this.#said.get(what) ?? -strangerRepeatMs) < strangerRepeatMs) return false;
    if (this.#said.size > 1_000) this.#said.clear();
    this.#said.set(what, now);
    return true;
  }
}

function count(counts: Map<string, number>, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}
