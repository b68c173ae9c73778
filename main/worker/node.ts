/**
 * A whole node put together: store, core, host, network, HTTP, and the line to the lab. `start` either returns a node
 * that serves, or throws with everything undone.
 */
import { randomBytes, randomInt } from "node:crypto";
import type { Server } from "node:http";
import { join } from "node:path";
import { type NodeId, asNodeId } from "../../shared/ids.ts";
import { lostEvent } from "../../shared/replica/lost-event.ts";
import { Replica } from "../../shared/replica/replica.ts";
import { Strategies } from "../../shared/replication/strategies/behaviours.ts";
import { FileClockStore } from "../storage/clocks/file-clock-store.ts";
import { NodeStore } from "../storage/node-store.ts";
import { MemoryClockStore } from "../storage/clocks/memory-clock-store.ts";
import type { VectorClockStore } from "../storage/clocks/vector-clock-store.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { Host } from "./host.ts";
import { Guard } from "./http.ts";
import { LiveFeed } from "./live-feed.ts";
import { OperationMetrics, renderNodeMetrics, ReplicationMetrics } from "./node-metrics.ts";
import { membershipOf, type NodeOptions, replicationOf } from "./options.ts";
import { Merges } from "./merges/merges.ts";
import { showing } from "./merges/shown.ts";
import { Peers } from "./peers.ts";
import type { Service } from "./routes.ts";
import { listen, serve } from "./server.ts";
import { Tokens } from "./tokens.ts";
import { statusesOf, type Subject } from "./views.ts";

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
  readonly replica: Replica;
  /** Stops serving and closes every file; what was flushed stays. */
  close(): Promise<void>;
}

/** Never runs backwards within a process, and goes on while the process is paused. */
const now = () => performance.timeOrigin + performance.now();

export async function startNode(options: NodeOptions, callbacks: NodeCallbacks): Promise<RunningNode> {
  const node = asNodeId(options.nodeId);
  const merges = await Merges.open(options.merges);
  const store = openStore(options, node, merges);
  let server: Server | undefined;
  try {
    const clocks = openClocks(options);
    const clock = await (clocks ?? store.clocks).load(node);
    server = await listen(options.host, options.port);
    return assemble(options, callbacks, { node, store, merges, clocks, clock, server });
  } catch (error) {
    server?.close();
    merges.close();
    store.close();
    throw error;
  }
}

function openStore({ dataDir, cluster }: NodeOptions, node: NodeId, merges: Merges): NodeStore {
  try {
    return new NodeStore({ dataDir, node, cluster });
  } catch (error) {
    merges.close();
    throw error;
  }
}

/** Null when the clock lies in the node's own file. */
function openClocks({ clockStore, dataDir }: NodeOptions): VectorClockStore | null {
  switch (clockStore) {
    case "sqlite":
      return null;
    case "file":
      return new FileClockStore(join(dataDir, "clocks"));
    case "memory":
      return new MemoryClockStore();
  }
}

interface Parts {
  readonly node: NodeId;
  readonly store: NodeStore;
  readonly merges: Merges;
  readonly clocks: VectorClockStore | null;
  readonly clock: Awaited<ReturnType<VectorClockStore["load"]>>;
  readonly server: Server;
}

function assemble(options: NodeOptions, callbacks: NodeCallbacks, parts: Parts): RunningNode {
  const { node, store, merges, clocks, clock, server } = parts;
  const bound = server.address() as { port: number };
  const address = options.advertise ?? formatAddress(options.host, bound.port);
  const life = store.beginLife(Math.floor(now()));
  const restored = store.restore();
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
      seed: randomInt(2 ** 47),
    },
    { ...restored, clock, broadcast: clock === null ? null : restored.broadcast },
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
    trace: options.trace,
    now,
    emitted: (event) => replication.observe(event),
    failed: (error) => callbacks.failed(error),
  });
  const feed = new LiveFeed();
  host.onEvents((events) => feed.push(events));
  const subject = { options, node, address, life, replica };
  const known = [options.host, parseAddress(address)?.host ?? options.host];
  const show = showing(new Strategies(options.replication.conflicts ?? {}), merges);
  serve(
    server,
    serviceOf(subject, host, peers, store, replication, callbacks, show),
    new Guard(options.httpPublic, known),
    peers,
    feed,
  );
  host.input({ kind: "tick" });

  const close = async () => {
    host.stop();
    feed.close();
    peers.close();
    server.close();
    server.closeAllConnections();
    merges.close();
    await clocks?.close();
    store.close();
  };
  return { node, address, life, host, peers, store, replica, close };
}

function serviceOf(
  subject: Subject,
  host: Host,
  peers: Peers,
  store: NodeStore,
  replication: ReplicationMetrics,
  callbacks: NodeCallbacks,
  show: Service["data"]["show"],
): Service {
  const operations = new OperationMetrics();
  const { options, replica } = subject;
  return {
    subject,
    data: {
      tokens: new Tokens(options.cluster, options.secret),
      replicas: options.n,
      run: (request, reply) => {
        const start = performance.now();
        host.request(request, (outcome, id) => {
          operations.observe(request.op, outcome, performance.now() - start);
          reply(outcome, id);
        });
      },
      show,
    },
    act: (act, answer) => host.act(act, answer),
    join: (address) => host.input({ kind: "join", addresses: [address] }),
    leave: () => callbacks.leave(),
    evict: (node) => host.input({ kind: "evict", node }),
    compare: (peer) => host.compare(peer),
    awake: () => host.awake(),
    metrics: () =>
      renderNodeMetrics(operations, replication, {
        ...store.counts,
        ...host.counts,
        ...peers.counts,
        members: statusesOf(subject),
        links: peers.linkCounts(),
        keys: replica.keys.size,
        conflicts: replica.conflicts().length,
        hints: replica.hints().map(({ target, keys }) => [target, keys]),
        rumours: replica.rumours().length,
        localHealth: replica.localHealth,
        incarnation: replica.incarnation,
      }),
  };
}
