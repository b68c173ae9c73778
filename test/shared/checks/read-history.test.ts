/** From text to operations: both formats, whatever the pieces they arrive in; and every way a file can be bad. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HistoryError } from "../../../shared/checks/history-error.ts";
import { historyToJsonLines } from "../../../shared/checks/json-lines.ts";
import { HistoryReader } from "../../../shared/checks/read-history.ts";
import type { History, Operation } from "../../../shared/checks/types.ts";

function read(text: string, file = "h.jsonl", pieceLength = text.length): History {
  const reader = new HistoryReader(file);
  for (let at = 0; at < text.length; at += pieceLength) reader.push(text.slice(at, at + pieceLength));
  return reader.end();
}

/** The sentence a file is refused with. */
function refusal(text: string, file = "h.jsonl"): string {
  try {
    read(text, file);
  } catch (error) {
    expect(error).toBeInstanceOf(HistoryError);
    return (error as HistoryError).message;
  }
  throw new Error("it was accepted");
}

const jsonLines = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
const invoke = (process: number, f: string, rest: object = {}) => ({ process, type: "invoke", f, ...rest });
const ok = (process: number, f: string, rest: object = {}) => ({ process, type: "ok", f, ...rest });

describe("JSON Lines", () => {
  it("pairs invocations with returns", () => {
    const text = jsonLines(
      invoke(0, "write", { key: "x", value: 1, time: 10, index: 0 }),
      invoke(1, "read", {
        key: "x",
        time: 20,
        index: 1,
        node: "node-2",
        events: [{ node: "node-2", life: 1, seq: 4 }],
      }),
      ok(0, "write", { key: "x", value: 1, time: 30, index: 2 }),
      ok(1, "read", {
        key: "x",
        value: 1,
        time: 40,
        index: 3,
        events: [{ node: "node-2", life: 1, seq: 9 }],
      }),
    );
    expect(read(text)).toEqual([
      {
        id: 0,
        process: "0",
        f: "write",
        key: "x",
        input: 1,
        output: 1,
        outcome: "ok",
        invoked: 0,
        returned: 2,
        invokedNs: 10,
        returnedNs: 30,
        line: 1,
      },
      {
        id: 1,
        process: "1",
        f: "read",
        key: "x",
        input: null,
        output: 1,
        outcome: "ok",
        invoked: 1,
        returned: 3,
        invokedNs: 20,
        returnedNs: 40,
        line: 2,
        node: "node-2",
        events: [
          { node: "node-2", life: 1, seq: 4 },
          { node: "node-2", life: 1, seq: 9 },
        ],
      },
    ]);
  });

  it("knows three outcomes, and that what never returned is unknown", () => {
    const text = jsonLines(
      invoke(0, "add", { value: 1 }),
      { process: 0, type: "fail", f: "add" },
      invoke(0, "add", { value: 2 }),
      { process: 0, type: "info", f: "add", error: "timeout" },
      invoke(0, "add", { value: 3 }),
      { process: "nemesis", type: "info", f: "kill" },
      invoke("c" as never, "add", { value: 4, key: 7 }),
      ok("c" as never, "add"),
    );
    expect(read(text).map(({ outcome, returned, key }) => [outcome, returned, key])).toEqual([
      ["fail", 1, null],
      ["unknown", Infinity, null],
      ["unknown", Infinity, null],
      ["ok", 5, "7"],
    ]);
  });

  it("takes blank lines, CRLF, a byte order mark, and a last line without its end", () => {
    const text = jsonLines(invoke(0, "read"), ok(0, "read", { value: 5 }));
    expect(read(`\uFEFF\r\n${text.replaceAll("\n", "\r\n").trimEnd()}`)).toMatchObject([
      { output: 5, line: 2 },
    ]);
  });
});

const edn = `
; recorded elsewhere
[{:index 0, :time 1, :type :invoke, :process 0, :f :cas, :value [0 [1 2]]}
 {:type :info, :process :nemesis, :f :start, :value nil, :time 2, :index 1}
 #jepsen.history.Op{:index 2, :time 3, :type :invoke, :process 1, :f :read, :value ["a b" nil]}
 {:index 3, :time 4, :type :ok, :process 1, :f :read, :value ["a b" #{1 "}"}]} ; } is no end
 {:index 4, :time 5, :type :info, :process 0, :f :cas, :value [0 [1 2]], :error :timeout}]
`;

describe("EDN", () => {
  it("reads a vector of maps with independent keys", () => {
    expect(read(edn, "h.edn")).toMatchObject([
      { process: "0", f: "cas", key: "0", input: [1, 2], outcome: "unknown", line: 3 },
      {
        process: "1",
        f: "read",
        key: "a b",
        input: null,
        output: [1, "}"],
        outcome: "ok",
        invokedNs: 3,
        line: 5,
      },
    ]);
  });

  it("reads one map a line, and leaves pairs that are no tuples alone", () => {
    const text = `{:process 0, :type :invoke, :f :cas, :value [1 2]}
{:process 0, :type :ok, :f :cas, :value [1 2]}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value {:x -1, 2 1.5, "z" [true \\a 12N]}}`;
    expect(read(text)).toMatchObject([
      { key: null, input: [1, 2] },
      { key: null, output: { x: -1, 2: 1.5, z: [true, "a", 12] } },
    ]);
  });
});

describe("any format", () => {
  it.each([
    ["JSON Lines", jsonLines(invoke(0, "read", { value: "é\n{" }), ok(0, "read", { value: [1, 2] }))],
    ["EDN", edn],
  ])("reads %s the same in pieces of any length", (_, text) => {
    const whole = read(text);
    for (let length = 1; length < text.length; length++) expect(read(text, "h", length)).toEqual(whole);
  });
});

const json = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.integer(), { maxLength: 2 }));

/** A history as clients make it: each process one at a time, an unknown outcome at any moment or never. */
const anyHistory = fc
  .array(
    fc.record({
      process: fc.nat(3),
      how: fc.constantFrom("invoke", "ok", "fail", "info"),
      value: json,
      wait: fc.nat(2),
    }),
    { minLength: 1, maxLength: 30, size: "max" },
  )
  .map((steps): History => {
    const operations: { -readonly [Name in keyof Operation]: Operation[Name] }[] = [];
    const open = new Map<number, (typeof operations)[number]>();
    let [position, time] = [0, 0];
    for (const { process, how, value, wait } of steps) {
      time += wait;
      const operation = open.get(process);
      if (operation === undefined) {
        const begun: (typeof operations)[number] = {
          id: operations.length,
          process: process === 3 ? "client" : String(process),
          f: "write",
          key: process === 1 ? null : "k",
          input: value,
          output: null,
          outcome: "unknown",
          invoked: position++,
          returned: Number.POSITIVE_INFINITY,
          invokedNs: time,
          returnedNs: null,
        };
        if (process === 2)
          Object.assign(begun, { node: "node-1", events: [{ node: "node-1", life: 3, seq: time }] });
        operations.push(begun);
        open.set(process, begun);
      } else if (how !== "invoke") {
        open.delete(process);
        operation.returnedNs = how === "info" && wait === 0 ? null : time;
        if (how === "info") continue;
        operation.outcome = how;
        operation.returned = position++;
        if (how === "ok") operation.output = value;
      }
    }
    return operations;
  });

describe("historyToJsonLines", () => {
  it("writes what is read again", () => {
    fc.assert(
      fc.property(
        anyHistory.filter((history) => history.length > 0),
        (history) => {
          const again = read(historyToJsonLines(history));
          expect(again.map((operation) => ({ ...operation, line: undefined }))).toEqual(history);
        },
      ),
      { numRuns: 500 },
    );
  });
});

const good = jsonLines(
  invoke(0, "write", { value: 1, time: 5, index: 3 }),
  ok(0, "write", { time: 7, index: 4 }),
);
const line3 = (line: object | string) => good + (typeof line === "string" ? line : JSON.stringify(line));
const ednOk = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value 1}\n";

describe("bad files", () => {
  it.each([
    ["nothing at all", "", "h.jsonl: there is no operation in it, so there is nothing to check."],
    ["only space", " \n\n", "h.jsonl: there is no operation in it, so there is nothing to check."],
    ["only the nemesis", jsonLines({ process: "nemesis", type: "info", f: "kill" }), /no operation/],
    [
      "cut off in a line",
      good + '{"process":0,"ty',
      /^h\.jsonl line 3: the file ends in the middle of this line; /,
    ],
    ["text in the middle", `${good}hello\n${good}`, /^h\.jsonl line 3: this is not JSON; /],
    [
      "a return without an invocation",
      line3(ok(0, "write")),
      /^h\.jsonl line 3: ok of write by process 0, .* its invocation is missing\.$/,
    ],
    [
      "a second return",
      good + jsonLines({ process: 0, type: "info", f: "write" }),
      /line 3: info of write by process 0/,
    ],
    [
      "a return of something else",
      jsonLines(invoke(0, "write"), ok(0, "read")),
      /line 2: read returns, but process 0 is in the write of line 1/,
    ],
    [
      "a return for another key",
      jsonLines(invoke(0, "write", { key: "x" }), ok(0, "write", { key: "y" })),
      /line 2: write returns for key y, but the write of line 1 was for x/,
    ],
    [
      "two at once in a process",
      jsonLines(invoke(0, "write"), invoke(0, "read")),
      /line 2: process 0 invokes read while its write of line 1 has not returned/,
    ],
    [
      "time that runs backwards",
      line3(invoke(0, "write", { time: 6 })),
      /^h\.jsonl line 3: time runs backwards, from 7 to 6 ns/,
    ],
    [
      "an index twice",
      line3(invoke(0, "write", { index: 4 })),
      /^h\.jsonl line 3: index 4 is given twice\.$/,
    ],
    ["an index out of order", line3(invoke(0, "write", { index: 2 })), /line 3: index 2 comes after 4/],
    ["a list in a line", line3("[1]"), /line 3: a line of a history is a JSON object/],
    ["no process", line3({ type: "invoke", f: "read" }), /line 3: "process" must be/],
    ["half a process", line3(invoke(0.5, "read")), /line 3: "process" must be/],
    [
      "a strange type",
      line3({ process: 0, type: "done", f: "read" }),
      /line 3: "type" must be invoke, ok, fail or info/,
    ],
    ["no function", line3({ process: 0, type: "invoke" }), /line 3: "f" must name/],
    ["an object as key", line3(invoke(0, "read", { key: {} })), /line 3: "key" must be/],
    ["a negative time", line3(invoke(0, "read", { time: -1 })), /line 3: "time" must be a number from 0 up/],
    ["a time in words", line3(invoke(0, "read", { time: "noon" })), /line 3: "time" must be/],
    ["half an index", line3(invoke(0, "read", { index: 5.5 })), /line 3: "index" must be/],
    [
      "events that are none",
      line3(invoke(0, "read", { events: [{ node: 1 }] })),
      /line 3: "events" must be a list/,
    ],
    [
      "a number that would be rounded",
      line3('{"process":0,"type":"invoke","f":"write","value":[9007199254740993]}'),
      /line 3: "value" has a whole number above 2\^53/,
    ],
    [
      "a value without bottom",
      line3(`{"process":0,"type":"invoke","f":"write","value":${"[".repeat(5000)}${"]".repeat(5000)}}`),
      /line 3: "value" is nested more than 100 deep/,
    ],
    ["a JSON array", JSON.stringify([invoke(0, "read")]), /^h\.jsonl line 1: this is a JSON array; /],
    ["a picture", "\u0089PNG\r\n", /^h\.jsonl line 1: this is no history; /],
    [
      "__proto__ as a process",
      jsonLines(ok("__proto__" as never, "read")),
      /line 1: ok of read by process __proto__/,
    ],
  ])("%s", (_, text, sentence) => {
    expect(refusal(text)).toMatch(sentence);
  });

  it.each([
    [
      "cut off in a map",
      `[${ednOk}{:process 0, :type`,
      /^h\.edn line 3: the file ends in the middle of this operation/,
    ],
    ["cut off in a string", `${ednOk}{:process 0, :f "rea`, /^h\.edn line 3: the file ends in the middle/],
    ["cut off between maps", `[${ednOk}`, /^h\.edn line 3: the file ends before the "]"/],
    ["an empty vector", "[ ]", /^h\.edn: there is no operation/],
    [
      "brackets that do not match",
      `${ednOk}{:value [1 2)}`,
      /^h\.edn line 3: "\)" stands where "]" for the bracket of line 3 is missing/,
    ],
    ["something after the end", `[${ednOk}] {:process 1}`, /^h\.edn line 3: "\{" stands where an operation/],
    ["a word between maps", `[${ednOk} nil]`, /^h\.edn line 3: "n" stands where/],
    ["nothing in the map", `${ednOk}{:type :invoke}`, /^h\.edn line 3: :process must be/],
    ["a type that is none", `${ednOk}{:process 0 :type :done :f :read}`, /^h\.edn line 3: :type must be/],
    ["no function", `${ednOk}{:process 0 :type :invoke}`, /^h\.edn line 3: :f must name/],
    [
      "a number that would be rounded",
      `${ednOk}{:process 0 :type :invoke :f :write :value 9007199254740993}`,
      /^h\.edn line 3: :value has a whole number above 2\^53/,
    ],
    [
      "a value without bottom",
      `${ednOk}{:value ${"[".repeat(5000)}`,
      /^h\.edn line 3: a value is nested more than 100 deep/,
    ],
    [
      "a key twice",
      `${ednOk}{:process 0 :process 1}`,
      /^h\.edn line 3: this EDN cannot be read \("process" stands twice/,
    ],
    ["a strange escape", `${ednOk}{:process "\\q"}`, /^h\.edn line 3: this EDN cannot be read/],
    [
      "a bracket as a character",
      `${ednOk}{:process \\{}`,
      /^h\.edn line 3: the character \\\{ cannot be read/,
    ],
    [
      "an instant that is none",
      `${ednOk}{:process 0 :type :invoke :f :write :value #inst "noon"}`,
      /^h\.edn line 3: this EDN cannot be read/,
    ],
    [
      "a return without an invocation",
      `${ednOk}{:process 0, :type :ok, :f :read}`,
      /^h\.edn line 3: ok of read by process 0/,
    ],
  ])("EDN: %s", (_, text, sentence) => {
    expect(refusal(text, "h.edn")).toMatch(sentence);
  });

  it("a number with an N keeps its digits", () => {
    const text = `{:process 0, :type :invoke, :f :write, :value 9007199254740993N}`;
    expect(read(text)).toMatchObject([{ input: "9007199254740993" }]);
  });

  it("never ends with anything but a sentence", () => {
    const bits = fc.constantFrom(
      good,
      ednOk,
      "{",
      "}",
      "[",
      '"',
      "\\",
      ";",
      "\n",
      ":process",
      "null",
      "é",
      "#",
      "1e999",
    );
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 12, size: "max" }), (parts) => {
        try {
          read(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(HistoryError);
          expect((error as Error).message).toMatch(/^h\.jsonl( line \d+)?: [^\n]*\.$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
