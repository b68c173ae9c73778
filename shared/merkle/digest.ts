/**
 * The digest of a key: 16 bytes that are equal on two nodes exactly when they hold the same state of it.
 *
 * Hashing whatever a serialiser makes of an object is the classic mistake: the order of properties, an absent field
 * against an empty one, differ between two nodes that agree, and anti-entropy then finds the same differences for ever
 * (P6; riak_kv #1189). So the encoding is written out here: lists in an order of their own, properties by name, what is
 * absent and what is empty alike. The key is part of it, so a set of digests says which keys there are, too.
 *
 * The hash is SHA-256, of which the first 16 bytes are kept: two different states meet by accident once in 2^64 keys.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { KeyState, Mark, Version } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key } from "../ids.ts";

export const digestBytes = 16;

export interface Digest {
  /** The first {@link digestBytes} count. */
  readonly hash: Uint8Array;
  /** Bytes of the encoding: about what sending the key and its state takes. */
  readonly size: number;
}

export function digestOf(key: Key, state: KeyState): Digest {
  const bytes = utf8ToBytes(encode(key, state));
  return { hash: sha256(bytes), size: bytes.length };
}

/** JSON, so that no two states have one text; strings are quoted, so nothing in them is taken for structure. */
function encode(key: Key, { context, versions, marks = [] }: KeyState): string {
  const kept = versions.map(encodeVersion).sort().join();
  const done = marks.map(encodeMark).sort().join();
  return `[${JSON.stringify(key)},${encodeClock(context)},[${kept}],[${done}]]`;
}

function encodeVersion({ dot, value, at, tick = 0, facts, after }: Version): string {
  const written = `${encodeDot(dot)},${JSON.stringify(value)},${at},${tick}`;
  if (facts === undefined && after === undefined) return `[${written}]`;
  return `[${written},${encodeAny(facts)},${encodeAny(after)}]`;
}

const encodeMark = ({ token, dot, at }: Mark) => `[${JSON.stringify(token)},${encodeDot(dot)},${at}]`;
const encodeDot = ({ node, counter }: Version["dot"]) => `${JSON.stringify(node)},${counter}`;

function encodeClock(clock: VectorClock): string {
  const nodes = Object.keys(clock);
  if (nodes.length > 1) nodes.sort();
  return `{${nodes.map((node) => `${JSON.stringify(node)}:${clock[node]}`).join()}}`;
}

/** Any JSON value, with the properties of objects in the order of their names; nothing at all is no JSON value. */
function encodeAny(value: unknown): string {
  if (value === undefined) return "-";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(encodeAny).join()}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  return `{${names
    .sort()
    .map((name) => `${JSON.stringify(name)}:${encodeAny(fields[name])}`)
    .join()}}`;
}
