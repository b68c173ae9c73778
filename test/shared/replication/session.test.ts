import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCausal } from "../../../shared/checks/causal.ts";
import { checkSession } from "../../../shared/checks/session.ts";
import { absentKey, type KeyState, write } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { isSession, sessionAfter, sessionAllows } from "../../../shared/replication/session.ts";
import type { Session } from "../../../shared/replication/types.ts";
import { noLimits } from "../checks/histories.ts";
import { guarantees, Model, type Step } from "./session-model.ts";

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom("put", "put", "delete", "get", "get", "get", "replicate", "replicate"),
  client: fc.nat(2),
  at: fc.nat(2),
  to: fc.nat(2),
  key: fc.nat(2),
});
const steps = fc.array(step, { maxLength: 80, size: "max" });

function play(isCausal: boolean, run: readonly Step[]): Model {
  const model = new Model(isCausal);
  for (const one of run) model.step(one);
  return model;
}

describe("clients that move between replicas that lag as they like", () => {
  it("with causal sessions, none of the four guarantees is ever broken", () => {
    let refused = 0;
    fc.assert(
      fc.property(steps, (run) => {
        const model = play(true, run);
        expect([...model.broken]).toEqual([]);
        expect(checkSession(model.history, noLimits)).toMatchObject({ verdict: "valid" });
        expect(checkCausal(model.history, noLimits)).toMatchObject({ verdict: "valid" });
        refused += model.refused;
      }),
      { numRuns: 1_000 },
    );
    expect(refused, "reads that had to wait").toBeGreaterThan(100);
  });

  it.each(guarantees)("without, the model finds %s broken", (guarantee) => {
    const found = fc.sample(steps, { numRuns: 1_000, seed: 1 }).map((run) => play(false, run));
    expect(found.some(({ broken }) => broken.has(guarantee))).toBe(true);
    expect(found.some(({ history }) => checkSession(history, noLimits).verdict === "invalid")).toBe(true);
  });
});

const [a, b] = ["A", "B"].map((name) => asNodeId(name)) as [never, never];
const [x, y] = [asKey("x"), asKey("y")];
const stateOf = (node: ReturnType<typeof asNodeId>, counter: number, after?: Session): KeyState =>
  write(absentKey, { dot: { node, counter }, value: "v", at: 0, ...(after && { after }) }, {});

describe("a session", () => {
  it("is not shown less than it has met, and may always be shown more", () => {
    const session = { x: { A: 2 } };
    expect(sessionAllows(session, x, absentKey)).toBe(false);
    expect(sessionAllows(session, x, stateOf(b, 7))).toBe(false);
    expect(sessionAllows(session, x, stateOf(a, 2))).toBe(true);
    expect(sessionAllows(session, x, { ...stateOf(b, 7), context: { A: 5, B: 7 } })).toBe(true);
    expect(sessionAllows(session, y, absentKey)).toBe(true);
  });

  it("is not shown a version without what its writer had met of the key", () => {
    expect(sessionAllows({}, x, stateOf(b, 7, { x: { A: 2 } }))).toBe(false);
  });

  it("takes over the past of what it is shown", () => {
    expect(sessionAfter({ y: { B: 3 } }, x, stateOf(a, 2, { y: { A: 1, B: 1 } }))).toEqual({
      x: { A: 2 },
      y: { A: 1, B: 3 },
    });
    const session = { x: { A: 2 } };
    expect(sessionAfter(session, x, stateOf(a, 2))).toBe(session);
    expect(sessionAfter(session, y, absentKey)).toBe(session);
  });

  it("is held to no more than a client can carry", () => {
    const full: Session = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, { A: 1 }]));
    expect(sessionAfter(full, asKey("k7"), stateOf(b, 2))).not.toBeNull();
    expect(sessionAfter(full, asKey("one more"), stateOf(b, 2))).toBeNull();
    expect(sessionAfter({}, asKey("é".repeat(512)), stateOf(a, 1))).not.toBeNull();
    const long: Session = Object.fromEntries("abcde".split("").map((sign) => [sign.repeat(1_024), { A: 1 }]));
    expect(isSession(long)).toBe(true);
    expect(sessionAfter(long, asKey("é".repeat(512)), stateOf(a, 1))).toBeNull();
  });

  it.each<[string, unknown]>([
    ["a list", []],
    ["nothing", null],
    ["a text", "{}"],
    ["no context", { x: 1 }],
    ["a counter of 0", { x: { A: 0 } }],
    ["a node that is none", { x: { "no node": 1 } }],
    ["65 keys", Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, { A: 1 }]))],
  ])("%s is none", (_, value) => expect(isSession(value)).toBe(false));

  it("knows keys that every object answers to", () => {
    for (const name of ["__proto__", "~__proto__", "constructor", "toString"]) {
      const key = asKey(name);
      const session = sessionAfter({}, key, stateOf(a, 2))!;
      expect(sessionAllows({}, key, absentKey)).toBe(true);
      expect(sessionAllows(session, key, absentKey)).toBe(false);
      expect(sessionAllows(JSON.parse(JSON.stringify(session)) as Session, key, stateOf(a, 2))).toBe(true);
      expect(isSession(session)).toBe(true);
    }
  });
});
