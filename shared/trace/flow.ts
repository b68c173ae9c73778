/**
 * One client's request as it fans out: who was asked, who answered when, what was lost, and which answers made it done.
 *
 * Nothing but the events that carry the request's number is looked at, so the picture is the same live and recorded,
 * and what is missing from the trace is missing from it. An owner's answer counts when it reached the coordinator before
 * the coordinator replied: the quorum is read off what happened, not off a setting.
 */
import type { Key, NodeId, RequestId, TimeMs } from "../ids.ts";
import { number, text, texts } from "./detail.ts";
import type { RecordedEvent } from "./event.ts";
import { type History, programOrder } from "./history.ts";
import { eventsOfRequest } from "./subjects.ts";

/** What a message of a request is for, and the message that answers it. */
const answers = {
  FORWARD: "FORWARD_REPLY",
  REPLICATE: "REPLICATE_ACK",
  READ: "READ_REPLY",
} as const;

/** One node asked by another for the request's sake. */
export interface Leg {
  readonly kind: "forward" | "copy" | "read" | "repair" | "hint";
  readonly from: NodeId;
  readonly to: NodeId;
  /** Of a hint: the owner it is kept for. */
  readonly hintFor: NodeId | null;
  /** Ids of events; null for what did not happen, or not yet. */
  readonly sent: number;
  readonly arrived: number | null;
  readonly stored: number | null;
  readonly answered: number | null;
  readonly lost: number | null;
  readonly lostReason: string | null;
  readonly sentAt: TimeMs;
  readonly arrivedAt: TimeMs | null;
  readonly answeredAt: TimeMs | null;
  /** Its answer was there when the coordinator replied. */
  readonly inTime: boolean;
  /** And it is an owner's: part of what made the quorum. */
  readonly counted: boolean;
  /** The ring had moved: asked for nothing. The id of the word of it. */
  readonly refused: number | null;
}

export interface RequestFlow {
  readonly request: RequestId;
  readonly op: "put" | "get" | "delete";
  readonly key: Key;
  /** The node the client spoke to. */
  readonly node: NodeId;
  readonly coordinator: NodeId;
  readonly owners: readonly NodeId[];
  readonly began: RecordedEvent;
  readonly legs: readonly Leg[];
  /** The coordinator's own part: an owner asks itself without a message. Null when it owns no copy or stored nothing. */
  readonly own: { readonly event: number; readonly at: TimeMs; readonly counted: boolean } | null;
  readonly hints: readonly { readonly holder: NodeId; readonly target: NodeId; readonly event: number }[];
  /** When the coordinator knew the outcome; null while it does not. */
  readonly decided: RecordedEvent | null;
  readonly reply: {
    readonly event: number;
    readonly at: TimeMs;
    readonly ok: boolean;
    readonly error: string | null;
    readonly siblings: number | null;
    /** Carried out before under the client's token, and not again. */
    readonly repeated: boolean;
  } | null;
}

/** Null when the history has no beginning of it. */
export function flowOf(history: History, request: RequestId, at: TimeMs | null = null): RequestFlow | null {
  const events = eventsOfRequest(history, request).filter((event) => at === null || event.at <= at);
  const began = events.find(({ name, type }) => name === "request" && type === "local");
  if (began === undefined || began.key === undefined) return null;
  const { node, key, op, detail } = began;
  if (op !== "put" && op !== "get" && op !== "delete") return null;
  const coordinator = coordinatorOf(events, began);
  const reply = events.find((event) => event.name === "reply" && event.node === node);
  const decided =
    coordinator === node
      ? reply
      : events.find(
          (event) => event.name === "FORWARD_REPLY" && event.type === "send" && event.node === coordinator,
        );
  const isBefore = (event: RecordedEvent) => decided === undefined || programOrder(event, decided) < 0;
  const owners = texts(detail?.["replicas"]) as NodeId[];
  const legs = legsOf(events, owners, decided, isBefore);
  return {
    request,
    op,
    key,
    node,
    coordinator,
    owners,
    began,
    legs,
    own: ownPart(events, began, coordinator, isBefore),
    hints: events
      .filter(({ name }) => name === "hint-kept")
      .map((event) => ({
        holder: event.node,
        target: (text(event.detail?.["target"]) ?? "") as NodeId,
        event: event.id,
      })),
    decided: decided ?? null,
    reply: reply === undefined ? null : replyOf(reply, events),
  };
}

/** Who asked the owners: the one it was forwarded to last, when somebody took it, else as the request says. */
function coordinatorOf(events: readonly RecordedEvent[], began: RecordedEvent): NodeId {
  const asked = events.findLast(({ name, type }) => name === "FORWARD" && type === "receive");
  const named = text(began.detail?.["coordinator"]) as NodeId | null;
  return asked?.node ?? named ?? began.node;
}

function legsOf(
  events: readonly RecordedEvent[],
  owners: readonly string[],
  decided: RecordedEvent | undefined,
  isBefore: (event: RecordedEvent) => boolean,
): Leg[] {
  const legs: Leg[] = [];
  for (const sent of events) {
    if (sent.type !== "send" || sent.peer === undefined || !Object.hasOwn(answers, sent.name)) continue;
    const name = sent.name as keyof typeof answers;
    const ends = events.filter((event) => event.message === sent.message);
    const arrived = ends.find(({ type }) => type === "receive");
    const lost = ends.find(({ type }) => type === "lost");
    const answered = events.find(
      (event) =>
        event.name === answers[name] &&
        event.type === "receive" &&
        event.node === sent.node &&
        event.peer === sent.peer &&
        programOrder(event, sent) > 0,
    );
    const stored =
      arrived === undefined
        ? undefined
        : events.find(
            (event) =>
              event.name === "stored" && event.node === sent.peer && programOrder(event, arrived) > 0,
          );
    const hintFor = text(sent.detail?.["hintFor"]) as NodeId | null;
    const kind = kindOf(name, sent, hintFor);
    const isAsked = kind === "copy" || kind === "read";
    const inTime =
      kind !== "forward" && answered !== undefined && decided !== undefined && isBefore(answered);
    const refused = events.find(
      ({ name, type, node, peer }) =>
        name === "STALE" && type === "receive" && node === sent.node && peer === sent.peer,
    );
    legs.push({
      kind,
      from: sent.node,
      to: sent.peer,
      hintFor,
      sent: sent.id,
      arrived: arrived?.id ?? null,
      stored: stored?.id ?? null,
      answered: answered?.id ?? null,
      lost: lost?.id ?? null,
      lostReason: text(lost?.detail?.["reason"]),
      sentAt: sent.at,
      arrivedAt: arrived?.at ?? null,
      answeredAt: answered?.at ?? null,
      inTime,
      counted: inTime && isAsked && owners.includes(sent.peer),
      refused: answered === undefined ? (refused?.id ?? null) : null,
    });
  }
  return legs;
}

function kindOf(name: keyof typeof answers, sent: RecordedEvent, hintFor: string | null): Leg["kind"] {
  if (name === "FORWARD") return "forward";
  if (name === "READ") return "read";
  if (hintFor !== null) return "hint";
  return sent.op === "get" ? "repair" : "copy";
}

/** Of a write: its own copy. Of a read: the coordinator looked at its own copy as it began. */
function ownPart(
  events: readonly RecordedEvent[],
  began: RecordedEvent,
  coordinator: NodeId,
  isBefore: (event: RecordedEvent) => boolean,
): RequestFlow["own"] {
  if (!texts(began.detail?.["replicas"]).includes(coordinator)) return null;
  const event =
    began.op === "get"
      ? events.find(({ name, node }) => name === "READ" && node === coordinator)
      : events.find(({ name, node }) => name === "stored" && node === coordinator);
  return event === undefined ? null : { event: event.id, at: event.at, counted: isBefore(event) };
}

function replyOf(reply: RecordedEvent, events: readonly RecordedEvent[]): NonNullable<RequestFlow["reply"]> {
  const { id, at, detail } = reply;
  return {
    event: id,
    at,
    ok: detail?.["ok"] === true,
    error: text(detail?.["error"]),
    siblings: number(detail?.["siblings"]),
    repeated: events.some(({ name }) => name === "repeated"),
  };
}

/** How many owners' answers made it done, the coordinator's own included. */
export const countedIn = ({ legs, own }: RequestFlow) =>
  legs.filter(({ counted }) => counted).length + (own?.counted === true ? 1 : 0);
