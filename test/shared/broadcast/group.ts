/** Applications on a few nodes and a network of which the test decides what arrives when. Disks are objects. */
import { Broadcast, type BroadcastEffects } from "../../../shared/broadcast/broadcast.ts";
import type {
  Act,
  ActAnswer,
  BroadcastMessage,
  BroadcastState,
  Stamp,
} from "../../../shared/broadcast/types.ts";
import { asNodeId, type NodeId } from "../../../shared/ids.ts";

interface Travelling {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: BroadcastMessage;
}

/** What happened on a node, in its order; a TELL shows as "sends" and "receives". */
export interface Noted {
  readonly node: NodeId;
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export class Group {
  readonly members: NodeId[];
  readonly applications = new Map<NodeId, Broadcast>();
  readonly disks = new Map<NodeId, BroadcastState>();
  readonly noted: Noted[] = [];
  readonly reached = new Set<string>();
  travelling: Travelling[] = [];
  /** How wrong each wall clock is. */
  readonly offsets = new Map<NodeId, number>();
  now = 10_000;

  constructor(names: readonly string[]) {
    this.members = names.map(asNodeId);
    for (const node of this.members) this.applications.set(node, new Broadcast(node, null));
  }

  act(name: string, act: Act): ActAnswer {
    this.now += 100;
    return this.#step(asNodeId(name), (application, fx) => application.act(fx, act));
  }

  /** The `nth` message on its way from one to the other arrives, counted from 0; false when there is none. */
  arrive(from: string, to: string, nth = 0): boolean {
    const onLink = this.travelling.filter((each) => each.from === from && each.to === to);
    const chosen = onLink[nth];
    if (chosen === undefined) return false;
    this.travelling = this.travelling.filter((each) => each !== chosen);
    this.deliver(chosen);
    return true;
  }

  deliver({ to, message }: Travelling): void {
    this.now += 100;
    this.#step(to, (application, fx) => {
      if (message.kind === "TELL") {
        const stamp = application.told(fx, message);
        this.noted.push({ node: to, name: "receives", detail: { text: message.text, ...stamp } });
      } else application.receive(fx, message);
    });
  }

  /** Kills a node and starts it again, with or without what it had kept. */
  restart(name: string, keeps: boolean): void {
    const node = asNodeId(name);
    if (!keeps) this.disks.delete(node);
    this.applications.set(node, new Broadcast(node, this.disks.get(node) ?? null));
  }

  leave(name: string): void {
    this.members.splice(this.members.indexOf(asNodeId(name)), 1);
    for (const node of this.members) this.#step(node, (application, fx) => application.membersChanged(fx));
  }

  /** "origin number" of what was delivered on a node, its own included, in order. */
  delivered(name: string): string[] {
    return this.noted
      .filter(({ node }) => node === name)
      .filter(
        (noted) =>
          noted.name === "delivered" || (noted.name === "broadcast" && noted.detail["order"] !== "total"),
      )
      .map(idOf);
  }

  #step<Result>(node: NodeId, action: (application: Broadcast, fx: BroadcastEffects) => Result): Result {
    const fx: BroadcastEffects = {
      wall: this.now + (this.offsets.get(node) ?? 0),
      members: this.members,
      local: (name, detail) => this.noted.push({ node, name, detail }),
      send: (to, message) => {
        this.travelling.push({ from: node, to, message: structuredClone(message) });
        if (message.kind !== "TELL") return;
        this.noted.push({ node, name: "sends", detail: { text: message.text, to, ...message.stamp } });
      },
      keep: (state) => this.disks.set(node, structuredClone(state)),
      reached: (path) => this.reached.add(path),
    };
    return action(this.applications.get(node)!, fx);
  }
}

/** The broadcast an event is about: "A 1". */
export const idOf = ({ detail }: Noted) => `${String(detail["origin"])} ${String(detail["number"])}`;

export const stampOf = ({ detail }: Noted) => detail as unknown as Stamp;
