/**
 * Transcripts a person can read: a command, a line of dashes, what happened. `UPDATE=1` rewrites what happened.
 *
 * Lines tell the sends and the local events about data, with the milliseconds since the command. Dots are named by
 * node and letter in the order in which they appear (node-2.a), since their counters depend on how much was gossiped.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asKey } from "../../../shared/ids.ts";
import type {
  ClientRequest,
  DataOperation,
  OperationOutcome,
  Quorum,
} from "../../../shared/replication/types.ts";
import type { NodeEventDetails } from "../../../shared/trace/names.ts";
import type { Emitted } from "../../../shared/replica/types.ts";
import { Cluster, type Happening } from "./cluster.ts";

interface Session {
  cluster: Cluster;
  /** Contexts that clients keep, by the name after "as". */
  readonly contexts: Map<string, VectorClock>;
  readonly dots: Map<string, string>;
}

/** Runs every command of a transcript and compares what happened with what is written there. */
export function checkTranscript(path: string): void {
  const written = readFileSync(path, "utf8");
  const session: Session = { cluster: new Cluster(), contexts: new Map(), dots: new Map() };
  const blocks = written.split(/^(?=> )/m);
  const actual = blocks.map((block) => {
    if (!block.startsWith("> ")) return block;
    const command = block.split("\n")[0]!.slice(2);
    const happened = perform(session, command.split(" "));
    return `> ${command}\n----\n${happened.map((line) => `${line}\n`).join("")}\n`;
  });
  const text = `${actual.join("").trimEnd()}\n`;
  if (process.env["UPDATE"]) writeFileSync(path, text);
  else expect(text).toBe(written);
}

function perform(session: Session, words: readonly string[]): string[] {
  const { cluster } = session;
  const [verb, node = "", ...rest] = words;
  const begun = cluster.now;
  cluster.happenings.length = 0;
  const happened = () => cluster.happenings.flatMap((each) => tell(session, each, begun));
  switch (verb) {
    case "cluster":
      session.cluster = new Cluster(
        quorumOf(rest) as Quorum,
        rest.includes("classroom") ? "classroom" : "lab",
      );
      session.cluster.startAll(Number(node));
      return [];
    case "put":
    case "get":
    case "delete": {
      const outcome = cluster.ask(node, requestOf(session, verb, rest));
      const name = rest[rest.indexOf("as") + 1];
      if (rest.includes("as") && outcome.ok) session.contexts.set(name!, outcome.result.state.context);
      return [...happened(), ...answer(session, outcome)];
    }
    case "cut": {
      const sides = [node, ...rest]
        .join(" ")
        .split(" | ")
        .map((side) => side.split(" "));
      for (const [i, side] of sides.entries()) {
        for (const from of side) for (const to of sides.toSpliced(i, 1).flat()) cluster.cut(from, to);
      }
      return [];
    }
    case "heal":
      cluster.heal();
      return [];
    case "kill":
      cluster.kill(node);
      return [];
    case "start":
      if (rest.join(" ") === "without clock") cluster.loseClock(node);
      cluster.start(node, [cluster.up[0]!]);
      cluster.settle(cluster.up.length);
      cluster.runUntil(() => !cluster.hasDataTravelling, 5_000);
      return happened();
    case "leave":
      cluster.leave(node);
      cluster.runUntil(() => !cluster.up.some((name) => name === node) && !cluster.hasDataTravelling, 5_000);
      return happened();
    case "run":
      cluster.run(Number(node));
      return happened();
    case "settle":
      cluster.settle(cluster.up.length);
      return happened();
    case "beliefs":
      return cluster.up.map((name) => {
        const views = cluster
          .replica(name)
          .members()
          .map((member) => `${member.node} ${member.status}`);
        return `${name} sees ${views.join(", ")}`;
      });
    case "copies":
      return cluster.up.map((name) => {
        const versions = cluster.replica(name).keys.get(asKey(node))?.versions ?? [];
        const told = versions.map(({ value, dot }) => {
          return `${value ?? "(deleted)"} ${dotName(session, `${dot.node}:${dot.counter}`)}`;
        });
        return `${name}: ${told.join(", ") || "nothing"}`;
      });
    default:
      throw new Error(`unknown command: ${words.join(" ")}`);
  }
}

function quorumOf(words: readonly string[]): Partial<Quorum> {
  return Object.fromEntries(
    words.filter((word) => /^[nrw]=\d+$/.test(word)).map((word) => [word[0]!, Number(word.slice(2))]),
  );
}

/** `put node-1 colour red`, then any of: blind, with <context>, n= r= w=, as <name>. */
function requestOf(
  { contexts }: Session,
  op: DataOperation,
  [key, ...rest]: readonly string[],
): Omit<ClientRequest, "id"> {
  const context = rest.includes("blind") ? {} : contexts.get(rest[rest.indexOf("with") + 1]!);
  const quorum = quorumOf(rest);
  return {
    op,
    key: asKey(key!),
    ...(op === "put" ? { value: rest[0]! } : {}),
    ...(rest.includes("blind") || rest.includes("with") ? { context: context! } : {}),
    ...(Object.keys(quorum).length > 0 ? { quorum } : {}),
  };
}

function tell(session: Session, { at, node, event }: Happening, begun: number): string[] {
  const when = `${String(Math.round(at - begun)).padStart(4)} ms`;
  if (event.type === "lost")
    return isChatter(event.name) ? [] : [`${when}  ✕ ${event.name} for ${event.peer}`];
  if (event.op === "membership" || event.type === "receive") return [];
  const what = event.type === "send" ? sent(event) : local(session, event.name, event.detail!);
  const about = event.type === "local" && event.key !== undefined ? ` ${event.op} ${event.key}` : "";
  return [`${when}  ${node}${about} ${what}`];
}

function sent({ name, peer, detail }: Emitted): string {
  const hintFor = detail?.["hintFor"];
  return `${name} → ${peer}${typeof hintFor === "string" ? ` as a hint for ${hintFor}` : ""}`;
}

const isChatter = (name: string) => /^(PING|ACK|NACK|GOSSIP|JOIN|TOPOLOGY)/.test(name);

const list = (value: unknown) => (value as string[]).join(" ");

function local(session: Session, name: string, detail: Readonly<Record<string, unknown>>): string {
  switch (name) {
    case "request":
      return `request: coordinator ${String(detail["coordinator"])}, replicas ${list(detail["replicas"])}`;
    case "stored":
      return `stored ${dotName(session, String(detail["dot"]))}, siblings ${String(detail["siblings"])}`;
    case "conflict":
      return `conflict between ${(detail["dots"] as string[]).map((dot) => dotName(session, dot)).join(" and ")}`;
    case "handover":
      return `handover from ${String(detail["from"])}: ${list(detail["keys"])}`;
    case "hint-kept":
      return `hint kept for ${String(detail["target"])}`;
    case "hints-delivered":
      return `hints delivered to ${String(detail["target"])}: ${list(detail["keys"])}`;
    case "hints-passed":
      return `hints for ${String(detail["target"])} passed to ${String(detail["to"])}: ${list(detail["keys"])}`;
    case "hints-dropped":
      return `hints for ${String(detail["target"])} dropped, ${String(detail["reason"])}: ${list(detail["keys"])}`;
    case "move": {
      const { about, kind, phase, waitingFor } = detail as unknown as NodeEventDetails["move"];
      const waits = waitingFor?.length ? `, waiting for ${waitingFor.join(" ")}` : "";
      return `move: ${kind} of ${about}: ${phase}${waits}`;
    }
    case "start":
      return `start: clock ${String(detail["clock"])}, ${String(detail["keys"])} keys`;
    case "reply":
      return `reply: ${detail["ok"] === true ? "ok" : String(detail["error"])}`;
    default:
      return name;
  }
}

function dotName({ dots }: Session, dot: string): string {
  const node = dot.split(":")[0]!;
  const sofar = [...dots.keys()].filter((other) => other.startsWith(`${node}:`)).length;
  if (!dots.has(dot)) dots.set(dot, `${node}.${String.fromCodePoint(97 + sofar)}`);
  return dots.get(dot)!;
}

function answer(session: Session, outcome: OperationOutcome): string[] {
  if (!outcome.ok) {
    const { code, message, definite } = outcome.error;
    return [`${code}, ${definite ? "certainly not done" : "may have been done"}: ${message}`];
  }
  const { state, successful, failed } = outcome.result;
  const values = state.versions.map(({ value, dot }) => {
    return `${value ?? "(deleted)"} ${dotName(session, `${dot.node}:${dot.counter}`)}`;
  });
  const failures = failed.length > 0 ? `; failed: ${failed.join(" ")}` : "";
  return [`= ${values.join(" | ") || "nothing"}  (${successful.join(" ")}${failures})`];
}
