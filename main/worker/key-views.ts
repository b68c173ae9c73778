/** What this node keeps of one key, to the last detail, and what it keeps for others. */
import { formatDot, type Version } from "../../shared/clock/dotted.ts";
import type { Key } from "../../shared/ids.ts";
import { HttpError } from "./http.ts";
import type { Subject } from "./views.ts";

export const keyPath = "/api/v1/keys/";

/** One key on this node, as it is stored. Throws HttpError when this node has never heard of it. */
export function keyState({ node, replica }: Subject, key: Key) {
  const state = replica.keys.get(key);
  const hints = replica.hintsOf(key);
  if (state === undefined && hints.length === 0) {
    throw new HttpError("not_found", `${node} holds nothing under the key "${key}", not even a tombstone.`);
  }
  const { context = {}, versions = [], marks = [] } = state ?? {};
  return {
    node_id: node,
    key,
    responsible_nodes: replica.owners(key),
    context,
    versions: versions.map(describe),
    /** Requests that were carried out under a token, and what each wrote. */
    marks: marks.map(({ token, dot }) => ({ token, dot: formatDot(dot) })),
    /** Kept here for owners that could not be reached. */
    hints: hints.map(({ target, state: kept, expires }) => ({
      target,
      context: kept.context,
      versions: kept.versions.map(describe),
      expires_at: new Date(expires).toISOString(),
    })),
  };
}

const describe = ({ dot, value, at, tick, facts, after }: Version) => ({
  dot: formatDot(dot),
  value,
  deleted: value === null,
  at,
  tick: tick ?? 0,
  ...(facts !== undefined && { facts }),
  ...(after !== undefined && { after }),
});

/** Writes kept for owners that could not be reached, by owner. */
export function hints({ node, replica }: Subject) {
  const kept = replica.hints();
  return {
    node_id: node,
    total_keys: kept.reduce((sum, { keys }) => sum + keys, 0),
    hints: kept.map(({ target, keys, oldest }) => ({
      target,
      keys,
      oldest_at: new Date(oldest).toISOString(),
    })),
  };
}
