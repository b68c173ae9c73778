/**
 * What the trace says of the messages of an exchange: enough to draw both trees and the way through them from events
 * alone, live or recorded. See ExchangeMessageDetails in shared/trace/names.
 */
import type { AntiEntropyMessage } from "../replication/anti-entropy/messages.ts";
import type { Detail, Json } from "../trace/event.ts";

/** Hashes and keys that one event lists; a step that asks about more says how many are left out. */
const listedMax = 1_024;
const shortHash = (hash: string) => hash.slice(0, 8);

export function exchangeDetail(body: AntiEntropyMessage): Detail {
  const { exchange, step, bytes } = body;
  const common = { exchange, step, bytes };
  switch (body.kind) {
    case "COMPARE": {
      const { level, range, nodes } = body;
      const asked = named(nodes.map(([name, hash]) => [name, shortHash(hash)]));
      return { ...common, level, range, asked, ...more(nodes) };
    }
    case "COMPARED": {
      const { level, range } = body;
      const differ = named(body.differ.map(([name, hash]) => [name, shortHash(hash)]));
      const leaves = listed(body.differ.filter(([, , isLeaf]) => isLeaf).map(([name]) => name));
      return { ...common, level, range, differ, leaves, ...more(body.differ) };
    }
    case "COMPARE_KEYS": {
      const { range, prefixes, again } = body;
      const keys = named(body.keys.map(([key, digest]) => [key, shortHash(digest)]));
      return { ...common, range, prefixes, keys, again, ...more(body.keys) };
    }
    case "COMPARED_KEYS": {
      const { range } = body;
      const differ = named(body.differ.map(([key, asked, own]) => [key, [shortHash(asked), shortHash(own)]]));
      return { ...common, range, differ, ...more(body.differ) };
    }
    case "DECLINE":
      return { ...common, reason: body.reason };
    case "REPAIR":
    case "REPAIRED":
      return { ...common, keys: listed(body.items.map(([key]) => key)) };
    case "OFFER":
      return { ...common, keys: listed(body.keys.map(([key]) => key)) };
    case "WANTED":
      return { ...common, keys: listed(body.keys) };
  }
}

const listed = <Item>(items: readonly Item[]) => items.slice(0, listedMax);
const more = ({ length }: readonly unknown[]) => (length > listedMax ? { more: length - listedMax } : {});
/** A key may be any text: what has no prototype takes them all. */
const named = (items: readonly (readonly [string, Json])[]): Json => Object.fromEntries(listed(items));
