/** Which quorums a request may ask for, and the sentences that say why not. */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { NodeId } from "../ids.ts";
import { answerers, type Pending } from "./pending.ts";
import { contextMet } from "./session.ts";
import type { ClientRequest, OperationError, OperationErrorCode, Quorum } from "./types.ts";

/**
 * A client may have read from a node that this one has not heard of for a while, but no node gets this many events
 * ahead meanwhile. A context that claims so is forged, and would push real counters out of exact integers. The bound
 * moves with what has been heard: a fixed one, once reached, would refuse the contexts this node itself gave out.
 */
const contextLeadMax = 2 ** 36;
/** A context names the nodes that have coordinated writes of one key. More would outgrow its key's every answer. */
export const contextNodesMax = 1_000;

/** An error before anything was sent or stored. */
export function refusal(
  code: OperationErrorCode,
  message: string,
  replicas: readonly NodeId[] = [],
  failed: readonly NodeId[] = [],
): OperationError {
  return { code, message, definite: true, replicas, successful: [], failed };
}

/** How many of a key's `n` replicas are meant by a word. */
export const ackLevels = {
  one: () => 1,
  quorum: (n: number) => Math.floor(n / 2) + 1,
  all: (n: number) => n,
  /** The coordinator's own copy; the others follow. */
  asynchronous: () => 1,
  /** Every replica, before the client is answered. */
  synchronous: (n: number) => n,
} as const;

/** The quorum in force, or why the request cannot be served whatever the state of the cluster. */
export function checkRequest(
  request: ClientRequest,
  config: Quorum,
  members: number,
  clock: VectorClock,
): { readonly quorum: Quorum } | { readonly error: OperationError } {
  const { quorum: asked, context, session, key, consistency } = request;
  if (consistency === "strong") {
    const message =
      "Strong consistency needs consensus, which this cluster does not have; ask for causal or eventual.";
    return { error: refusal("needs_consensus", message) };
  }
  const met = session && contextMet(session, key);
  if ((context && !isPlausible(context, clock)) || (met && !isPlausible(met, clock))) {
    const message =
      "The context was not issued by this cluster; read the key and send back the context you get.";
    return { error: refusal("bad_context", message) };
  }
  if (!asked) return { quorum: config };
  const quorum = { n: asked.n ?? config.n, r: asked.r ?? config.r, w: asked.w ?? config.w };
  const message = problemOf(quorum, asked.n === undefined ? Infinity : members);
  return message === null ? { quorum } : { error: refusal("bad_quorum", message) };
}

/** Null when `quorum` makes sense: whole numbers, 1 ≤ r, w ≤ n ≤ members. */
export function problemOf({ n, r, w }: Quorum, members: number): string | null {
  if (!Number.isInteger(n) || n < 1) return `n = ${n} replicas make no sense; use a whole number from 1.`;
  if (n > members)
    return `n = ${n} replicas need ${n} nodes, but this node knows ${members}: add nodes or ask for fewer replicas.`;
  if (!Number.isInteger(r) || r < 1 || r > n)
    return `r = ${r} cannot be met; use a whole number from 1 to n = ${n}.`;
  if (!Number.isInteger(w) || w < 1 || w > n)
    return `w = ${w} cannot be met; use a whole number from 1 to n = ${n}.`;
  return null;
}

function isPlausible(context: VectorClock, heard: VectorClock): boolean {
  const counters = Object.entries(context);
  return (
    counters.length <= contextNodesMax &&
    counters.every(([node, counter]) => counter <= (heard[node] ?? 0) + contextLeadMax)
  );
}

/** Why an operation was given up: too few owners exist, or too few can be reached. */
export function quorumMessage(pending: Pending, needed: number, isDefinite: boolean): string {
  const { request, placement, quorum, isSloppy, failed } = pending;
  const { op } = request;
  const what = op === "get" ? `${needed} replies (r)` : `${needed} durable copies (w)`;
  if (placement.owners.length < needed) {
    return `A ${op} needs ${what}, but there is room for only ${placement.owners.length} of ${quorum.n} replicas: add nodes or ask for a smaller quorum.`;
  }
  const successful = answerers(pending);
  const answered = successful.length === 0 ? "" : `only ${list(successful)} answered and `;
  const instead = isSloppy ? ", and too few nodes can stand in for them" : "";
  const effect = isDefinite ? "" : " It may have happened.";
  return `A ${op} needs ${what}, but ${answered}${list(failed)} cannot be reached${instead}: try again later or ask for a smaller quorum.${effect}`;
}

const list = (nodes: readonly NodeId[]) =>
  nodes.length <= 1 ? (nodes[0] ?? "nobody") : `${nodes.slice(0, -1).join(", ")} and ${nodes.at(-1)}`;
