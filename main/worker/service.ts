/** What HTTP may ask of a node, bound to its parts. */
import type { Schema } from "../../shared/runtime/schema.ts";
import type { Host } from "./host.ts";
import { OperationMetrics, renderNodeMetrics, type ReplicationMetrics } from "./node-metrics.ts";
import type { NodeStorage } from "./node-storage.ts";
import type { Peers } from "./peers.ts";
import type { Service } from "./routes.ts";
import { storageMetrics } from "./storage-metrics.ts";
import { storageService } from "./storage-view.ts";
import { Tokens } from "./tokens.ts";
import { statusesOf, type Subject } from "./views.ts";

export interface ServiceParts {
  readonly subject: Subject;
  readonly host: Host;
  readonly peers: Peers;
  readonly storage: NodeStorage;
  readonly schema: Schema;
  readonly replication: ReplicationMetrics;
  readonly show: Service["data"]["show"];
  /** POST /gossip/leave. */
  leave(): void;
}

export function serviceOf(parts: ServiceParts): Service {
  const { subject, host, peers, storage, schema, replication, show } = parts;
  const operations = new OperationMetrics();
  const { options, replica } = subject;
  const { store } = storage;
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
    call: (call, answer) => host.call(call, answer),
    tables: {
      tables: store.tables,
      get position() {
        return store.log.last;
      },
      modules: schema.modules,
    },
    storage: storageService(subject, host, storage),
    join: (address) => host.input({ kind: "join", addresses: [address] }),
    leave: () => parts.leave(),
    evict: (node) => host.input({ kind: "evict", node }),
    compare: (peer) => host.compare(peer),
    awake: () => host.awake(),
    metrics: () =>
      renderNodeMetrics(operations, replication, storageMetrics(storage), {
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
