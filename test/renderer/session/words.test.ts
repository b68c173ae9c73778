import { expect, it } from "vitest";
import { quorumProblem } from "../../../renderer/session/quorum.ts";
import { bytesText, countText, plural, spanText } from "../../../renderer/session/words.ts";

it("writes sizes, counts and times for people", () => {
  expect(bytesText(12)).toBe("12 B");
  expect(bytesText(340_000)).toBe("340 kB");
  expect(bytesText(1_234_000)).toBe("1.2 MB");
  expect(countText(1_234_567)).toBe("1\u202f234\u202f567");
  expect(plural(1, "event")).toBe("1 event");
  expect(plural(2, "event")).toBe("2 events");
  expect(spanText(0)).toBe("0.000 s");
  expect(spanText(62_345)).toBe("1:02.345");
  expect(spanText(7_865_120)).toBe("2:11:05.120");
});

it("says why a quorum cannot work before the lab has to", () => {
  expect(quorumProblem(5, 3, 2, 2)).toBeNull();
  expect(quorumProblem(2, 3, 2, 2)).toMatch(/1 to 2/);
  expect(quorumProblem(5, 3, 4, 2)).toMatch(/1 to 3/);
  expect(quorumProblem(0, 1, 1, 1)).toMatch(/1 to 32/);
  expect(quorumProblem(Number.NaN, 1, 1, 1)).toMatch(/whole numbers/);
});
