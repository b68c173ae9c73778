/**
 * A whole node put together: store, core, host, network, HTTP, and the line to the lab. `start` either returns a node
 * that serves, or throws with everything undone. It listens first, and says that it is replaying until it knows what it
 * knew.
 */
import { randomBytes, randomInt } from "node:crypto";
import type { Server } from "node:http";
import { type NodeId, asNodeId } from "../../shared/ids.ts";
import { lostEvent } from "../../shared/replica/lost-event.ts";
import { Replica } from "../../shared/replica/replica.ts";
import { Strategies } from "../../shared/replication/strategies/behaviours.ts";
import { builtInModules } from "../../shared/runtime/modules.ts";
import { Schema } from "../../shared/runtime/schema.ts";
import type { FaultyDisk } from "../storage/disk/faulty-disk.ts";
import type { NodeStore } from "../storage/node-store.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { Host } from "./host.ts";
import { Guard } from "./http.ts";
import { LiveFeed } from "./live-feed.ts";
import { ReplicationMetrics } from "./node-metrics.ts";
import { type NodeStorage, openNodeStorage } from "./node-storage.ts";
import { membershipOf, type NodeOptions, replicationOf } from "./options.ts";
import { Merges } from "./merges/merges.ts";
import { showing } from "./merges/shown.ts";
import { Peers } from "./peers.ts";
import { Replaying } from "./replaying.ts";
import { listen, serve } from "./server.ts";
import { serviceOf } from "./service.ts";
import { SubscriptionFeed } from "./subscription-feed.ts";

export interface NodeCallbacks {
  /** POST /gossip/leave. */
  leave(): void;
  /** The node cannot go on. */
  failed(error: Error): void;
  /** Message rules that count have matched so many of this node's messages, by id. */
  counted(seen: Readonly<Record<number, number>>): void;
  /** A sentence for whoever watches this node. */
  notice(text: string): void;
}

export interface RunningNode {
  readonly node: NodeId;
  readonly address: string;
  readonly life: number;
  readonly host: Host;
  readonly peers: Peers;
  readonly store: NodeStore;
  readonly disk: FaultyDisk;
  readonly replica: Replica;
  /** Stops serving and closes every file; what was flushed stays. */
  close(): Promise<void>;
}

/** Under the policy "group", a commit waits so long for others. */
const groupMs = 3;

/** Never runs backwards within a process, and goes on while the process is paused. */
const now = () => performance.timeOrigin + performance.now();

export async function startNode(options: NodeOptions, callbacks: NodeCallbacks): Promise<RunningNode> {
  const node = asNodeId(options.nodeId);
  const schema = new Schema(builtInModules);
  const merges = await Merges.open(options.merges);
  let storage: NodeStorage | undefined;
  let server: Server | undefined;
  try {
    server = await listen(options.host, options.port);
    const bound = server.address() as { port: number };
    const address = options.advertise ?? formatAddress(options.host, bound.port);
    const guard = new Guard(options.httpPublic, [options.host, parseAddress(address)?.host ?? options.host]);
    const replaying = new Replaying(server, node, guard);
    const report = (line: string) => callbacks.notice(line);
    storage = await openNodeStorage(options, node, schema, now, report, (done) => replaying.at(done));
    replaying.end();
    return assemble(options, callbacks, { node, address, storage, schema, merges, server, guard });
  } catch (error) {
    server?.close();
    server?.closeAllConnections();
    merges.close();
    await storage?.close();
    throw error;
  }
}

interface Parts {
  readonly node: NodeId;
  readonly storage: NodeStorage;
  readonly schema: Schema;
  readonly merges: Merges;
  readonly server: Server;
  readonly address: string;
  readonly guard: Guard;
}

function assemble(options: NodeOptions, callbacks: NodeCallbacks, parts: Parts): RunningNode {
  const { node, address, storage, schema, merges, server, guard } = parts;
  const { store, clocks, clock } = storage;
  const life = store.beginLife(Math.floor(now()));
  const replica = new Replica(
    {
      node,
      address,
      life,
      seeds: options.seeds,
      gossip: options.gossip,
      virtualNodes: options.virtualNodes,
      membership: membershipOf(options),
      replication: replicationOf(options),
      clockStore: options.clockStore,
      modules: [...schema.modules.values()],
      seed: randomInt(2 ** 47),
    },
    store.restore(clock),
    now(),
  );
  const peers = new Peers(
    {
      identity: { node, address, cluster: options.cluster, instance: randomBytes(8).toString("hex") },
      secret: options.secret,
      received: (envelope) => host.input({ kind: "message", envelope }),
      unreachable: (to, undelivered) => host.input({ kind: "unreachable", to, undelivered }),
      lost: (envelope, to, reason, rule) => host.emit(lostEvent(envelope, to.node, reason, now(), rule)),
      counted: (seen) => callbacks.counted(seen),
      stranger: (from, reason) => {
        host.input({ kind: "stranger", from, reason });
        callbacks.notice(`A connection with ${from} was refused: ${reason}.`);
      },
      refused: (to, reason) => callbacks.notice(`${to} refused this node: ${reason}.`),
    },
    Math.random,
  );
  const replication = new ReplicationMetrics();
  const host = new Host({
    node,
    life,
    replica,
    store,
    clocks,
    outbox: peers,
    groupMs: options.sync === "group" ? groupMs : 0,
    trace: options.trace,
    now,
    emitted: (event) => replication.observe(event),
    failed: (error) => callbacks.failed(error),
  });
  const feeds = { live: new LiveFeed(), subscriptions: new SubscriptionFeed(store, schema.modules) };
  host.onEvents((events) => feeds.live.push(events));
  store.onCommitted(() => feeds.subscriptions.committed());
  const subject = { options, node, address, life, replica };
  const show = showing(new Strategies(options.replication.conflicts ?? {}), merges);
  const leave = () => callbacks.leave();
  const service = serviceOf({ subject, host, peers, storage, schema, replication, show, leave });
  serve(server, service, guard, peers, feeds);
  host.input({ kind: "tick" });
  tell(storage, host, callbacks);

  const close = async () => {
    host.stop();
    feeds.live.close();
    feeds.subscriptions.close();
    peers.close();
    server.close();
    server.closeAllConnections();
    merges.close();
    await storage.close();
  };
  return { node, address, life, host, peers, store, disk: storage.disk, replica, close };
}

/** What the start did: into the trace, and to whoever watches when it is unusual. */
function tell({ lines, isUnusual, recoveryMs }: NodeStorage, host: Host, callbacks: NodeCallbacks): void {
  if (isUnusual) for (const line of lines) callbacks.notice(line);
  const detail = { lines: [...lines], ms: Math.round(recoveryMs) };
  host.emit({ at: now(), type: "local", op: "internal", name: "recovered", clock: null, detail });
}
