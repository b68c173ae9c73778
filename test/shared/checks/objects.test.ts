/** Sets, ids and banks: what may be stale, and what must never be. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkBank } from "../../../shared/checks/bank.ts";
import { checkModel, models } from "../../../shared/checks/check-model.ts";
import { checkSetFull } from "../../../shared/checks/set-full.ts";
import type { History, Operation } from "../../../shared/checks/types.ts";
import { checkUniqueIds } from "../../../shared/checks/unique-ids.ts";
import { noLimits, sequential } from "./histories.ts";

/** `add 1`, `remove 1`, `read 1,2`, each with `?` for no answer, `!` for failed. */
function setHistory(text: string): History {
  return sequential(
    text.split(";").map((part, index) => {
      const [f = "", words = ""] = part.trim().split(" ");
      const outcome = words.endsWith("?") ? "unknown" : words.endsWith("!") ? "fail" : "ok";
      const values = words.replace(/[?!]$/, "").split(",").filter(Boolean).map(Number);
      const process = String(index % 3);
      return f === "read"
        ? { process, f, output: values, outcome }
        : { process, f, input: values[0]!, outcome };
    }),
  );
}
const setFull = (text: string) => checkSetFull(setHistory(text), noLimits);

describe("set-full", () => {
  it.each([
    ["nothing wrong", "add 1; read 1; add 2; read 2,1", "among 2."],
    [
      "stale for a while",
      "add 1; read ; read 1",
      "among 1; 1 was missing or still there for a while (stale).",
    ],
    ["a removal seen late", "add 1; remove 1; read 1; read ", "(stale)"],
    ["no answer to the add, there or not", "add 1?; read ; read 1; read ", "among 1."],
    ["no answer to the removal, there or not", "add 1; remove 1?; read 1; read ; read 1", "among 1."],
    ["added again", "add 1; remove 1; read ; add 1; read 1", "among 1."],
    ["a failed add", "add 1!; read ", "among 0."],
    ["a read without an answer", "add 1; read ?", "among 1."],
  ])("allows %s", (_, text, words) => {
    const found = setFull(text);
    expect(found.verdict).toBe("valid");
    expect(found.summary).toContain(words);
  });

  it.each([
    ["lost", "add 1; read 1; read ", "Element 1 was acknowledged and is lost.", ["add", "read"]],
    ["back", "add 1; remove 1; read ; read 1", "Element 1 was removed and is back.", ["remove", "read"]],
    ["never gone", "add 1; remove 1; read 1", "Element 1 was removed and is back.", ["remove", "read"]],
    ["twice", "add 1; read 1,1", "A read holds 1 twice.", ["read"]],
    ["out of nowhere", "add 1; read 1,2", "A read holds 2, which nobody had added.", ["read"]],
    ["out of a failed add", "add 1!; read 1", "A read holds 1, which nobody had added.", ["read"]],
    ["before it was added", "read 1; add 1", "A read holds 1, which nobody had added.", ["read"]],
  ])("refuses an element that is %s", (_, text, summary, proof) => {
    const found = setFull(text);
    expect(found).toMatchObject({ verdict: "invalid", summary });
    expect(found.counterExample!.operations.map(({ f }) => f)).toEqual(proof);
    expect(checkSetFull(found.counterExample!.operations, noLimits).verdict).toBe("invalid");
  });

  it("keeps sets of different keys apart, and equal elements however they are written", () => {
    const history = sequential([
      { process: "A", f: "add", key: "x", input: { a: 1, b: 2 } },
      { process: "A", f: "read", key: "y", output: [] },
      { process: "A", f: "read", key: "x", output: [{ b: 2, a: 1 }] },
    ]);
    expect(checkSetFull(history, noLimits).verdict).toBe("valid");
  });

  it("says that a history is none of a set, and that time is up", () => {
    const strange = sequential([{ process: "A", f: "read", output: 7 }]);
    expect(checkSetFull(strange, noLimits)).toMatchObject({ verdict: "unknown" });
    const verdict = checkSetFull(setHistory("add 1; read 1"), { states: 1, isTimeUp: () => true });
    expect(verdict.verdict).toBe("unknown");
  });

  it("agrees with an element-wise twin on overlapping adds and reads", () => {
    const plan = fc.array(
      fc.record({
        add: fc.boolean(),
        begin: fc.nat(20),
        length: fc.nat(6),
        value: fc.nat(2),
        answer: fc.subarray([0, 1, 2]),
      }),
      { maxLength: 10, size: "max" },
    );
    fc.assert(
      fc.property(plan, (steps) => {
        // Halves keep positions apart: returns stand between invocations.
        const history = steps
          .map(({ add, begin, length, value, answer }, id): Operation => ({
            ...sequential([
              add ? { process: "p", f: "add", input: value } : { process: "p", f: "read", output: answer },
            ])[0]!,
            id,
            process: String(id),
            invoked: begin + id / 100,
            returned: begin + length + 0.5 + id / 100,
          }))
          .sort((a, b) => a.invoked - b.invoked);
        const reads = history.filter(({ f }) => f === "read");
        const adds = history.filter(({ f }) => f === "add");
        const isWrong = [0, 1, 2].some((value) => {
          const own = adds.filter(({ input }) => input === value);
          const holds = (read: Operation) => (read.output as number[]).includes(value);
          const isPhantom = reads.some(
            (read) => holds(read) && !own.some((add) => add.invoked < read.returned),
          );
          const after = reads.filter((read) => own.some((add) => add.returned <= read.invoked));
          return isPhantom || (after.length > 0 && !holds(after.at(-1)!));
        });
        expect(checkSetFull(history, noLimits).verdict).toBe(isWrong ? "invalid" : "valid");
      }),
      { numRuns: 500 },
    );
  });
});

const ids = (...answers: (number | string | null)[]) =>
  checkUniqueIds(
    sequential(
      answers.map((output) => ({
        process: "A",
        f: "generate",
        output,
        outcome: output === null ? ("unknown" as const) : ("ok" as const),
      })),
    ),
  );

describe("unique-ids", () => {
  it("takes ids that differ", () => {
    expect(ids(1, 2, "1", null, null)).toMatchObject({ verdict: "valid", summary: "All 3 ids differ." });
  });

  it("shows the two that are equal", () => {
    const found = ids(1, "a", 2, "a", 1);
    expect(found).toMatchObject({ verdict: "invalid", summary: 'The id "a" was handed out twice.' });
    expect(found.counterExample!.operations.map(({ id }) => id)).toEqual([1, 3]);
  });
});

const bank = (reads: readonly Record<string, number>[], rules = {}) =>
  checkBank(sequential(reads.map((output) => ({ process: "A", f: "read", output }))), rules);

describe("bank", () => {
  it.each([
    [
      [
        { a: 10, b: 0 },
        { a: 3, b: 7 },
      ],
      {},
      "valid",
      "All 2 reads add up to 10.",
    ],
    [
      [
        { a: 10, b: 0 },
        { a: 3, b: 6 },
      ],
      {},
      "invalid",
      "The total was 10 and is 9.",
    ],
    [[{ a: 10, b: 0 }], { total: 12 }, "invalid", "The total was 12 and is 10."],
    [[{ a: 11, b: -1 }], {}, "invalid", "Account b stands at -1."],
    [[{ a: 11, b: -1 }], { mayOverdraw: true }, "valid", "All 1 read add up to 10."],
    [[], {}, "unknown", "No balances were read, so there is nothing to add up."],
  ])("%j under %j is %s", (reads, rules, verdict, summary) => {
    expect(bank(reads as unknown as Record<string, number>[], rules)).toMatchObject({ verdict, summary });
  });

  it("does not judge what is no bank", () => {
    const history = sequential([{ process: "A", f: "read", output: [1, 2] }]);
    expect(checkBank(history)).toMatchObject({ verdict: "unknown" });
  });
});

describe("checkModel", () => {
  it("has every model by its name", () => {
    expect(Object.keys(models).sort()).toEqual(
      "bank causal counter kv kv-append list-append queue register register-cas session set set-full unique-ids".split(
        " ",
      ),
    );
    for (const [name, { description }] of Object.entries(models)) {
      expect(description, name).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("says which models there are when it is asked for another", () => {
    for (const name of ["serializable", "constructor", ""]) {
      expect(() => checkModel(name, [], noLimits)).toThrow(
        `There is no model "${name}"; choose one of register, register-cas`,
      );
    }
  });

  it.each(Object.keys(models))("%s names the operation it does not understand", (name) => {
    const history = sequential([{ process: "A", f: "frobnicate", key: "x" }]).map((operation) => ({
      ...operation,
      line: 12,
    }));
    expect(() => checkModel(name, history, noLimits)).toThrow(
      /^The model "[\w-]+" understands .*, not "frobnicate" \(line 12\)\.$/,
    );
  });

  it.each([
    ["register", { f: "read", output: null }],
    ["kv", { f: "get", key: "x", output: null }],
    ["session", { f: "get", key: "x", output: null }],
    ["causal", { f: "read", key: "x", output: null }],
    ["bank", { f: "read", output: { a: 1 } }],
    ["set-full", { f: "read", output: [] }],
    ["unique-ids", { f: "mint", output: 5 }],
  ])("%s accepts its simplest history", (name, operation) => {
    expect(checkModel(name, sequential([{ process: "A", ...operation }]), noLimits)).toMatchObject({
      verdict: "valid",
    });
  });
});
