/** Message rules and clogs: first alone, with time handed in, then in real processes over the lab's line. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OutgoingRules } from "../../../main/worker/rules.ts";
import type { ActiveRule } from "../../../shared/scenario/rules.ts";
import type { MessageRule } from "../../../shared/scenario/schema.ts";
import { eventually, patient, TestCluster, type TestNode } from "./cluster.ts";

const active = (id: number, rule: object, seen: Record<string, number> = {}): ActiveRule => ({
  id,
  rule: rule as MessageRule,
  seen,
});

describe("rules of what a node sends", () => {
  let log: string[];
  let timers: { ms: number; action: () => void }[];
  let rules: OutgoingRules<string>;

  beforeEach(() => {
    log = [];
    timers = [];
    rules = new OutgoingRules<string>({
      node: "A",
      after: (ms, action) => {
        const timer = { ms, action };
        timers.push(timer);
        return () => (timers = timers.filter((other) => other !== timer));
      },
      describe: (item) => ({ kind: item.split(" ")[0]!, key: item.split(" ")[1] }),
      pass: (to, item) => log.push(`${item} > ${to}`),
      dropped: (to, item, rule) => log.push(`${item} x ${to} by ${rule}`),
      counted: (seen) => log.push(`seen ${JSON.stringify(seen)}`),
    });
  });

  it("without any, a message passes at once", () => {
    rules.send("B", "PING");
    expect(log).toEqual(["PING > B"]);
  });

  it("tells what a counting rule has seen before the message leaves", () => {
    rules.apply([active(4, { do: "drop", message: "PUT", key: "k", nth: 2, name: "second" })], []);
    for (const item of ["PUT k", "PING", "PUT k"]) rules.send("B", item);
    expect(log).toEqual(['seen {"4":1}', "PUT k > B", "PING > B", 'seen {"4":2}', "PUT k x B by second"]);
  });

  it("a message told to wait is overtaken, one told to double goes twice", () => {
    rules.apply(
      [active(1, { do: "delay", message: "SLOW", by: 80 }), active(2, { do: "duplicate", message: "TWICE" })],
      [],
    );
    for (const item of ["SLOW", "TWICE", "PING"]) rules.send("B", item);
    expect(log).toEqual(["TWICE > B", "TWICE > B", "PING > B"]);
    expect(timers.map(({ ms }) => ms)).toEqual([80]);
    timers[0]!.action();
    expect(log.at(-1)).toBe("SLOW > B");
  });

  it("what a rule holds goes when that rule is gone, into a clog where there is one", () => {
    const hold = active(1, { do: "hold", to: "B" });
    rules.apply([hold], ["B"]);
    rules.send("B", "1");
    rules.send("C", "2");
    rules.apply([hold], ["B"]);
    expect(log).toEqual(["2 > C"]);
    rules.apply([], ["B"]);
    rules.send("B", "3");
    expect(log).toEqual(["2 > C"]);
    rules.apply([], []);
    expect(log).toEqual(["2 > C", "1 > B", "3 > B"]);
  });

  it("forgets what it delays when the process ends", () => {
    rules.apply([active(1, { do: "delay", by: 10 })], []);
    rules.send("B", "PING");
    rules.close();
    expect(timers).toEqual([]);
  });
});

describe("real nodes", () => {
  let cluster: TestCluster;
  beforeEach(() => {
    cluster = new TestCluster();
  });
  afterEach(() => cluster.end());

  it("drops the second REPLICATE for key k from node-1, and the trace says by which rule", async () => {
    const [one, two] = await startTwo(cluster);
    const rule = { do: "drop", message: "REPLICATE", from: "node-1", key: "k", nth: 2, name: "the second" };
    one.tell({ kind: "rules", rules: [active(1, rule)], clogged: [] });
    await one.fence();
    expect((await one.put("k", "first")).status).toBe(200);
    expect((await one.put("other", "x")).status).toBe(200);
    await one.put("k", "second");
    const lost = await eventually("the loss", () => one.events.find(({ type }) => type === "lost"));
    expect(lost).toMatchObject({
      name: "REPLICATE",
      peer: "node-2",
      key: "k",
      clock: null,
      detail: { reason: "rule", rule: "the second" },
    });
    const arrived = () => two.events.filter(({ type, key }) => type === "receive" && key === "k");
    expect(arrived().some(({ message }) => message === lost.message)).toBe(false);
    const seen = one.received.flatMap((message) => (message.kind === "seen" ? [message.seen[1]] : []));
    expect(seen.slice(0, 2)).toEqual([1, 2]);
  });

  it("a held message and a clogged link: nothing arrives until the lab lets go", async () => {
    const [one, two] = await startTwo(cluster);
    const received = (key: string) =>
      two.events.filter(
        (event) => event.type === "receive" && event.name === "REPLICATE" && event.key === key,
      );
    const hold = active(1, { do: "hold", message: "REPLICATE", key: "k" });
    one.tell({ kind: "rules", rules: [hold], clogged: [] });
    await one.fence();
    expect((await one.put("k", "held")).status).toBe(200);
    expect((await one.put("other", "passes")).status).toBe(200);
    await eventually("the other key", () => received("other").length === 1);
    expect(received("k")).toEqual([]);
    one.tell({ kind: "rules", rules: [], clogged: [] });
    await eventually("the held message", () => received("k").length === 1);

    one.tell({ kind: "rules", rules: [], clogged: ["node-2"] });
    await one.fence();
    const put = one.put("late", "x", undefined, "?w=2&r=1");
    await eventually("the write to have been sent", () =>
      one.events.some(({ type, key }) => type === "send" && key === "late"),
    );
    one.tell({ kind: "rules", rules: [], clogged: [] });
    expect((await put).status).toBe(200);
    await two.fence();
    expect(received("late")).toHaveLength(1);
  });
});

async function startTwo(cluster: TestCluster): Promise<[TestNode, TestNode]> {
  const flags = ["--n=2", "--r=2", "--w=1", patient];
  return (await cluster.startMany(2, { control: true, flags })) as [TestNode, TestNode];
}
