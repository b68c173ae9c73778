import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type RuledMessage, RuleSet } from "../../../shared/scenario/rules.ts";
import type { MessageRule } from "../../../shared/scenario/schema.ts";

type Written = Pick<MessageRule, "do"> & {
  readonly [Name in keyof RuledMessage as Name extends "kind" ? "message" : Name]?: string | undefined;
} & Partial<Record<"nth" | "times" | "by", number | undefined>> & { readonly name?: string };

const rule = (written: Written) => written as MessageRule;
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

/** "REPLICATE A>B k", the key optional. */
function message(text: string): RuledMessage {
  const [kind, pair, key] = text.split(" ");
  const [from, to] = pair!.split(">");
  return { kind: kind!, from: from!, to: to!, key };
}

/** What becomes of each message, and what comes back at the end, as lines to read. */
function play(rules: readonly MessageRule[], sent: readonly string[]): string {
  const set = new RuleSet<string>();
  for (const each of rules) set.add(each);
  const lines = sent.map((text, index) => {
    const decision = set.decide(message(text), `${index + 1}`);
    const ms = decision.kind === "delay" ? ` ${decision.ms} ms` : "";
    const name = decision.kind === "pass" || decision.rule === null ? "" : ` by ${decision.rule}`;
    return `${text}: ${decision.kind}${ms}${name}`;
  });
  const released = set.endAll();
  return [...lines, ...(released.length === 0 ? [] : [`released: ${released.join(", ")}`])].join("\n");
}

test("drops the second REPLICATE for key k from A", () => {
  const second = rule({
    do: "drop",
    message: "REPLICATE",
    from: "A",
    key: "k",
    nth: 2,
    name: "second",
  });
  const sent = [
    "REPLICATE A>B k",
    "REPLICATE A>B other",
    "REPLICATE B>A k",
    "READ A>B k",
    "REPLICATE A>C k",
    "REPLICATE A>B k",
  ];
  expect(play([second], sent)).toBe(
    [
      "REPLICATE A>B k: pass",
      "REPLICATE A>B other: pass",
      "REPLICATE B>A k: pass",
      "READ A>B k: pass",
      "REPLICATE A>C k: drop by second",
      "REPLICATE A>B k: pass",
    ].join("\n"),
  );
});

test("nth and times choose: neither every one, times the first so many, nth that one, both from there on", () => {
  const sent = Array.from({ length: 5 }, () => "PING A>B");
  const dropped = (chosen: { nth?: number; times?: number }) =>
    play([rule({ do: "drop", ...chosen })], sent)
      .split("\n")
      .flatMap((line, index) => (line.endsWith("drop") ? [index + 1] : []));
  expect(dropped({})).toEqual([1, 2, 3, 4, 5]);
  expect(dropped({ times: 2 })).toEqual([1, 2]);
  expect(dropped({ nth: 3 })).toEqual([3]);
  expect(dropped({ nth: 3, times: 2 })).toEqual([3, 4]);
});

test("each sender is counted by itself, because a real node sees only its own messages", () => {
  expect(
    play([rule({ do: "drop", nth: 2 })], ["PING A>B", "PING B>A", "PING A>C", "PING B>C", "PING A>B"]),
  ).toBe(
    ["PING A>B: pass", "PING B>A: pass", "PING A>C: drop", "PING B>C: drop", "PING A>B: pass"].join("\n"),
  );
});

test("every rule counts what it matches; the oldest that acts decides", () => {
  const rules = [
    rule({ do: "duplicate", to: "B", times: 1, name: "twice" }),
    rule({ do: "delay", by: 50, nth: 2, name: "late" }),
  ];
  expect(play(rules, ["PING A>B", "PING A>B", "PING A>B"])).toBe(
    ["PING A>B: duplicate by twice", "PING A>B: delay 50 ms by late", "PING A>B: pass"].join("\n"),
  );
});

test("what a rule holds comes back in the order it was sent, when that rule ends", () => {
  const set = new RuleSet<string>();
  set.add(rule({ do: "hold", message: "ACK", name: "acks" }));
  set.add(rule({ do: "hold", message: "PING" }));
  const sent = ["ACK A>B", "PING A>B", "ACK A>C"];
  expect(sent.map((text) => set.decide(message(text), text).kind)).toEqual(["hold", "hold", "hold"]);
  expect(set.end("unheard of")).toEqual([]);
  expect(set.end("acks")).toEqual(["ACK A>B", "ACK A>C"]);
  expect(set.decide(message("ACK A>B"), "late").kind).toBe("pass");
  expect(set.endAll()).toEqual(["PING A>B"]);
  expect(set.isEmpty).toBe(true);
});

test("a new process of a sender goes on counting where the old one ended", () => {
  const third = rule({ do: "drop", nth: 3 });
  const old = new RuleSet<null>();
  old.replace([{ id: 7, rule: third, seen: {} }]);
  for (const text of ["PING A>B", "PING A>B"]) old.decide(message(text), null);
  const { 7: seen } = old.seenOf("A");
  expect(seen).toBe(2);
  const next = new RuleSet<null>();
  next.replace([{ id: 7, rule: third, seen: { A: seen! } }]);
  expect(next.decide(message("PING A>B"), null).kind).toBe("drop");
});

test("a rule that is told of again keeps its own count, one no longer named gives back what it held", () => {
  const set = new RuleSet<string>();
  const hold = { id: 1, rule: rule({ do: "hold", times: 1 }), seen: {} };
  const drop = { id: 2, rule: rule({ do: "drop", nth: 3 }), seen: {} };
  set.replace([hold]);
  expect(set.decide(message("PING A>B"), "first").kind).toBe("hold");
  expect(set.replace([hold, drop])).toEqual([]);
  expect(set.decide(message("PING A>B"), "second").kind).toBe("pass");
  expect(set.replace([drop])).toEqual(["first"]);
});

const fits = (each: MessageRule, sent: RuledMessage) =>
  (["from", "to", "key"] as const).every((name) => each[name] === undefined || each[name] === sent[name]) &&
  (each.message ?? sent.kind) === sent.kind;

/** The naive twin: looks at the whole past each time. */
function twin(rules: readonly MessageRule[], past: readonly RuledMessage[], now: RuledMessage): string {
  const acting = rules.find((each) => {
    if (!fits(each, now)) return false;
    const before = past.filter((sent) => sent.from === now.from && fits(each, sent)).length;
    const chosen = Array.from(
      { length: each.times ?? (each.nth === undefined ? 1_000 : 1) },
      (_, index) => (each.nth ?? 1) + index,
    );
    return chosen.includes(before + 1);
  });
  return acting?.do ?? "pass";
}

test("any rules decide on any messages as a naive reading of them does", () => {
  const nodes = fc.constantFrom("A", "B");
  const rules = fc.record({
    do: fc.constantFrom("drop", "delay", "duplicate", "hold"),
    message: optional(fc.constantFrom("PING", "ACK")),
    from: optional(nodes),
    to: optional(nodes),
    key: optional(fc.constantFrom("k", "l")),
    nth: optional(fc.integer({ min: 1, max: 4 })),
    times: optional(fc.integer({ min: 1, max: 3 })),
  });
  const messages = fc.record({
    kind: fc.constantFrom("PING", "ACK"),
    from: nodes,
    to: nodes,
    key: optional(fc.constantFrom("k", "l")),
  });
  fc.assert(
    fc.property(fc.array(rules, { maxLength: 4 }), fc.array(messages, { maxLength: 20 }), (given, sent) => {
      const set = new RuleSet<number>();
      for (const each of given) set.add(rule(each));
      const held: number[] = [];
      for (const [index, each] of sent.entries()) {
        const { kind } = set.decide(each, index);
        expect(kind).toBe(twin(given.map(rule), sent.slice(0, index), each));
        if (kind === "hold") held.push(index);
      }
      expect(set.endAll().toSorted((a, b) => a - b)).toEqual(held);
    }),
  );
});
