/**
 * Sets, element by element: is every acknowledged element there, and nothing else?
 *
 * A linearizable set is too much to ask of most stores. What must hold in every one: an element that was added and
 * acknowledged is, in the end, in every read; one that was removed stays away; a read holds an element once, and
 * nothing that nobody added. An answer that is wrong for a while and then right is stale, which an eventually
 * consistent store may be; one that is wrong in the last read that could tell is lost, or is back from the dead.
 *
 * A read can tell when no add and remove of the element overlap in a way that leaves both answers open: it must hold
 * the element when an add returned before it began and no remove came after, and the other way round.
 *
 * Source: Kingsbury, Jepsen's `set-full` (stale and lost told apart by the last read), here with removes.
 */
import type { Json } from "../trace/event.ts";
import { inShort, isList } from "./json.ts";
import { canonical } from "./models/model.ts";
import type { History, Limits, Operation, Verdict } from "./types.ts";
import { did, invalid, outOfTime, plural, sentence, unknown, valid } from "./words.ts";

const checker = "set-full";
export const setFullFunctions = ["add", "remove", "read", "get"] as const;

/** All that happened to one element of one set. */
interface Element {
  readonly value: Json;
  readonly changes: Operation[];
}

interface Reading {
  readonly read: Operation;
  /** The elements as canonical text. */
  readonly elements: ReadonlySet<string>;
}

/** A read that answered wrongly, and the acknowledged change that says so. */
interface Fault {
  readonly element: Element;
  readonly read: Operation;
  readonly change: Operation;
}

/** Cost: reads × elements. */
export function checkSetFull(history: History, limits: Limits): Verdict {
  const sets = Map.groupBy(history, (operation) => operation.key ?? "");
  let stale = 0;
  let elements = 0;
  for (const operations of sets.values()) {
    const set = elementsOf(operations);
    const readings: Reading[] = [];
    for (const read of operations.filter(isAnsweredRead)) {
      if (!isList(read.output)) {
        return unknown(
          checker,
          history.length,
          sentence(`${did(read)}, which is not a list, so this is not a history of a set`),
        );
      }
      const names = read.output.map(canonical);
      const reading = { read, elements: new Set(names) };
      const strange = strangerIn(reading, read.output, set) ?? twinIn(reading, names);
      if (strange) return invalid(checker, history.length, strange.summary, strange.proof, strange.why);
      readings.push(reading);
    }
    elements += set.size;
    for (const [name, element] of set) {
      if (limits.isTimeUp()) return outOfTime(checker, history.length);
      const judged = judge(name, element, readings);
      if (judged.last !== null) return refute(history, judged.last);
      if (judged.isStale) stale += 1;
    }
  }
  const staleWords =
    stale === 0 ? "" : `; ${plural(stale, "was", "were")} missing or still there for a while (stale)`;
  return valid(
    checker,
    history.length,
    `No element is lost, back or doubled among ${elements}${staleWords}.`,
  );
}

const isRead = ({ f }: Operation) => f === "read" || f === "get";
const isAnsweredRead = (operation: Operation) => isRead(operation) && operation.outcome === "ok";

function elementsOf(operations: readonly Operation[]): Map<string, Element> {
  const set = new Map<string, Element>();
  for (const operation of operations) {
    if (isRead(operation) || operation.outcome === "fail") continue;
    const name = canonical(operation.input);
    const element = set.get(name) ?? { value: operation.input, changes: [] };
    element.changes.push(operation);
    set.set(name, element);
  }
  return set;
}

interface Anomaly {
  readonly summary: string;
  readonly proof: readonly Operation[];
  readonly why: readonly string[];
}

/** An element of the read that nobody can have added before the read returned. */
function strangerIn(
  { read }: Reading,
  output: readonly Json[],
  set: ReadonlyMap<string, Element>,
): Anomaly | null {
  const value = output.find((item) => {
    const changes = set.get(canonical(item))?.changes ?? [];
    return !changes.some((change) => change.f === "add" && change.invoked < read.returned);
  });
  if (value === undefined) return null;
  return {
    summary: `A read holds ${inShort(value)}, which nobody had added.`,
    proof: [read],
    why: [
      sentence(did(read)),
      `Nobody had asked to add ${inShort(value)} when it returned, or the add failed for sure.`,
    ],
  };
}

function twinIn({ read, elements }: Reading, names: readonly string[]): Anomaly | null {
  if (elements.size === names.length) return null;
  const seen = new Set<string>();
  const name = names.find((name) => seen.size === seen.add(name).size);
  if (name === undefined) return null;
  return {
    summary: `A read holds ${name} twice.`,
    proof: [read],
    why: [sentence(did(read)), `A set holds ${name} once or not at all.`],
  };
}

/** What the reads that can tell say of one element: `last` is a fault of the last of them. */
function judge(
  name: string,
  element: Element,
  readings: readonly Reading[],
): { last: Fault | null; isStale: boolean } {
  let last: Fault | null = null;
  let isStale = false;
  for (const { read, elements } of readings) {
    const change = decider(element, read);
    if (change === null) continue;
    const isRight = elements.has(name) === (change.f === "add");
    if (!isRight) isStale = true;
    last = isRight ? null : { element, read, change };
  }
  return { last, isStale };
}

/** The acknowledged change that fixes what `read` must answer; null while both answers are open. */
function decider({ changes }: Element, read: Operation): Operation | null {
  for (const change of changes) {
    if (change.outcome !== "ok" || change.returned > read.invoked) continue;
    const isOpen = changes.some(
      (other) => other.f !== change.f && other.invoked < read.returned && other.returned > change.invoked,
    );
    if (!isOpen) return change;
  }
  return null;
}

function refute(history: History, { element, read, change }: Fault): Verdict {
  const value = inShort(element.value);
  const isLost = change.f === "add";
  return invalid(
    checker,
    history.length,
    isLost ? `Element ${value} was acknowledged and is lost.` : `Element ${value} was removed and is back.`,
    [change, read],
    [
      sentence(`${did(change)}, and was acknowledged`),
      isLost
        ? sentence(`${did(read)}: it began after that and does not hold ${value}`)
        : sentence(`${did(read)}: it began after that and holds ${value}`),
      isLost
        ? "Nobody removed it meanwhile, and no later read that could tell holds it: it is lost, not stale."
        : "Nobody added it meanwhile, and no later read that could tell is without it: it came back, or never went.",
    ],
  );
}
