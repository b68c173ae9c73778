/** From text to operations: both formats, whatever the pieces they arrive in, and back again. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historyToJsonLines } from "../../../shared/checks/json-lines.ts";
import type { History, Operation } from "../../../shared/checks/types.ts";
import { invoke, jsonLines, ok, read } from "./history-files.ts";

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

describe("EDN that leaves out operations", () => {
  const pair = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value 1}\n";

  it("takes #_ for what it says", () => {
    const text = `#_ {:process 7, :type :ok, :f :read}\n${pair}#_{:process 8}\n`;
    expect(read(text, "h.edn")).toMatchObject([{ process: "0", output: 1, line: 2 }]);
    const inside = pair.replace(":value 1", ':value 1 #_ {:seen "}"}');
    expect(read(inside, "h.edn")).toMatchObject([{ output: 1 }]);
  });

  it("does not guess what two of them in a row leave out", () => {
    expect(() => read(`#_ #_ {:process 7} {:process 8}\n${pair}`, "h.edn")).toThrow(
      /^h\.edn line 1: write #_ right before each map it leaves out\.$/,
    );
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
