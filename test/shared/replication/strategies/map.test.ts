/** Maps beside a twin that keeps the whole history: which field each write changed, and which value it had been shown. */
import { describe, expect, it } from "vitest";
import { map } from "../../../../shared/replication/strategies/map.ts";
import { agrees, type Edit, firstVersion, isAbsent, nothing, Replicas, type Written } from "./run.ts";

interface Meant {
  readonly changed: ReadonlyMap<string, string>;
  readonly kept: ReadonlyMap<string, string>;
}

/** Sets some fields and takes out others. */
const edit: Edit = (shown, number) => {
  const before = JSON.parse(shown[0] ?? "{}") as Record<string, number>;
  const after = { ...before };
  ["a", "b", "c"].forEach((name, index) => {
    if (((number >> index) & 1) === 0) return;
    if (name in after && number % 3 === 0) delete after[name];
    else after[name] = number % 7;
  });
  const changed = new Map<string, string>();
  const kept = new Map<string, string>();
  for (const [name, value] of Object.entries(after)) {
    (before[name] === value ? kept : changed).set(name, String(value));
  }
  const meant: Meant = { changed, kept };
  return { value: JSON.stringify(after), meant };
};

interface Field {
  readonly name: string;
  readonly value: string;
  readonly by: Written;
}

/** What is shown of each field: of all that stand the one with the highest stamp. */
function shown(heard: readonly Written[]): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const field of standing(heard)) {
    const other = fields.get(field.name)?.by;
    const ahead = other === undefined ? 1 : field.by.at - other.at || field.by.tick - other.tick;
    if (ahead > 0 || (ahead === 0 && field.by.dot > other!.dot)) fields.set(field.name, field);
  }
  return fields;
}

/** Values that nobody has replaced or taken out who had seen them; he who keeps a field keeps the value he was shown. */
function standing(heard: readonly Written[]): Field[] {
  const all = heard.flatMap((by) =>
    by.meant === null ? [] : [...(by.meant as Meant).changed].map(([name, value]) => ({ name, value, by })),
  );
  return all.filter(({ name, by }) =>
    heard.every(
      (later) => !later.saw.has(by.dot) || (isKept(name, later) && wasShown(heard, later, name) === by),
    ),
  );
}

const isKept = (name: string, { meant }: Written) => meant !== null && (meant as Meant).kept.has(name);
const wasShown = (heard: readonly Written[], { saw }: Written, name: string) =>
  shown(heard.filter(({ dot }) => saw.has(dot))).get(name)?.by;

function twin(heard: readonly Written[]): string | undefined {
  const fields = [...shown(heard).values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (isAbsent(heard, fields.length === 0)) return undefined;
  return `{${fields.map(({ name, value }) => `"${name}":${value}`).join(",")}}`;
}

describe("a map", () => {
  it("is what its history says, field by field", () => {
    agrees(map, edit, twin, { numRuns: 700, steps: 14 });
  });

  it("keeps both changes when two clients that read the same change different fields", () => {
    const run = new Replicas(map);
    run.write(0, nothing, `{"f":1,"g":1}`, null);
    const read = run.replicas[0]!;
    run.write(0, read, `{"f":2,"g":1}`, null);
    run.write(0, read, `{"f":1,"g":3}`, null);
    expect(map.values(run.replicas[0]!.state)).toEqual([`{"f":2,"g":3}`]);
  });

  it("shows the later of two values of one field, until somebody who has read it decides", () => {
    const run = new Replicas(map);
    run.write(0, nothing, `{"f":1}`, null);
    run.write(0, nothing, `{"f":2}`, null);
    expect(map.values(run.replicas[0]!.state)).toEqual([`{"f":2}`]);
    run.write(0, run.replicas[0]!, `{"f":2,"g":0}`, null);
    expect(run.replicas[0]!.state.versions).toHaveLength(1);
    run.write(0, run.replicas[0]!, `{"g":0}`, null);
    expect(map.values(run.replicas[0]!.state)).toEqual([`{"g":0}`]);
  });

  it("takes names that every object answers to", () => {
    const run = new Replicas(map);
    run.write(0, nothing, `{"__proto__":1,"constructor":{"b":1,"a":2}}`, null);
    expect(map.values(run.replicas[0]!.state)).toEqual([`{"__proto__":1,"constructor":{"a":2,"b":1}}`]);
  });

  it.each(["[]", "null", "x", "1"])("refuses %j", (value) => {
    expect(map.write(nothing.state, firstVersion(value), {})).toMatchObject({ code: "bad_value" });
  });
});
