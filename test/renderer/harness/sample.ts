/** A made-up session with everything the panels draw: load, a cut, a kill, suspicion, siblings, a lost clock. */
import type { Detail, EventType, Operation, RecordedEvent } from "../../../shared/trace/event.ts";
import { labLane } from "../../../shared/trace/event.ts";
import { asKey, asMessageId, asNodeId, asRequestId } from "../../../shared/ids.ts";
import { Ring } from "../../../shared/ring/ring.ts";

const startedAt = Date.UTC(2026, 3, 14, 9, 30, 0);

interface Part {
  readonly node: string;
  readonly at: number;
  readonly name: string;
  readonly op: Operation;
  readonly type?: EventType;
  readonly peer?: string;
  readonly key?: string;
  readonly request?: string;
  readonly message?: string;
  readonly detail?: Detail;
}

/** Numbers from a seed, so that every picture of the panels is the same one. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Sample {
  readonly nodes: readonly string[];
  readonly events: readonly RecordedEvent[];
  readonly now: number;
}

/** `broken`: cut, killed, paused and in conflict at its end; calm otherwise. */
export function sampleSession(count = 5, broken = true, seconds = 40): Sample {
  const nodes = Array.from({ length: count }, (_, i) => `node-${i + 1}`);
  const random = numbers(7);
  const parts: Part[] = [];
  const lab = (at: number, name: string, detail: Detail) =>
    parts.push({ node: labLane, at, name, op: "lab", detail });
  lab(0, "cluster", { name: "lab", preset: "lab", n: 3, r: 2, w: 2, virtualNodes: 150, nodes });
  nodes.forEach((node, i) => {
    const address = `127.0.0.1:${8081 + i}`;
    lab(i, "node-started", { node, pid: 4100 + i, life: startedAt, clockStore: "sqlite" });
    const about = { address, clock: "new", keys: 0, clockStore: "sqlite" };
    parts.push({ node, at: 20 + i, name: "start", op: "internal", detail: about });
    nodes.forEach((other, j) => {
      if (i !== j) member(parts, 60 + i * 9 + j, node, other, "alive", null, 1);
    });
  });
  lab(500, "load", { running: true, opsPerSecond: 12 });
  const cut = nodes.flatMap((a, i) =>
    nodes.flatMap((b, j) => (i < count / 2 !== j < count / 2 ? [`${a}>${b}`] : [])),
  );
  const cutAt = seconds * 500;
  const isCut = (a: string, b: string, at: number) => broken && at > cutAt && cut.includes(`${a}>${b}`);
  const ring = Ring.of(nodes.map(asNodeId));
  for (let at = 600, number = 0; at < seconds * 1000 - 300; at += 40 + random() * 90, number++)
    operation(parts, { at, number, ring, random, nodes, isCut });
  if (broken) damage(parts, nodes, cut, cutAt, seconds * 1000, lab);
  return { nodes, events: numbered(parts), now: startedAt + seconds * 1000 };
}

function member(
  parts: Part[],
  at: number,
  node: string,
  about: string,
  status: string,
  previous: string | null,
  incarnation: number,
) {
  const detail = { about, status, previous, incarnation, address: "127.0.0.1:8081" };
  parts.push({ node, at, name: "member", op: "membership", detail });
}

interface Draw {
  readonly at: number;
  readonly number: number;
  readonly ring: Ring;
  readonly random: () => number;
  readonly nodes: readonly string[];
  readonly isCut: (a: string, b: string, at: number) => boolean;
}

function operation(parts: Part[], { at, number, ring, random, nodes, isCut }: Draw) {
  const op: Operation = random() < 0.45 ? "put" : random() < 0.9 ? "get" : "delete";
  const key = `user:${Math.floor(random() * 24)}`;
  const node = nodes[Math.floor(random() * nodes.length)]!;
  const request = `${node}.${number}`;
  const owners = ring.owners(asKey(key), 3);
  const about = { op, key, request };
  parts.push({ node, at, name: "request", ...about, detail: { coordinator: node, replicas: [...owners] } });
  let acknowledged = 0;
  for (const [i, owner] of owners.entries()) {
    if (owner === node) {
      acknowledged++;
      continue;
    }
    const message = `${request}.${i}`;
    const name = op === "get" ? "READ" : "REPLICATE";
    parts.push({ node, at: at + 0.2, name, type: "send", peer: owner, message, ...about });
    if (isCut(node, owner, at)) {
      const detail = { reason: "blocked" };
      parts.push({ node, at: at + 0.3, name, type: "lost", peer: owner, message, ...about, detail });
      continue;
    }
    acknowledged++;
    parts.push({ node: owner, at: at + 1, name, type: "receive", peer: node, message, ...about });
    if (op !== "get")
      parts.push({
        node: owner,
        at: at + 1.6,
        name: "stored",
        ...about,
        detail: { dot: `${node}:${number + 1}`, siblings: 1 },
      });
    const answer = name === "READ" ? "READ_REPLY" : "REPLICATE_ACK";
    parts.push({
      node: owner,
      at: at + 2,
      name: answer,
      type: "send",
      peer: node,
      message: `${message}a`,
      ...about,
    });
    parts.push({
      node,
      at: at + 2.8,
      name: answer,
      type: "receive",
      peer: owner,
      message: `${message}a`,
      ...about,
    });
  }
  const ok = acknowledged >= 2;
  const detail = ok ? { ok } : { ok, error: "quorum_not_met" };
  parts.push({ node, at: at + (ok ? 3 + random() * 6 : 240), name: "reply", ...about, detail });
}

function damage(
  parts: Part[],
  nodes: readonly string[],
  cut: readonly string[],
  cutAt: number,
  end: number,
  lab: (at: number, name: string, detail: Detail) => void,
) {
  const half = Math.ceil(nodes.length / 2);
  const groups = [nodes.slice(0, half), nodes.slice(half)];
  lab(cutAt, "partition", { id: 1, kind: "custom", groups, cut: [...cut] });
  lab(cutAt + 2000, "link", {
    from: nodes[0]!,
    to: nodes[1]!,
    settings: {
      blocked: false,
      latency: { kind: "uniform", minMs: 20, maxMs: 80 },
      loss: 0.05,
      duplicate: 0,
      reorder: 0,
    },
  });
  const blocked = Object.fromEntries(cut.map((pair, i) => [pair, 40 + i * 37]));
  lab(end - 900, "effect", { blocked, lost: {}, delayed: { [`${nodes[0]}>${nodes[1]}`]: 214 } });
  lab(cutAt + 3000, "disk", { node: nodes[1]!, slow: 200 });
  const victim = nodes.at(-1)!;
  lab(cutAt + 4000, "kill", { node: victim, pid: 4100 + nodes.length - 1 });
  lab(cutAt + 4010, "exited", { node: victim, code: null, signal: "SIGKILL", expected: true });
  lab(cutAt + 9000, "pause", { node: nodes[2]!, pid: 4102 });
  for (const [i, observer] of nodes.entries()) {
    for (const [j, about] of nodes.entries()) {
      if (i === j || observer === victim) continue;
      const apart = cut.includes(`${observer}>${about}`);
      if (apart || about === victim)
        member(
          parts,
          cutAt + 1200 + i * 20 + (about === victim ? 4000 : 0),
          observer,
          about,
          "suspect",
          "alive",
          1,
        );
      if (apart && i !== 1) member(parts, cutAt + 2900 + i * 20, observer, about, "dead", "suspect", 1);
      if (about === victim && !apart)
        member(parts, cutAt + 6000 + i * 20, observer, about, "dead", "suspect", 1);
    }
  }
  for (const [i, key] of ["user:7", "cart:alice"].entries()) {
    const detail = { dots: ["node-1:41", `${nodes[half] ?? nodes[0]!}:${28 + i}`] };
    const node = nodes[i]!;
    parts.push({
      node,
      at: end - 5000 - i * 3000,
      name: "stored",
      op: "put",
      key,
      detail: { dot: "node-1:41", siblings: 2 },
    });
    parts.push({ node, at: end - 4999 - i * 3000, name: "conflict", op: "put", key, detail });
  }
}

function numbered(parts: readonly Part[]): RecordedEvent[] {
  const counters = new Map<string, number>();
  const order = parts.map((part, index) => ({ part, index }));
  order.sort((a, b) => a.part.at - b.part.at || a.index - b.index);
  return order.map(({ part }, index) => {
    const { node, at, name, op, type, peer, key, request, message, detail } = part;
    const seq = (counters.get(node) ?? 0) + 1;
    counters.set(node, seq);
    return {
      id: index + 1,
      node: asNodeId(node),
      life: startedAt,
      seq,
      at: startedAt + at,
      type: type ?? "local",
      op,
      name,
      clock: op === "lab" ? null : { [node]: seq },
      ...(peer === undefined ? {} : { peer: asNodeId(peer) }),
      ...(key === undefined ? {} : { key: asKey(key) }),
      ...(request === undefined ? {} : { request: asRequestId(request) }),
      ...(message === undefined ? {} : { message: asMessageId(message) }),
      ...(detail === undefined ? {} : { detail }),
    };
  });
}
