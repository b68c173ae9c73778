/**
 * What the parts of a node may do to the world: each gets a narrow door of its own into the one outbox, so that whatever
 * a part does is stamped, traced and put in order with all the rest.
 */
import type { BroadcastEffects } from "../broadcast/broadcast.ts";
import type { RarePaths } from "../buggify.ts";
import type { NodeId } from "../ids.ts";
import type { Destination, MembershipEffects } from "../membership/types.ts";
import type { ReplicationEffects } from "../replication/types.ts";
import { aboutMembership, internal } from "./describe.ts";
import type { Outbox } from "./outbox.ts";
import type { Topology } from "./topology.ts";

/** `gone` hears of each node that was found dead or has left. */
export function membershipEffects(out: Outbox, gone: (node: NodeId) => void): MembershipEffects {
  return {
    send: (to, message) => out.send(to, message, aboutMembership),
    changed: ({ node, status, incarnation, address }, previous) => {
      out.local("member", aboutMembership, { about: node, status, previous, incarnation, address });
      if (status === "dead" || status === "left") gone(node);
    },
    persistIncarnation: (incarnation) => out.record({ kind: "incarnation", incarnation }),
    refuted: (incarnation, was) => out.local("refute", aboutMembership, { incarnation, was }),
  };
}

export function replicationEffects(
  out: Outbox,
  rare: RarePaths,
  destination: (node: NodeId) => Destination,
): ReplicationEffects {
  return {
    get now() {
      return out.now;
    },
    get wall() {
      return out.wall;
    },
    get clock() {
      return out.stamps.stamp;
    },
    rare,
    get logIndex() {
      return out.logIndex;
    },
    nextCounter: (floor) => out.nextCounter(floor),
    local: (name, about, detail) => out.local(name, about, detail),
    append: (entry) => out.append(entry),
    record: (record) => out.record(record),
    send: (to, message, about) => out.send(destination(to), message, about),
    reply: (request, about, outcome) => out.reply(request, about, outcome),
    logged: (item) => out.logged(item),
  };
}

export function applicationEffects(
  out: Outbox,
  rare: RarePaths,
  topology: Topology,
  destination: (node: NodeId) => Destination,
): BroadcastEffects {
  return {
    get wall() {
      return out.wall;
    },
    get members() {
      return topology.present;
    },
    local: (name, detail) => out.local(name, internal, detail),
    send: (to, message) => out.send(destination(to), message, internal),
    keep: (state) => out.record({ kind: "broadcast", state }),
    reached: (path) => rare.reached(path),
  };
}
