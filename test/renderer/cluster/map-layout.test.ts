import { describe, expect, it } from "vitest";
import { layoutMap } from "../../../renderer/cluster/map-layout.ts";

const five = ["node-1", "node-2", "node-3", "node-4", "node-5"];
const labelsIn = (width: number, height: number, em: number, nodes = five) =>
  layoutMap(nodes, { width, height, em }).labels;

describe("words on the cluster map", () => {
  it("are whole where neighbours stand far enough apart, and fewer the less room there is", () => {
    expect(labelsIn(900, 700, 13)).toBe("full");
    expect(labelsIn(230, 298, 13)).toBe("short");
    expect(labelsIn(230, 286, 18)).toBe("notes");
  });

  it("make room for the nodes when there are too many for any word", () => {
    expect(
      labelsIn(
        900,
        700,
        13,
        Array.from({ length: 20 }, (_, index) => `node-${index + 1}`),
      ),
    ).toBe("none");
  });

  it("keep every node inside a small panel", () => {
    const { places, radius } = layoutMap(five, { width: 230, height: 286, em: 18 });
    for (const { x, y } of places.values()) {
      expect(x - radius).toBeGreaterThan(0);
      expect(x + radius).toBeLessThan(230);
      expect(y - radius).toBeGreaterThan(0);
      expect(y + radius).toBeLessThan(286);
    }
  });
});
