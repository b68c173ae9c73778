import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HttpError } from "../../../main/worker/http.ts";
import { Tokens } from "../../../main/worker/tokens.ts";

const tokens = new Tokens("lab", "a secret");
const node = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/).filter((name) => !(name in Object.prototype));
const clock = fc.dictionary(node, fc.integer({ min: 1, max: 2 ** 40 }), {
  maxKeys: 5,
  noNullPrototype: true,
});
const session = fc.dictionary(fc.string({ maxLength: 20, unit: "grapheme" }), clock, {
  maxKeys: 5,
  noNullPrototype: true,
});

/** What was refused, in words. */
function refusal(read: () => unknown): string {
  try {
    return `read as ${JSON.stringify(read())}`;
  } catch (error) {
    if (error instanceof HttpError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const encoded = (text: string) => Buffer.from(text).toString("base64url");

describe("what a client carries", () => {
  it("comes back as it was, and equal things have equal text", () => {
    fc.assert(
      fc.property(clock, session, (context, met) => {
        expect(tokens.readContext(tokens.ofContext(context))).toEqual(context);
        expect(tokens.readSession(tokens.ofSession(met))).toEqual(met);
        const turned = Object.fromEntries(Object.entries(context).toReversed());
        expect(tokens.ofContext(turned)).toBe(tokens.ofContext(context));
      }),
    );
  });

  it("is text that a header can hold", () => {
    fc.assert(
      fc.property(session, (met) => {
        expect(tokens.ofSession(met)).toMatch(/^[\w.-]+$/);
      }),
    );
  });

  it("is refused with any sign of it changed, left out or added", () => {
    const whole = tokens.ofContext({ "node-1": 3, "node-2": 12 });
    const sign = fc.constantFrom("A", "B", "C", "x", "z", "0", "9", "-", "_", ".");
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.constantFrom(0, 1), sign, (at, width, instead) => {
        const changed = `${whole.slice(0, at)}${instead}${whole.slice(at + width)}`;
        if (changed === whole) return;
        expect(() => tokens.readContext(changed)).toThrow(HttpError);
        expect(() => tokens.readContext(whole.slice(0, at))).toThrow(HttpError);
      }),
    );
  });

  it.each([
    [
      "another cluster's",
      new Tokens("other", "a secret"),
      /^bad_context: .* cluster "other", and this is "lab"/,
    ],
    ["a namesake's", new Tokens("lab", "another secret"), /^bad_context: .* not as this cluster issued it/],
  ])("%s is refused by name", (_, others, sentence) => {
    expect(refusal(() => tokens.readContext(others.ofContext({ "node-1": 1 })))).toMatch(sentence);
    expect(refusal(() => tokens.readSession(others.ofSession({ k: { "node-1": 1 } })))).toMatch(sentence);
  });

  it("sealed is not yet right: what no node could have issued is refused", () => {
    expect(refusal(() => tokens.readContext(tokens.ofContext({ "node-1": 0 })))).toMatch(/^bad_input: /);
    expect(refusal(() => tokens.readSession(tokens.ofSession({ k: { "node-1": -1 } })))).toMatch(
      /^bad_input: /,
    );
  });

  it.each([
    ["nothing", ""],
    ["a dot", "."],
    ["noise", "%%%.%%%"],
    ["no JSON", `${encoded("{")}.seal`],
    ["JSON of another kind", `${encoded("null")}.seal`],
    ["a list", `${encoded("[1]")}.seal`],
    ["another version", `${encoded('{"v":2,"cluster":"lab","context":{}}')}.seal`],
    ["an inherited name", `${encoded('{"v":1,"cluster":"lab","__proto__":{"context":{}}}')}.seal`],
  ])("%s is no context", (_, text) => {
    expect(refusal(() => tokens.readContext(text))).toMatch(/^bad_input: This is no context/);
  });

  it("without its seal is refused as cut off", () => {
    const [content] = tokens.ofContext({ "node-1": 1 }).split(".");
    for (const text of [content!, `${content!}.`]) {
      expect(refusal(() => tokens.readContext(text))).toMatch(
        /^bad_context: .* not as this cluster issued it/,
      );
    }
  });

  it("a session is no context, nor the other way round", () => {
    expect(refusal(() => tokens.readContext(tokens.ofSession({})))).toMatch(/^bad_input: This is no context/);
    expect(refusal(() => tokens.readSession(tokens.ofContext({})))).toMatch(/^bad_input: This is no session/);
  });
});
