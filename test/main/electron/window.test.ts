import { describe, expect, it, vi } from "vitest";
import { clampTo } from "../../../main/electron/window.ts";

vi.mock("electron", () => import("./double/electron.ts"));

describe("a remembered place", () => {
  const area = { x: 100, y: 50, width: 1000, height: 700 };

  it("stays as it was where it fits", () => {
    const bounds = { x: 200, y: 100, width: 800, height: 600 };
    expect(clampTo(bounds, area)).toEqual(bounds);
  });

  it("moves back from a screen that is gone", () => {
    const far = { x: -3000, y: 9000, width: 800, height: 600 };
    expect(clampTo(far, area)).toEqual({ x: 100, y: 150, width: 800, height: 600 });
  });

  it("shrinks to a smaller screen", () => {
    expect(clampTo({ x: 0, y: 0, width: 4000, height: 3000 }, area)).toEqual(area);
  });
});
