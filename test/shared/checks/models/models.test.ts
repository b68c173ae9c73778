/** What each model takes, and the one sentence it says when it is given something else. */
import { describe, expect, it } from "vitest";
import { linearizableModels } from "../../../../shared/checks/models/all.ts";
import { canonical, type LinearizableModelName } from "../../../../shared/checks/models/model.ts";
import { historyOf } from "../linearizability/histories.ts";

const compile = (model: LinearizableModelName, ...lines: readonly string[]) =>
  linearizableModels[model].compile(historyOf(lines.join("\n")));

describe("an operation that is none of the model's", () => {
  it.each<[LinearizableModelName, string, string]>([
    ["register", "A push 1", 'The model "register" understands read and write, not "push" (operation 0).'],
    [
      "register-cas",
      "A get",
      'The model "register-cas" understands read, write and cas, not "get" (operation 0).',
    ],
    [
      "kv",
      "A cas@x 1",
      'The model "kv" understands put, get, delete, write and read, not "cas" (operation 0).',
    ],
    [
      "kv",
      "A constructor@x",
      'The model "kv" understands put, get, delete, write and read, not "constructor" (operation 0).',
    ],
    [
      "kv-append",
      "A cas@x 1",
      'The model "kv-append" understands put, append and get, not "cas" (operation 0).',
    ],
    ["counter", "A write 1", 'The model "counter" understands add, inc and read, not "write" (operation 0).'],
    ["queue", "A read", 'The model "queue" understands enqueue and dequeue, not "read" (operation 0).'],
    [
      "set",
      "A put 1",
      'The model "set" understands add, remove, contains and read, not "put" (operation 0).',
    ],
    [
      "list-append",
      "A write 1",
      'The model "list-append" understands append and read, not "write" (operation 0).',
    ],
  ])("%s: %s", (model, line, message) => {
    expect(() => compile(model, line)).toThrow(new Error(message));
  });
});

describe("a value of the wrong shape", () => {
  it.each<[LinearizableModelName, string, string, string]>([
    ["register-cas", "A cas 1", "A ok", "A cas takes a pair [from, to], not 1 (operation 0)."],
    ["register-cas", "A cas [1,2,3]", "A ok", "A cas takes a pair [from, to], not [1,2,3] (operation 0)."],
    ["kv", "A put 1", "A ok", 'A put of the model "kv" needs a key (operation 0).'],
    ["kv-append", "A get", 'A ok ""', 'A get of the model "kv-append" needs a key (operation 0).'],
    ["kv-append", "A append@x 1", "A ok", "A append takes a string, not 1 (operation 0)."],
    ["kv-append", "A get@x", "A ok [1]", "A get answers a string, not [1] (operation 0)."],
    ["counter", 'A add "1"', "A ok", 'A add takes a number, not "1" (operation 0).'],
    ["counter", "A read", "A ok null", "A read answers a number, not null (operation 0)."],
    [
      "queue",
      "A enqueue",
      "A ok",
      "A enqueue takes a value (null means an empty queue), not null (operation 0).",
    ],
    ["set", "A contains 1", "A ok 1", "A contains answers true or false, not 1 (operation 0)."],
    ["set", "A read", "A ok null", "A read answers a list, not null (operation 0)."],
    ["list-append", "A read", "A ok 1", "A read answers a list, not 1 (operation 0)."],
  ])("%s: %s, %s", (model, request, answer, message) => {
    expect(() => compile(model, request, answer)).toThrow(new Error(message));
  });

  it("the line is named when there is one, a long value is shortened", () => {
    const [operation] = historyOf(`A append@x [${Array.from({ length: 60 }, (_, n) => n).join()}]`);
    expect(() => linearizableModels["kv-append"].compile([{ ...operation!, line: 12 }])).toThrow(
      "A append takes a string, not [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,1…,55,56,57,58,59] (line 12).",
    );
  });
});

it("answers that never came have no shape", () => {
  for (const [model, line] of [
    ["counter", "A read"],
    ["set", "A read"],
    ["set", "A contains 1"],
    ["list-append", "A read"],
    ["kv-append", "A get@x"],
  ] as const) {
    expect(compile(model, line).actions, `${model}: ${line}`).toEqual([null]);
  }
});

const shown = (model: LinearizableModelName, ...lines: readonly string[]) => {
  const object = linearizableModels[model].compile(historyOf(lines.join("\n")), true);
  return object.show(object.actions.reduce((state, action) => action?.apply(state) ?? state, object.initial));
};

it("states are shown as people write them", () => {
  expect(shown("register", "A read", "A ok null")).toBe("holds nothing");
  expect(shown("register", 'A write {"b":1,"a":[2]}', "A ok")).toBe('holds {"a":[2],"b":1}');
  expect(shown("kv-append", 'A append@x "a"', "A ok", 'A append@x "b"')).toBe('holds "ab"');
  expect(shown("list-append", "A append 1", "A ok", 'A append "b"')).toBe('holds [1, "b"]');
  expect(shown("counter", "A add 3", "A ok", "A inc")).toBe("is 4");
  expect(shown("queue", "A enqueue 3", "A ok", "A enqueue 3", "B enqueue 1", "C dequeue")).toBe(
    "holds [3, 1]",
  );
  expect(shown("set", "A add 3", "A ok", "A add 1", "B remove 3")).toBe("holds {1}");
});

it("equal values have one text", () => {
  expect(canonical({ b: [1, { d: null, c: true }], a: "x" })).toBe(
    canonical({ a: "x", b: [1, { c: true, d: null }] }),
  );
  expect(canonical([1, 2])).not.toBe(canonical([2, 1]));
});
