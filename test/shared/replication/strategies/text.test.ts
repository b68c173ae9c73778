/** Texts: three-way merges that are known from everywhere, and what must hold of any of them. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { positionsBetween } from "../../../../shared/replication/strategies/position.ts";
import { text } from "../../../../shared/replication/strategies/text.ts";
import { agrees, type Edit, isAbsent, nothing, Replicas, type Written } from "./run.ts";

/** What two clients make of the same text at two nodes, merged at each of them. */
function merged(base: string, mine: string, theirs: string): string {
  const run = new Replicas(text);
  run.write(0, nothing, base, null);
  const read = run.replicas[0]!;
  run.receive(1, read);
  run.write(0, read, mine, null);
  run.write(1, read, theirs, null);
  run.receive(0, run.replicas[1]!);
  run.receive(1, run.seen[2]!);
  const [here, there] = [0, 1].map((at) => text.values(run.replicas[at]!.state));
  expect(there).toEqual(here);
  return here!.join("|");
}

const lines = (words: string) => words.split(" ").join("\n");

describe("a text", () => {
  it.each([
    ["changes apart from each other", "a b c", "A b c", "a b C", "A b C"],
    ["an insertion and a removal", "a b c", "a x b c", "a b", "a x b"],
    ["the same line removed twice", "a b c", "a c", "a c", "a c"],
    ["insertions at one place, side by side", "a b", "a x1 x2 b", "a y1 y2 b", "a x1 x2 y1 y2 b"],
    ["additions at the end", "a", "a x", "a y", "a x y"],
    ["additions at the beginning", "a", "x a", "y a", "x y a"],
    ["a line changed on both sides: both are there", "a b c", "a B c", "a β c", "a B β c"],
    ["all removed on one side, one added on the other", "a b", "", "a b c", " c"],
  ])("merges %s", (_, base, mine, theirs, wanted) => {
    expect(merged(lines(base), lines(mine), lines(theirs))).toBe(lines(wanted));
  });

  it("keeps empty lines and a line feed at the end", () => {
    expect(merged("\n\na\n", "\n\na\n", "\n\nb\n")).toBe("\n\nb\n");
  });

  it("is merged through the context of an old reading, too", () => {
    const run = new Replicas(text);
    run.write(0, nothing, lines("a b c"), null);
    const read = run.replicas[0]!;
    run.write(0, read, lines("a x b c"), null);
    run.write(0, run.replicas[0]!, lines("x b c"), null);
    run.write(0, read, lines("a b c y"), null);
    expect(text.values(run.replicas[0]!.state)).toEqual([lines("x b c y")]);
  });

  it("is what its history says: the lines added and not taken out by anybody who had seen them", () => {
    agrees(text, edit, twin, { numRuns: 500, steps: 25, of: sorted });
  });

  it("has every writer's own lines in the order in which he wrote them", () => {
    const words = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 8 });
    fc.assert(
      fc.property(words, words, words, (base, mine, theirs) => {
        const [x, y] = [numbered("x", mine), numbered("y", theirs)];
        const all = merged(base.join("\n"), [...base, ...x].join("\n"), [...y, ...base].join("\n")).split(
          "\n",
        );
        for (const own of [x, y]) expect(all.filter((line) => own.includes(line))).toEqual(own);
      }),
    );
  });
});

let made = 0;

/** Every line is written once, so that a twin need not know which of two equal lines was meant. */
const edit: Edit = (shown, number) => {
  const before = shown.length === 0 ? [] : shown[0]!.split("\n");
  const wanted = before.filter((_, index) => (number >> (index % 8)) % 3 !== 1);
  const added = Array.from({ length: (number % 3) + 1 }, () => `line ${++made}`);
  wanted.splice(number % (wanted.length + 1), 0, ...added);
  return { value: wanted.join("\n"), meant: { added, wanted: new Set(wanted) } };
};

interface Meant {
  readonly added: readonly string[];
  readonly wanted: ReadonlySet<string>;
}

function twin(heard: readonly Written[]): string | undefined {
  const standing = heard.flatMap(({ dot, meant }) =>
    meant === null
      ? []
      : (meant as Meant).added.filter((line) =>
          heard.every(
            (later) =>
              !later.saw.has(dot) || (later.meant !== null && (later.meant as Meant).wanted.has(line)),
          ),
        ),
  );
  return isAbsent(heard, standing.length === 0) ? undefined : standing.sort().join("\n");
}

/** The order of lines is looked at by itself. */
const sorted = (value: string) => value.split("\n").sort().join("\n");

/** Lines that are all different. */
const numbered = (side: string, all: string[]) => all.map((word, index) => `${side}${index}${word}`);

describe("positions", () => {
  it("lie between their neighbours, wherever lines are put in and taken out", () => {
    const step = fc.record({
      at: fc.nat(),
      count: fc.integer({ min: 1, max: 40 }),
      node: fc.constantFrom("0", "Z.z", "n-1"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const all: string[] = [];
        steps.forEach(({ at, count, node }, counter) => {
          const index = at % (all.length + 1);
          const [left, right] = [all[index - 1] ?? "", all[index] ?? null];
          all.splice(index, 0, ...positionsBetween(left, right, `${node}:${counter}`, count));
          if (counter % 3 === 0) all.splice(at % all.length, 1);
        });
        for (let i = 1; i < all.length; i++) expect(all[i - 1]! < all[i]!).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("stay short where texts grow: at the end and at the beginning", () => {
    const [end, beginning]: string[][] = [[], []];
    for (let i = 0; i < 1_000; i++) {
      end!.push(positionsBetween(end!.at(-1) ?? "", null, `n:${i}`, 1)[0]!);
      beginning!.unshift(positionsBetween("", beginning![0] ?? null, `n:${i}`, 1)[0]!);
    }
    expect(end!.at(-1)!.length).toBeLessThan(150);
    expect(beginning![0]!.length).toBeLessThan(150);
  });
});
