import { describe, expect, it } from "vitest";
import type { RecordedEvent } from "../../../../shared/trace/event.ts";
import { ApplicationTrace, judged, viewOf } from "./record.ts";

const names = Array.from({ length: 8 }, (_, index) => `node-${index + 1}`);
const final = names.map((name) => viewOf(name));
const spread = { about: "newcomer", status: "alive" as const, rounds: 10 };
const curved = { spread: { ...spread, "s-curve": true } };

type Telling = readonly [from: string, to: number, round: number];

/** The newcomer joins; then each telling at its time, in rounds of the lab preset's 60 ms. */
function told(tellings: readonly Telling[]): readonly RecordedEvent[] {
  const trace = new ApplicationTrace();
  for (const name of names) trace.local(name, "start");
  trace.lab("node-added", { node: "newcomer" });
  trace.now = 2_000;
  trace.local("newcomer", "start");
  trace.member("newcomer", "newcomer", "alive");
  const begin = trace.now - 1;
  for (const [from, to, round] of tellings) {
    const node = names[to - 1]!;
    trace.now = begin + round * 60 - 2;
    const detail = { rumours: ["other alive 1", "newcomer alive 1"] };
    trace.send(from, node, `${from} to ${node}`, { name: "GOSSIP", op: "membership", detail });
    trace.receive(node, `${from} to ${node}`, { op: "membership", detail });
    trace.member(node, "newcomer", "alive");
  }
  return trace.events;
}

const inAnS: readonly Telling[] = [
  ["newcomer", 1, 1],
  ["node-1", 2, 2],
  ["node-1", 3, 2.1],
  ["node-2", 4, 3],
  ["node-2", 5, 3.2],
  ["node-3", 6, 3.3],
  ["node-3", 7, 3.4],
  ["node-7", 8, 5],
];
/** 1, 3, 5: most in the end, but told by more, and so by fewer each. */
const withoutTail: readonly Telling[] = names.map((_, index) => [
  index < 3 ? "newcomer" : `node-${(index % 3) + 1}`,
  index + 1,
  1 + index / 10,
]);
/** 1, 2, 6: faster to the end. */
const everFaster: readonly Telling[] = names.map((_, index) => [
  index < 2 ? "newcomer" : `node-${(index % 2) + 1}`,
  index + 1,
  1 + index / 10,
]);
const allAtOnce = names.map((_, index): Telling => ["newcomer", index + 1, 1 + index / 10]);

describe("spread", () => {
  it("is measured in rounds from the first who knew", () => {
    const parts = { nodes: names, final, events: told(inAnS) };
    expect(judged({ spread }, parts)).toMatchObject({
      verdict: "holds",
      found: "It reached 8 nodes in 5.0 rounds of 60 ms, generation by generation 1, 1, 2, 4, 1.",
    });
    expect(judged({ spread: { ...spread, rounds: 4 } }, parts).verdict).toBe("violated");
    const slower = judged(
      { spread: { ...spread, rounds: 2 } },
      parts,
      {},
      { membership: { gossipInterval: 200 } },
    );
    expect(slower.verdict).toBe("holds");
  });

  it("is an S when it grows, and in the end by less than before", () => {
    expect(judged(curved, { nodes: names, final, events: told(inAnS) }).verdict).toBe("holds");
    expect(judged(curved, { nodes: names, final, events: told(withoutTail) })).toMatchObject({
      verdict: "holds",
      found: expect.stringContaining("generation by generation 1, 3, 5."),
    });
    expect(judged(curved, { nodes: names, final, events: told(everFaster) })).toMatchObject({
      verdict: "violated",
      found: expect.stringContaining("generation by generation 1, 2, 6."),
    });
    expect(judged(curved, { nodes: names, final, events: told(allAtOnce) })).toMatchObject({
      verdict: "violated",
      found: "It reached 8 nodes in 1.7 rounds of 60 ms, generation by generation 1, 8.",
    });
    const chain = names.map((_, index): Telling => [
      index === 0 ? "newcomer" : `node-${index}`,
      index + 1,
      index + 1,
    ]);
    expect(judged(curved, { nodes: names, final, events: told(chain) }).verdict).toBe("violated");
  });

  it("must reach everybody who ran from its beginning to the end", () => {
    const events = told(inAnS.slice(0, 7));
    expect(judged({ spread }, { nodes: names, events, final })).toMatchObject({
      verdict: "violated",
      found: "It never reached node-8.",
    });
    const withoutLast = final.map((view) => (view.node === "node-8" ? { ...view, running: false } : view));
    expect(judged({ spread }, { nodes: names, events, final: withoutLast }).verdict).toBe("holds");
    const late = [...told(inAnS)];
    late.push({ ...late[0]!, node: viewOf("latecomer").node, id: 1_000, at: 9_000 });
    expect(
      judged({ spread }, { nodes: names, events: late, final: [...final, viewOf("latecomer")] }).verdict,
    ).toBe("holds");
    expect(judged({ spread: { ...spread, about: "nobody" } }, { nodes: names, events, final }).verdict).toBe(
      "violated",
    );
  });

  it("counts only what came after its label", () => {
    const label = { joined: { action: "add", node: "newcomer" } };
    const after = { spread: { ...spread, after: "joined" } };
    const events = told(inAnS);
    expect(judged(after, { nodes: names, final, events }, label).verdict).toBe("holds");
    const late = events.map((event) => (event.node === "lab" ? { ...event, at: 9_000 } : event));
    expect(judged(after, { nodes: names, final, events: late }, label).verdict).toBe("violated");
  });

  it("is unknown when no node ran all the time", () => {
    expect(judged({ spread }, { nodes: names, events: told(inAnS) }).verdict).toBe("unknown");
  });
});
