/** What a coordinator does, written down, for tests of one part without a replica around it. */
import { noRarePaths } from "../../../shared/buggify.ts";
import { emptyClock, tick, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import {
  asKey,
  asMessageId,
  asNodeId,
  asRequestId,
  type MessageId,
  type NodeId,
} from "../../../shared/ids.ts";
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { Coordinator } from "../../../shared/replication/coordinator.ts";
import { HintKeeper } from "../../../shared/replication/hints.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import { OperationLog } from "../../../shared/replication/operation-log.ts";
import type {
  About,
  ClientRequest,
  ClusterView,
  LogEntry,
  OperationOutcome,
  Placement,
  Quorum,
  ReplicationEffects,
  ReplicationRecord,
} from "../../../shared/replication/types.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { replicationDefaults, type ReplicationSettings } from "../../../shared/replication/settings.ts";
import { Ring } from "../../../shared/ring/ring.ts";

export class Effects implements ReplicationEffects {
  now = 0;
  clock: VectorClock = emptyClock;
  readonly events: { name: string; about: About; detail: Readonly<Record<string, unknown>> }[] = [];
  readonly entries: Omit<LogEntry, "index" | "clock" | "at">[] = [];
  readonly outcomes: OperationOutcome[] = [];
  readonly records: ReplicationRecord[] = [];
  readonly logged = () => {};
  readonly rare = noRarePaths;
  readonly #node: NodeId;
  #sent: { to: NodeId; id: MessageId; message: ReplicationMessage }[] = [];
  #messages = 0;

  constructor(node: NodeId) {
    this.#node = node;
  }

  get logIndex(): number {
    return this.entries.length;
  }

  get wall(): number {
    return this.now;
  }

  /** The messages since the last call. */
  takeSent(): { to: NodeId; id: MessageId; message: ReplicationMessage }[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  nextCounter(floor: number): number {
    if (floor > (this.clock[this.#node] ?? 0)) this.clock = { ...this.clock, [this.#node]: floor };
    return (this.clock[this.#node] ?? 0) + 1;
  }

  local(name: string, about: About, detail: Readonly<Record<string, unknown>>): void {
    this.clock = tick(this.clock, this.#node);
    this.events.push({ name, about, detail });
  }

  append(entry: Omit<LogEntry, "index" | "clock" | "at">): void {
    this.entries.push(entry);
  }

  record(record: ReplicationRecord): void {
    this.records.push(record);
  }

  send(to: NodeId, message: ReplicationMessage): MessageId {
    this.clock = tick(this.clock, this.#node);
    const id = asMessageId(`m${++this.#messages}`);
    this.#sent.push({ to, id, message });
    return id;
  }

  reply(_: unknown, about: About, outcome: OperationOutcome): void {
    this.local("reply", about, { ok: outcome.ok });
    this.outcomes.push(outcome);
  }
}

const [a, b, c] = ["a", "b", "c"].map(asNodeId) as [NodeId, NodeId, NodeId];
export const nodes = { a, b, c };
export const key = asKey("colour");

/** Node a, alone with its beliefs: everybody is alive until a test says otherwise. */
export function coordinatorOfA(
  quorum: Quorum = { n: 3, r: 2, w: 2 },
  members: readonly NodeId[] = [a, b, c],
  keys: Iterable<readonly [typeof key, KeyState]> = [],
  settings: Partial<ReplicationSettings> = {},
) {
  const statuses = new Map<NodeId, ReturnType<ClusterView["status"]>>(members.map((node) => [node, "alive"]));
  const ring = Ring.of(members);
  /** What a test says of the ring, and which epochs this node was told to ask for. */
  const moves: { placement: Placement | null; behind: [number, NodeId][] } = { placement: null, behind: [] };
  const view: ClusterView = {
    ring,
    placement: (key, n) => {
      const { placement } = moves;
      if (placement === null) return { owners: ring.owners(key, n), pending: [], epoch: 0 };
      if (placement.owners.length === 0) return placement;
      const beyond = ring.nodes.filter((node) => !placement.owners.includes(node));
      return { ...placement, owners: [...placement.owners, ...beyond].slice(0, n) };
    },
    behind: (epoch, from) => moves.behind.push([epoch, from]),
    status: (node) => statuses.get(node),
  };
  const store = new KeyStore(keys);
  const operations = new OperationLog(a, []);
  const config = { ...replicationDefaults, ...settings, ...quorum, requestTimeout: 1_000 };
  const hints = new HintKeeper({ node: a, config, view, store, restored: [] });
  const coordinator = new Coordinator({ node: a, config, view, store, operations, hints });
  return { coordinator, fx: new Effects(a), store, operations, statuses, view, hints, moves };
}

let requests = 0;
export function request(op: ClientRequest["op"], more: Partial<ClientRequest> = {}): ClientRequest {
  const id = asRequestId(`r${++requests}`);
  return { id, op, key, ...(op === "put" ? { value: "red" } : {}), ...more };
}
