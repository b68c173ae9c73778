/** What a node saw another go through, from its "member" events. */
import { text } from "../../trace/detail.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { listed } from "./ranges.ts";
import { byTime, result, type Judge } from "./subject.ts";

export const isBelief = (event: RecordedEvent, about: string) =>
  event.name === "member" && event.type === "local" && text(event.detail?.["about"]) === about;
export const statusOf = (event: RecordedEvent) => text(event.detail?.["status"]) ?? "";

export const judgeSameView: Judge<"same-view"> = ({ node, about, statuses, after }, subject) => {
  const words = `after ${listed(after)} ${node} sees ${about} go through the same: ${statuses.join(", ")}`;
  const turns = subject.allLabelled(after);
  if ("found" in turns) return result(words, turns.verdict, turns.found);
  const proof: RecordedEvent[] = [];
  for (const [index, turn] of turns.entries()) {
    const end = turns[index + 1];
    const seen = subject.inTime.filter(
      (event) =>
        event.node === node &&
        isBelief(event, about) &&
        byTime(event, turn) > 0 &&
        (end === undefined || byTime(event, end) < 0),
    );
    const first = seen.slice(0, statuses.length);
    const isAlike = first.every((event, place) => statusOf(event) === statuses[place]);
    if (isAlike && first.length === statuses.length) {
      proof.push(...first);
      continue;
    }
    const found = `After ${after[index]} ${node} saw ${about} ${first.length === 0 ? "as before" : first.map(statusOf).join(", ")}.`;
    const isCutShort = isAlike && end === undefined;
    return result(
      words,
      isCutShort ? "unknown" : "violated",
      isCutShort ? `${found} Then the run ended.` : found,
      first,
    );
  }
  return result(words, "holds", `It was the same ${turns.length} times.`, proof);
};

export const judgeSettled: Judge<"settled"> = (_, { running, inTime }) => {
  const words = "at the end every running node sees the running ones alive, and no others";
  if (running.length === 0) return result(words, "unknown", "No node was running at the end.");
  const nodes = running.map((view) => view.node);
  for (const { node, members } of running) {
    const alive = new Set(members.flatMap((member) => (member.status === "alive" ? [member.node] : [])));
    const other = nodes.find((one) => !alive.has(one)) ?? [...alive].find((one) => !nodes.includes(one));
    if (other === undefined) continue;
    const status = members.find((member) => member.node === other)?.status ?? "not known at all";
    const last = inTime.findLast((event) => event.node === node && isBelief(event, other));
    const is = nodes.includes(other) ? "runs" : "does not run";
    const found = `For ${node}, ${other} is ${status}, but it ${is}.`;
    return result(words, "violated", found, last === undefined ? [] : [last]);
  }
  return result(words, "holds", `${listed(nodes)} agree.`);
};
