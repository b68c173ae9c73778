/**
 * One event's effect on the state of the session: the only place that reads meaning out of events for the panels.
 *
 * Details come from files and other processes, so each field is read with a fallback: an event that is not as it should
 * be changes nothing rather than breaking the view of everything after it.
 */
import type { Key, NodeId, TimeMs } from "../ids.ts";
import { isRecord, number, numbers, text, texts } from "./detail.ts";
import { type Loss, lossOf } from "./copies.ts";
import { type Detail, type Json, labLane, type RecordedEvent } from "./event.ts";
import type {
  Belief,
  ModelConflict,
  ModelKey,
  ModelMove,
  ModelNode,
  ModelPartition,
  SessionModel,
} from "./model.ts";
import type { MemberStatus } from "./names.ts";

type DataOp = "put" | "get" | "delete";

/** How far back "per second" looks. */
export const rateWindowMs = 5_000;

/** The folded state while it is worked on. Inner values are replaced, never changed, so copies may share them. */
export interface State {
  cluster: SessionModel["cluster"];
  nodes: Map<NodeId, ModelNode>;
  beliefs: Map<NodeId, ReadonlyMap<NodeId, Belief>>;
  partition: ModelPartition | null;
  links: Map<string, Readonly<Record<string, unknown>>>;
  effect: SessionModel["effect"];
  load: SessionModel["load"];
  conflicts: Map<Key, ModelConflict>;
  keys: Map<Key, ModelKey>;
  losses: Map<string, Loss>;
  moves: Map<string, ModelMove>;
  served: Map<NodeId, number>;
  counts: Record<DataOp, { readonly ok: number; readonly failed: number }>;
  /** Replies of the last {@link rateWindowMs}, oldest first. */
  replies: { readonly at: TimeMs; readonly op: DataOp }[];
}

export function emptyState(): State {
  const none = { ok: 0, failed: 0 };
  return {
    cluster: null,
    nodes: new Map(),
    beliefs: new Map(),
    partition: null,
    links: new Map(),
    effect: { blocked: {}, lost: {}, delayed: {} },
    load: null,
    conflicts: new Map(),
    keys: new Map(),
    losses: new Map(),
    moves: new Map(),
    served: new Map(),
    counts: { put: none, get: none, delete: none },
    replies: [],
  };
}

export function copyOf(state: State): State {
  return {
    ...state,
    nodes: new Map(state.nodes),
    beliefs: new Map(state.beliefs),
    links: new Map(state.links),
    conflicts: new Map(state.conflicts),
    keys: new Map(state.keys),
    losses: new Map(state.losses),
    moves: new Map(state.moves),
    served: new Map(state.served),
    counts: { ...state.counts },
    replies: [...state.replies],
  };
}

export function fold(state: State, event: RecordedEvent): void {
  const detail = event.detail ?? {};
  if (event.node === labLane) foldLab(state, event, detail);
  else if (event.op === "membership") foldMember(state, event, detail);
  else if (event.op === "put" || event.op === "get" || event.op === "delete")
    foldData(state, event, event.op, detail);
  else if (event.name === "start") {
    change(state, event.node, {
      status: "running",
      life: event.life,
      address: text(detail["address"]) ?? "",
      clockStore: text(detail["clockStore"]),
      clockLost: detail["clock"] === "lost",
    });
  } else if (event.name === "move") foldMove(state, event, detail);
  else if (event.name === "stop") change(state, event.node, { status: "stopped", pid: null });
}

function foldLab(state: State, event: RecordedEvent, detail: Detail): void {
  const node = text(detail["node"]) as NodeId | null;
  switch (event.name) {
    case "cluster":
      state.cluster = {
        name: text(detail["name"]) ?? "",
        preset: text(detail["preset"]) ?? "",
        n: number(detail["n"]) ?? 0,
        r: number(detail["r"]) ?? 0,
        w: number(detail["w"]) ?? 0,
        virtualNodes: number(detail["virtualNodes"]) ?? 0,
        conflicts: strategiesOf(detail["replication"]),
      };
      for (const name of texts(detail["nodes"])) change(state, name as NodeId, {});
      return;
    case "link":
      return foldLink(state, detail);
    case "partition":
      state.partition = {
        id: number(detail["id"]) ?? 0,
        kind: text(detail["kind"]) ?? "custom",
        groups: (Array.isArray(detail["groups"]) ? detail["groups"] : []).map(
          (group: Json) => texts(group) as NodeId[],
        ),
        cut: texts(detail["cut"]),
      };
      return;
    case "heal":
      return heal(state);
    case "effect":
      state.effect = {
        blocked: numbers(detail["blocked"]),
        lost: numbers(detail["lost"]),
        delayed: numbers(detail["delayed"]),
      };
      return;
    case "load":
      state.load = {
        running: detail["running"] === true,
        opsPerSecond: number(detail["opsPerSecond"]) ?? 0,
      };
      return;
    default:
      if (node !== null) foldLabOnNode(state, event, node, detail);
  }
}

function foldLabOnNode(state: State, event: RecordedEvent, node: NodeId, detail: Detail): void {
  switch (event.name) {
    case "node-added":
      return change(state, node, { status: "starting", address: text(detail["address"]) ?? "" });
    case "node-started":
      return change(state, node, {
        status: "running",
        pid: number(detail["pid"]),
        life: number(detail["life"]),
        clockStore: text(detail["clockStore"]),
      });
    case "kill":
      return change(state, node, { status: "killed", pid: null });
    case "pause":
      return change(state, node, { status: "paused" });
    case "resume":
      return change(state, node, { status: "running" });
    case "restart":
      return change(state, node, { status: "starting", pid: null });
    case "exited":
      return foldExit(state, node, detail);
    case "node-removed":
      forgetLinks(state, node);
      return change(state, node, { status: "removed", pid: null });
    default:
  }
}

function strategiesOf(replication: Json | undefined): Record<string, string> {
  const { conflicts } = isRecord(replication) ? replication : {};
  const named = isRecord(conflicts) ? Object.entries(conflicts) : [];
  return Object.fromEntries(
    named.flatMap(([prefix, name]) => (text(name) === null ? [] : [[prefix, text(name)!]])),
  );
}

/** A node that was removed stays removed, however its process ended. */
function foldExit(state: State, node: NodeId, detail: Detail): void {
  if (state.nodes.get(node)?.status === "removed") return;
  const bySignal = detail["signal"] === "SIGKILL" || state.nodes.get(node)?.status === "killed";
  const status = bySignal
    ? "killed"
    : detail["expected"] === true || detail["code"] === 0
      ? "stopped"
      : "failed";
  change(state, node, { status, pid: null });
}

/** A setting that is off, zero or null is at rest; a link with nothing else leaves the table. */
function foldLink(state: State, detail: Detail): void {
  const link = `${text(detail["from"]) ?? ""}>${text(detail["to"]) ?? ""}`;
  const { settings } = detail;
  const record = isRecord(settings) ? settings : {};
  if (Object.values(record).some((value) => value !== false && value !== 0 && value !== null))
    state.links.set(link, record);
  else state.links.delete(link);
  // A link opened by itself is no longer part of the cut, though the partition goes on.
  if (record["blocked"] !== true) keepCut(state, (pair) => pair !== link);
}

/** The pairs of the cut are open again, even one that was blocked by itself before; what else a link does goes on. */
function heal(state: State): void {
  for (const link of state.partition?.cut ?? []) {
    const { blocked, ...rest } = state.links.get(link) ?? {};
    if (blocked === undefined) continue;
    if (Object.keys(rest).length > 0) state.links.set(link, rest);
    else state.links.delete(link);
  }
  state.partition = null;
}

function forgetLinks(state: State, node: NodeId): void {
  const isOther = (link: string) => !link.split(">").includes(node);
  for (const link of state.links.keys()) if (!isOther(link)) state.links.delete(link);
  if (state.partition === null) return;
  const groups = state.partition.groups.map((group) => group.filter((other) => other !== node));
  state.partition = { ...state.partition, groups };
  keepCut(state, isOther);
}

/** A partition that cuts nothing any more is none. */
function keepCut(state: State, isKept: (link: string) => boolean): void {
  if (state.partition === null) return;
  const cut = state.partition.cut.filter(isKept);
  state.partition = cut.length === 0 ? null : { ...state.partition, cut };
}

function foldMember(state: State, event: RecordedEvent, detail: Detail): void {
  const about = text(detail["about"]) as NodeId | null;
  const status = text(detail["status"]) as MemberStatus | null;
  if (event.name !== "member" || about === null || status === null) return;
  const before = state.beliefs.get(event.node);
  const belief = { status, incarnation: number(detail["incarnation"]) ?? 0, since: event.at };
  state.beliefs.set(event.node, new Map(before).set(about, belief));
}

function foldData(state: State, event: RecordedEvent, op: DataOp, detail: Detail): void {
  const { key } = event;
  if (key === undefined) return;
  const before = state.keys.get(key);
  if (event.name === "stored") {
    const siblings = number(detail["siblings"]) ?? 1;
    if (siblings <= 1) state.conflicts.delete(key);
    state.keys.set(key, { op, at: event.at, node: event.node, event: event.id, siblings });
  } else if (event.name === "request") {
    const siblings = before?.siblings ?? 0;
    state.keys.set(key, { op, at: event.at, node: event.node, event: event.id, siblings });
    state.served.set(event.node, (state.served.get(event.node) ?? 0) + 1);
  } else if (event.name === "discarded") {
    const dot = text(detail["dot"]) ?? "";
    const name = `${key}\n${dot}`;
    if (!state.losses.has(name)) state.losses.set(name, lossOf(event, dot));
  } else if (event.name === "conflict") {
    state.conflicts.set(key, {
      dots: texts(detail["dots"]),
      at: event.at,
      node: event.node,
      event: event.id,
    });
  } else if (event.name === "reply") foldReply(state, event, op, detail["ok"] === true);
}

function foldReply(state: State, event: RecordedEvent, op: DataOp, ok: boolean): void {
  const { ok: succeeded, failed } = state.counts[op];
  state.counts[op] = ok ? { ok: succeeded + 1, failed } : { ok: succeeded, failed: failed + 1 };
  state.replies.push({ at: event.at, op });
  const stale = state.replies.findIndex((reply) => reply.at > event.at - rateWindowMs);
  if (stale > 64) state.replies.splice(0, stale);
}

function foldMove(state: State, event: RecordedEvent, detail: Detail): void {
  const about = text(detail["about"]) as NodeId | null;
  if (about === null) return;
  const { node, at, id } = event;
  state.moves.set(`${about} ${node}`, {
    node,
    about,
    kind: text(detail["kind"]) ?? "",
    phase: text(detail["phase"]) ?? "",
    epoch: number(detail["epoch"]) ?? 0,
    keys: number(detail["keys"]) ?? 0,
    waitingFor: texts(detail["waitingFor"]),
    at,
    event: id,
  });
}

function change(state: State, node: NodeId, part: Partial<ModelNode>): void {
  const before = state.nodes.get(node) ?? {
    node,
    address: "",
    status: "starting",
    life: null,
    pid: null,
    clockStore: null,
    clockLost: false,
  };
  state.nodes.set(node, { ...before, ...part });
}
