import { expect, it } from "vitest";
import { nextMatch } from "../../../renderer/session/search.ts";
import { asKey } from "../../../shared/ids.ts";
import { eventOf } from "../fake-lab.ts";

const all = [1, 2, 3, 4, 5].map((id) => eventOf(id, id % 2 === 0 ? { key: asKey("cart") } : {}));
const next = (from: number | null, direction: 1 | -1, text = "cart") =>
  nextMatch(all, text, from, direction)?.id ?? null;

it("goes from found event to found event, both ways, round the end", () => {
  expect(next(null, 1)).toBe(2);
  expect(next(2, 1)).toBe(4);
  expect(next(4, 1)).toBe(2);
  expect(next(4, -1)).toBe(2);
  expect(next(2, -1)).toBe(4);
  expect(next(null, -1)).toBe(4);
  expect(next(3, 1)).toBe(4);
});

it("finds nothing for an empty search or words that do not occur", () => {
  expect(next(null, 1, "  ")).toBeNull();
  expect(next(null, 1, "nowhere")).toBeNull();
  expect(nextMatch([], "cart", null, 1)).toBeNull();
});
