/**
 * A comparison of two nodes' Merkle trees, as its messages tell it: the part of both trees that was looked at, which
 * branches differed, the keys behind them, and what was sent to make them equal.
 *
 * Every message carries its names and hashes into its events, so the whole is drawn from the trace; and since it is a
 * fold of messages in their order, the picture after the first few of them is the same fold over fewer. A branch whose
 * hashes are equal is never opened, which is the point of the tree: what is not drawn was not sent.
 *
 * Source: DeCandia et al. 2007, "Dynamo", §4.7; Merkle 1987, "A Digital Signature Based on a Conventional Encryption
 * Function".
 */
import type { NodeId, TimeMs } from "../ids.ts";
import { isRecord, number, text, texts } from "./detail.ts";
import type { Detail, Json, RecordedEvent } from "./event.ts";
import type { History } from "./history.ts";
import { exchangeEvents } from "./subjects.ts";

export type Verdict = "equal" | "differs" | "open";

/** One node of the two trees, face to face. */
export interface Branch {
  /** Of a range's tree: hexadecimal digits of the hash of its keys. "" for a range's root, and for the root of all. */
  readonly prefix: string;
  readonly range: string;
  /** What the side that asks has here, eight digits; "" when it has no key here. */
  readonly asked: string;
  /** What the other has; null until it has answered. */
  readonly answered: string | null;
  readonly verdict: Verdict;
  readonly isLeaf: boolean;
  readonly branches: readonly Branch[];
  readonly keys: readonly KeyPair[];
}

/** A key under a leaf that differs, with the digests of both sides; "" where it is not held. */
export interface KeyPair {
  readonly key: string;
  readonly asked: string;
  readonly answered: string | null;
  readonly verdict: Verdict;
  /** Its state has been sent, and by the last message it was durable on both sides. */
  readonly repair: "none" | "sent" | "done";
}

export interface ExchangeMessage {
  readonly send: RecordedEvent;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly kind: string;
  readonly bytes: number;
  /** Hashes and digests that it carries. */
  readonly hashes: number;
  readonly arrivedAt: TimeMs | null;
  readonly lost: RecordedEvent | null;
}

export interface Exchange {
  readonly id: string;
  readonly asker: NodeId;
  readonly peer: NodeId;
  readonly began: RecordedEvent;
  readonly reason: string;
  /** Names of the key ranges both own. */
  readonly ranges: readonly string[];
  readonly messages: readonly ExchangeMessage[];
  /** Null while it is under way, or when its end is not in the trace. */
  readonly ended: {
    readonly event: RecordedEvent;
    readonly outcome: string;
    readonly hashes: number;
    readonly keys: readonly string[];
    readonly bytes: number;
    /** What sending every key would have taken. */
    readonly everything: number;
  } | null;
}

/** The comparisons that had begun by then, the newest first, `limit` of them at most. */
export function exchangesAt(history: History, at: TimeMs | null, limit: number): Exchange[] {
  const begun: { readonly id: string; readonly at: TimeMs }[] = [];
  for (const [id, events] of exchangeEvents(history)) {
    const [first] = events;
    if (first !== undefined && (at === null || first.at <= at)) begun.push({ id, at: first.at });
  }
  return begun
    .sort((a, b) => b.at - a.at)
    .slice(0, limit)
    .flatMap(({ id }) => exchangeOf(history, id, at) ?? []);
}

export function exchangeOf(history: History, id: string, at: TimeMs | null = null): Exchange | null {
  return exchangeFrom(history, id, exchangeEvents(history).get(id) ?? [], at);
}

function exchangeFrom(
  history: History,
  id: string,
  all: readonly RecordedEvent[],
  at: TimeMs | null,
): Exchange | null {
  const events = at === null ? all : all.filter((event) => event.at <= at);
  const began = events.find(({ name, type }) => name === "exchange" && type === "local");
  if (began === undefined) return null;
  const end = events.find(({ name, node }) => name === "exchange-ended" && node === began.node);
  return {
    id,
    asker: began.node,
    peer: (text(began.detail?.["peer"]) ?? "") as NodeId,
    began,
    reason: text(began.detail?.["reason"]) ?? "",
    ranges: texts(began.detail?.["ranges"]),
    messages: events
      .filter(({ type, peer }) => type === "send" && peer !== undefined)
      .map((send) => messageOf(history, send, at)),
    ended: end === undefined ? null : endOf(end),
  };
}

function messageOf(history: History, send: RecordedEvent, at: TimeMs | null): ExchangeMessage {
  const isKnown = (event: RecordedEvent) => at === null || event.at <= at;
  const arrived = history.receives(send.message!).find(isKnown);
  const lost = history.lost(send.message!);
  const { detail = {} } = send;
  const listed = ["asked", "differ", "keys"].reduce((sum, name) => sum + entriesOf(detail[name]).length, 0);
  return {
    send,
    from: send.node,
    to: send.peer!,
    kind: send.name,
    bytes: number(detail["bytes"]) ?? 0,
    hashes: listed + (number(detail["more"]) ?? 0),
    arrivedAt: arrived?.at ?? null,
    lost: lost !== undefined && isKnown(lost) ? lost : null,
  };
}

function endOf(event: RecordedEvent): Exchange["ended"] {
  const { detail = {} } = event;
  const count = (name: string) => number(detail[name]) ?? 0;
  return {
    event,
    outcome: text(detail["outcome"]) ?? "",
    hashes: count("hashes"),
    keys: texts(detail["keys"]),
    bytes: count("bytes"),
    everything: count("everything"),
  };
}

const entriesOf = (value: Json | undefined): [string, Json][] =>
  isRecord(value) ? Object.entries(value) : [];

type Open<T> = { -readonly [Name in keyof T]: T[Name] };
type OpenKey = Open<KeyPair>;
type OpenBranch = Open<Omit<Branch, "branches" | "keys">> & { branches: OpenBranch[]; keys: OpenKey[] };

/**
 * Both trees as far as the first `count` messages show them; null before the first hash. `digitsOf` is a key's place in
 * the tree of its range, in hexadecimal digits: messages name leaves and keys, not which key lies under which.
 */
export function treesAfter(
  exchange: Exchange,
  count: number,
  digitsOf: (key: string) => string,
): Branch | null {
  const trees = new Trees(digitsOf);
  for (const message of exchange.messages.slice(0, count)) trees.take(message);
  return trees.root;
}

/** What one question asked about; its answer, with the same step, speaks of no more. */
interface Question {
  readonly branches: readonly OpenBranch[];
  readonly keys: readonly OpenKey[];
  readonly range: string;
}

class Trees {
  root: OpenBranch | null = null;
  /** By range and prefix. */
  readonly #branches = new Map<string, OpenBranch>();
  /** A key lies in one range only. */
  readonly #keys = new Map<string, OpenKey>();
  readonly #questions = new Map<number, Question>();
  readonly #digitsOf: (key: string) => string;

  constructor(digitsOf: (key: string) => string) {
    this.#digitsOf = digitsOf;
  }

  take({ kind, send, lost }: ExchangeMessage): void {
    const { detail = {} } = send;
    const step = number(detail["step"]) ?? 0;
    const question = this.#questions.get(step);
    if (kind === "COMPARE") this.#questions.set(step, this.#asked(detail));
    else if (kind === "COMPARE_KEYS") this.#questions.set(step, this.#askedKeys(detail));
    else if (lost !== null) return;
    else if (kind === "COMPARED" && question !== undefined) this.#compared(question, detail);
    else if (kind === "COMPARED_KEYS" && question !== undefined) this.#comparedKeys(question, detail);
    else if (kind === "REPAIR" || kind === "REPAIRED") this.#repaired(kind, texts(detail["keys"]));
  }

  #asked(detail: Detail): Question {
    const level = number(detail["level"]) ?? 0;
    const within = text(detail["range"]) ?? "";
    const branches = entriesOf(detail["asked"]).map(([name, hash]) => {
      const range = level === 1 ? name : within;
      return this.#branch(level, range, level === 1 ? "" : name, text(hash) ?? "");
    });
    return { branches, keys: [], range: within };
  }

  /** One that was asked about before is where it was: its answer had been lost. */
  #branch(level: number, range: string, prefix: string, asked: string): OpenBranch {
    const known = level === 0 ? this.root : this.#branches.get(nameOf(range, prefix));
    if (known !== undefined && known !== null) return known;
    const branch: OpenBranch = {
      range,
      prefix,
      asked,
      answered: null,
      verdict: "open",
      isLeaf: false,
      branches: [],
      keys: [],
    };
    if (level === 0) return (this.root = branch);
    const parent = level === 1 ? this.root : this.#above(range, prefix.slice(0, -1));
    this.#branches.set(nameOf(range, prefix), branch);
    parent?.branches.push(branch);
    return branch;
  }

  /** The branch with this prefix, or the nearest above it that was looked at. */
  #above(range: string, prefix: string): OpenBranch | null {
    const found = this.#branches.get(nameOf(range, prefix));
    if (found !== undefined || prefix === "") return found ?? this.root;
    return this.#above(range, prefix.slice(0, -1));
  }

  #compared({ branches }: Question, detail: Detail): void {
    const level = number(detail["level"]) ?? 0;
    const differ = new Map(entriesOf(detail["differ"]));
    const leaves = texts(detail["leaves"]);
    for (const branch of branches) {
      const name = level === 1 ? branch.range : branch.prefix;
      const hash = text(differ.get(name));
      // Of a list that was cut off it is not known who is missing.
      if (hash === null && detail["more"] !== undefined) continue;
      branch.verdict = hash === null ? "equal" : "differs";
      branch.answered = hash ?? branch.asked;
      branch.isLeaf = leaves.includes(name);
    }
  }

  #askedKeys(detail: Detail): Question {
    const range = text(detail["range"]) ?? "";
    const keys = entriesOf(detail["keys"]).map(([key, digest]) => {
      const pair = this.#pair(key, range);
      // Asked again after a wait: what had been on its way may have arrived.
      return Object.assign(pair, { asked: text(digest) ?? "", answered: null, verdict: "open" });
    });
    return { branches: [], keys, range };
  }

  #pair(key: string, range: string): OpenKey {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const pair: OpenKey = { key, asked: "", answered: null, verdict: "open", repair: "none" };
    this.#keys.set(key, pair);
    this.#above(range, this.#digitsOf(key))?.keys.push(pair);
    return pair;
  }

  #comparedKeys({ keys, range }: Question, detail: Detail): void {
    for (const [key, digests] of entriesOf(detail["differ"])) {
      const [asked = "", answered = ""] = texts(digests);
      Object.assign(this.#pair(key, range), { asked, answered, verdict: "differs" });
    }
    if (detail["more"] !== undefined) return;
    for (const pair of keys) {
      if (pair.verdict === "open") Object.assign(pair, { answered: pair.asked, verdict: "equal" });
    }
  }

  #repaired(kind: "REPAIR" | "REPAIRED", keys: readonly string[]): void {
    for (const key of keys) {
      const pair = this.#keys.get(key);
      if (pair !== undefined && kind === "REPAIR") pair.repair = "sent";
    }
    if (kind === "REPAIR") return;
    // The answer names only what it sends back; all that it was sent is durable then.
    for (const pair of this.#keys.values()) if (pair.repair === "sent") pair.repair = "done";
  }
}

const nameOf = (range: string, place: string) => `${range}\n${place}`;
