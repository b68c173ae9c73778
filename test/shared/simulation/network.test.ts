/** Each fault of the network, seen to do what it says. */
import { describe, expect, it } from "vitest";
import type { FaultAction } from "../../../shared/scenario/run.types.ts";
import { node, SimulatedLab } from "./lab.ts";

/** Nothing but what a test sends: no gossip. */
function quiet(names = ["A", "B"]): SimulatedLab {
  return SimulatedLab.ready(names);
}

const link = (value: Extract<FaultAction, { name: "link" }>["value"]): FaultAction => ({
  name: "link",
  value,
});
const [A, B, C] = [node("A"), node("B"), node("C")];

/** Sends so many messages from A to B, and returns their texts in the order of arrival. */
function tell(lab: SimulatedLab, count: number, waitMs = 500): string[] {
  const from = lab.events.length;
  for (let i = 1; i <= count; i += 1) {
    lab.send({
      id: lab.calls.length + 1,
      client: "test",
      node: A,
      request: { kind: "act", act: { kind: "tell", to: B, text: `m${i}` } },
    });
  }
  lab.run(waitMs);
  return lab.events
    .slice(from)
    .filter((event) => event.type === "receive" && event.name === "TELL" && event.node === "B")
    .map((event) => event.detail!["text"] as string);
}

const lost = (lab: SimulatedLab) =>
  lab.events
    .filter((event) => event.type === "lost" && event.name === "TELL")
    .map((event) => event.detail!["reason"]);

const all = (count: number) => Array.from({ length: count }, (_, i) => `m${i + 1}`);

/** Three messages under a rule for the second, and what became of them. */
function rule(what: "drop" | "delay" | "duplicate" | "hold") {
  const lab = quiet();
  lab.act({ name: "rule", value: { do: what, message: "TELL", nth: 2, by: 300, name: "r" } });
  const left = () => lab.lane("A").filter((event) => event.type === "send" && event.name === "TELL");
  const early = tell(lab, 3, 100);
  const second = left()[1]!.detail!["text"] as string;
  const count = early.filter((text) => text === second).length;
  lab.run(400);
  const before = lab.lane("B").filter((event) => event.name === "TELL").length;
  lab.act({ name: "end-rule", value: "r" });
  lab.run(50);
  const after = lab.lane("B").filter((event) => event.name === "TELL").length;
  return { early: early.length, second: count, before, after, lost: lost(lab) };
}

describe("a link", () => {
  it("takes about a millisecond and keeps the order", () => {
    const lab = quiet();
    expect(tell(lab, 20).toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))).toEqual(all(20));
    const sent = new Map(lab.events.filter((e) => e.type === "send").map((e) => [e.message, e.at]));
    const received = lab.events.filter((event) => event.type === "receive" && event.name === "TELL");
    for (const event of received) {
      const took = event.at - sent.get(event.message)!;
      expect(took).toBeGreaterThanOrEqual(1);
      expect(took).toBeLessThan(3);
    }
    // In the order in which they left A.
    const left = lab.lane("A").filter((event) => event.type === "send" && event.name === "TELL");
    expect(received.map((event) => event.message)).toEqual(left.map((event) => event.message));
  });

  it("is as slow as it is told, in one direction only", () => {
    const lab = quiet();
    lab.act(link({ from: A, to: B, latency: { kind: "constant", ms: 70 } }));
    expect(tell(lab, 1, 60)).toEqual([]);
    lab.run(20);
    expect(lab.lane("B").some((event) => event.type === "receive" && event.name === "TELL")).toBe(true);
  });

  it("loses its share, and the sender's lane says so", () => {
    const lab = quiet();
    lab.act(link({ from: A, to: B, loss: 0.5 }));
    const arrived = tell(lab, 200).length;
    expect(arrived).toBeGreaterThan(60);
    expect(arrived).toBeLessThan(140);
    expect(lost(lab)).toEqual(Array.from({ length: 200 - arrived }, () => "loss"));
  });

  it("duplicates its share", () => {
    const lab = quiet();
    lab.act(link({ from: A, to: B, duplicate: 0.5 }));
    expect(tell(lab, 100).length).toBeGreaterThan(120);
  });

  it("lets later messages overtake the share it reorders", () => {
    const lab = quiet();
    lab.act(link({ from: A, to: B, reorder: 0.3 }));
    const arrived = tell(lab, 50);
    const left = lab.lane("A").filter((event) => event.type === "send" && event.name === "TELL");
    expect(arrived).toHaveLength(50);
    expect(arrived).not.toEqual(left.map((event) => event.detail!["text"]));
  });
});

describe("a cut", () => {
  it("goes one way, is silent, and takes what is on its way", () => {
    const lab = quiet();
    lab.act(link({ from: A, to: B, latency: { kind: "constant", ms: 50 } }));
    tell(lab, 1, 20);
    lab.act({ name: "cut", value: { from: A, to: B } });
    expect(tell(lab, 2, 40)).toEqual([]);
    expect(lost(lab)).toEqual(["blocked", "blocked", "blocked"]);
    const acks = lab.lane("A").filter((event) => event.type === "receive" && event.peer === "B");
    expect(acks.length).toBeGreaterThan(0);
    lab.act({ name: "heal", value: "all" });
    expect(tell(lab, 1)).toEqual(["m1"]);
  });

  it("separates the sides of a partition; who is in none stands on a third, and a new one replaces it", () => {
    const lab = quiet(["A", "B", "C"]);
    lab.act({ name: "partition", value: { groups: [[A], [B]] } });
    expect(lab.lane("lab").at(-1)).toMatchObject({
      name: "partition",
      detail: { id: 1, groups: [["A"], ["B"], ["C"]], cut: ["A>B", "A>C", "B>A", "B>C", "C>A", "C>B"] },
    });
    lab.act({ name: "isolate", value: C });
    expect(
      lab
        .lane("lab")
        .slice(-2)
        .map(({ name, detail }) => [name, detail!["id"]]),
    ).toEqual([
      ["heal", 1],
      ["partition", 2],
    ]);
    expect(tell(lab, 1)).toEqual(["m1"]);
    expect(lab.act({ name: "partition", value: { groups: [[A], [A, B, C]] } })).toMatch(/cuts nothing/);
  });
});

describe("a clogged link", () => {
  it("lets messages wait, and lets them go in order", () => {
    const lab = quiet();
    lab.act({ name: "clog", value: { from: A, to: B } });
    expect(tell(lab, 5)).toEqual([]);
    const left = lab.lane("A").filter((event) => event.type === "send" && event.name === "TELL");
    lab.act({ name: "heal", value: "all" });
    lab.run(10);
    const received = lab.lane("B").filter((event) => event.type === "receive" && event.name === "TELL");
    expect(received.map((event) => event.message)).toEqual(left.map((event) => event.message));
  });
});

describe("a rule", () => {
  it("drops, delays, duplicates or holds the nth message", () => {
    expect(rule("drop")).toEqual({ early: 2, second: 0, before: 2, after: 2, lost: ["rule"] });
    expect(rule("delay")).toEqual({ early: 2, second: 0, before: 3, after: 3, lost: [] });
    expect(rule("duplicate")).toEqual({ early: 4, second: 2, before: 4, after: 4, lost: [] });
    expect(rule("hold")).toEqual({ early: 2, second: 0, before: 2, after: 3, lost: [] });
  });
});

describe("a process that does not answer", () => {
  it("refuses at once when it is dead, and its peers notice its end", () => {
    const lab = quiet(["A", "B", "C"]);
    tell(lab, 1);
    lab.act({ name: "kill", value: B });
    expect(lab.until(() => lab.belief("A", "B") !== "alive")).toBeLessThan(50);
    expect(tell(lab, 1, 20)).toEqual([]);
    expect(lost(lab)).toEqual(["unreachable"]);
  });

  it("lets messages wait in its sockets while it is paused, and its overdue timer fires first", () => {
    const lab = quiet(["A", "B", "C"]);
    lab.act({ name: "pause", value: B });
    const before = lab.lane("B").length;
    expect(tell(lab, 3)).toEqual([]);
    expect(lost(lab)).toEqual([]);
    const at = lab.world.time.now;
    lab.act({ name: "resume", value: B });
    lab.run(1);
    const woken = lab.lane("B").slice(before);
    expect(woken[0]!.at).toBeGreaterThanOrEqual(at);
    expect(woken.filter((event) => event.name === "TELL")).toHaveLength(3);
    expect(woken[0]!.type, "what the timer had to do comes first").not.toBe("receive");
  });

  it("leaves a new connection hanging while it is paused, for two seconds", () => {
    const lab = quiet(["A", "B"]);
    lab.act({ name: "pause", value: B });
    lab.act({ name: "restart", value: { node: A, clock: "keep" } });
    const from = lab.events.length;
    lab.run(1_000);
    expect(lab.events.slice(from).filter((event) => event.type === "lost")).toEqual([]);
    lab.until(() => lab.events.slice(from).some((event) => event.type === "lost"));
    lab.act({ name: "resume", value: B });
    lab.until(() => lab.settled(["A", "B"]));
  });

  it("is refused by clients when it is down, and breaks what was under way", () => {
    const lab = quiet(["A", "B", "C"]);
    lab.act({ name: "disk", value: { node: A, slow: 100 } });
    const call = lab.call("A", { op: "put", key: "k", value: "v" });
    lab.run(20);
    lab.act({ name: "kill", value: A });
    lab.run(10);
    expect(lab.answers.get(call.id)).toMatchObject({ ok: false, definite: false, code: "unreachable" });
    expect(lab.put("A", "k", "v")).toMatchObject({ ok: false, definite: true, code: "unreachable" });
  });

  it("keeps a client waiting while it is paused, at most eight seconds", () => {
    const lab = quiet(["A", "B", "C"]);
    lab.act({ name: "pause", value: A });
    const call = lab.call("A", { op: "put", key: "k", value: "v" });
    expect(lab.until(() => lab.answers.has(call.id))).toBeCloseTo(8_000, -1);
    expect(lab.answers.get(call.id)).toMatchObject({ ok: false, definite: false, code: "timed_out" });
  });
});
