import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asKey } from "../../../shared/ids.ts";
import type { Causality } from "../../../shared/trace/causality.ts";
import { type ConflictProof, pairsOf, proofOf, proves } from "../../../shared/trace/conflict.ts";
import { text, texts } from "../../../shared/trace/detail.ts";
import type { History } from "../../../shared/trace/history.ts";
import { recorded, TraceBuilder } from "./events.ts";
import { Driver, nodes, play, story } from "./simulated.ts";

const key = asKey("k");

type Trace = { readonly history: History; readonly causality: Causality };

/** Every pair of versions of any key that some replica found side by side. */
function conflictsOf(history: History) {
  const found = new Map<string, { key: ReturnType<typeof asKey>; dots: readonly [string, string] }>();
  for (const event of history.all) {
    if (event.name !== "conflict" || event.key === undefined) continue;
    for (const dots of pairsOf(texts(event.detail?.["dots"])))
      found.set(`${event.key} ${dots.join()}`, { key: event.key, dots });
  }
  return [...found.values()];
}

function namesOf({ history }: Trace, { events }: ConflictProof): string[] {
  return events.map((id) => {
    const { node, name } = history.event(id)!;
    return `${node} ${name}`;
  });
}

describe("why there is a conflict", () => {
  it("two writes with a cut between them: both requests, both writes, the cut", () => {
    const driver = new Driver(nodes, 1);
    driver.lab.run(200);
    driver.partition(["A", "B"], ["C"]);
    driver.put("A", "k", "left");
    driver.lab.run(20);
    driver.put("C", "k", "right");
    driver.lab.run(50);
    driver.heal();
    driver.lab.get("A", "k");
    driver.lab.run(100);
    const trace = recorded(driver.lab.events);
    const [conflict] = conflictsOf(trace.history);
    const proof = proofOf(trace.history, trace.causality, key, conflict!.dots)!;
    expect(namesOf(trace, proof)).toEqual([
      "lab partition",
      "A request",
      "A stored",
      "C request",
      "C stored",
    ]);
    expect(proof.relation).toBe("concurrent");
    const later = proof.sides.find(({ write }) => write.value === "right")!;
    expect(later.blindness).toMatchObject({ kind: "apart", held: [], reason: { kind: "cut" } });
  });

  it("a blind write: what its client said is the whole reason", () => {
    const driver = new Driver(nodes, 2);
    driver.lab.run(200);
    driver.lab.put("A", "k", "first");
    driver.put("A", "k", "second", {});
    driver.lab.run(100);
    const trace = recorded(driver.lab.events);
    const [conflict] = conflictsOf(trace.history);
    const proof = proofOf(trace.history, trace.causality, key, conflict!.dots)!;
    expect(namesOf(trace, proof)).toEqual(["A stored", "A request", "A stored"]);
    expect(proof.sides.map(({ blindness }) => blindness)).toEqual([
      { kind: "earlier" },
      { kind: "unread", context: [] },
    ]);
  });

  it("a write that arrived too late: the message that carried it", () => {
    const driver = new Driver(nodes, 3);
    driver.lab.run(200);
    driver.put("A", "k", "one");
    driver.put("B", "k", "two");
    driver.lab.run(100);
    const trace = recorded(driver.lab.events);
    const [conflict] = conflictsOf(trace.history);
    const proof = proofOf(trace.history, trace.causality, key, conflict!.dots)!;
    const reasons = proof.sides.flatMap(({ blindness }) =>
      blindness.kind === "apart" && blindness.reason !== null ? [blindness.reason.kind] : [],
    );
    expect(reasons).toEqual(["late"]);
    expect(namesOf(trace, proof).filter((name) => name.endsWith("REPLICATE"))).toHaveLength(1);
  });

  it("has no answer where one write had seen the other", () => {
    const driver = new Driver(nodes, 4);
    driver.lab.run(200);
    driver.lab.put("A", "k", "one");
    driver.lab.run(50);
    driver.lab.put("B", "k", "two");
    const { history, causality } = recorded(driver.lab.events);
    const dots = history.all
      .filter(({ name, node, key: of }) => name === "stored" && of === "k" && (node === "A" || node === "B"))
      .map(({ detail }) => text(detail?.["dot"])!);
    const [a, b] = [...new Set(dots)];
    expect(proofOf(history, causality, key, [a!, b!])).toBeNull();
  });

  it("has no answer where the trace lacks one of the writes", () => {
    const trace = new TraceBuilder();
    trace.local("A", "stored", { op: "put", key, detail: { dot: "B:1", siblings: 1 } });
    trace.local("A", "stored", { op: "put", key, detail: { dot: "A:2", siblings: 2 } });
    const { history, causality } = recorded(trace.events);
    expect(proofOf(history, causality, key, ["A:2", "B:1"])).toBeNull();
    expect(proves(history, causality, key, ["A:2", "B:1"], new Set([1, 2]))).toBe(false);
  });
});

describe("whatever led to a conflict", () => {
  it("has a proof from which nothing can be taken, and none is smaller", () => {
    let judged = 0;
    const property = fc.property(story, fc.nat(10_000), (steps, seed) => {
      const { history, causality } = recorded(play(steps, seed).lab.events);
      for (const { key: of, dots } of conflictsOf(history).slice(0, 6)) {
        const proof = proofOf(history, causality, of, dots);
        expect(proof, `${dots.join(" and ")} stand side by side for a reason`).not.toBeNull();
        const events = new Set(proof!.events);
        expect(proves(history, causality, of, dots, events)).toBe(true);
        for (const id of events) {
          const without = new Set([...events].filter((other) => other !== id));
          expect(proves(history, causality, of, dots, without), `without ${id}`).toBe(false);
        }
        expect(smallestByTrying(history, causality, of, dots), "the naive twin").toBe(events.size);
        judged += 1;
      }
    });
    fc.assert(property, { numRuns: 60 });
    expect(judged).toBeGreaterThan(20);
  });
});

/** The size of the smallest proof among all small sets of events that could be part of one. */
function smallestByTrying(
  history: History,
  causality: Causality,
  of: ReturnType<typeof asKey>,
  dots: readonly [string, string],
): number {
  const holds = (ids: readonly number[]) => proves(history, causality, of, dots, new Set(ids));
  const all = history.all.filter(({ op, key }) => op === "lab" || key === of).map(({ id }) => id);
  // An event without which not even all the others are a proof is in every proof.
  const needed = all.filter((id) => !holds(all.filter((other) => other !== id)));
  if (holds(needed)) return needed.length;
  if (all.some((id) => holds([...needed, id]))) return needed.length + 1;
  return needed.length + 2;
}
