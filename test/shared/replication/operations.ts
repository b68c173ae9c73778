/** Node a as a coordinator among five, for tests of what becomes of one operation. */
import { asNodeId, type NodeId } from "../../../shared/ids.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import type { ReplicationSettings } from "../../../shared/replication/settings.ts";
import type { ClientRequest, OperationOutcome, Quorum } from "../../../shared/replication/types.ts";
import { coordinatorOfA, key, nodes as three, request } from "./effects.ts";

export const nodes = { ...three, d: asNodeId("d"), e: asNodeId("e") };
const { a, b, c, d, e } = nodes;
export const five = [a, b, c, d, e];

export type Scene = ReturnType<typeof coordinatorOfA>;

/** a coordinates; b and c are the other owners, d and e are beyond them, in this order on the walk. */
export function scene(
  settings: Partial<ReplicationSettings> = {},
  quorum: Quorum = { n: 3, r: 2, w: 2 },
): Scene {
  const made = coordinatorOfA(quorum, five, [], settings);
  made.moves.placement = { owners: [a, b, c], pending: [], epoch: 0 };
  return made;
}

const about = (asked: ClientRequest) => ({ op: asked.op, key: asked.key, request: asked.id });

/** Gives the coordinator a message about `asked`. */
export function receive(
  { coordinator, fx }: Scene,
  from: NodeId,
  asked: ClientRequest,
  message: ReplicationMessage,
): void {
  coordinator.receive(fx, from, message, about(asked));
}

export function acknowledge(made: Scene, from: NodeId, asked: ClientRequest, hintFor?: NodeId): void {
  const ack = { kind: "REPLICATE_ACK", request: asked.id, op: asked.op, key } as const;
  receive(made, from, asked, hintFor ? { ...ack, hintFor } : ack);
}

export function ask(
  { coordinator, fx }: Scene,
  op: ClientRequest["op"],
  more: Partial<ClientRequest> = {},
): ClientRequest {
  const asked = request(op, more);
  coordinator.request(fx, asked);
  return asked;
}

export const put = (made: Scene, more?: Partial<ClientRequest>) => ask(made, "put", more);

/** `REPLICATE b`, or `REPLICATE d for b`. */
export const sent = ({ fx }: Scene) =>
  fx.takeSent().map(({ to, message }) => {
    const owner = message.kind === "REPLICATE" && message.hintFor;
    return `${message.kind} ${to}${owner ? ` for ${owner}` : ""}`;
  });

/** The hints a keeps: `b colour`. */
export const kept = ({ fx }: Scene) =>
  fx.records.flatMap((record) =>
    record.kind === "hint" ? [`${record.hint.target} ${record.hint.key}`] : [],
  );

export const errorOf = (outcome: OperationOutcome | undefined) =>
  outcome?.ok === false ? outcome.error : undefined;
export const resultOf = (outcome: OperationOutcome | undefined) => (outcome?.ok ? outcome.result : undefined);
