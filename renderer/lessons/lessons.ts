import type { DataAnswer } from "../../shared/contract/contract.ts";
import { type Guide, newestEvent, runningNodes, statusOf } from "./guide.ts";

export interface Step {
  /** What is done, on the button. */
  readonly action: string;
  /** Why, before it is done. */
  readonly text: string;
  /** Does it; the sentence says what was seen. */
  perform(guide: Guide): Promise<string>;
}

export interface Lesson {
  readonly id: "follow" | "cut" | "clock";
  readonly title: string;
  readonly text: string;
  /** The steps of one run through, with a memory of their own. */
  start(): readonly Step[];
}

const list = (names: readonly string[]) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`;

const quoted = (answer: DataAnswer) => list(answer.values.map(({ value }) => `“${value}”`));

/** Points at the newest event of that name about a key, once it has arrived. */
async function pointAt(guide: Guide, name: string, key: string, since: number): Promise<number> {
  const event = await guide.until(`the event “${name}” of ${key}`, ({ history }) =>
    newestEvent(history.all, (each) => each.id > since && each.name === name && each.key === key),
  );
  guide.point({ kind: "event", id: event.id });
  return event.id;
}

/** The id behind which what comes next will stand. */
const here = (guide: Guide) => guide.until("the timeline", ({ history }) => history.all.at(-1)?.id ?? 0);

function someNode(guide: Guide, among: readonly string[] = runningNodes(guide.lab())): string {
  const running = runningNodes(guide.lab());
  const node = among.find((each) => running.includes(each));
  if (node === undefined) throw new Error("No node runs. Start one with a right click on the cluster map.");
  return node;
}

const follow: Lesson = {
  id: "follow",
  title: "Write a value and follow it",
  text: "One write becomes messages, copies and a reply. See which of them it caused.",
  start() {
    let owners: readonly string[] = [];
    return [
      {
        action: "Write colour = blue",
        text: "A client asks one node to store a value. That node passes it on to the owners of the key.",
        async perform(guide) {
          const since = await here(guide);
          const node = someNode(guide);
          const answer = await guide.call("data.put", { node, key: "colour", value: "blue" });
          owners = answer.replicas;
          await pointAt(guide, "request", "colour", since);
          return `Asked ${node}. ${list(answer.successful)} had it on disk when the reply left, after ${answer.latencyMs.toFixed(1)} ms.`;
        },
      },
      {
        action: "Read it elsewhere",
        text: "What the request caused stands out on the timeline: its future. Now ask another node for the value.",
        async perform(guide) {
          const since = await here(guide);
          const others = runningNodes(guide.lab()).filter((node) => !owners.includes(node));
          const node = someNode(guide, [...others, ...owners.toReversed()]);
          const answer = await guide.call("data.get", { node, key: "colour" });
          await pointAt(guide, "reply", "colour", since);
          return `${node} answered ${quoted(answer)}. The event selected is that reply: everything it could have known, the write included, is in its past.`;
        },
      },
    ];
  },
};

/** Two sides with an owner of the key on each, and every node on one of them. */
export function sidesAround(owners: readonly string[], nodes: readonly string[]): [string[], string[]] {
  const left = [owners[0]!];
  const right = owners.slice(1, Math.max(2, owners.length));
  for (const node of nodes) {
    if (left.includes(node) || right.includes(node)) continue;
    (left.length <= right.length ? left : right).push(node);
  }
  return [left, [...right]];
}

const cut: Lesson = {
  id: "cut",
  title: "Cut the network and write on both sides",
  text: "Two clients write the same key, neither side hears of the other. Which value is right?",
  start() {
    const key = "meeting";
    let sides: readonly [string[], string[]] = [[], []];
    let since = 0;
    return [
      {
        action: "Cut the network",
        text: `Find the owners of the key “${key}” and cut between them, so that each side holds a copy.`,
        async perform(guide) {
          const answer = await guide.call("data.get", { node: someNode(guide), key });
          const running = runningNodes(guide.lab());
          const owners = answer.replicas.filter((node) => running.includes(node));
          if (owners.length < 2)
            throw new Error("This needs two running owners of the key. Start the nodes that are down.");
          sides = sidesAround(owners, running);
          await guide.call("partition.make", { kind: "custom", groups: sides.map((side) => [...side]) });
          return `${list(sides[0])} on one side, ${list(sides[1])} on the other.`;
        },
      },
      {
        action: "Write on both sides",
        text: "Each write waits for one copy only (W = 1), so both succeed. Neither client has read anything before.",
        async perform(guide) {
          since = await here(guide);
          const write = (side: readonly string[], value: string) =>
            guide.call("data.put", { node: someNode(guide, side), key, value, context: {}, w: 1 });
          await Promise.all([write(sides[0], "noon"), write(sides[1], "three o'clock")]);
          await pointAt(guide, "stored", key, since);
          return "Both clients were told that their value is stored. On the timeline no arrow leads from one write to the other: they are concurrent.";
        },
      },
      {
        action: "Heal and read",
        text: "The sides find each other again. A read that asks every owner brings their copies together.",
        async perform(guide) {
          await guide.call("partition.heal", {});
          const owners = [...sides[0], ...sides[1]];
          const answer = await readUntilBoth(guide, someNode(guide, owners), key);
          await pointAt(guide, "conflict", key, since);
          return `The answer holds ${quoted(answer)}. Neither write could have known of the other, so neither is thrown away. The event selected is where the two met.`;
        },
      },
    ];
  },
};

/** Right after a heal an owner may still be thought dead; a read that misses it is asked again. */
async function readUntilBoth(guide: Guide, node: string, key: string): Promise<DataAnswer> {
  const tries = 12;
  for (let left = tries; ; left--) {
    try {
      const answer = await guide.call("data.get", { node, key, r: guide.lab().cluster.n });
      if (answer.values.length > 1 || left === 0) return answer;
    } catch (error) {
      if (left === 0) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const clock: Lesson = {
  id: "clock",
  title: "Kill a node and lose its clock",
  text: "A node that forgets its clock stamps new events with old numbers. See where belief and truth part.",
  start() {
    const key = "counter";
    let node = "";
    return [
      {
        action: "Write through one node",
        text: "Each event gets the node's vector clock, and the clock is kept on disk before anything leaves the node.",
        async perform(guide) {
          const answer = await guide.call("data.put", { node: someNode(guide), key, value: "1" });
          node = someNode(guide, answer.replicas);
          guide.point({ kind: "node", node });
          return `${list(answer.successful)} stored it. Watch ${node}: its lane is selected.`;
        },
      },
      {
        action: "Kill it",
        text: "SIGKILL: no goodbye, no flush. What was on disk is all that is left.",
        async perform(guide) {
          await guide.call("node.kill", { node });
          await guide.until(`${node} to be gone`, (state) =>
            statusOf(state, node) === "killed" ? true : null,
          );
          return `${node} is dead. The others will notice by its silence.`;
        },
      },
      {
        action: "Start it without its clock",
        text: "Its data is still there; its clock store is emptied, as after restoring an old backup.",
        async perform(guide) {
          const since = await here(guide);
          await guide.call("node.restart", { node, clock: "lose" });
          await guide.until(`${node} to run`, (state) => (statusOf(state, node) === "running" ? true : null));
          const start = await guide.until(`the first event of ${node}`, ({ history }) =>
            newestEvent(
              history.all,
              (event) => event.id > since && event.node === node && event.name === "start",
            ),
          );
          const wrong = await guide.until(`a stamp of ${node} that is wrong`, ({ history, causality }) =>
            history
              .lane(start.node)
              .filter((event) => event.life === start.life)
              .slice(0, 500)
              .find((event) => causality.mismatch(event.id) !== null),
          );
          guide.point({ kind: "event", id: wrong.id });
          return `The event selected carries a warning: what ${node} believes of its past is less than what happened.`;
        },
      },
    ];
  },
};

export const lessons: readonly Lesson[] = [follow, cut, clock];
