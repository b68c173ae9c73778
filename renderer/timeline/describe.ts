/** Events in words: one sentence that a person can read, or hear. */
import { number, text, texts } from "../../shared/trace/detail.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import { diskSentence } from "../storage/event-words.ts";
import { duration } from "./ticks.ts";

export function sentenceOf(event: RecordedEvent, history: History): string {
  if (event.op === "lab") return labSentence(event);
  const about = event.key === undefined ? "" : ` for key ${event.key}`;
  const peer = event.peer ?? "a node not yet known";
  switch (event.type) {
    case "send":
      return `${event.node} sent ${event.name}${about} to ${peer}${fateOf(event, history)}.`;
    case "receive":
      return `${event.node} received ${event.name}${about} from ${peer}${latencyOf(event, history)}.`;
    case "lost":
      return `${event.name}${about} from ${event.node} to ${peer} was lost: ${reasonOf(event)}.`;
    case "local":
      return localSentence(event);
    default:
      return event.type satisfies never;
  }
}

export function reasonOf(event: RecordedEvent): string {
  const reason = text(event.detail?.["reason"]);
  if (reason === "blocked") return "the link was cut";
  if (reason === "loss") return "the link drops a share of its messages";
  if (reason === "unreachable") return "nobody answered at the other end";
  return reason ?? "for a reason nobody recorded";
}

function fateOf(send: RecordedEvent, history: History): string {
  if (send.message === undefined) return "";
  const receives = history.receives(send.message);
  if (receives.length > 1) return `, which arrived ${receives.length} times`;
  if (receives.length === 1) return "";
  const lost = history.lost(send.message);
  return lost === undefined ? ", and no arrival is recorded" : `, but it was lost: ${reasonOf(lost)}`;
}

function latencyOf(receive: RecordedEvent, history: History): string {
  const send = receive.message === undefined ? undefined : history.send(receive.message);
  return send === undefined ? "" : `, ${duration(receive.at - send.at)} after it was sent`;
}

function localSentence(event: RecordedEvent): string {
  const { node, key, op, detail } = event;
  switch (event.name) {
    case "start":
      return `${node} started${clockNote(text(detail?.["clock"]))}.`;
    case "recovered":
      return `${node} read what it knew from its disk in ${duration(number(detail?.["ms"]) ?? 0)}. ${texts(detail?.["lines"]).join(" ")}`.trim();
    case "reducer":
      return `${node} carried out a call of ${text(detail?.["module"]) ?? "?"}.${text(detail?.["reducer"]) ?? "?"}${callEnd(event)}.`;
    case "stop":
      return `${node} stopped in good order.`;
    case "request":
      return `A client asked ${node} to ${op} ${key ?? "a key"}${coordinated(event)}.`;
    case "reply": {
      if (detail?.["ok"] === true)
        return `${node} answered the client: ${op} ${key ?? ""} done${siblings(event)}.`;
      const error = text(detail?.["error"]);
      return `${node} answered the client: ${op} ${key ?? ""} failed${error === null ? "" : ` (${error.replaceAll("_", " ")})`}.`;
    }
    case "stored":
      return `${node} made a version of ${key ?? "a key"} durable${siblings(event)}.`;
    case "conflict":
      return `${node} now holds ${texts(detail?.["dots"]).length || "several"} concurrent versions of ${key ?? "a key"}: ${texts(detail?.["dots"]).join(" and ")}.`;
    case "discarded":
      return `${node} threw away ${text(detail?.["dot"]) ?? "a version"} of ${key ?? "a key"}: it lost to ${text(detail?.["by"]) ?? "another"} under last write wins.`;
    case "repeated":
      return `${node} had carried out this request before, under the same token, and did not repeat it.`;
    case "hint-kept":
      return `${node} keeps a write of ${key ?? "a key"} for ${text(detail?.["target"]) ?? "an owner"}, which it cannot reach.`;
    case "hints-delivered":
      return `${node} brought ${text(detail?.["target"]) ?? "an owner"} ${keysOf(event)} that it had kept for it.`;
    case "hints-dropped":
      return `${node} gave up ${keysOf(event)} kept for ${text(detail?.["target"]) ?? "an owner"}: ${text(detail?.["reason"]) ?? "no reason given"}.`;
    case "handover":
      return `${node} took over ${keysOf(event)} from ${text(detail?.["from"]) ?? "another node"}.`;
    case "exchange":
      return `${node} began to compare its keys with those of ${text(detail?.["peer"]) ?? "another node"}.`;
    case "exchange-ended":
      return `${node} has compared its keys with ${text(detail?.["peer"]) ?? "another node"}: ${exchangeEnd(event)}.`;
    case "move":
      return `The ring moves for ${text(detail?.["about"]) ?? "a node"} (${text(detail?.["kind"]) ?? "a change"}): ${node} is ${text(detail?.["phase"]) ?? "on the way"}.`;
    case "reaped":
      return `${node} forgot the tombstones of ${keysOf(event)}: every member had agreed.`;
    case "pruned":
      return `${node} took ${texts(detail?.["nodes"]).join(", ")} out of its clocks: they left for good.`;
    case "member":
      return `${node} now believes ${text(detail?.["about"]) ?? "a node"} is ${text(detail?.["status"]) ?? "changed"} (incarnation ${number(detail?.["incarnation"]) ?? 0}).`;
    case "refute":
      return `${node} heard itself called ${text(detail?.["was"]) ?? "dead"} and raised its incarnation to ${number(detail?.["incarnation"]) ?? 0}.`;
    case "event":
      return `${node} did something by itself: ${said(event)}.`;
    case "broadcast":
      return `${node} broadcast ${said(event)} (${text(detail?.["order"]) ?? "in some order"}).`;
    case "held":
      return `${node} has received ${said(event)} and holds it back: it waits for ${text(detail?.["waitsFor"]) ?? "another"}.`;
    case "delivered":
      return `${node} delivered ${said(event)} of ${text(detail?.["origin"]) ?? "another"}.`;
    case "minted":
      return `${node} gave out the number ${text(detail?.["id"]) ?? "?"}.`;
    case "stranger":
      return `${node} refused a connection from ${text(detail?.["from"]) ?? "a stranger"}: ${text(detail?.["reason"]) ?? "no reason given"}.`;
    default:
      return `${node}: ${event.name}${key === undefined ? "" : ` ${key}`}.`;
  }
}

function callEnd({ detail }: RecordedEvent): string {
  if (detail?.["ok"] !== true) return `, which refused: ${text(detail?.["error"]) ?? "no reason given"}`;
  const changed = number(detail["changed"]) ?? 0;
  return `: ${changed === 1 ? "1 row" : `${changed} rows`} changed`;
}

function keysOf(event: RecordedEvent): string {
  const { length } = texts(event.detail?.["keys"]);
  return length === 1 ? `the key ${texts(event.detail?.["keys"])[0]!}` : `${length} keys`;
}

function exchangeEnd({ detail }: RecordedEvent): string {
  const outcome = text(detail?.["outcome"]) ?? "over";
  const { length } = texts(detail?.["keys"]);
  return outcome === "repaired" ? `${length === 1 ? "1 key" : `${length} keys`} repaired` : outcome;
}

const said = (event: RecordedEvent) => `“${text(event.detail?.["text"]) ?? "?"}”`;

function clockNote(clock: string | null): string {
  if (clock === "restored") return " with the clock it had stored";
  if (clock === "lost") return " without its clock: it will use stamps again that it has used before";
  return "";
}

function coordinated(event: RecordedEvent): string {
  const coordinator = text(event.detail?.["coordinator"]);
  if (coordinator === null) return "";
  return coordinator === event.node ? ", which it coordinates itself" : `; ${coordinator} coordinates it`;
}

function siblings(event: RecordedEvent): string {
  const count = number(event.detail?.["siblings"]);
  return count !== null && count > 1
    ? `, beside ${count - 1} concurrent ${count === 2 ? "one" : "ones"}`
    : "";
}

function labSentence(event: RecordedEvent): string {
  const { detail } = event;
  const node = text(detail?.["node"]) ?? "a node";
  switch (event.name) {
    case "cluster":
      return `The lab started a cluster of ${texts(detail?.["nodes"]).length} nodes.`;
    case "kill":
      return `The lab killed ${node} (SIGKILL).`;
    case "pause":
      return `The lab paused ${node}.`;
    case "resume":
      return `The lab let ${node} go on.`;
    case "stop":
      return `The lab asked ${node} to stop.`;
    case "restart":
      return `The lab restarted ${node}${detail?.["clock"] === "lose" ? " without its clock" : ""}.`;
    case "exited":
      return `The process of ${node} ended${text(detail?.["signal"]) === null ? ` with code ${number(detail?.["code"]) ?? "unknown"}` : ` by ${text(detail?.["signal"])}`}${detail?.["expected"] === false ? ", which nobody had asked for" : ""}.`;
    case "node-added":
      return `The lab added ${node}.`;
    case "node-removed":
      return `The lab removed ${node}.`;
    case "node-started":
      return `The process of ${node} runs.`;
    case "partition":
      return `The lab cut the network: ${sidesOf(event)}.`;
    case "heal":
      return "The lab healed the network.";
    case "link":
      return `The lab changed the link from ${text(detail?.["from"]) ?? "?"} to ${text(detail?.["to"]) ?? "?"}.`;
    case "step":
      return `Step ${number(detail?.["number"]) ?? "?"} of the scenario: ${text(detail?.["words"]) ?? "not described"}.`;
    case "note":
      return text(detail?.["text"]) ?? "A note.";
    default:
      return diskSentence(event) ?? `The lab: ${event.name}.`;
  }
}

function sidesOf(event: RecordedEvent): string {
  const groups = event.detail?.["groups"];
  if (!Array.isArray(groups) || groups.length === 0) return `${texts(event.detail?.["cut"]).length} links`;
  return groups.map((group) => texts(group).join(", ")).join(" | ");
}
