/**
 * Transcripts a person can read: a command, a line of dashes, what happened. `UPDATE=1` rewrites what happened.
 *
 * `arrive A C` lets the oldest message from A to C arrive, `arrive A C 2` the second in line before it. Stamps are the
 * vector clock in the order of the members, then Lamport's number; a wall clock shows milliseconds since the start.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { BroadcastOrder } from "../../../shared/broadcast/types.ts";
import { compare, format } from "../../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../../shared/ids.ts";
import { Group, idOf, type Noted, stampOf } from "./group.ts";

interface Session {
  group: Group;
  names: readonly string[];
}

export function checkTranscript(path: string): void {
  const written = readFileSync(path, "utf8");
  const session: Session = { group: new Group(["A"]), names: ["A"] };
  const actual = written.split(/^(?=> )/m).map((block) => {
    if (!block.startsWith("> ")) return block;
    const command = block.split("\n")[0]!.slice(2);
    const before = session.group.noted.length;
    const said = perform(session, command.split(" "));
    const lines = [...session.group.noted.slice(before).map((noted) => tell(session, noted)), ...said];
    return `> ${command}\n----\n${lines.map((line) => `${line}\n`).join("")}\n`;
  });
  const text = `${actual.join("").trimEnd()}\n`;
  if (process.env["UPDATE"]) writeFileSync(path, text);
  else expect(text).toBe(written);
}

function perform(session: Session, [verb, node = "", ...rest]: readonly string[]): string[] {
  const { group } = session;
  switch (verb) {
    case "group":
      session.names = [node, ...rest];
      session.group = new Group(session.names);
      return [];
    case "clock":
      group.offsets.set(asNodeId(node), Number(rest[0]));
      return [];
    case "local":
      group.act(node, { kind: "local", text: rest[0]! });
      return [];
    case "tell":
      group.act(node, { kind: "tell", to: asNodeId(rest[0]!), text: rest[1]! });
      return [];
    case "broadcast":
      group.act(node, {
        kind: "broadcast",
        text: rest[0]!,
        order: (rest[1] ?? "unordered") as BroadcastOrder,
      });
      return [];
    case "mint":
      group.act(node, { kind: "mint" });
      return [];
    case "arrive":
      if (!group.arrive(node, rest[0]!, Number(rest[1] ?? 1) - 1)) throw new Error("nothing is on its way");
      return [];
    case "restart":
      group.restart(node, rest[0] !== "without");
      return [];
    case "leave":
      group.leave(node);
      return [];
    case "order":
      return [`${node} has delivered: ${textsOn(group, node).join(", ")}`];
    case "compare":
      return compared(session, node, rest[0]!);
    default:
      throw new Error(`unknown command: ${verb}`);
  }
}

function tell({ names }: Session, { node, name, detail }: Noted): string {
  const stamp = () => {
    const { vector, lamport } = stampOf({ node, name, detail });
    return `  ${format(vector, names)} ${lamport}`;
  };
  const text = String(detail["text"]);
  switch (name) {
    case "sends":
      return `${node} sends ${text} to ${String(detail["to"])}${stamp()}`;
    case "broadcast":
      return `${node} broadcasts ${text}, number ${String(detail["number"])}${stamp()}`;
    case "held":
      return `${node} holds ${text}: waits for ${String(detail["waitsFor"])}`;
    case "delivered":
      return `${node} delivers ${text} of ${String(detail["origin"])}${stamp()}`;
    case "minted":
      return `${node} mints ${String(detail["id"])}${stamp()}`;
    case "event":
      return `${node} ${text}${stamp()}`;
    default:
      return `${node} ${name} ${text}${stamp()}`;
  }
}

function textsOn(group: Group, node: string): string[] {
  const sent = group.noted.filter(({ name }) => name === "broadcast");
  const texts = new Map(sent.map((noted) => [idOf(noted), String(noted.detail["text"])]));
  return group.delivered(node).map((id) => texts.get(id)!);
}

const inNumbers = (x: number, y: number) => (x < y ? "before" : x > y ? "after" : "equal to");

/** How the three clocks order two events, each the first that happened under its text. */
function compared({ group }: Session, a: string, b: string): string[] {
  const [one, other] = [a, b].map((text) =>
    stampOf(group.noted.find(({ detail }) => detail["text"] === text)!),
  );
  const byVector = compare(one!.vector, other!.vector);
  return [
    `by vector clock ${a} is ${byVector}${byVector === "concurrent" ? " with" : ""} ${b}`,
    `by Lamport clock ${a} is ${inNumbers(one!.lamport, other!.lamport)} ${b}`,
    `by wall clock ${a} is ${inNumbers(one!.wall, other!.wall)} ${b}`,
  ];
}
