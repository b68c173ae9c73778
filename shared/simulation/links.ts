/** An ordered link: what it does to messages, and what is on it. */
import type { NodeId } from "../ids.ts";
import type { OutgoingMessage } from "../replica/types.ts";
import type { SimulatedHost } from "./host.ts";

type Latency =
  | { readonly kind: "constant"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: "exponential"; readonly meanMs: number };

export interface LinkSettings {
  readonly blocked: boolean;
  /** Messages wait until the link is let go. */
  readonly clogged: boolean;
  /** Null: 1 ms and up to a tenth more. */
  readonly latency: Latency | null;
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
}

export const restingLink: LinkSettings = {
  blocked: false,
  clogged: false,
  latency: null,
  loss: 0,
  duplicate: 0,
  reorder: 0,
};

/** A message that has left its host. */
export interface Sent {
  readonly host: SimulatedHost;
  readonly message: OutgoingMessage;
}

export class Link {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly random: () => number;
  settings: LinkSettings;
  /** Nothing sent in order arrives before this. */
  lastUs = 0;
  /** When it was last blocked: what was on its way then is lost. */
  cutAtUs = -1;
  /** Waits for a clog to end. */
  readonly held: Sent[] = [];
  /** Waits for a handshake with a paused process. */
  dialling: Sent[] = [];
  /** The life of the receiver's process that the sender's connection leads to; null when there is none. */
  connectedTo: number | null = null;
  /** The sender has learnt who answers at this address. */
  isNamed = false;

  constructor(from: NodeId, to: NodeId, settings: LinkSettings, random: () => number) {
    this.from = from;
    this.to = to;
    this.settings = settings;
    this.random = random;
  }

  /** True this often; draws nothing for a share of 0. */
  happens(share: number): boolean {
    return share > 0 && this.random() < share;
  }

  /** Whole microseconds. */
  drawUs(): number {
    const { latency } = this.settings;
    switch (latency?.kind) {
      case undefined:
        return usualUs + Math.floor(this.random() * usualSpreadUs);
      case "constant":
        return Math.round(latency.ms * 1_000);
      case "uniform":
        return Math.round((latency.minMs + (latency.maxMs - latency.minMs) * this.random()) * 1_000);
      case "exponential":
        return Math.round(-latency.meanMs * Math.log(1 - this.random()) * 1_000);
    }
  }
}

const usualUs = 1_000;
const usualSpreadUs = 100;
