/** A client that moves, and one that repeats itself: played in either world. */
import { expect } from "vitest";
import type { RunRecord } from "../../../shared/scenario/run.types.ts";

export const causalClient = `
name: A client that moves, and one that repeats itself
cluster: { nodes: [A, B, C], n: 3, r: 2, w: 2 }
steps:
  - do:
      - rule: { do: drop, message: REPLICATE, to: C, key: k }
      - put: { node: A, key: k, value: mine, client: mover, consistency: causal, as: write }
      - get: { node: C, key: k, client: other, r: 1, as: eventual }
      - get: { node: C, key: k, client: mover, r: 1, consistency: causal, as: causal }
      - put: { node: A, key: t, value: once, w: 3, token: t-1, as: first }
      - put: { node: B, key: t, value: once, token: t-1, sloppy: false, as: again }
`;

/** The same of both worlds. */
export function expectSessionsKept({ calls }: Pick<RunRecord, "calls">): void {
  const told = new Map(calls.map(({ as, answer }) => [as, answer?.ok === true ? answer : null]));
  expect([...told.values()].every((answer) => answer !== null)).toBe(true);
  expect(told.get("write")!.session).toBeDefined();
  expect(told.get("eventual")).toMatchObject({ values: [] });
  expect(told.get("eventual")!.session).toBeUndefined();
  expect(told.get("causal")).toMatchObject({ values: ["mine"], dots: told.get("write")!.dots });
  expect(told.get("first")!.repeated).toBeUndefined();
  expect(told.get("again")).toMatchObject({ repeated: true, dots: told.get("first")!.dots });
}
