/**
 * Walks: what one membership says and does, step by step, as text a person can read.
 *
 * A walk is blocks of `command`, `----`, and the output; lines with # explain. The commands are:
 *   node NAME [seeds=x:1,y:1] [members=b@1,dead c@4] [incarnation=N] [setting=N …]   on the lab preset
 *   start | leave | join ADDRESS
 *   wait MS          lets time pass, with each tick on time
 *   sleep MS         lets time pass without any tick, then ticks
 *   receive NODE KIND [SEQUENCE] [TARGET] [| claim, claim …]      a claim is: STATUS NODE@INCARNATION [by NODE]
 *   unreachable NODE
 *   answering NODE …       from here on these answer PING and PING_REQ by themselves (unprinted), the others never
 *   members | rumours | health
 */
import { asNodeId, type TimeMs } from "../../../shared/ids.ts";
import { Membership } from "../../../shared/membership/membership.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import type {
  Claim,
  MembershipConfig,
  MembershipEffects,
  MembershipMessage,
} from "../../../shared/membership/types.ts";
import type { MemberStatus } from "../../../shared/trace/names.ts";
import { randomFrom } from "./driver.ts";

function parseClaim(text: string): Claim {
  const match = /^(?:(alive|suspect|dead|left) )?(\w+)@(\d+)(?: at (\S+))?(?: by (\w+))?$/.exec(text.trim());
  if (!match) throw new Error(`not a claim: ${text}`);
  const [, status = "alive", node, incarnation, address = `${node}:1`, from = node] = match;
  return {
    node: asNodeId(node!),
    address,
    status: status as MemberStatus,
    incarnation: Number(incarnation),
    from: asNodeId(from!),
  };
}

const parseClaims = (text: string | undefined) => (text ? text.split(",").map(parseClaim) : []);

function formatClaim({ node, address, status, incarnation, from }: Claim): string {
  const at = address === `${node}:1` ? "" : ` at ${address}`;
  return `${status} ${node}@${incarnation}${at}${from === node ? "" : ` by ${from}`}`;
}

function formatMessage(message: MembershipMessage): string {
  const sequence = "sequence" in message ? ` ${message.sequence}` : "";
  const target = message.kind === "PING_REQ" ? ` ${message.target}` : "";
  const claims = "members" in message ? message.members : message.rumours;
  return `${message.kind}${sequence}${target}${claims.length > 0 ? ` | ${claims.map(formatClaim).join(", ")}` : ""}`;
}

function parseMessage(text: string): MembershipMessage {
  const [head, tail] = text.split("|");
  const [kind, first, second] = head!.trim().split(" ");
  const claims = parseClaims(tail);
  const sequence = Number(first);
  switch (kind) {
    case "PING":
    case "ACK":
    case "NACK":
      return { kind, sequence, rumours: claims };
    case "PING_REQ":
      return { kind, sequence, target: asNodeId(second!), address: `${second}:1`, rumours: claims };
    case "GOSSIP":
      return { kind, rumours: claims };
    case "JOIN":
    case "JOIN_REPLY":
      return { kind, members: claims };
    default:
      throw new Error(`not a message: ${text}`);
  }
}

class Walk {
  readonly #begin: TimeMs = 1_000_000;
  #now = this.#begin;
  #membership: Membership | null = null;
  #output: string[] = [];
  #answering: readonly string[] = [];
  #pending: string[] = [];

  run(command: string): string[] {
    this.#output = [];
    const [verb, ...words] = command.split(" ");
    const rest = words.join(" ");
    switch (verb) {
      case "node":
        this.#membership = this.#create(words);
        break;
      case "start":
        this.#node.start(this.#now, this.#fx);
        break;
      case "leave":
        this.#node.leave(this.#now, this.#fx);
        break;
      case "join":
        this.#node.join(this.#now, words, this.#fx);
        break;
      case "wait":
        this.#wait(Number(rest));
        break;
      case "sleep":
        this.#now += Number(rest);
        this.#node.tick(this.#now, this.#fx);
        break;
      case "receive":
        this.#receive(words[0]!, words.slice(1).join(" "));
        break;
      case "unreachable":
        this.#node.unreachable(this.#now, { node: asNodeId(rest), address: `${rest}:1` }, this.#fx);
        break;
      case "answering":
        this.#answering = words;
        break;
      case "members":
        for (const { node, status, incarnation, address, failures } of this.#node.members()) {
          this.#output.push(
            `${node} ${status}@${incarnation} ${address}${failures > 0 ? ` failures ${failures}` : ""}`,
          );
        }
        break;
      case "rumours":
        for (const { claim, transmissions, limit } of this.#node.rumours()) {
          this.#output.push(`${formatClaim(claim)}, told ${transmissions} of ${limit}`);
        }
        break;
      case "health":
        this.#output.push(String(this.#node.localHealth));
        break;
      default:
        throw new Error(`not a command: ${command}`);
    }
    this.#settle();
    return this.#output;
  }

  get #node(): Membership {
    if (!this.#membership) throw new Error("a walk begins with: node NAME");
    return this.#membership;
  }

  readonly #fx: MembershipEffects = {
    send: ({ node, address }, message) => {
      this.#print(`send ${node ?? address} ${formatMessage(message)}`);
      if (node !== null && this.#answering.includes(node)) this.#answer(node, message);
    },
    changed: ({ node, status, incarnation }, previous) =>
      this.#print(`changed ${node}: ${previous ?? "unknown"} → ${status}@${incarnation}`),
    persistIncarnation: (incarnation) => this.#print(`persist incarnation ${incarnation}`),
    refuted: (incarnation, was) => this.#print(`refuted ${was} with @${incarnation}`),
  };

  #print(line: string): void {
    this.#output.push(`${Math.round(this.#now - this.#begin)} ${line}`);
  }

  #answer(by: string, message: MembershipMessage): void {
    if (message.kind === "PING") this.#pending.push(`${by} ACK ${message.sequence}`);
    if (message.kind !== "PING_REQ") return;
    const verdict = this.#answering.includes(message.target) ? "ACK" : "NACK";
    this.#pending.push(`${by} ${verdict} ${message.sequence}`);
  }

  #create(words: string[]): Membership {
    const name = words[0]!;
    const settings = Object.fromEntries(words.slice(1).map((word) => word.split("=") as [string, string]));
    const { seeds, members, incarnation, ...changes } = settings;
    const numbers = Object.entries(changes).map(([setting, value]) => [setting, Number(value)]);
    const config: MembershipConfig = { ...membershipPresets.lab, ...Object.fromEntries(numbers) };
    return new Membership({
      config,
      node: asNodeId(name),
      address: `${name}:1`,
      incarnation: Number(incarnation ?? 0),
      members: parseClaims(members?.replaceAll("-", " ")),
      seeds: seeds?.split(",") ?? [],
      random: randomFrom(7),
      now: this.#now,
    });
  }

  /** Delivers the answers that the last step called for. */
  #settle(): void {
    for (const answer of this.#pending.splice(0)) {
      const [from, ...message] = answer.split(" ");
      this.#receive(from!, message.join(" "));
    }
  }

  #wait(duration: TimeMs): void {
    const end = this.#now + duration;
    while (this.#node.deadline <= end) {
      this.#now = Math.max(this.#now, this.#node.deadline);
      this.#node.tick(this.#now, this.#fx);
      this.#settle();
    }
    this.#now = end;
  }

  #receive(name: string, message: string): void {
    const node = asNodeId(name);
    this.#node.heard(this.#now, node);
    this.#node.receive(this.#now, { node, address: `${name}:1` }, parseMessage(message), this.#fx);
  }
}

/** The same walk with the output as it really is. */
export function rewalk(text: string): string {
  const walk = new Walk();
  const blocks = text.trim().split(/\n\n+/);
  const walked = blocks.map((block) => {
    const lines = block.split("\n----")[0]!.split("\n");
    const commands = lines.filter((line) => !line.startsWith("#"));
    if (commands.length === 0) return lines.join("\n");
    const output = commands.flatMap((command) => walk.run(command));
    return [...lines, "----", ...output].join("\n");
  });
  return `${walked.join("\n\n")}\n`;
}
