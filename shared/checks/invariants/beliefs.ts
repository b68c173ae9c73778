/**
 * A belief about a member never goes back: in one life of a node, what it holds of another is ordered by incarnation,
 * then alive < suspect < dead < left, and only grows. A dead member comes back with a higher incarnation or not at all;
 * where an old rumour can raise the dead, it is the bug of P14.
 *
 * Source: Das, Gupta, Motivala 2002, "SWIM", §4.2.
 */
import { number, text } from "../../trace/detail.ts";
import type { TraceEvent } from "../../trace/event.ts";
import type { Verdict } from "../types.ts";
import { invalid, plural, valid } from "../words.ts";

const checker = "beliefs";

const ranks: Readonly<Record<string, number>> = { alive: 0, suspect: 1, dead: 2, left: 3 };

interface Belief {
  readonly status: string;
  readonly incarnation: number;
  readonly event: TraceEvent;
}

/** Events in the program order of each node. */
export function checkBeliefs(events: readonly TraceEvent[]): Verdict {
  const beliefs = new Map<string, Belief>();
  let changes = 0;
  for (const event of events) {
    if (event.name !== "member" || event.op !== "membership") continue;
    const about = text(event.detail?.["about"]);
    const status = text(event.detail?.["status"]);
    const incarnation = number(event.detail?.["incarnation"]);
    if (about === null || status === null || incarnation === null) continue;
    changes += 1;
    const place = `${event.node} ${event.life} ${about}`;
    const before = beliefs.get(place);
    beliefs.set(place, { status, incarnation, event });
    // One that left is forgotten after a while; what is heard of it then is heard for the first time.
    const isFirst = before === undefined || event.detail?.["previous"] === null;
    if (isFirst || isAbove({ status, incarnation }, before)) continue;
    return invalid(
      checker,
      changes,
      `${event.node} took back what it believed of ${about}.`,
      [],
      [
        `${event.node} held ${about} ${before.status} with incarnation ${before.incarnation}.`,
        `Then it called it ${status} with incarnation ${incarnation}, which is not above that.`,
        "Only a higher incarnation, which only the member itself issues, revives or clears it.",
      ],
      [before.event, event].map(({ node, life, seq }) => ({ node, life, seq })),
    );
  }
  return valid(checker, changes, `${plural(changes, "belief")}: none was ever taken back.`);
}

function isAbove(belief: Pick<Belief, "status" | "incarnation">, before: Belief): boolean {
  if (belief.incarnation !== before.incarnation) return belief.incarnation > before.incarnation;
  return (ranks[belief.status] ?? 0) > (ranks[before.status] ?? 0);
}
