import { describe, expect, it } from "vitest";
import { gridStep } from "../../../renderer/cluster/grid-keys.ts";

const step = (key: string, row: number, column: number) => gridStep(key, { row, column }, 4);

describe("arrow keys in the matrix", () => {
  it("go to the next cell", () => {
    expect(step("ArrowRight", 0, 2)).toEqual({ row: 0, column: 3 });
    expect(step("ArrowDown", 1, 3)).toEqual({ row: 2, column: 3 });
  });

  it("pass over the diagonal, where no link is", () => {
    expect(step("ArrowRight", 2, 1)).toEqual({ row: 2, column: 3 });
    expect(step("ArrowUp", 2, 1)).toEqual({ row: 0, column: 1 });
  });

  it("stop at the edges, also behind the diagonal", () => {
    expect(step("ArrowLeft", 1, 0)).toBeNull();
    expect(step("ArrowLeft", 0, 1)).toBeNull();
    expect(step("ArrowRight", 3, 2)).toBeNull();
    expect(step("a", 1, 0)).toBeNull();
  });
});
