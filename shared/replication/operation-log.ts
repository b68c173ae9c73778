/**
 * The operations this node has coordinated, each with a causal hash (D4).
 *
 * The hash covers the operation, its clock and the hash before it, so the newest one vouches for the whole chain:
 * no line can be changed, dropped or moved without changing every hash after it.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, NodeId, RequestId, TimeMs } from "../ids.ts";
import type { DataOperation, OperationLogItem } from "./types.ts";

/** Lines kept in memory; older ones are the host's. */
export const operationsMax = 1_000;
/** Characters of a value that a line keeps; the hash covers all of them. */
const valueShownMax = 4_096;

/** Texts longer than this are left to the encoder. */
const plainCharsMax = 1_024;

/** The parent of the first operation of a node. */
export const firstParent = "0".repeat(64);

/** SHA-256, hex, of the canonical text: JSON without spaces, the clock as pairs sorted by node. */
export function causalHash(
  parent: string,
  op: DataOperation,
  key: Key,
  value: string | null,
  clock: VectorClock,
): string {
  const nodes = Object.keys(clock).sort();
  const pairs = nodes.map((node) => [node, clock[node]]);
  return bytesToHex(sha256(toBytes(JSON.stringify([parent, op, key, value, pairs]))));
}

/** UTF-8. Most texts are short and plain, and those are copied faster than they are encoded. */
function toBytes(text: string): Uint8Array {
  if (text.length > plainCharsMax) return utf8ToBytes(text);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return utf8ToBytes(text);
    bytes[i] = code;
  }
  return bytes;
}

/** What a line says a read found. */
export function valueRead(values: readonly string[]): string | null {
  return values.length <= 1 ? (values[0] ?? null) : JSON.stringify(values);
}

export class OperationLog {
  readonly #node: NodeId;
  /** Between one and two times `operationsMax` lines, so that dropping old ones costs little. */
  #items: OperationLogItem[];
  #count: number;
  #parent: string;

  constructor(node: NodeId, restored: readonly OperationLogItem[]) {
    this.#node = node;
    this.#items = restored.slice(-operationsMax);
    this.#count = restored.length;
    this.#parent = restored.at(-1)?.hash ?? firstParent;
  }

  /** Operations logged so far, those no longer kept included. */
  get count(): number {
    return this.#count;
  }

  /** The newest operations, oldest first. */
  items(): readonly OperationLogItem[] {
    return this.#items.slice(-operationsMax);
  }

  append(
    id: RequestId,
    op: DataOperation,
    key: Key,
    value: string | null,
    clock: VectorClock,
    at: TimeMs,
  ): OperationLogItem {
    const hash = causalHash(this.#parent, op, key, value, clock);
    const shown =
      value !== null && value.length > valueShownMax ? `${value.slice(0, valueShownMax)}…` : value;
    const item = { id, op, key, value: shown, clock, hash, at, node: this.#node };
    this.#parent = hash;
    this.#count += 1;
    if (this.#items.length >= 2 * operationsMax) this.#items = this.#items.slice(-operationsMax);
    this.#items.push(item);
    return item;
  }
}
