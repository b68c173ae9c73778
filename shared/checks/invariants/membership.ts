/**
 * Two promises of a failure detector, judged from the trace: nobody convicts a member that runs and can be reached
 * (accuracy), and everybody soon convicts one that does not run (completeness). No detector can keep both always in an
 * asynchronous network (Chandra and Toueg 1996), so each is asked only where the lab's own acts leave no excuse.
 *
 * Excuses, from the lab's events:
 * - a member that is killed, stopped, exited, paused, or has a link cut or changed in either direction may be
 *   convicted, until `settleMs` after it is well again: rumours and suspicions begun before need that long to end;
 * - a member that is down (killed, exited, paused) for less than `noticeMs` need not be noticed, nor need an observer
 *   notice that itself was down or paused in that time.
 * A pause of the observer excuses no verdict of its own: waking up and convicting everybody is a bug (P18).
 */
import { number, text, texts } from "../../trace/detail.ts";
import { labLane, type TraceEvent } from "../../trace/event.ts";
import type { EventRef, Verdict } from "../types.ts";
import { invalid, plural, valid } from "../words.ts";

export interface MembershipBounds {
  /** How long after a fault its consequences may still appear. */
  readonly settleMs: number;
  /** How long everybody has to notice that a member is down. */
  readonly noticeMs: number;
}

/** From `from` up to, not including, `to`; Infinity when it lasted to the end of the trace. */
interface Span {
  readonly from: number;
  to: number;
  readonly event: TraceEvent;
}

interface Belief {
  readonly at: number;
  readonly about: string;
  readonly status: string;
  readonly event: TraceEvent;
}

const refOf = ({ node, life, seq }: TraceEvent): EventRef => ({ node, life, seq });
const at = (event: TraceEvent) => `at ${(event.at / 1000).toFixed(3)} s`;

/** What the lab did to each node, as spans of time. */
class Faults {
  readonly #down = new Map<string, Span[]>();
  readonly #disturbed = new Map<string, Span[]>();
  readonly #started = new Map<string, number>();
  /** Links that are not at rest, "a>b", and the partition each cut belongs to. */
  readonly #links = new Set<string>();
  readonly #partitions = new Map<number, readonly string[]>();

  constructor(events: readonly TraceEvent[]) {
    for (const event of events) {
      if (event.node === labLane) this.#act(event);
      else if (event.name === "start" && event.type === "local") this.#up(event.node, event);
      else if (event.name === "stop" && event.type === "local") this.#goesDown(event.node, event);
    }
  }

  #act(event: TraceEvent): void {
    const { name, detail } = event;
    const node = text(detail?.["node"]);
    if (node !== null && (name === "kill" || name === "pause" || name === "stop" || name === "exited")) {
      this.#goesDown(node, event);
    } else if (node !== null && name === "resume") this.#up(node, event);
    else if (name === "link") {
      const [from, to] = [text(detail?.["from"]), text(detail?.["to"])];
      const settings = detail?.["settings"];
      if (from === null || to === null) return;
      if (settings !== null && typeof settings === "object" && Object.keys(settings).length > 0) {
        this.#links.add(`${from}>${to}`);
      } else this.#links.delete(`${from}>${to}`);
      this.#disturb([from, to], event);
    } else if (name === "partition") {
      const cut = texts(detail?.["cut"]);
      this.#partitions.set(number(detail?.["id"]) ?? -1, cut);
      this.#disturb(endsOf(cut), event);
    } else if (name === "heal") {
      const id = number(detail?.["id"]);
      const healed = [...this.#partitions].filter(([known]) => id === null || known === id);
      for (const [known] of healed) this.#partitions.delete(known);
      // Healing everything puts single links to rest as well.
      const nodes = [
        ...endsOf(healed.flatMap(([, cut]) => cut)),
        ...(id === null ? endsOf([...this.#links]) : []),
      ];
      if (id === null) this.#links.clear();
      this.#disturb(nodes, event);
    }
  }

  #goesDown(node: string, event: TraceEvent): void {
    const spans = this.#down.get(node) ?? [];
    this.#down.set(node, spans);
    if (spans.at(-1)?.to !== Infinity) spans.push({ from: event.at, to: Infinity, event });
  }

  #up(node: string, event: TraceEvent): void {
    const open = this.#down.get(node)?.at(-1);
    if (open?.to === Infinity) open.to = event.at;
    if (!this.#started.has(node)) this.#started.set(node, event.at);
  }

  /** The links of these nodes have changed: from here on they are disturbed, or no longer. */
  #disturb(nodes: Iterable<string>, event: TraceEvent): void {
    const cut = new Set([
      ...endsOf([...this.#links]),
      ...[...this.#partitions.values()].flatMap((c) => [...endsOf(c)]),
    ]);
    for (const node of new Set(nodes)) {
      const spans = this.#disturbed.get(node) ?? [];
      this.#disturbed.set(node, spans);
      const open = spans.at(-1)?.to === Infinity ? spans.at(-1) : undefined;
      if (cut.has(node)) {
        if (!open) spans.push({ from: event.at, to: Infinity, event });
      } else if (open) open.to = event.at;
    }
  }

  /** True when nothing touched the node from `from` to `to`, and it had started before. */
  isWell(node: string, from: number, to: number): boolean {
    const touches = (span: Span) => span.from <= to && span.to >= from;
    const isTouched = [...(this.#down.get(node) ?? []), ...(this.#disturbed.get(node) ?? [])].some(touches);
    return !isTouched && (this.#started.get(node) ?? Infinity) <= to;
  }

  /** True when the process ran, unpaused, all the time from `from` to `to`. */
  isUp(node: string, from: number, to: number): boolean {
    const isDown = (this.#down.get(node) ?? []).some((span) => span.from <= to && span.to >= from);
    return !isDown && (this.#started.get(node) ?? Infinity) <= from;
  }

  get downs(): ReadonlyMap<string, readonly Span[]> {
    return this.#down;
  }

  get nodes(): Iterable<string> {
    return this.#started.keys();
  }
}

const endsOf = (links: readonly string[]): Set<string> => new Set(links.flatMap((link) => link.split(">")));

const rank = ({ node }: TraceEvent) => (node === labLane ? 0 : 1);

/** In the order of time; at equal times the lab's acts first, because they cause the rest. */
function inTime(events: readonly TraceEvent[]): TraceEvent[] {
  return [...events].sort((a, b) => a.at - b.at || rank(a) - rank(b));
}

function beliefsOf(events: readonly TraceEvent[]): Map<string, Belief[]> {
  const beliefs = new Map<string, Belief[]>();
  for (const event of events) {
    if (event.node === labLane || event.name !== "member" || event.type !== "local") continue;
    const [about, status] = [text(event.detail?.["about"]), text(event.detail?.["status"])];
    if (about === null || status === null || about === event.node) continue;
    const list = beliefs.get(event.node) ?? [];
    beliefs.set(event.node, list);
    list.push({ at: event.at, about, status, event });
  }
  return beliefs;
}

/** Nobody convicts ("dead") a member that runs and can be reached. `operations` counts convictions. */
export function checkAccuracy(events: readonly TraceEvent[], { settleMs }: MembershipBounds): Verdict {
  const ordered = inTime(events);
  const faults = new Faults(ordered);
  const convictions = [...beliefsOf(ordered).values()].flat().filter(({ status }) => status === "dead");
  for (const { about, at: time, event } of convictions.sort((a, b) => a.at - b.at)) {
    if (!faults.isWell(about, time - settleMs, time)) continue;
    return invalid(
      "membership accuracy",
      convictions.length,
      `${event.node} convicted ${about}, which ran and could be reached.`,
      [],
      [
        `${event.node} called ${about} dead ${at(event)}.`,
        `For ${settleMs} ms before, ${about} was neither stopped nor paused, and none of its links was cut or changed.`,
      ],
      [refOf(event)],
    );
  }
  return valid(
    "membership accuracy",
    convictions.length,
    `No verdict without cause (${plural(convictions.length, "conviction")}).`,
  );
}

/** Everybody convicts a member that is down for `noticeMs`. `operations` counts such members, each time. */
export function checkCompleteness(events: readonly TraceEvent[], { noticeMs }: MembershipBounds): Verdict {
  const ordered = inTime(events);
  const faults = new Faults(ordered);
  const beliefs = beliefsOf(ordered);
  const end = ordered.at(-1)?.at ?? 0;
  let judged = 0;
  for (const [node, spans] of faults.downs) {
    for (const { from, to, event } of spans) {
      const until = from + noticeMs;
      if (to < until || end < until) continue;
      judged += 1;
      for (const observer of faults.nodes) {
        if (observer === node || !faults.isUp(observer, from, until)) continue;
        const belief = beliefs
          .get(observer)
          ?.findLast((belief) => belief.about === node && belief.at <= until);
        if (belief === undefined || belief.status === "dead" || belief.status === "left") continue;
        return invalid(
          "membership completeness",
          judged,
          `${observer} did not notice that ${node} was down.`,
          [],
          [
            `${node} was down from ${(from / 1000).toFixed(3)} s (${event.name}).`,
            `${observer} ran all the time, yet ${noticeMs} ms later it still held ${node} for ${belief.status} (since ${(belief.at / 1000).toFixed(3)} s).`,
          ],
          [refOf(event), refOf(belief.event)],
        );
      }
    }
  }
  return valid(
    "membership completeness",
    judged,
    `Everybody noticed in time (${plural(judged, "member")} down).`,
  );
}
