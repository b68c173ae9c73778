import { expect, it } from "vitest";
import { Awareness } from "../../../shared/membership/awareness.ts";

it("local health stretches time by its score, between nothing and its maximum", () => {
  const awareness = new Awareness(8);
  expect(awareness.scale(100)).toBe(100);
  awareness.adjust(-1);
  expect(awareness.score).toBe(0);
  awareness.adjust(2);
  expect(awareness.scale(100)).toBe(300);
  awareness.adjust(100);
  expect(awareness.score).toBe(7);
  expect(awareness.scale(100)).toBe(800);
});
