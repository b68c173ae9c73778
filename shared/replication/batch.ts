/**
 * How large the states of keys are on their way, and how large they may become.
 *
 * A message is one frame, and a frame has a limit: one that is larger never leaves. Whoever puts several keys into a
 * message therefore counts all that a state is made of, not its values alone: what a set or a text is merged by can be
 * thirty times as long as what is shown of it. A batch that cannot leave would be tried again for ever, and whatever
 * waits for it (a hint, a move of the ring, a comparison) with it.
 *
 * One state alone has a limit as well. Without contexts every write adds a sibling, and a key of a thousand siblings
 * could be sent to nobody: it would be on one node only, whatever was acknowledged. So a coordinator refuses the write
 * that would make a key larger than {@link stateBytesMax}. Siblings made apart from each other by a few coordinators still fit
 * into a frame together.
 */
import type { KeyState } from "../clock/dotted.ts";
import type { Key } from "../ids.ts";
import type { KeyStore } from "./key-store.ts";

/** Of one key, after a write: a quarter of what a frame may hold. */
export const stateBytesMax = 4 * 1024 * 1024 - 64 * 1024;
/** Of the states in one batch; a larger one travels alone. */
export const batchBytesMax = 256 * 1024;

/** Around a version: its dot and stamp, and names of fields. */
const versionBytes = 100;
/** Of an entry of a clock. */
const entryBytes = 72;
/** Of a request that was carried out, beside its token. */
const markBytes = 120;

export type KeyItem = readonly [Key, KeyState];

/** As many of these as one batch may carry, with their present states; at least one. */
export function takeBatch(keys: Iterable<Key>, store: KeyStore, keysMax: number): KeyItem[] {
  const items: KeyItem[] = [];
  let bytes = 0;
  for (const key of keys) {
    const state = store.get(key);
    bytes += sizeOf(state);
    if (items.length > 0 && (items.length >= keysMax || bytes > batchBytesMax)) break;
    items.push([key, state]);
  }
  return items;
}

/** About as many bytes as the state takes in a message, rather more than fewer. */
export function sizeOf({ context, versions, marks = [] }: KeyState): number {
  let bytes = Object.keys(context).length * entryBytes;
  for (const { value, facts, after } of versions) {
    bytes += versionBytes + (value === null ? 0 : utf8Length(value));
    if (facts !== undefined) bytes += utf8Length(JSON.stringify(facts));
    if (after !== undefined) bytes += utf8Length(JSON.stringify(after));
  }
  for (const { token } of marks) bytes += markBytes + token.length;
  return bytes;
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    // Half of a pair: four bytes for both.
    bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
