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

/** SHA-256 of bytes given in pieces. A host may have a faster one than the portable one here. */
export interface Hasher {
  /** The bytes are the caller's again when it returns. */
  update(bytes: Uint8Array): void;
  /** Lower-case hex; nothing may be added after it. */
  digest(): string;
}

export function portableHasher(): Hasher {
  const hash = sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => bytesToHex(hash.digest()),
  };
}

/** The line of one event, without its end. */
export function canonicalLine(event: TraceEvent): string {
  const { node, life, seq, at, type, op, name, clock, message, peer, key, request, detail } = event;
  const place = `${JSON.stringify(node)},${life},${seq},${at},"${type}","${op}",${JSON.stringify(name)}`;
  const about = [message, peer, key, request, detail].map((field) => JSON.stringify(field ?? null));
  return `[${place},${clock === null ? "null" : clockText(clock)},${about.join(",")}]`;
}

/** Entries by node name. */
function clockText(clock: VectorClock): string {
  const nodes = Object.keys(clock).sort();
  return `{${nodes.map((node) => `${JSON.stringify(node)}:${clock[node]}`).join(",")}}`;
}

type Placeless = Omit<TraceEvent, "node" | "life" | "seq">;

/**
 * The hash of a trace, event by event: the same as of its lines, without making them. There are hundreds of thousands
 * of events a second, so their bytes are written straight into a buffer.
 */
export class TraceHash {
  readonly #hasher: Hasher;
  readonly #lines = new LineWriter((bytes) => this.#hasher.update(bytes));
  /** Every node met so far, by name, each with its place in a clock's text. */
  #nodes: readonly { readonly node: string; readonly text: string }[] = [];
  #at = 0;
  #atText = "0";

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  add(node: string, life: number, firstSeq: number, events: readonly Placeless[]): void {
    const lines = this.#lines;
    const place = `[${JSON.stringify(node)},${life},`;
    let seq = firstSeq;
    for (const event of events) {
      if (event.at !== this.#at) {
        this.#at = event.at;
        this.#atText = String(event.at);
      }
      lines.text(place);
      lines.count(seq);
      lines.text(",");
      lines.text(this.#atText);
      lines.text(kindText(event.type, event.op));
      lines.quoted(event.name);
      lines.text(",");
      if (event.clock === null) lines.text("null");
      else this.#clock(event.clock);
      lines.optional(event.message);
      lines.optional(event.peer);
      lines.optional(event.key);
      lines.optional(event.request);
      lines.text(",");
      lines.text(event.detail === undefined ? "null" : JSON.stringify(event.detail));
      lines.text("]\n");
      seq += 1;
    }
  }

  digest(): string {
    this.#lines.flush();
    return this.#hasher.digest();
  }

  /** The same as `clockText`, without sorting: a cluster has few nodes and many clocks. */
  #clock(clock: VectorClock): void {
    const lines = this.#lines;
    let size = 0;
    for (const _ in clock) size += 1;
    for (const { node } of this.#nodes) if (clock[node] !== undefined) size -= 1;
    if (size > 0) {
      const nodes = new Set([...this.#nodes.map(({ node }) => node), ...Object.keys(clock)]);
      this.#nodes = [...nodes].sort().map((node) => ({ node, text: `${JSON.stringify(node)}:` }));
    }
    let separator = "{";
    for (const { node, text } of this.#nodes) {
      const counter = clock[node];
      if (counter === undefined) continue;
      lines.text(separator);
      lines.text(text);
      lines.count(counter);
      separator = ",";
    }
    lines.text(separator === "{" ? "{}" : "}");
  }
}

const kindTexts = new Map<string, Map<string, string>>();

function kindText(type: string, op: string): string {
  let ops = kindTexts.get(type);
  if (ops === undefined) kindTexts.set(type, (ops = new Map()));
  let text = ops.get(op);
  if (text === undefined) ops.set(op, (text = `,"${type}","${op}",`));
  return text;
}

const bufferBytes = 64 * 1024;
const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
const deleteCode = 0x7f;
const zero = 0x30;

/** UTF-8, collected and handed on in large pieces. */
class LineWriter {
  readonly #full: (bytes: Uint8Array) => void;
  readonly #bytes = new Uint8Array(bufferBytes);
  readonly #digits = new Uint8Array(10);
  #length = 0;

  constructor(full: (bytes: Uint8Array) => void) {
    this.#full = full;
  }

  text(text: string): void {
    const { length } = text;
    if (this.#length + length > bufferBytes) this.flush();
    if (length > bufferBytes) return this.#full(utf8ToBytes(text));
    const bytes = this.#bytes;
    let place = this.#length;
    for (let i = 0; i < length; i += 1) {
      const code = text.charCodeAt(i);
      if (code > deleteCode) return this.#wide(text);
      bytes[place] = code;
      place += 1;
    }
    this.#length = place;
  }

  /** As JSON: ids, names and most keys need no escapes. */
  quoted(text: string): void {
    const { length } = text;
    if (this.#length + length + 2 > bufferBytes) this.flush();
    if (length + 2 > bufferBytes) return this.text(JSON.stringify(text));
    const bytes = this.#bytes;
    let place = this.#length;
    bytes[place] = quote;
    for (let i = 0; i < length; i += 1) {
      const code = text.charCodeAt(i);
      if (code >= deleteCode || code < space || code === quote || code === backslash) {
        return this.text(JSON.stringify(text));
      }
      place += 1;
      bytes[place] = code;
    }
    bytes[place + 1] = quote;
    this.#length = place + 2;
  }

  /** A comma, then the text as JSON, or null. */
  optional(text: string | undefined): void {
    if (text === undefined) this.text(",null");
    else {
      this.text(",");
      this.quoted(text);
    }
  }

  /** A whole number from 0 up. */
  count(value: number): void {
    if (value > 0x3fff_ffff) return this.text(String(value));
    const digits = this.#digits;
    let left = value | 0;
    let size = 0;
    do {
      const rest = (left / 10) | 0;
      digits[size] = zero + left - rest * 10;
      size += 1;
      left = rest;
    } while (left > 0);
    if (this.#length + size > bufferBytes) this.flush();
    while (size > 0) {
      size -= 1;
      this.#bytes[this.#length] = digits[size]!;
      this.#length += 1;
    }
  }

  flush(): void {
    if (this.#length > 0) this.#full(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }

  #wide(text: string): void {
    const encoded = utf8ToBytes(text);
    this.flush();
    this.#full(encoded);
  }
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
