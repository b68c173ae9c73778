/**
 * What a hunt has done and found, as lines of JSON that are only ever added: the hunt may be killed at any moment and
 * goes on where it was.
 *
 * The first line says which hunt it is; then come the seeds that are done and the failures, each flushed to the disk
 * before the hunt goes on. A torn last line is what a kill in the middle of writing leaves: it is cut off. A lock keeps
 * a second hunt out of the folder.
 */
import { appendFileSync, closeSync, fsyncSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";
import type { Sizes } from "../../shared/simulation/minimise.ts";
import { makeDir } from "../lab/data-dir.ts";
import { type Lock, takeLock } from "../lab/lock.ts";

export interface HuntIdentity {
  /** SHA-256 of the scenario's text, hex. */
  readonly scenario: string;
  readonly name: string;
  readonly version: string;
  readonly from: number;
  readonly to: number;
  readonly shard: { readonly index: number; readonly of: number };
}

/** A run that did not hold. `expectation` is its place in the scenario's list; null when it was a crash or broke off. */
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
  readonly before: Sizes;
  readonly after: Sizes;
  /** False: the budget was spent before it was certain that nothing more can go. */
  readonly isMinimal: boolean;
  /** Event of the minimised run's session that proves it; null when the expectation names none. */
  readonly proof: number | null;
}

type Line =
  | { readonly kind: "hunt"; readonly hunt: HuntIdentity }
  | { readonly kind: "done"; readonly batch: FinishedBatch }
  | { readonly kind: "failure"; readonly failure: FoundFailure }
  | { readonly kind: "minimised"; readonly minimised: MinimisedFailure };

export class Ledger {
  /** Of earlier sittings. */
  readonly batches: FinishedBatch[] = [];
  readonly failures = new Map<number, FoundFailure>();
  readonly minimised = new Map<number, MinimisedFailure>();
  readonly #path: string;
  readonly #lock: Lock;
  readonly #file: number;

  /** Begins a hunt in `folder`, or with `resume` goes on with the one there. Throws LabError when it is another one. */
  constructor(folder: string, hunt: HuntIdentity, resume: boolean) {
    this.#path = join(folder, "ledger.jsonl");
    this.#writing(() => makeDir(folder));
    this.#lock = takeLock(
      join(folder, "hunt.lock"),
      `Another hunt is at work in ${folder}: wait for its end, or name another folder with --out.`,
    );
    try {
      const whole = this.#read(hunt);
      if (whole === null && resume) throw new LabError("bad_input", `${folder} holds no hunt to resume.`);
      if (whole !== null && !resume) {
        throw new LabError(
          "bad_input",
          `${folder} already holds a hunt: go on with it by --resume, or name another folder with --out.`,
        );
      }
      this.#file = this.#writing(() => openSync(this.#path, "a"));
      this.#writing(() => ftruncateSync(this.#file, whole ?? 0));
      if (!whole) this.#add({ kind: "hunt", hunt });
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  done(batch: FinishedBatch): void {
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
    this.#lock.close();
  }

  #add(line: Line): void {
    this.#writing(() => {
      appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
      fsyncSync(this.#file);
    });
  }

  #writing<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (error) {
      throw new LabError(
        "bad_input",
        `${this.#path} cannot be written (${(error as Error).message}): make room for it, or name another folder with --out.`,
      );
    }
  }

  /** Returns the length of the whole lines in bytes; null when there is no ledger. */
  #read(hunt: HuntIdentity): number | null {
    const text = this.#text();
    if (text === null) return null;
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    for (const [index, json] of whole.split("\n").slice(0, -1).entries()) {
      const line = parseLine(json);
      if (line === null || (index === 0) !== (line.kind === "hunt")) {
        throw new LabError(
          "bad_input",
          `${this.#path}:${index + 1}: this is no line of a hunt; name another folder with --out.`,
        );
      }
      if (line.kind === "hunt") sameHunt(this.#path, line.hunt, hunt);
      else if (line.kind === "done") this.batches.push(line.batch);
      else if (line.kind === "failure") this.failures.set(line.failure.seed, line.failure);
      else this.#keep(line.minimised);
    }
    return Buffer.byteLength(whole);
  }

  /** The folder may have been moved, or be named from elsewhere. */
  #keep(minimised: MinimisedFailure): void {
    const folder = join(dirname(this.#path), basename(minimised.folder));
    this.minimised.set(minimised.seed, { ...minimised, folder });
  }

  #text(): string | null {
    try {
      return readFileSync(this.#path, "utf8");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return null;
      throw new LabError(
        "bad_input",
        `${this.#path} cannot be read (${message}): name another folder with --out.`,
      );
    }
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
