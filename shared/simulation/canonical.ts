/**
 * The canonical form of a trace: one line of JSON per event, a list of its fields in a fixed order, null where there is
 * none, clocks by node name. Two runs are the same when these lines are, so their SHA-256 names a run.
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
  return `[${quoted(event.node)},${event.life},${event.seq}${canonicalRest(event, clockText)}`;
}

type Placeless = Omit<TraceEvent, "node" | "life" | "seq">;

function canonicalRest(event: Placeless, textOf: (clock: VectorClock) => string): string {
  const { at, type, op, name, clock, message, peer, key, request, detail } = event;
  return `,${at},"${type}","${op}",${quoted(name)},${clock === null ? "null" : textOf(clock)},${optional(message)},${optional(peer)},${optional(key)},${optional(request)},${detail === undefined ? "null" : JSON.stringify(detail)}]`;
}

/** Collects lines and hashes them in large pieces. */
export class TraceHash {
  readonly #hasher: Hasher;
  /** Every node met so far, by name, each with its place in a clock's text. */
  #nodes: readonly { readonly node: string; readonly text: string }[] = [];
  #pending = "";

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  add(node: string, life: number, firstSeq: number, events: readonly Placeless[]): void {
    const place = `[${quoted(node)},${life},`;
    let pending = this.#pending;
    let seq = firstSeq;
    for (const event of events) {
      pending += `${place}${seq}${canonicalRest(event, this.#clockText)}\n`;
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

  /** The same as `clockText`, without sorting: a cluster has few nodes and many clocks. */
  readonly #clockText = (clock: VectorClock): string => {
    let found = 0;
    let entries = "";
    for (const { node, text } of this.#nodes) {
      const counter = clock[node];
      if (counter === undefined) continue;
      entries += found === 0 ? text + counter : `,${text}${counter}`;
      found += 1;
    }
    let size = 0;
    for (const node in clock) if (clock[node] !== undefined) size += 1;
    if (size === found) return `{${entries}}`;
    const nodes = new Set([...this.#nodes.map(({ node }) => node), ...Object.keys(clock)]);
    this.#nodes = [...nodes].sort().map((node) => ({ node, text: `${quoted(node)}:` }));
    return this.#clockText(clock);
  };
}

const pieceChars = 64 * 1024;

/** Ids, names and most keys need no escapes. */
const plain = /^[\w .:>-]*$/;
const quoted = (text: string) => (plain.test(text) ? `"${text}"` : JSON.stringify(text));
const optional = (text: string | undefined) => (text === undefined ? "null" : quoted(text));

/** Entries by node name. */
function clockText(clock: VectorClock): string {
  const nodes = Object.keys(clock).sort();
  return `{${nodes.map((node) => `${quoted(node)}:${clock[node]}`).join(",")}}`;
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
