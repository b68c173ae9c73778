/**
 * The canonical form of a trace: one line of JSON per event, fields in a fixed order, clocks by node name. Two runs are
 * the same when these lines are, so their SHA-256 names a run.
 *
 * The id is left out, for it only counts the lines. Details keep the order in which the core wrote them, which is part
 * of what the core does.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { TraceEvent } from "../trace/event.ts";

/** SHA-256 of text given in pieces, as UTF-8. A host may have a faster one than the portable one here. */
export interface Hasher {
  update(text: string): void;
  /** Lower-case hex; nothing may be added after it. */
  digest(): string;
}

export function portableHasher(): Hasher {
  const hash = sha256.create();
  return {
    update: (text) => void hash.update(utf8ToBytes(text)),
    digest: () => bytesToHex(hash.digest()),
  };
}

/** The line of one event, without its end. */
export function canonicalLine(event: TraceEvent): string {
  const { node, life, seq } = event;
  return `{"node":${quoted(node)},"life":${life},"seq":${seq}${canonicalRest(event)}`;
}

type Placeless = Omit<TraceEvent, "node" | "life" | "seq">;

function canonicalRest(event: Placeless): string {
  const { at, type, op, name, clock, message, peer, key, request, detail } = event;
  let line = `,"at":${at},"type":"${type}","op":"${op}","name":${quoted(name)},"clock":${clockText(clock)}`;
  if (message !== undefined) line += `,"message":${quoted(message)}`;
  if (peer !== undefined) line += `,"peer":${quoted(peer)}`;
  if (key !== undefined) line += `,"key":${quoted(key)}`;
  if (request !== undefined) line += `,"request":${quoted(request)}`;
  if (detail !== undefined) line += `,"detail":${JSON.stringify(detail)}`;
  return `${line}}`;
}

/** Collects lines and hashes them in large pieces. */
export class TraceHash {
  readonly #hasher: Hasher;
  #pending = "";

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  add(node: string, life: number, firstSeq: number, events: readonly Placeless[]): void {
    const place = `{"node":${quoted(node)},"life":${life},"seq":`;
    let pending = this.#pending;
    let seq = firstSeq;
    for (const event of events) {
      pending += `${place}${seq}${canonicalRest(event)}\n`;
      seq += 1;
    }
    this.#pending = pending;
    if (pending.length > pieceChars) this.#flush();
  }

  digest(): string {
    this.#flush();
    return this.#hasher.digest();
  }

  #flush(): void {
    this.#hasher.update(this.#pending);
    this.#pending = "";
  }
}

const pieceChars = 64 * 1024;

const plain = /^[\w .:>-]*$/;

/** Ids, names and most keys need no escapes. */
const quoted = (text: string) => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

/** Entries by node name. */
function clockText(clock: VectorClock | null): string {
  if (clock === null) return "null";
  let text = "";
  let previous = "";
  for (const node in clock) {
    // Clocks grow by whoever is heard of next, so most are in order only in small clusters of one age.
    if (node < previous) return sortedClockText(clock);
    previous = node;
    text += text === "" ? `{"${node}":${clock[node]}` : `,"${node}":${clock[node]}`;
  }
  return text === "" ? "{}" : `${text}}`;
}

function sortedClockText(clock: VectorClock): string {
  const entries = Object.keys(clock).sort((a, b) => (a < b ? -1 : 1));
  return `{${entries.map((node) => `"${node}":${clock[node]}`).join(",")}}`;
}

/** Where two traces part: the first event that is not the same, from 0. Null when neither has one the other lacks. */
export function firstDifference(
  ours: readonly TraceEvent[],
  theirs: readonly TraceEvent[],
): { readonly index: number; readonly ours: string | null; readonly theirs: string | null } | null {
  const length = Math.max(ours.length, theirs.length);
  for (let index = 0; index < length; index += 1) {
    const [a, b] = [ours[index], theirs[index]];
    const lines = { ours: a ? canonicalLine(a) : null, theirs: b ? canonicalLine(b) : null };
    if (lines.ours !== lines.theirs) return { index, ...lines };
  }
  return null;
}
