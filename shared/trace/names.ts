/**
 * The events that readers interpret, with the shape of their `detail`. Anything else may be emitted too; it is shown
 * as it is. Times are milliseconds.
 */

/**
 * Emitted by nodes.
 * @public
 */
export interface NodeEventDetails {
  /** First event of every life. */
  start: {
    address: string;
    /** Where the clock came from: "new" (none stored), "restored", or "lost" (data found but no clock: timestamps repeat). */
    clock: "new" | "restored" | "lost";
    keys: number;
    clockStore: string;
  };
  /** The node found what it knew on its disk: what was read, and what was done about damage, a sentence each. */
  recovered: { lines: string[]; /** It took so long. */ ms: number };
  /** Last event of a graceful life. */
  stop: Record<string, never>;
  /** op membership: this node's belief about `about` changed. `previous` is null at the first sight of it. */
  member: {
    about: string;
    status: MemberStatus;
    previous: MemberStatus | null;
    incarnation: number;
    address: string;
  };
  /** op membership: this node heard itself called suspect or dead and raised its incarnation. */
  refute: { incarnation: number; was: MemberStatus };
  /** op put, get, delete: a client's request reached its first node. `key` and `request` are set. */
  request: {
    coordinator: string;
    replicas: string[];
    /** Of a put, unless it is long. */ value?: string;
    /** What the client said it had read, as "node:counter"; absent when it left that to the coordinator. */
    context?: string[];
  };
  /** op put, get, delete: the reply left. `hash` is the causal hash of the operation. */
  reply: {
    ok: boolean;
    error?: string;
    siblings?: number;
    hash?: string;
    /** Of a get, unless one is long: the live values. */
    values?: string[];
  };
  /** op put or delete: a replica made a version durable. */
  stored: {
    dot: string;
    siblings: number;
    /** Of all versions the node has of the key now. */ dots?: string[];
  };
  /** op put: versions went without a new one in their place, which the replica had seen and replaced before. */
  overtaken: { /** Those that are left. */ dots: string[] };
  /** op put or delete: storing made two or more concurrent versions stand side by side. `dots` as "node:counter". */
  conflict: { dots: string[] };
  /** op put or delete: last write wins, and this version lost to a concurrent one. */
  discarded: { dot: string; by: string; value?: string };
  /** op put or delete: a retry of what had been carried out under its token; nothing was written. */
  repeated: { token: string; dot: string };
  /** op put or delete: this node keeps a write for `target`, an owner that cannot be reached. */
  "hint-kept": { target: string; dots: string[] };
  /** op internal: `target` has made them durable. */
  "hints-delivered": { target: string; keys: string[] };
  /** op internal: this node leaves the cluster, and `to` keeps them now. */
  "hints-passed": { target: string; keys: string[]; to: string };
  /** op internal: given up after their lifetime, or because `target` left for good. */
  "hints-dropped": { target: string; keys: string[]; reason: "expired" | "left" };
  /** op internal: a comparison with `peer` began, over the key ranges both own. Its messages carry the same number. */
  exchange: { exchange: string; peer: string; ranges: string[]; reason: "interval" | "command" };
  /** op internal. `bytes`: both ways; `everything`: what sending every key would have taken. */
  "exchange-ended": {
    exchange: string;
    peer: string;
    outcome: "equal" | "repaired" | "given up";
    hashes: number;
    /** Those transferred; of more than a thousand, `more` counts those left out. */
    keys: string[];
    more?: number;
    bytes: number;
    everything: number;
  };
  /** op internal: keys whose hashes did not fit what is stored; the trees are built anew. */
  "tree-mismatch": { keys: string[] };
  /** op internal: the ring moves for `about`. `waitingFor`: nodes without whose word it does not go on. */
  move: {
    about: string;
    kind: "join" | "leave" | "rebuild";
    phase: "waiting" | "receiving" | "switching" | "done" | "given up";
    epoch: number;
    keys?: number;
    waitingFor?: string[];
  };
  /** op internal: tombstones that every member has agreed to forget. */
  reaped: { keys: string[] };
  /** op internal: entries of nodes that left for good were taken out of clocks and contexts. */
  pruned: {
    nodes: string[];
    /** Of those keys' contexts; when there are none, of this node's stamps from now on. */ keys: string[];
  };
  /** op internal: a node that was out for longer than tombstones live: so many keys do not count, or count again. */
  "old-data": { keys: number; became: string };
  /** op internal: a client's call of a reducer was carried out here, or refused. `changed`: rows. */
  reducer: { module: string; reducer: string; ok: boolean; changed?: number; error?: string };
  /** op internal: a connection was refused because the other side did not prove the cluster's secret, or differs in version. */
  stranger: { from: string; reason: string };
}

/**
 * The messages of an exchange, at their sending and at their receipt alike. `exchange` ties them to its "exchange" and
 * "exchange-ended" events; an answer has the `step` of its question. Hashes are cut to eight digits, "" is no key at
 * all. Long lists are cut off: `more` counts what is left out.
 * @public
 */
export interface ExchangeMessageDetails {
  /**
   * The hashes of the side that asks. `level` 0: one over all shared ranges, named "". 1: the root of each range. From
   * 2 on: tree nodes of one `range` by prefix (`level` less one hexadecimal digits), the children of those that differ.
   */
  COMPARE: ExchangeStep & { level: number; range: string; asked: Record<string, string>; more?: number };
  /** Of those the ones that differ, with the hashes of the side that answers; an empty list: all equal. */
  COMPARED: ExchangeStep & {
    level: number;
    range: string;
    differ: Record<string, string>;
    /** Those of `differ` that are leaves on this side. */
    leaves: string[];
    more?: number;
  };
  /** The digests of the keys under these leaves. `again`: after a wait, only keys that differed (writes in flight). */
  COMPARE_KEYS: ExchangeStep & {
    range: string;
    prefixes: string[];
    keys: Record<string, string>;
    again: boolean;
    more?: number;
  };
  /** Per key that differs: the digest asked about and that of the side that answers. */
  COMPARED_KEYS: ExchangeStep & { range: string; differ: Record<string, [string, string]>; more?: number };
  /** States travel: first from the side that asks; the answer has those of which the other side knew more. */
  REPAIR: ExchangeStep & { keys: string[] };
  REPAIRED: ExchangeStep & { keys: string[] };
  DECLINE: ExchangeStep & { reason: "ring" };
  /** Keys held without being owned are offered to an owner, and sent with REPAIR where it lacks a write. */
  OFFER: ExchangeStep & { keys: string[] };
  WANTED: ExchangeStep & { keys: string[] };
}

interface ExchangeStep {
  exchange: string;
  step: number;
  bytes: number;
}

export type MemberStatus = "alive" | "suspect" | "dead" | "left";

interface DiskFaultDetail {
  node: string;
  /** Milliseconds more for each write and flush. */
  slow?: number;
  full?: boolean;
  /** The next crash loses what was not flushed. */
  tear?: boolean;
  /** So many stored values or records have lost a bit. */
  rot?: number;
  fail?: { operation: string; nth: number; lasts: string };
  heal?: true;
  "power-cut"?: true;
}

/** Emitted by the lab on its own lane (op "lab", type "local", clock null). */
export interface LabEventDetails {
  /** First event of a session. */
  cluster: {
    name: string;
    preset: string;
    n: number;
    r: number;
    w: number;
    virtualNodes: number;
    nodes: string[];
    /** Settings of replication that differ from the usual ones. */
    replication?: Record<string, unknown>;
  };
  "node-added": { node: string; address: string };
  "node-removed": { node: string };
  "node-started": { node: string; pid: number; life: number; clockStore: string };
  /** The lab's own act, recorded before it is carried out. */
  kill: { node: string; pid: number };
  /** `expected` is false when somebody else stopped or continued the process and the lab found out. */
  pause: { node: string; pid: number; expected?: boolean };
  resume: { node: string; pid: number; expected?: boolean };
  stop: { node: string; pid: number };
  restart: { node: string; clock: "keep" | "lose" };
  /** The data directory of a node that was not running was deleted. */
  wipe: { node: string };
  /** A running node's disk, from now on; the fields are those of a scenario's act "disk". */
  disk: DiskFaultDetail;
  /** Bytes of a node's files were changed; `kind` and what follows it are those of the damage. */
  damage: { node: string; kind: string; file: string; [place: string]: string | number };
  /** The data directory as it was then is kept. */
  "disk-copy": { node: string; label: string };
  /** The data directory of a node that was not running is that of the copy. */
  "old-disk": { node: string; of: string };
  /** What the operating system reported. `expected` is false when nobody asked for it (killed from another terminal, crashed). */
  exited: { node: string; code: number | null; signal: string | null; expected: boolean };
  /** One ordered link changed. Absent settings are at rest. */
  link: { from: string; to: string; settings: Record<string, unknown> };
  /** `groups` lists the sides; `cut` every ordered pair "a>b" that is blocked. `id` is repeated by its heal. */
  partition: { id: number; kind: string; groups: string[][]; cut: string[] };
  heal: { id: number | null };
  /** Proof of effect, at most once a second while a fault works: totals since it began, per ordered pair "a>b". */
  effect: { blocked: Record<string, number>; lost: Record<string, number>; delayed: Record<string, number> };
  /** A message rule is in force from now on, as the scenario has it; until end-rule with its name, or a heal of all. */
  rule: {
    do: string;
    message?: string;
    from?: string;
    to?: string;
    key?: string;
    nth?: number;
    times?: number;
    by?: number;
    name?: string;
  };
  "end-rule": { name: string };
  /** The node's wall clock is wrong by `offset` ms from now on, and by `drift` millionths more. */
  clock: { node: string; offset: number; drift: number };
  load: { running: boolean; opsPerSecond: number };
  /** A step of a scenario begins. */
  step: { number: number; of: number; words: string };
  /** The node was told to compare its keys with those of another. */
  compare: { node: string; with: string };
  note: { text: string };
}
