/**
 * Two promises of a failure detector, judged from the trace: nobody convicts a member that runs and can be reached
 * (accuracy), and everybody soon convicts one that does not run (completeness). No detector can keep both always in an
 * asynchronous network (Chandra and Toueg 1996), so each is asked only where the lab's own acts leave no excuse.
 *
 * Excuses, from the lab's events:
 * - a member that is killed, stopped, exited or paused, whose disk is slow or full, or that has a link, in either
 *   direction, that is cut, clogged, lossy or slow, or a rule on its membership messages, may be convicted until
 *   `settleMs` after it is well again: rumours and suspicions begun before need that long to end;
 * - a member that is down (killed, exited, paused) for less than `noticeMs` need not be noticed, nor need an observer
 *   notice that itself was down or paused in that time.
 * A pause of the observer excuses no verdict of its own: waking up and convicting everybody is a bug (P18).
 */
import { isRecord, number, text, texts } from "../../trace/detail.ts";
import { type Detail, labLane, type TraceEvent } from "../../trace/event.ts";
import type { EventRef, Verdict } from "../types.ts";
import { invalid, plural, valid } from "../words.ts";

export interface MembershipBounds {
  /** How long after a fault its consequences may still appear. */
  readonly settleMs: number;
  /** How long everybody has to notice that a member is down. */
  readonly noticeMs: number;
  /** A link that may delay a message by more than this is not one over which a member can be reached in time. */
  readonly slowMs: number;
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

const membershipMessages = new Set(["PING", "ACK", "PING_REQ", "NACK", "GOSSIP", "JOIN", "JOIN_REPLY"]);

/** What the lab did to each node, as spans of time. */
class Faults {
  readonly #slowMs: number;
  readonly #down = new Map<string, Span[]>();
  readonly #disturbed = new Map<string, Span[]>();
  readonly #started = new Map<string, number>();
  /** What is not at rest now ("link A>B", "partition" …), and the nodes it touches. */
  readonly #causes = new Map<string, readonly string[]>();
  readonly #links = new Map<string, Detail>();
  /** The pairs that the partition cuts. */
  readonly #cut = new Set<string>();

  constructor(events: readonly TraceEvent[], slowMs: number) {
    this.#slowMs = slowMs;
    for (const event of events) {
      if (event.node === labLane) this.#act(event);
      else if (event.name === "start" && event.type === "local") this.#up(event.node, event);
      else if (event.name === "stop" && event.type === "local") this.#goesDown(event.node, event);
    }
  }

  #act(event: TraceEvent): void {
    const { name, detail } = event;
    const node = text(detail?.["node"]);
    const [from, to] = [text(detail?.["from"]), text(detail?.["to"])];
    switch (name) {
      case "kill":
      case "pause":
      case "stop":
      case "exited":
        if (node !== null) this.#goesDown(node, event);
        break;
      case "resume":
        if (node !== null) this.#up(node, event);
        break;
      case "link":
        if (from !== null && to !== null && isRecord(detail?.["settings"])) {
          this.#link(from, to, detail["settings"], event);
        }
        break;
      case "partition":
        this.#set("partition", texts(detail?.["cut"]).flatMap(endsOf), event);
        for (const pair of texts(detail?.["cut"])) this.#cut.add(pair);
        break;
      case "heal":
        this.#heal(event);
        break;
      case "rule":
        if (membershipMessages.has(text(detail?.["message"]) ?? "PING")) {
          const ends = [from, to].filter((end) => end !== null);
          const name = text(detail?.["name"]) ?? String(event.seq);
          this.#set(`rule ${name}`, ends.length > 0 ? ends : [...this.#started.keys()], event);
        }
        break;
      case "end-rule":
        this.#set(`rule ${text(detail?.["name"])}`, [], event);
        break;
      case "disk":
        if (node !== null) this.#disk(node, event);
        break;
      default:
    }
  }

  #link(from: string, to: string, settings: Detail, event: TraceEvent): void {
    this.#links.set(`${from}>${to}`, settings);
    this.#set(`link ${from}>${to}`, this.#isDisturbing(settings) ? [from, to] : [], event);
  }

  /** Copies and changes of order do a failure detector no harm; a delay does when it is long. */
  #isDisturbing({ blocked, clogged, loss, latency }: Detail): boolean {
    if (blocked === true || clogged === true || (number(loss) ?? 0) > 0) return true;
    if (!isRecord(latency)) return false;
    const longest = number(latency["ms"]) ?? number(latency["maxMs"]) ?? 5 * (number(latency["meanMs"]) ?? 0);
    return longest > this.#slowMs;
  }

  /** The partition is over; what becomes of other links is said of each, but that those it cut are not blocked. */
  #heal(event: TraceEvent): void {
    this.#set("partition", [], event);
    for (const pair of this.#cut) {
      const [from = "", to = ""] = endsOf(pair);
      this.#link(from, to, { ...this.#links.get(pair), blocked: false }, event);
    }
    this.#cut.clear();
  }

  /** Nothing leaves a node before it is on disk, so one with a slow or full disk answers late. */
  #disk(node: string, event: TraceEvent): void {
    const { slow, full } = event.detail ?? {};
    if (slow !== undefined) this.#set(`slow ${node}`, (number(slow) ?? 0) > 0 ? [node] : [], event);
    if (full !== undefined) this.#set(`full ${node}`, full === true ? [node] : [], event);
  }

  /** A cause begins to touch these nodes; with none it has ended. */
  #set(cause: string, nodes: readonly string[], event: TraceEvent): void {
    const before = this.#causes.get(cause) ?? [];
    if (nodes.length > 0) this.#causes.set(cause, nodes);
    else this.#causes.delete(cause);
    const touched = new Set([...this.#causes.values()].flat());
    for (const node of new Set([...before, ...nodes])) {
      const spans = this.#disturbed.get(node) ?? [];
      this.#disturbed.set(node, spans);
      const open = spans.at(-1)?.to === Infinity ? spans.at(-1) : undefined;
      if (!touched.has(node)) {
        if (open) open.to = event.at;
      } else if (!open) spans.push({ from: event.at, to: Infinity, event });
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

const endsOf = (pair: string) => pair.split(">");

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
export function checkAccuracy(
  events: readonly TraceEvent[],
  { settleMs, slowMs }: MembershipBounds,
): Verdict {
  const ordered = inTime(events);
  const faults = new Faults(ordered, slowMs);
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
export function checkCompleteness(
  events: readonly TraceEvent[],
  { noticeMs, slowMs }: MembershipBounds,
): Verdict {
  const ordered = inTime(events);
  const faults = new Faults(ordered, slowMs);
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
