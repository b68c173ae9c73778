import { expect, it } from "vitest";
import { withoutAbsent } from "../../shared/fields.ts";

it("leaves out what is undefined, and nothing else that is empty", () => {
  const given = withoutAbsent({ n: 3, r: undefined, sloppy: false, title: "", rule: null, loss: 0 });
  expect(Object.entries(given)).toEqual([
    ["n", 3],
    ["sloppy", false],
    ["title", ""],
    ["rule", null],
    ["loss", 0],
  ]);
});

it("lets a default stand where nothing was said", () => {
  const asked: { n?: number; r?: number | undefined } = { n: 5, r: undefined };
  expect({ n: 3, r: 2, ...withoutAbsent(asked) }).toEqual({ n: 5, r: 2 });
});
