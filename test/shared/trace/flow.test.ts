import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asRequestId } from "../../../shared/ids.ts";
import { countedIn, flowOf } from "../../../shared/trace/flow.ts";
import type { History } from "../../../shared/trace/history.ts";
import { recorded } from "./events.ts";
import { Driver, nodes, play, story } from "./simulated.ts";

const requestsOf = (history: History) =>
  history.all
    .filter(({ name, type }) => name === "request" && type === "local")
    .map((event) => event.request!);

/** One line for each leg. */
function transcript(history: History, request: string): string {
  const flow = flowOf(history, asRequestId(request))!;
  const legs = flow.legs.map(({ kind, from, to, arrived, lost, lostReason, answered, counted }) => {
    const fate = lost === null ? (arrived === null ? "under way" : "arrived") : `lost (${lostReason})`;
    const answer = answered === null ? "no answer" : counted ? "answered, counts" : "answered late";
    return `${kind} ${from} to ${to}: ${fate}, ${answer}`;
  });
  const own = flow.own === null ? [] : [`own ${flow.coordinator}: ${flow.own.counted ? "counts" : "late"}`];
  const { reply } = flow;
  const end = reply === null ? "no reply" : reply.ok ? "ok" : (reply.error ?? "");
  return [`${flow.op} ${flow.key} through ${flow.node}, ${flow.coordinator}`, ...own, ...legs, end].join(
    "\n",
  );
}

describe("the flow of a request", () => {
  it("fans out from its coordinator; the first answers make the quorum", () => {
    const driver = new Driver(nodes, 1);
    driver.lab.run(200);
    driver.lab.put("A", "k", "v");
    driver.lab.run(50);
    const { history } = recorded(driver.lab.events);
    expect(transcript(history, requestsOf(history)[0]!)).toMatchInlineSnapshot(`
      "put k through A, A
      own A: counts
      copy A to B: arrived, answered late
      copy A to C: arrived, answered, counts
      ok"
    `);
  });

  it("shows what a cut took, and who is missing", () => {
    const driver = new Driver(nodes, 1);
    driver.lab.run(200);
    driver.lab.act({ name: "partition", value: { groups: [["A", "B"], ["C"]] as never } });
    driver.lab.put("A", "k", "v");
    driver.lab.run(50);
    const { history } = recorded(driver.lab.events);
    expect(transcript(history, requestsOf(history)[0]!)).toMatchInlineSnapshot(`
      "put k through A, A
      own A: counts
      copy A to B: arrived, answered, counts
      copy A to C: lost (blocked), no answer
      ok"
    `);
  });

  it("follows a forwarded request to the node that coordinates it, and a read to its repair", () => {
    const names = ["A", "B", "C", "D", "E"];
    const driver = new Driver(names, 2);
    driver.lab.run(200);
    driver.lab.put("A", "key-1", "v");
    driver.lab.run(50);
    const { history } = recorded(driver.lab.events);
    const { replicas } = history.event(requestsOf(history).length > 0 ? requestEvent(history) : 0)!
      .detail as {
      replicas: string[];
    };
    const outsider = names.find((name) => !replicas.includes(name))!;
    driver.lab.get(outsider, "key-1");
    driver.lab.run(50);
    const later = recorded(driver.lab.events).history;
    const flow = flowOf(later, requestsOf(later)[1]!)!;
    expect(flow.node).toBe(outsider);
    expect(replicas).toContain(flow.coordinator);
    expect(flow.legs[0]).toMatchObject({
      kind: "forward",
      from: outsider,
      to: flow.coordinator,
      counted: false,
    });
    expect(flow.legs.filter(({ kind }) => kind === "read")).toHaveLength(2);
    expect(flow.reply?.ok).toBe(true);
    expect(countedIn(flow)).toBeGreaterThanOrEqual(2);
  });

  it("is as far as it had come at the moment looked at", () => {
    const driver = new Driver(nodes, 1);
    driver.lab.run(200);
    driver.lab.put("A", "k", "v");
    driver.lab.run(50);
    const { history } = recorded(driver.lab.events);
    const request = requestsOf(history)[0]!;
    const { began, legs, reply } = flowOf(history, request)!;
    const early = flowOf(history, request, legs.at(-1)!.sentAt)!;
    expect(early.legs.every(({ arrived, answered }) => arrived === null && answered === null)).toBe(true);
    expect(early.reply).toBeNull();
    expect(flowOf(history, request, began.at - 1)).toBeNull();
    expect(flowOf(history, request, reply!.at)!.reply).toEqual(reply);
  });

  it("counts exactly a quorum's answers or more for what succeeded, fewer for what did not", () => {
    const property = fc.property(story, fc.nat(10_000), (steps, seed) => {
      const { history } = recorded(play(steps, seed).lab.events);
      for (const request of requestsOf(history)) {
        const flow = flowOf(history, request)!;
        if (flow.reply === null) continue;
        const said = `${request}: ${flow.reply.error ?? "ok"}`;
        if (flow.reply.ok) expect(countedIn(flow), said).toBeGreaterThanOrEqual(2);
        else expect(countedIn(flow), said).toBeLessThan(2);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });
});

const requestEvent = (history: History) => history.all.find(({ name }) => name === "request")!.id;
