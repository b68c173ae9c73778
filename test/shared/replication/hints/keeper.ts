/** A node that keeps hints, written down, for tests without a replica around it. */
import { absentKey, type KeyState, write } from "../../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type NodeId } from "../../../../shared/ids.ts";
import { HintKeeper } from "../../../../shared/replication/hints.ts";
import { KeyStore } from "../../../../shared/replication/key-store.ts";
import { replicationDefaults, type ReplicationSettings } from "../../../../shared/replication/settings.ts";
import type { ClusterView, Hint, ReplicationRecord } from "../../../../shared/replication/types.ts";
import { Ring } from "../../../../shared/ring/ring.ts";
import { Effects } from "../effects.ts";

const [a, b, c, d] = ["a", "b", "c", "d"].map(asNodeId) as [NodeId, NodeId, NodeId, NodeId];
export const nodes = { a, b, c, d };
export const internal = { op: "internal" } as const;

export const keyNumber = (i: number) => asKey(`key-${i}`);
export const stateOf = (counter: number, value = `v${counter}`): KeyState =>
  write(absentKey, { dot: { node: d, counter }, value, at: 0 }, {});

export interface Scene {
  readonly keeper: HintKeeper;
  readonly fx: Effects;
  readonly store: KeyStore;
  readonly statuses: Map<NodeId, ReturnType<ClusterView["status"]>>;
}

/** What `node` keeps for others, with b out of reach. */
export function scene(
  settings: Partial<ReplicationSettings> = {},
  restored: readonly Hint[] = [],
  node = a,
  members = [a, b, c],
): Scene {
  const statuses = new Map<NodeId, ReturnType<ClusterView["status"]>>(members.map((each) => [each, "alive"]));
  if (node !== b) statuses.set(b, "dead");
  const isPresent = (each: NodeId) => statuses.get(each) !== "left";
  const view: ClusterView = {
    get ring() {
      return Ring.of(members.filter(isPresent));
    },
    placement: (key, n) => ({
      owners: Ring.of(members.filter(isPresent)).owners(key, n),
      pending: [],
      epoch: 0,
    }),
    status: (each) => statuses.get(each),
  };
  const store = new KeyStore([]);
  const config = { ...replicationDefaults, ...settings, n: 2, r: 1, w: 1, requestTimeout: 1_000 };
  return {
    keeper: new HintKeeper({ node, config, view, store, restored }),
    fx: new Effects(node),
    store,
    statuses,
  };
}

export const keep = ({ keeper, fx }: Scene, count: number, from = 0) => {
  for (let i = from; i < from + count; i++) keeper.keep(fx, b, keyNumber(i), stateOf(i + 1), internal);
};

export const tick = ({ keeper, fx }: Scene, at: number) => {
  fx.now = at;
  keeper.tick(fx);
};

export const batches = ({ fx }: Scene) =>
  fx.takeSent().flatMap(({ to, message }) => (message.kind === "HINTS" ? [{ to, ...message }] : []));

export const acknowledge = ({ keeper, fx }: Scene, from: NodeId, batch: number) =>
  keeper.receive(fx, from, { kind: "HINTS_ACK", batch });

export const events = ({ fx }: Scene, name: string) =>
  fx.events.filter((event) => event.name === name).map(({ detail }) => detail);

/** What is on disk after these records. */
export function disk(records: readonly ReplicationRecord[]): Hint[] {
  const hints = new Map<string, Hint>();
  for (const record of records) {
    if (record.kind === "hint") hints.set(`${record.hint.target} ${record.hint.key}`, record.hint);
    else if (record.kind === "hint-done") hints.delete(`${record.target} ${record.key}`);
  }
  return [...hints.values()];
}
