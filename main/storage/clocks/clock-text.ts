/**
 * A vector clock as text that a person can read, correct and write: `{"node-1":42,"node-2":15,"$crc32":1234567}`.
 *
 * The checksum is the member `$crc32` of the same object, over the JSON of all other members in the order they stand in.
 * A sidecar file could not be replaced in one step with the clock; `$` cannot begin a node id, so the name is free, and
 * the object stays one of names and numbers. A text without it is taken as written by hand, which is the way back after
 * damage, and is how clocks were stored before there was a checksum.
 */
import { crc32 } from "node:zlib";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import { isNodeId } from "../../../shared/ids.ts";

/** `problem` follows a subject: "is empty", "does not fit its checksum". */
export type DecodedClock = { readonly clock: VectorClock } | { readonly problem: string };

const checksumName = "$crc32";

export function encodeClock(clock: VectorClock): string {
  const members = JSON.stringify(clock);
  const comma = members === "{}" ? "" : ",";
  return `${members.slice(0, -1)}${comma}"${checksumName}":${crc32(members)}}\n`;
}

export function decodeClock(text: string): DecodedClock {
  if (text.trim() === "") return { problem: "is empty" };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: "is not JSON" };
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return { problem: "is no object of nodes and counters" };
  }
  const { [checksumName]: checksum, ...entries } = parsed as Record<string, unknown>;
  for (const [node, counter] of Object.entries(entries)) {
    const problem = problemOf(node, counter);
    if (problem !== null) return { problem };
  }
  if (checksum !== undefined && checksum !== crc32(JSON.stringify(entries))) {
    return { problem: "does not fit its checksum" };
  }
  return { clock: entries as VectorClock };
}

function problemOf(node: string, counter: unknown): string | null {
  if (!isNodeId(node)) return `names ${JSON.stringify(node)}, which is no node`;
  if (Number.isSafeInteger(counter) && (counter as number) > 0) return null;
  const value = typeof counter === "number" ? String(counter) : (JSON.stringify(counter) ?? "nothing");
  return `gives ${node} the counter ${value}, and counters are whole numbers from 1 to ${Number.MAX_SAFE_INTEGER}`;
}
