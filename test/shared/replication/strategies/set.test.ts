/** Sets beside a twin that keeps the whole history: who added what, and who had seen it and left it out. */
import { describe, expect, it } from "vitest";
import { set } from "../../../../shared/replication/strategies/set.ts";
import { agrees, type Edit, firstVersion, isAbsent, nothing, Replicas, type Written } from "./run.ts";

interface Meant {
  readonly added: readonly string[];
  readonly wanted: ReadonlySet<string>;
}

/** Takes out some elements and adds others. */
const edit: Edit = (shown, number) => {
  const before = new Set(JSON.parse(shown[0] ?? "[]") as string[]);
  const wanted = new Set(before);
  ["a", "b", "c", "d"].forEach((element, index) => {
    if ((number >> index) & 1 && !wanted.delete(element)) wanted.add(element);
  });
  const meant: Meant = { added: [...wanted].filter((element) => !before.has(element)), wanted };
  return { value: JSON.stringify([...wanted]), meant };
};

const wantedBy = ({ meant }: Written, element: string) =>
  meant !== null && (meant as Meant).wanted.has(element);

function twin(heard: readonly Written[]): string | undefined {
  const elements = new Set<string>();
  for (const { dot, meant } of heard) {
    if (meant === null) continue;
    for (const element of (meant as Meant).added) {
      if (heard.every((later) => !later.saw.has(dot) || wantedBy(later, element))) elements.add(element);
    }
  }
  return isAbsent(heard, elements.size === 0) ? undefined : JSON.stringify([...elements].sort());
}

describe("a set", () => {
  it("is what its history says: added, and not left out by anybody who had seen it", () => {
    agrees(set, edit, twin, { numRuns: 1_000 });
  });

  it("adding wins over a removal that did not know of it; what was only left in does not come back", () => {
    const run = new Replicas(set);
    run.write(0, nothing, `["milk","eggs"]`, null);
    const first = run.replicas[0]!;
    run.receive(1, first);
    run.write(0, first, `["eggs"]`, null);
    run.write(1, first, `["milk","eggs","tea"]`, null);
    run.receive(0, run.replicas[1]!);
    expect(set.values(run.replicas[0]!.state)).toEqual([`["eggs","tea"]`]);
    run.write(1, nothing, `["milk"]`, null);
    run.receive(0, run.replicas[1]!);
    expect(set.values(run.replicas[0]!.state)).toEqual([`["eggs","milk","tea"]`]);
  });

  it("takes any JSON for an element, in one form", () => {
    const run = new Replicas(set);
    run.write(0, nothing, `[{"b":1,"a":2}, {"a":2, "b":1}, 1.0, 1]`, null);
    expect(set.values(run.replicas[0]!.state)).toEqual([`[1,{"a":2,"b":1}]`]);
  });

  it("remembers enough for any context of the last few hundred removals, and refuses one from before", () => {
    const run = new Replicas(set);
    run.write(0, nothing, `["a","b"]`, null);
    const old = run.replicas[0]!;
    for (let i = 0; i < 200; i++) run.write(0, run.replicas[0]!, `["a","b","${i}"]`, null);
    run.write(0, old, `["b","new"]`, null);
    expect(set.values(run.replicas[0]!.state)).toEqual([`["199","b","new"]`]);
    for (let i = 0; i < 300; i++) run.write(0, run.replicas[0]!, `["a","b","${i}"]`, null);
    const { dot } = firstVersion("");
    const late = { ...firstVersion(`["b"]`), dot: { ...dot, counter: 9_999 } };
    expect(set.write(run.replicas[0]!.state, late, old.state.context)).toMatchObject({ code: "bad_context" });
    expect(set.write(run.replicas[0]!.state, late, {})).not.toHaveProperty("code");
  });

  it.each([`{"a":1}`, "milk", "", "3"])("refuses %j", (value) => {
    expect(set.write(nothing.state, firstVersion(value), {})).toMatchObject({ code: "bad_value" });
  });

  it("refuses more elements than it could keep apart", () => {
    const value = JSON.stringify(Array.from({ length: 10_001 }, (_, i) => i));
    expect(set.write(nothing.state, firstVersion(value), {})).toMatchObject({ code: "bad_value" });
  });
});
