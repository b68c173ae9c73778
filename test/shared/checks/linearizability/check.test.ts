/** Small histories that a course would draw on the board, with their verdicts and what is said about them. */
import { describe, expect, it } from "vitest";
import { checkLinearizable } from "../../../../shared/checks/linearizability/check.ts";
import { linearizableModels } from "../../../../shared/checks/models/all.ts";
import type { LinearizableModelName } from "../../../../shared/checks/models/model.ts";
import type { Limits } from "../../../../shared/checks/types.ts";
import { historyOf } from "./histories.ts";

const enough: Limits = { states: 100_000, isTimeUp: () => false };

const check = (model: LinearizableModelName, lines: readonly string[], limits = enough) =>
  checkLinearizable(historyOf(lines.join("\n")), linearizableModels[model], limits);

/** The operations of the counter-example, as requests. */
const blamed = (model: LinearizableModelName, lines: readonly string[]) =>
  check(model, lines).counterExample?.operations.map(
    ({ process, f, input, output }) => `${process} ${f} ${JSON.stringify(input ?? output)}`,
  );

const twoReads = (first: string, second: string) => `B read; B ok ${first}; C read; C ok ${second}`;
const read = (process: string, answer: string) => `${process} read@x; ${process} ok ${answer}`;
const eventsFrom = (seq: number) => [seq, seq + 1].map((seq) => ({ node: "node-1", life: 1, seq }));

describe("a register", () => {
  it("may answer with a write that is still under way", () => {
    const verdict = check("register", ["A write 100", "B read", "C read", "C ok null", "B ok 100", "A ok"]);
    expect(verdict).toEqual({
      verdict: "valid",
      checker: "register",
      operations: 3,
      summary: "Linearizable: 3 operations can be put in an order that explains every answer.",
    });
  });

  it("may not go back to the old value once the new one was seen", () => {
    const lines = ["A write 200", "B read", "B ok 200", "C read", "C ok null", "A ok"];
    const verdict = check("register", lines);
    expect(verdict.summary).toBe(
      "Not linearizable: no order explains the answers of 3 of the 3 operations on the register.",
    );
    expect(verdict.counterExample!.why).toEqual([
      "The read by process B had returned before the read by process C began.",
      "After the write of 200 by process A, then the read by process B, the register holds 200, but the read by process C found nothing.",
    ]);
  });

  it("may not answer with a value that was overwritten before the read began", () => {
    const lines = [
      "A write 1; A ok; B write 2; B ok; C write 3; C ok",
      "A read; A ok 3; C read; C ok 1; B read; B ok 3",
    ];
    expect(blamed("register", lines)).toEqual(["A write 1", "B write 2", "C read 1"]);
    expect(check("register", lines).counterExample!.why).toEqual([
      "The write of 1 by process A had returned before the write of 2 by process B began.",
      "The write of 2 by process B had returned before the read by process C began.",
      "After the write of 1 by process A, then the write of 2 by process B, the register holds 2, but the read by process C answered 1.",
      "The 3 other operations on the register do not help, even if each took effect at any time, or never.",
    ]);
  });

  it("may not answer with what nobody wrote, nor with what was written later", () => {
    expect(blamed("register", ["A write 1", "A ok", "B read", "B ok 7"])).toEqual(["B read 7"]);
    const later = ["B read", "B ok 1", "A write 1", "A ok"];
    expect(blamed("register", later)).toEqual(["B read 1", "A write 1"]);
    expect(check("register", later).counterExample!.why).toEqual([
      "The read by process B had returned before the write of 1 by process A began.",
      "At the start the register holds nothing, but the read by process B answered 1.",
    ]);
  });

  it("an unknown write may come late or never, a failed one never came", () => {
    expect(check("register", ["A write 1", "A info", twoReads("null", "1")]).verdict).toBe("valid");
    expect(check("register", ["A write 1", "A info", twoReads("null", "null")]).verdict).toBe("valid");
    expect(check("register", ["A write 1", "A info", twoReads("1", "null")]).verdict).toBe("invalid");
    expect(check("register", ["A write 1", "A fail", twoReads("1", "1")]).verdict).toBe("invalid");
    const early = ["B read", "B ok 1", "A write 1", "A info"];
    expect(check("register", early).counterExample!.why[1]).toBe(
      "The write of 1 by process A got no answer: it may take effect at any time after it began, or never.",
    );
  });

  it("answers of a compare-and-set are answers too", () => {
    const won = ["A write 1", "A ok", "A cas [1,2]", "B cas [1,3]", "A ok true"];
    expect(check("register-cas", [...won, "B ok false"]).verdict).toBe("valid");
    expect(check("register-cas", [...won, "B fail"]).verdict).toBe("valid");
    expect(check("register-cas", [...won, "B info"]).verdict).toBe("valid");
    const bothWon = check("register-cas", [...won, "B ok true"]);
    expect(bothWon.verdict).toBe("invalid");
    expect(bothWon.counterExample!.operations).toHaveLength(3);
  });
});

describe("keys", () => {
  it("each key is decided by itself and the guilty one is named", () => {
    const lines = ["A put@x 1; B put@7 1; A ok; B ok; A put@7 2; A ok; A get@x; A ok 1"];
    const verdict = check("kv", [...lines, "B get@7; B ok 1"]);
    expect(verdict.summary).toBe(
      "Not linearizable: no order explains the answers of 3 of the 3 operations on key 7.",
    );
    expect(verdict.counterExample!.why.at(-1)).toBe(
      "After the put of 1 to key 7 by process B, then the put of 2 to key 7 by process A, key 7 holds 2, but the get of key 7 by process B answered 1.",
    );
    expect(check("kv", lines).summary).toBe(
      "Linearizable: 4 operations on 2 keys can be put in an order that explains every answer.",
    );
  });

  it("a deleted key that returns is a violation", () => {
    const lines = ["A put@x 1; A ok; B delete@x; B ok; A get@x"];
    expect(check("kv", [...lines, "A ok null"]).verdict).toBe("valid");
    expect(blamed("kv", [...lines, "A ok 1"])).toEqual(["A put 1", "B delete null", "A get 1"]);
  });
});

describe("other objects", () => {
  it("an append may not be lost, nor two be seen in two orders", () => {
    const both = ["A append@x 1", "B append@x 2", "A ok", "B ok"];
    expect(check("list-append", [...both, read("A", "[2,1]"), read("B", "[2,1]")]).verdict).toBe("valid");
    expect(blamed("list-append", [...both, read("A", "[2,1]"), read("B", "[1,2]")])).toEqual([
      "A append 1",
      "B append 2",
      "A read [2,1]",
      "B read [1,2]",
    ]);
    expect(blamed("list-append", [...both, read("A", "[2]")])).toEqual([
      "A append 1",
      "B append 2",
      "A read [2]",
    ]);
  });

  it("strings that grow show the past since the last put", () => {
    const grown = ['A put@k "a"', "A ok", 'B append@k "b"', 'C append@k "c"', "C ok", "D get@k"];
    expect(check("kv-append", [...grown, 'D ok "acb"']).verdict).toBe("valid");
    expect(check("kv-append", [...grown, 'D ok "ac"', "B ok"]).verdict).toBe("valid");
    expect(check("kv-append", [...grown, 'D ok "ab"', "B ok"]).counterExample!.why.at(-1)).toBe(
      'After the put of "a" to k by process A, then the append of "c" to k by process C, then the append of "b" to k by process B, k holds "acb", but the get of k by process D answered "ab".',
    );
  });

  it("a queue gives out what was put in first", () => {
    const lines = [
      "A enqueue 1; A ok; B enqueue 2; C enqueue 3; B ok; C ok",
      "A dequeue; A ok 1; B dequeue; B ok 3; C dequeue",
    ];
    expect(check("queue", [...lines, "C ok 2"]).verdict).toBe("valid");
    expect(blamed("queue", [...lines, "C ok 1"])).toEqual(["A enqueue 1", "A dequeue 1", "C dequeue 1"]);
  });

  it("a counter reaches only sums of what was added", () => {
    const lines = ["A add 5", "B inc", "A ok", "C read"];
    expect(check("counter", [...lines, "C ok 5"]).verdict).toBe("valid");
    expect(check("counter", [...lines, "C ok 6"]).verdict).toBe("valid");
    expect(check("counter", [...lines, "C ok 1"]).counterExample!.why).toEqual([
      "The add of 5 by process A had returned before the read by process C began.",
      "After the add of 5 by process A, the counter is 5, but the read by process C answered 1.",
      "The one other operation on the counter does not help, even if it took effect at any time, or never.",
    ]);
  });

  it("a set keeps what was added and not removed", () => {
    const lines = ["A add 1", "A ok", "B add 2", "C remove 1", "D read"];
    expect(check("set", [...lines, "D ok [2,1]"]).verdict).toBe("valid");
    expect(check("set", [...lines, "D ok []"]).verdict).toBe("valid");
    expect(check("set", [...lines, "D ok [3]"]).verdict).toBe("invalid");
    const flickering = ["D contains 1", "D ok false", "E contains 1", "E ok true"];
    expect(blamed("set", [...lines, "D ok [1]", ...flickering])).toEqual([
      "A add 1",
      "D contains 1",
      "E contains 1",
    ]);
  });
});

describe("limits", () => {
  /** Every subset of the amounts makes another sum, and no subset makes the one that was read. */
  const explosive = [
    ...Array.from({ length: 24 }, (_, index) => `c${index} add ${2 ** (index + 1)}`),
    ...Array.from({ length: 24 }, (_, index) => `c${index} ok`),
    "r read; r ok 1",
  ];

  it("says unknown when the states run out", () => {
    expect(check("counter", explosive, { ...enough, states: 5000 })).toEqual({
      verdict: "unknown",
      checker: "counter",
      operations: 25,
      summary: "Not decided: 5000 search states did not suffice.",
    });
  });

  it("asks for the time now and then, and stops when it is up", () => {
    let asked = 0;
    const limits = { states: Infinity, isTimeUp: () => ++asked > 10 };
    expect(check("counter", explosive, limits).summary).toBe("Not decided: the time was up.");
    expect(asked).toBe(11);
  });

  it("names the keys that stayed undecided, and still finds another one invalid", () => {
    const onKey = explosive.map((line) => line.replace(/(add|read)/, "$1@sums"));
    const limits = { ...enough, states: 5000 };
    expect(check("counter", [...onKey, "A read@y", "A ok 0"], limits).summary).toBe(
      "Not decided: 5000 search states did not suffice. Undecided: 1 of 2 keys, the first is sums.",
    );
    expect(check("counter", ["A read@y", "A ok 9", ...onKey], limits).verdict).toBe("invalid");
  });

  it("says so when there was no time to make the counter-example small", () => {
    const lines = ["a add 1; b add 2; c add 4; d add 8; a ok; b ok; c ok; d ok", "r read; r ok 14"];
    expect(check("counter", lines).counterExample!.operations).toHaveLength(2);
    const { counterExample } = check("counter", lines, { ...enough, states: 40 });
    expect(counterExample!.why.at(-1)).toBe("A smaller example may exist: the search for one was cut short.");
  });
});

it("shows the events of the operations it blames", () => {
  const history = historyOf(["A write 1", "A ok", "B read", "B ok 2", "C write 2", "C ok"].join("\n")).map(
    (operation, index) => ({ ...operation, events: eventsFrom(index + 1) }),
  );
  const { counterExample } = checkLinearizable(history, linearizableModels.register, enough);
  expect(counterExample!.operations.map(({ id }) => id)).toEqual([1, 2]);
  expect(counterExample!.events.map(({ seq }) => seq)).toEqual([2, 3, 4]);
});
