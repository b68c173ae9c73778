/** How a request went, in words. */
import type { Leg, RequestFlow } from "../../shared/trace/flow.ts";
import { duration } from "./ticks.ts";

/** One sentence: what came of it, and whose answers made it so. */
export function flowWords(flow: RequestFlow): string {
  const { reply, began } = flow;
  if (reply === null) return "It has not been answered yet.";
  const after = duration(reply.at - began.at);
  if (reply.repeated) return `Answered after ${after}: it had been carried out before and was not again.`;
  const who = answeredBy(flow);
  if (reply.ok)
    return who.length === 0
      ? `Done after ${after}.`
      : `Done after ${after}, when ${listed(who)} had answered.`;
  const why = (reply.error ?? "failed").replaceAll("_", " ");
  return `Failed after ${after}: ${why}. ${who.length === 0 ? "No owner" : `Only ${listed(who)}`} had answered.`;
}

/** Owners whose answer was there in time, and stand-ins by what they are. */
function answeredBy({ legs, own, coordinator }: RequestFlow): string[] {
  const owners = legs.filter(({ counted }) => counted).map(({ to }) => to as string);
  const standIns = legs
    .filter(({ kind, inTime }) => kind === "hint" && inTime)
    .map(({ to, hintFor }) => `${to} for ${hintFor}`);
  return [...(own?.counted === true ? [coordinator] : []), ...owners, ...standIns];
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`;
}

export function legWords({ kind, from, to, hintFor }: Leg): string {
  switch (kind) {
    case "forward":
      return `${from} forwards to ${to}`;
    case "copy":
      return `copy to ${to}`;
    case "read":
      return `read from ${to}`;
    case "repair":
      return `repair of ${to}`;
    case "hint":
      return `hint to ${to} for ${hintFor ?? "an owner"}`;
  }
}

export type Fate = "counted" | "late" | "lost" | "refused" | "waiting";

export function fateOf(leg: Leg): Fate {
  if (leg.answered !== null) return leg.inTime || leg.kind === "forward" ? "counted" : "late";
  if (leg.lost !== null) return "lost";
  return leg.refused === null ? "waiting" : "refused";
}

export function fateWords(leg: Leg): string {
  const fate = fateOf(leg);
  switch (fate) {
    case "counted":
    case "late": {
      const took = duration(leg.answeredAt! - leg.sentAt);
      if (fate === "counted") return `✓ ${took}`;
      return leg.kind === "repair" ? `✓ ${took}, afterwards` : `✓ ${took}, after the reply`;
    }
    case "lost":
      return `✕ lost${leg.lostReason === null ? "" : `: ${leg.lostReason}`}`;
    case "refused":
      return "↺ the ring had moved";
    case "waiting":
      return leg.arrived === null ? "… not arrived" : "… no answer came";
  }
}
