import { describe, expect, it } from "vitest";
import { consequence, contextText, headline, replicaMarks } from "../../../renderer/data/answers.ts";
import type { DataAnswer } from "../../../shared/contract/contract.ts";

const answer: DataAnswer = {
  key: "a",
  values: [{ value: "1", dot: "node-1:3" }],
  context: { "node-10": 1, "node-2": 4 },
  coordinator: "node-1",
  replicas: ["node-1", "node-2", "node-3"],
  successful: ["node-1", "node-3"],
  failed: ["node-2"],
  latencyMs: 3.42,
};
const put = { op: "put", node: "node-1", key: "a", value: "1" } as const;
const exchange = { ...put, number: 1, after: 0, answer, failure: null };
const failure = { code: "timed_out", message: "No quorum within 2 s.", definite: false };

describe("an answer in words", () => {
  it("says on how many replicas, in what time", () => {
    expect(headline(exchange)).toBe("Written on 2 of 3 replicas in 3.4 ms");
    expect(headline({ ...exchange, op: "get", answer: { ...answer, values: [] } })).toBe(
      "No value, says 2 of 3 replicas, in 3.4 ms",
    );
    expect(headline({ ...exchange, answer: null })).toMatch(/^Waiting/);
    expect(headline({ ...exchange, answer: null, failure })).toBe(failure.message);
  });

  it("marks every replica", () => {
    expect(replicaMarks(answer).map(({ node, mark }) => `${node} ${mark}`)).toEqual([
      "node-1 ok",
      "node-2 failed",
      "node-3 ok",
    ]);
    expect(replicaMarks({ ...answer, failed: [] })[1]).toEqual({ node: "node-2", mark: "pending" });
  });

  it("writes a context in the order of node numbers", () => {
    expect(contextText(answer.context)).toBe("node-2 4, node-10 1");
    expect(contextText({})).toBe("nothing");
  });
});

describe("a failure in words", () => {
  it("tells a definite one from one that may have happened", () => {
    expect(consequence(put, { ...failure, definite: true })).toMatch(/certainly had no effect/);
    expect(consequence(put, failure)).toMatch(/may have happened/);
    expect(consequence({ ...put, op: "get" }, failure)).toMatch(/changes nothing/);
  });
});
