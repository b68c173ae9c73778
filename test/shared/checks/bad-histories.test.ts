/** Every way a history file can be bad: one sentence with the file and the line, never a verdict. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HistoryError } from "../../../shared/checks/history-error.ts";
import { invoke, jsonLines, ok, read, refusal } from "./history-files.ts";

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
