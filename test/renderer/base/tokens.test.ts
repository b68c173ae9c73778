/** The palette, measured: contrast after WCAG 2.2, distance under colour blindness after Machado et al. 2009. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

type Triple = readonly [number, number, number];

const css = readFileSync(join(import.meta.dirname, "../../../renderer/base/tokens.css"), "utf8");

function tokensOf(theme: string): Record<string, string> {
  const block = new RegExp(`data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css);
  if (block === null) throw new Error(`tokens.css has no theme ${theme}`);
  return Object.fromEntries([...block[1]!.matchAll(/--lc-([\w-]+):\s*([^;]+);/g)].map((m) => [m[1]!, m[2]!]));
}

const linearOf = (hex: string): Triple =>
  [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;

const luminance = ([r, g, b]: Triple) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(linearOf(a)), luminance(linearOf(b))].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

/** Severity 1.0, applied to linear light. */
const deficiencies: Record<string, readonly Triple[]> = {
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function seenAs(colour: string, matrix: readonly Triple[]): Triple {
  const light = linearOf(colour);
  return matrix.map((row) =>
    Math.min(1, Math.max(0, row[0] * light[0] + row[1] * light[1] + row[2] * light[2])),
  ) as unknown as Triple;
}

/** Ottosson's OKLab: equal distances look about equally different. */
function oklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const operations = ["put", "get", "delete", "internal", "membership", "consensus"];
const statuses = ["alive", "suspect", "dead", "left"];
const onSurfaces = ["text", "text-2", "text-3", "accent", "danger", "warning", "ok", "cut", "lab"];

describe.each(["light", "dark", "projector"])("theme %s", (theme) => {
  const tokens = tokensOf(theme);

  it.each([...onSurfaces, ...operations, ...statuses])("%s is readable as text on every surface", (name) => {
    for (const surface of ["surface", "surface-2"]) {
      expect(contrast(tokens[name]!, tokens[surface]!), `${name} on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("text on filled and tinted controls is readable", () => {
    expect(contrast(tokens["on-accent"]!, tokens["accent"]!)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens["on-danger"]!, tokens["danger"]!)).toBeGreaterThanOrEqual(4.5);
    for (const soft of ["accent-soft", "warning-soft", "danger-soft", "surface-3", "bg"]) {
      expect(contrast(tokens["text"]!, tokens[soft]!), soft).toBeGreaterThanOrEqual(7);
      expect(contrast(tokens["text-2"]!, tokens[soft]!), soft).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("the edges of controls stand out", () => {
    expect(contrast(tokens["line-strong"]!, tokens["surface"]!)).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.entries(deficiencies))("operations stay apart with colour vision: %s", (_name, matrix) => {
    for (const [i, a] of operations.entries()) {
      for (const b of operations.slice(i + 1)) {
        const [x, y] = [a, b].map((name) => oklab(seenAs(tokens[name]!, matrix)));
        const distance = Math.hypot(x![0] - y![0], x![1] - y![1], x![2] - y![2]);
        expect(distance, `${a} and ${b}`).toBeGreaterThanOrEqual(0.08);
      }
    }
  });
});

describe("the projector theme", () => {
  it("is larger, thicker and stronger in contrast than the others", () => {
    const projector = tokensOf("projector");
    expect(projector["size"]).toBe("18px");
    expect(projector["stroke"]).toBe("3px");
    expect(contrast(projector["text"]!, projector["surface"]!)).toBe(21);
  });
});
