import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HuntIdentity, Ledger } from "../../../main/hunt/ledger.ts";

const identity: HuntIdentity = {
  scenario: "abc",
  name: "A storm",
  version: "1.0.0",
  from: 1,
  to: 100,
  shard: { index: 1, of: 1 },
};
const failure = { seed: 4, verdict: "violated", expectation: 0, words: "w", found: "f" } as const;
const batch = { first: 1, last: 3, runs: 3, reached: { "read repair sent": 2 } };

describe("the ledger of a hunt", () => {
  let folder: string;
  const file = () => join(folder, "ledger.jsonl");
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lightcone-ledger-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const begin = (resume: boolean, hunt = identity) => new Ledger(folder, hunt, resume);
  const filled = () => {
    const ledger = begin(false);
    ledger.done(batch);
    ledger.failure(failure);
    ledger.failure(failure);
    ledger.close();
  };

  it("has after a kill what it had before, each failure once", () => {
    filled();
    const ledger = begin(true);
    expect(ledger.batches).toEqual([batch]);
    expect([...ledger.failures.values()]).toEqual([failure]);
    ledger.close();
  });

  it("goes on behind a line that a kill tore in two", () => {
    filled();
    appendFileSync(file(), '{"kind":"failure","fail');
    const torn = begin(true);
    torn.done({ first: 4, last: 9, runs: 6, reached: {} });
    torn.close();
    const ledger = begin(true);
    expect(ledger.batches.map(({ last }) => last)).toEqual([3, 9]);
    expect(readFileSync(file(), "utf8")).not.toContain('{"kind":"failure","fail{');
    ledger.close();
  });

  it("begins anew where a kill came before the first line was whole", () => {
    writeFileSync(file(), '{"kind":"hu');
    const ledger = begin(true);
    ledger.done(batch);
    ledger.close();
    expect(readFileSync(file(), "utf8").split("\n")[0]).toContain('"kind":"hunt"');
  });

  it.each([
    [{ ...identity, scenario: "other" }, "the scenario has changed"],
    [{ ...identity, version: "0.9.0" }, "Lightcone 1.0.0 began it"],
    [{ ...identity, to: 50 }, "seeds 1..100"],
    [{ ...identity, shard: { index: 1, of: 2 } }, "shard 1/1"],
  ])("refuses to go on with another hunt", (hunt, why) => {
    filled();
    expect(() => begin(true, hunt)).toThrow(why);
  });

  it("writes over no hunt, resumes none that is not there, and says which line is none", () => {
    expect(() => begin(true)).toThrow("holds no hunt to resume");
    filled();
    expect(() => begin(false)).toThrow("--resume");
    writeFileSync(file(), `${readFileSync(file(), "utf8")}{"kind":"cake"}\n`);
    expect(() => begin(true)).toThrow("ledger.jsonl:4: this is no line of a hunt");
  });
});
