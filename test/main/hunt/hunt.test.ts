/** Whole hunts with real threads, held against running every seed one after the other. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hunt, type HuntOptions, type HuntProgress } from "../../../main/hunt/hunt.ts";
import { Ledger } from "../../../main/hunt/ledger.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { sizesOf } from "../../../shared/simulation/minimise.ts";
import { temporaryDir } from "../lab/temporary.ts";
import { ledgerOf, seedsDone, sometimes, verdictOf, violatedSeeds } from "./sometimes.ts";

const workerEntry = join(import.meta.dirname, "../../../main/hunt/worker.ts");
const last = 60;
const wanted = violatedSeeds(sometimes, 1, last);
const range = (from: number, to: number, by = 1) =>
  Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by);

function begin(changes: Partial<HuntOptions> = {}): Promise<HuntProgress> {
  return hunt({
    text: sometimes,
    file: "sometimes.yaml",
    name: "sometimes",
    version: "test",
    from: 1,
    to: last,
    shard: { index: 1, of: 1 },
    folder: temporaryDir(),
    resume: false,
    jobs: 2,
    stopAtFirst: false,
    minimiseMax: 0,
    minimiseBudget: 200,
    workerEntry,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...changes,
  });
}

const seedsOf = ({ failures }: HuntProgress) => failures.map(({ seed }) => seed);

/** Cuts a hunt off at each progress that is told, and goes on until it is through; how often it was cut. */
async function inPieces(changes: Partial<HuntOptions>): Promise<{ end: HuntProgress; cuts: number }> {
  const folder = temporaryDir();
  for (let cuts = 0; ; cuts++) {
    const ending = new AbortController();
    let told = 0;
    const end = await begin({
      ...changes,
      folder,
      resume: cuts > 0,
      signal: ending.signal,
      onProgress: () => {
        told += 1;
        if (told === 2 && cuts < 2) ending.abort();
      },
    });
    if (!ending.signal.aborted) return { end, cuts };
  }
}

it("fails under some seeds and not under others, or nothing here is tested", () => {
  expect(wanted.length).toBeGreaterThan(2);
  expect(wanted.length).toBeLessThan(last / 2);
});

describe("a hunt", () => {
  it("collects exactly the seeds that fail, each seed run once", async () => {
    const folder = temporaryDir();
    const end = await begin({ folder });
    expect(seedsOf(end)).toEqual(wanted);
    expect(end).toMatchObject({ total: last, done: last });
    expect(seedsDone(ledgerOf(folder))).toEqual(range(1, last));
    for (const { seed, expectation, found } of end.failures) {
      expect(expectation).toBe(1);
      expect(found).toBe(verdictOf(sometimes, seed).results[1]!.found);
    }
  });

  it("stops at the lowest seed that fails, with every seed below it run", async () => {
    const folder = temporaryDir();
    const end = await begin({ folder, stopAtFirst: true, to: Number.MAX_SAFE_INTEGER });
    expect(seedsOf(end)[0]).toBe(wanted[0]);
    expect(seedsDone(ledgerOf(folder))).toEqual(expect.arrayContaining(range(1, wanted[0]!)));
    expect(end.done).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it("makes a failure small and leaves it so that anybody can run it again", async () => {
    const end = await begin({ stopAtFirst: true, minimiseMax: 3 });
    expect([...end.minimised.keys()]).toEqual([wanted[0]]);
    const { seed, folder, before, after, isMinimal } = end.minimised.get(wanted[0]!)!;
    expect(after.operations).toBeLessThan(before.operations);
    expect(isMinimal).toBe(true);
    const text = readFileSync(join(folder, "scenario.yaml"), "utf8");
    const small = parseScenario(text, "small.yaml");
    expect(small.lesson).toBeUndefined();
    expect(small.expect).toEqual([parseScenario(sometimes, "sometimes.yaml").expect[1]]);
    expect(sizesOf(small)).toEqual(after);
    expect(verdictOf(text, seed).verdict).toBe("violated");
    expect(JSON.parse(readFileSync(join(folder, "run.json"), "utf8"))).toMatchObject({
      seed,
      verdict: "violated",
      rarePaths: true,
      traceSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it("keeps a small failure although the sitting before was killed while it wrote it", async () => {
    const folder = temporaryDir();
    mkdirSync(join(folder, `seed-${wanted[0]}`, "nodes"), { recursive: true });
    writeFileSync(join(folder, `seed-${wanted[0]}`, "scenario.yaml"), "name: hal");
    const end = await begin({ folder, stopAtFirst: true, minimiseMax: 1, minimiseBudget: 5 });
    expect(end.minimised.get(wanted[0]!)).toMatchObject({ isMinimal: false });
  });

  it("comes to the same in pieces: nothing lost, nothing twice", async () => {
    const whole = await begin({ minimiseMax: 1, minimiseBudget: 20 });
    const { end, cuts } = await inPieces({ minimiseMax: 1, minimiseBudget: 20 });
    expect(cuts).toBeGreaterThan(0);
    expect(end.failures).toEqual(whole.failures);
    expect(end.reached).toEqual(whole.reached);
    expect(end.done).toBe(last);
    expect(end.minimised.size).toBe(1);
  });

  it("finds the same first failure when it was cut before the seeds below it were known", async () => {
    const folder = temporaryDir();
    const shard = { index: 1, of: 1 };
    const scenario = createHash("sha256").update(sometimes).digest("hex");
    const ledger = new Ledger(
      folder,
      { scenario, name: "sometimes", version: "test", from: 1, to: last, shard },
      false,
    );
    const later = { verdict: "violated", expectation: 1, words: "", found: "" } as const;
    ledger.failure({ seed: wanted[2]!, ...later });
    ledger.close();
    const end = await begin({ folder, resume: true, stopAtFirst: true });
    expect(seedsOf(end)[0]).toBe(wanted[0]);
  });

  it("covers the range in shards, no seed twice", async () => {
    const folders = [temporaryDir(), temporaryDir()];
    const ends = [];
    for (const [i, folder] of folders.entries())
      ends.push(await begin({ folder, shard: { index: i + 1, of: 2 } }));
    const done = folders.flatMap((folder) => seedsDone(ledgerOf(folder), 2));
    expect(done.sort((a, b) => a - b)).toEqual(range(1, last));
    expect(ends.flatMap(seedsOf).toSorted((a, b) => a - b)).toEqual(wanted);
  });

  it("begins at once in a range of billions, and tells about it", async () => {
    const ending = new AbortController();
    const told: HuntProgress[] = [];
    const end = await begin({
      to: Number.MAX_SAFE_INTEGER,
      signal: ending.signal,
      onProgress: (progress) => {
        told.push(progress);
        if (progress.done > 0) ending.abort();
      },
    });
    expect(told.map(({ total }) => total)).toContain(Number.MAX_SAFE_INTEGER);
    expect(end.done).toBeGreaterThan(0);
  });

  it("takes what the code under test throws for a find, and the end of a thread for its own", async () => {
    const folder = temporaryDir();
    const throwing = fileURLToPath(new URL("throwing-worker.ts", import.meta.url));
    const options = { folder, jobs: 1, workerEntry: throwing, text: sometimes.replace("0.01", "0") };
    await expect(begin(options)).rejects.toThrow(
      /^A thread of the hunt died while it ran seeds? \d+.* \(it ended of itself\): what was found is kept in .*--resume/,
    );
    const { failures } = ledgerOf(folder);
    expect(failures.map(({ seed }) => seed)).toEqual([3, 6]);
    expect(failures[0]).toMatchObject({ verdict: "violated", expectation: null });
    expect(failures[0]!.found).toMatch(
      /^TypeError: nothing is no clock \(at .*throwing-worker\.ts:\d+:\d+\)?/,
    );
    const end = await begin({ ...options, workerEntry, resume: true });
    expect(seedsOf(end)).toEqual([3, 6]);
    expect(end.done).toBe(last);
    expect(end.minimised.size).toBe(0);
  });

  it("notes what cannot be judged, and goes on", async () => {
    const text = `${sometimes.replace("0.01", "0")}steps: [{ when: { event: { name: nothing } }, within: 50ms, do: { note: look } }]\n`;
    const end = await begin({ text, to: 5, stopAtFirst: true });
    expect(end.failures.map(({ verdict }) => verdict)).toEqual(range(1, 5).map(() => "unknown"));
    expect(end.done).toBe(5);
  });

  it("lets one hunt at a time into a folder", async () => {
    const folder = temporaryDir();
    const ending = new AbortController();
    const first = begin({ folder, signal: ending.signal, to: 1_000_000 });
    await expect(begin({ folder, resume: true, to: 1_000_000 })).rejects.toThrow(
      `Another hunt is at work in ${folder}`,
    );
    ending.abort();
    await first;
    await begin({ folder, resume: true, to: 1_000_000, signal: AbortSignal.abort() });
  });

  it("says in one sentence why its folder cannot be had", async () => {
    const parent = temporaryDir();
    writeFileSync(join(parent, "file"), "");
    await expect(begin({ folder: join(parent, "file") })).rejects.toThrow(
      /file.* cannot be written \(EEXIST/,
    );
    mkdirSync(join(parent, "odd", "ledger.jsonl"), { recursive: true });
    await expect(begin({ folder: join(parent, "odd") })).rejects.toThrow(/cannot be read \(EISDIR/);
  });
});
