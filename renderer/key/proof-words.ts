/** A proof in sentences: what was written, what each write had seen, and so why both stay. */
import type { ConflictProof, Reason, Side } from "../../shared/trace/conflict.ts";
import type { Write } from "../../shared/trace/copies.ts";
import { duration, elapsed } from "../timeline/ticks.ts";

export interface Sentence {
  readonly words: string;
  /** The events it rests on. */
  readonly events: readonly number[];
}

/** `first`: the time of the session's first event, from which times are told. */
export function proofWords(proof: ConflictProof, first: number): readonly Sentence[] {
  const [a, b] = [...proof.sides].sort((one, other) => one.write.at - other.write.at) as [Side, Side];
  return [
    { words: writeWords(a.write, first), events: eventsOf(a.write) },
    { words: writeWords(b.write, first), events: eventsOf(b.write) },
    blindWords(b, a.write, first),
    blindWords(a, b.write, first),
    { words: conclusion(proof), events: [] },
  ];
}

const time = (at: number, first: number) => elapsed(at - first, 1);
const eventsOf = ({ request, stored }: Write) => (request === null ? [stored] : [request, stored]);

function writeWords({ op, value, node, at, dot }: Write, first: number): string {
  const what = op === "delete" ? "deleted the key" : value === null ? "wrote a value" : `wrote “${value}”`;
  return `At ${time(at, first)} a client ${what}; ${node} made it durable as ${dot}.`;
}

function blindWords({ write, blindness }: Side, other: Write, first: number): Sentence {
  const subject = `The write ${write.dot}`;
  switch (blindness.kind) {
    case "earlier":
      return { words: `${subject} came first: there was no ${other.dot} to see.`, events: [] };
    case "unread": {
      const { context } = blindness;
      const events = write.request === null ? [] : [write.request];
      return context.length === 0
        ? { words: `${subject} was blind: its client said that it had read nothing.`, events }
        : {
            words: `${subject} had not seen ${other.dot}: its client said that it had read ${context.join(" and ")}, and no more.`,
            events,
          };
    }
    case "apart": {
      const { held, reason, heardOfLater } = blindness;
      const had = held.length === 0 ? "no copy of the key" : held.join(" and ");
      const why = reason === null ? absent(write, other) : reasonWords(reason, write, other, first);
      const but = heardOfLater
        ? ` Other word of ${other.node} had reached ${write.node} since then, but not this write.`
        : "";
      return {
        words: `${subject} had not seen ${other.dot}: ${write.node} then had ${had}. ${why}${but}`,
        events: reason === null ? [] : [reason.event],
      };
    }
  }
}

function absent(write: Write, other: Write): string {
  return other.at > write.at
    ? `${other.dot} was written ${duration(other.at - write.at)} later.`
    : `The trace has no message that brought ${other.dot} there.`;
}

function reasonWords({ kind, from, to }: Reason, write: Write, other: Write, first: number): string {
  const since = `from ${time(from, first)} ${to === null ? "on" : `to ${time(to, first)}`}`;
  switch (kind) {
    case "cut":
      return `The way from ${other.node} to ${write.node} was cut ${since}.`;
    case "down":
      return `${write.node} did not run ${since}.`;
    case "paused":
      return `${write.node} stood still ${since}.`;
    case "lost":
      return `The message that was to bring it was lost at ${time(from, first)}.`;
    case "late":
      return `The message that brought it arrived ${duration(from - write.at)} after the write.`;
  }
}

function conclusion({ relation }: ConflictProof): string {
  const truth =
    relation === "concurrent"
      ? "No chain of messages leads from one to the other: they are concurrent in truth, too."
      : "One came after the other, but a write replaces only what its writer had read.";
  return `${truth} So both stay, until somebody who has read both writes again.`;
}
