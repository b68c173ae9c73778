/** Counters beside a twin that adds up the differences that clients meant. */
import { describe, expect, it } from "vitest";
import { counter } from "../../../../shared/replication/strategies/counter.ts";
import { agrees, type Edit, firstVersion, isAbsent, nothing, Replicas, type Written } from "./run.ts";

const edit: Edit = (shown, number) => {
  const before = Number(shown[0] ?? 0);
  const after = before + (number % 21) - 10;
  return { value: String(after), meant: after - before };
};

function twin(heard: readonly Written[]): string | undefined {
  const deletes = heard.filter(({ meant }) => meant === null);
  const counted = heard.filter(
    ({ dot, meant }) => meant !== null && !deletes.some(({ saw }) => saw.has(dot)),
  );
  const sum = counted.reduce((total, { meant }) => total + (meant as number), 0);
  return isAbsent(heard, false) ? undefined : String(sum);
}

describe("a counter", () => {
  it("is the sum of all differences that no delete had seen", () => {
    agrees(counter, edit, twin, { numRuns: 1_000 });
  });

  it("counts every one of many that read the same and add one, at one node or at several", () => {
    const run = new Replicas(counter);
    run.write(0, nothing, "7", null);
    const read = run.replicas[0]!;
    for (const at of [1, 2]) run.receive(at, read);
    for (const at of [0, 1, 2, 0, 1]) run.write(at, read, "8", null);
    for (const at of [1, 2]) run.receive(0, run.replicas[at]!);
    expect(counter.values(run.replicas[0]!.state)).toEqual(["12"]);
  });

  it("is cleared once by two deletes that did not know of each other, and keeps what neither had seen", () => {
    const run = new Replicas(counter);
    run.write(0, nothing, "7", null);
    const read = run.replicas[0]!;
    for (const at of [1, 2]) run.receive(at, read);
    for (const at of [0, 1]) run.write(at, read, null, null);
    run.write(2, read, "12", null);
    for (const at of [1, 2]) run.receive(0, run.replicas[at]!);
    expect(counter.values(run.replicas[0]!.state)).toEqual(["5"]);
  });

  it("refuses a context from before what it remembers rather than guess", () => {
    const run = new Replicas(counter);
    run.write(0, nothing, "1", null);
    const { context } = run.replicas[0]!.state;
    for (let value = 2; value < 30; value++) run.write(0, run.replicas[0]!, String(value), null);
    const { dot } = firstVersion("");
    const late = { ...firstVersion("5"), dot: { ...dot, counter: 99 } };
    expect(counter.write(run.replicas[0]!.state, late, context)).toMatchObject({ code: "bad_context" });
  });

  it("remembers a good many deletes, and refuses a context from before them", () => {
    const run = new Replicas(counter);
    for (let round = 0; round < 5; round++) {
      run.write(0, run.replicas[0]!, "3", null);
      run.write(0, run.replicas[0]!, null, null);
    }
    const old = run.seen[0]!;
    run.write(0, old, "4", null);
    expect(counter.values(run.replicas[0]!.state)).toEqual(["1"]);
    for (let round = 0; round < 12; round++) run.write(0, run.replicas[0]!, null, null);
    expect(run.write(0, old, "4", null)).toBeNull();
  });

  it("takes a sign and spaces, and writes neither", () => {
    const run = new Replicas(counter);
    run.write(0, nothing, " +07 ", null);
    expect(counter.values(run.replicas[0]!.state)).toEqual(["7"]);
  });

  it.each(["1.5", "", "ten", "1e3", "1234567890123456"])("refuses %j", (value) => {
    expect(counter.write(nothing.state, firstVersion(value), {})).toMatchObject({ code: "bad_value" });
  });
});
