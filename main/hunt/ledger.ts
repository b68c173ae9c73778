/**
 * What a hunt has done and found, as lines of JSON that are only ever added: the hunt may be killed at any moment and
 * goes on where it was.
 *
 * The first line says which hunt it is; then come the seeds that are done and the failures, each flushed to the disk
 * before the hunt goes on. A torn last line is what a kill in the middle of writing leaves: it is cut off.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";

export interface HuntIdentity {
  /** SHA-256 of the scenario's text, hex. */
  readonly scenario: string;
  readonly name: string;
  readonly version: string;
  readonly from: number;
  readonly to: number;
  readonly shard: { readonly index: number; readonly of: number };
}

/** A run that did not hold. `expectation` is its place in the scenario's list. */
export interface FoundFailure {
  readonly seed: number;
  readonly verdict: "violated" | "unknown";
  readonly expectation: number | null;
  readonly words: string;
  readonly found: string;
}

export interface FinishedBatch {
  /** First and last seed, both done, and every seed of the shard between them. */
  readonly first: number;
  readonly last: number;
  readonly runs: number;
  readonly reached: Readonly<Record<string, number>>;
}

export interface MinimisedFailure {
  readonly seed: number;
  readonly folder: string;
  readonly before: { readonly nodes: number; readonly faults: number; readonly operations: number };
  readonly after: { readonly nodes: number; readonly faults: number; readonly operations: number };
  /** Event of the minimised run's session that proves it; null when the expectation names none. */
  readonly proof: number | null;
}

type Line =
  | { readonly kind: "hunt"; readonly hunt: HuntIdentity }
  | { readonly kind: "done"; readonly batch: FinishedBatch }
  | { readonly kind: "failure"; readonly failure: FoundFailure }
  | { readonly kind: "minimised"; readonly minimised: MinimisedFailure };

export class Ledger {
  readonly batches: FinishedBatch[] = [];
  readonly failures = new Map<number, FoundFailure>();
  readonly minimised = new Map<number, MinimisedFailure>();
  readonly #file: number;

  /** Begins a hunt in `folder`, or with `resume` goes on with the one there. Throws LabError when it is another one. */
  constructor(folder: string, hunt: HuntIdentity, resume: boolean) {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "ledger.jsonl");
    const isThere = existsSync(path);
    if (isThere && !resume) {
      throw new LabError(
        "bad_input",
        `${folder} already holds a hunt: go on with it by --resume, or name another folder with --out.`,
      );
    }
    if (!isThere && resume) throw new LabError("bad_input", `${folder} holds no hunt to resume.`);
    let whole = 0;
    if (isThere) whole = this.#read(path, hunt);
    this.#file = openSync(path, isThere ? "r+" : "w");
    if (isThere) ftruncateSync(this.#file, whole);
    this.#end = whole;
    if (whole === 0) this.#add({ kind: "hunt", hunt });
  }

  #end: number;

  done(batch: FinishedBatch): void {
    this.batches.push(batch);
    this.#add({ kind: "done", batch });
  }

  failure(failure: FoundFailure): void {
    if (this.failures.has(failure.seed)) return;
    this.failures.set(failure.seed, failure);
    this.#add({ kind: "failure", failure });
  }

  smaller(minimised: MinimisedFailure): void {
    this.minimised.set(minimised.seed, minimised);
    this.#add({ kind: "minimised", minimised });
  }

  close(): void {
    closeSync(this.#file);
  }

  #add(line: Line): void {
    this.#end += writeSync(this.#file, `${JSON.stringify(line)}\n`, this.#end);
    fsyncSync(this.#file);
  }

  /** Returns the length of the whole lines in bytes. */
  #read(path: string, hunt: HuntIdentity): number {
    const text = readFileSync(path, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const [index, json] of whole.split("\n").slice(0, -1).entries()) {
      const line = parseLine(json);
      if (line === null || (index === 0) !== (line.kind === "hunt")) {
        throw new LabError(
          "bad_input",
          `${path}:${index + 1}: this is no line of a hunt; name another folder.`,
        );
      }
      if (line.kind === "hunt") sameHunt(path, line.hunt, hunt);
      else if (line.kind === "done") this.batches.push(line.batch);
      else if (line.kind === "failure") this.failures.set(line.failure.seed, line.failure);
      else this.minimised.set(line.minimised.seed, line.minimised);
    }
    return Buffer.byteLength(whole);
  }
}

function parseLine(json: string): Line | null {
  try {
    const line = JSON.parse(json) as Line;
    return ["hunt", "done", "failure", "minimised"].includes(line.kind) ? line : null;
  } catch {
    return null;
  }
}

function sameHunt(path: string, there: HuntIdentity, wanted: HuntIdentity): void {
  const differs = (why: string) =>
    new LabError("bad_input", `${path} is of another hunt (${why}): name another folder with --out.`);
  if (there.scenario !== wanted.scenario) throw differs("the scenario has changed");
  if (there.version !== wanted.version) throw differs(`Lightcone ${there.version} began it`);
  if (there.shard.index !== wanted.shard.index || there.shard.of !== wanted.shard.of)
    throw differs(`shard ${there.shard.index}/${there.shard.of}`);
  if (there.from !== wanted.from || there.to !== wanted.to) throw differs(`seeds ${there.from}..${there.to}`);
}
