import { describe, expect, it } from "vitest";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { Ring } from "../../../shared/ring/ring.ts";
import type { Detail } from "../../../shared/trace/event.ts";
import {
  type Branch,
  type Exchange,
  exchangeOf,
  exchangesAt,
  treesAfter as treesThen,
} from "../../../shared/trace/exchange.ts";
import { recorded, TraceBuilder } from "./events.ts";
import { Driver, nodes } from "./simulated.ts";

/** Two nodes talk; each message arrives a millisecond later unless it is lost. */
class Talk {
  readonly trace = new TraceBuilder();
  #number = 0;

  constructor(id = "A.1.1") {
    const detail = { exchange: id, peer: "B", ranges: ["r1", "r2"], reason: "command" };
    this.trace.local("A", "exchange", { detail });
  }

  say(from: string, name: string, step: number, detail: Detail, isLost = false): void {
    const to = from === "A" ? "B" : "A";
    const message = `m${++this.#number}`;
    const whole = { exchange: "A.1.1", step, bytes: 100, ...detail };
    this.trace.send(from, to, message, { name, detail: whole });
    if (isLost) this.trace.lost(message, "blocked");
    else this.trace.receive(to, message, { detail: whole });
  }

  end(outcome: string, keys: readonly string[]): void {
    const counts = { hashes: 9, bytes: 1_200, everything: 48_000 };
    this.trace.local("A", "exchange-ended", {
      detail: { exchange: "A.1.1", peer: "B", outcome, keys: [...keys], ...counts },
    });
  }

  get exchange() {
    return exchangeOf(recorded(this.trace.events).history, "A.1.1")!;
  }
}

/** One key differs, deep in the second range; every question is answered. */
function repair(): Talk {
  const talk = new Talk();
  talk.say("A", "COMPARE", 1, { level: 0, range: "", asked: { "": "aaaa" } });
  talk.say("B", "COMPARED", 1, { level: 0, range: "", differ: { "": "bbbb" }, leaves: [] });
  talk.say("A", "COMPARE", 2, { level: 1, range: "", asked: { r1: "1111", r2: "2222" } });
  talk.say("B", "COMPARED", 2, { level: 1, range: "", differ: { r2: "2229" }, leaves: [] });
  talk.say("A", "COMPARE", 3, { level: 2, range: "r2", asked: { "0": "0a0a", f: "f0f0" } });
  talk.say("B", "COMPARED", 3, { level: 2, range: "r2", differ: { f: "f0f9" }, leaves: ["f"] });
  talk.say("A", "COMPARE_KEYS", 4, {
    range: "r2",
    prefixes: ["f"],
    keys: { kiwi: "k1", lime: "l1" },
    again: false,
  });
  talk.say("B", "COMPARED_KEYS", 4, { range: "r2", differ: { kiwi: ["k1", "k2"], plum: ["", "p1"] } });
  talk.say("A", "REPAIR", 5, { keys: ["kiwi", "plum"] });
  talk.say("B", "REPAIRED", 5, { keys: ["kiwi", "plum"] });
  talk.end("repaired", ["kiwi", "plum"]);
  return talk;
}

/** Keys that begin alike lie together. */
const digitsOf = (key: string) => (key === "plum" ? "f1" : "f0");
const treesAfter = (exchange: Exchange, count: number) => treesThen(exchange, count, digitsOf);

function drawn(branch: Branch, depth = 0): string {
  const { range, prefix, verdict, asked, answered, isLeaf, branches, keys } = branch;
  const pad = "  ".repeat(depth);
  const name = range === "" ? "all" : prefix === "" ? range : `${range}/${prefix}`;
  const lines = [`${pad}${name} ${asked} ${answered ?? "?"} ${verdict}${isLeaf ? " leaf" : ""}`];
  for (const child of branches) lines.push(drawn(child, depth + 1));
  for (const pair of keys) {
    const { key } = pair;
    lines.push(
      `${pad}  key ${key} ${pair.asked || "-"} ${pair.answered ?? "?"} ${pair.verdict} ${pair.repair}`,
    );
  }
  return lines.join("\n");
}

describe("a comparison of two nodes", () => {
  it("opens what differs and nothing else, down to the keys, and mends them", () => {
    const { exchange } = repair();
    expect(drawn(treesAfter(exchange, exchange.messages.length)!)).toMatchInlineSnapshot(`
      "all aaaa bbbb differs
        r1 1111 1111 equal
        r2 2222 2229 differs
          r2/0 0a0a 0a0a equal
          r2/f f0f0 f0f9 differs leaf
            key kiwi k1 k2 differs done
            key lime l1 l1 equal none
            key plum - p1 differs done"
    `);
    expect(exchange).toMatchObject({ asker: "A", peer: "B", reason: "command", ranges: ["r1", "r2"] });
    expect(exchange.ended).toMatchObject({ outcome: "repaired", bytes: 1_200, everything: 48_000 });
    expect(exchange.messages.map(({ kind, bytes, hashes }) => `${kind} ${bytes} ${hashes}`)).toContain(
      "COMPARE 100 2",
    );
  });

  it("is drawn message by message: what has not been answered is open", () => {
    const { exchange } = repair();
    const after = (count: number) => drawn(treesAfter(exchange, count)!);
    expect(treesAfter(exchange, 0)).toBeNull();
    expect(after(1)).toBe("all aaaa ? open");
    expect(after(2)).toBe("all aaaa bbbb differs");
    expect(after(3)).toContain("r1 1111 ? open");
    expect(after(4)).toContain("r1 1111 1111 equal");
    expect(after(7)).toContain("key kiwi k1 ? open none");
    expect(after(9)).toContain("key kiwi k1 k2 differs sent");
  });

  it("ends at one hash where both sides agree", () => {
    const talk = new Talk();
    talk.say("A", "COMPARE", 1, { level: 0, range: "", asked: { "": "aaaa" } });
    talk.say("B", "COMPARED", 1, { level: 0, range: "", differ: {}, leaves: [] });
    talk.end("equal", []);
    expect(drawn(treesAfter(talk.exchange, 2)!)).toBe("all aaaa aaaa equal");
  });

  it("takes an answer for what was asked in the same step, and for no more", () => {
    const talk = new Talk();
    talk.say("A", "COMPARE", 1, { level: 0, range: "", asked: { "": "aaaa" } });
    talk.say("B", "COMPARED", 1, { level: 0, range: "", differ: { "": "bbbb" }, leaves: [] });
    talk.say("A", "COMPARE", 2, { level: 1, range: "", asked: { r1: "1111", r2: "2222" } }, true);
    talk.say("B", "COMPARED", 1, { level: 0, range: "", differ: { "": "bbbb" }, leaves: [] });
    const tree = drawn(treesAfter(talk.exchange, 4)!);
    expect(tree).toContain("r1 1111 ? open");
    expect(tree).toContain("r2 2222 ? open");
  });

  it("does not take for equal what a list that was cut off may have left out", () => {
    const talk = new Talk();
    talk.say("A", "COMPARE", 1, { level: 0, range: "", asked: { "": "aaaa" } });
    talk.say("B", "COMPARED", 1, { level: 0, range: "", differ: { "": "bbbb" }, leaves: [] });
    talk.say("A", "COMPARE", 2, { level: 1, range: "", asked: { r1: "1111", r2: "2222" } });
    talk.say("B", "COMPARED", 2, { level: 1, range: "", differ: { r1: "1119" }, leaves: [], more: 1 });
    const tree = drawn(treesAfter(talk.exchange, 4)!);
    expect(tree).toContain("r1 1111 1119 differs");
    expect(tree).toContain("r2 2222 ? open");
  });

  it("forgets a difference that was gone when it was asked about again: a write had been on its way", () => {
    const talk = new Talk();
    talk.say("A", "COMPARE", 1, { level: 0, range: "", asked: { "": "aaaa" } });
    talk.say("A", "COMPARE_KEYS", 2, { range: "r1", prefixes: [""], keys: { kiwi: "k1" }, again: false });
    talk.say("B", "COMPARED_KEYS", 2, { range: "r1", differ: { kiwi: ["k1", "k2"] } });
    talk.say("A", "COMPARE_KEYS", 3, { range: "r1", prefixes: [], keys: { kiwi: "k2" }, again: true });
    talk.say("B", "COMPARED_KEYS", 3, { range: "r1", differ: {} });
    expect(drawn(treesAfter(talk.exchange, 5)!)).toContain("key kiwi k2 k2 equal none");
  });

  it("is as far as it had come at a moment, and the newest comes first", () => {
    const talk = repair();
    const { history } = recorded(talk.trace.events);
    const third = talk.exchange.messages[2]!.send.at;
    const early = exchangeOf(history, "A.1.1", third)!;
    expect(early.messages).toHaveLength(3);
    expect(early.messages[2]!.arrivedAt).toBeNull();
    expect(early.ended).toBeNull();
    const later = { exchange: "B.1.1", peer: "A", ranges: [], reason: "interval" };
    talk.trace.local("B", "exchange", { detail: later });
    const all = exchangesAt(recorded(talk.trace.events).history, null, 10);
    expect(exchangesAt(recorded(talk.trace.events).history, null, 1)).toHaveLength(1);
    expect(all.map(({ id, asker }) => [id, asker])).toEqual([
      ["B.1.1", asNodeId("B")],
      ["A.1.1", asNodeId("A")],
    ]);
  });
});

describe("comparisons that replicas make by themselves", () => {
  it("are drawn to the keys that were repaired, and add up to what their end says", () => {
    const settings = { hints: false, readRepair: "off", antiEntropyInterval: "700ms" } as const;
    const driver = new Driver(nodes, 8, settings);
    driver.lab.run(200);
    for (let number = 0; number < 120; number++) driver.lab.put("A", `key-${number}`, "old");
    driver.partition(["A", "B"], ["C"]);
    for (let number = 0; number < 120; number += 20) driver.lab.put("A", `key-${number}`, "new");
    driver.heal();
    driver.lab.run(6_000);
    const { history } = recorded(driver.lab.events);
    const ended = exchangesAt(history, null, 1_000).filter((exchange) => exchange.ended !== null);
    const repaired = ended.filter((exchange) => exchange.ended!.outcome === "repaired");
    expect(repaired.length).toBeGreaterThan(0);
    expect(ended.some((exchange) => exchange.ended!.outcome === "equal")).toBe(true);
    const ring = Ring.of([]);
    const digits = (key: string) => ring.position(asKey(key)).toString(16).padStart(8, "0");
    for (const exchange of ended) {
      const { messages } = exchange;
      const { outcome, keys, bytes, hashes } = exchange.ended!;
      if (outcome === "given up") continue;
      const root = treesThen(exchange, messages.length, digits)!;
      // Both sides may be equal in the end though a hash differed: a write had been on its way.
      if (root.verdict === "equal") expect(outcome).toBe("equal");
      if (outcome === "repaired") expect(root.verdict).toBe("differs");
      expect(keysUnder(root, "done").sort()).toEqual([...keys].sort());
      expect(messages.reduce((sum, message) => sum + message.bytes, 0)).toBe(bytes);
      const asked = messages.filter(({ kind }) => kind === "COMPARE" || kind === "COMPARE_KEYS");
      expect(asked.reduce((sum, message) => sum + message.hashes, 0)).toBe(hashes);
      for (const branch of allOf(root)) {
        if (branch.verdict === "equal") expect(branch.branches, "what is equal stays closed").toEqual([]);
        for (const { key } of branch.keys) expect(digits(key).startsWith(branch.prefix)).toBe(true);
      }
    }
  });
});

const allOf = (branch: Branch): Branch[] => [branch, ...branch.branches.flatMap(allOf)];
const keysUnder = (root: Branch, repair: string) =>
  allOf(root)
    .flatMap(({ keys }) => keys)
    .filter((pair) => pair.repair === repair)
    .map(({ key }) => key);
