/**
 * A merge function of the user's own, as the rest of the node sees it: two texts in, one text out, or a sentence why not.
 *
 * Calls are made one after the other. One that does not return is interrupted in its sandbox; should that be deaf even
 * to this, or dead for want of memory, it is ended, the call has failed, and the next one gets a new sandbox.
 * Nothing that a function does reaches another call's answer or the node.
 */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { valueBytesMax } from "../../../shared/ids.ts";
import type { FromSandbox, SandboxSetup, ToSandbox } from "./messages.ts";

/** Of one call, in time of the processor. */
const callMs = 100;
/** After that long the sandbox is taken for deaf; on a busy machine it may only be late. */
const deafMs = 15_000;
/** Of a process, until it has compiled the function. */
const startMs = 60_000;
const heapMb = 64;
/** Calls that wait. */
const waitingMax = 1_000;

export type Merged = { readonly value: string } | { readonly error: string };

/** `message` says which file and why. */
export class MergeFileError extends Error {}

interface Call {
  readonly a: string;
  readonly b: string;
  readonly done: (merged: Merged) => void;
}

export class MergeFunction {
  readonly #setup: SandboxSetup;
  readonly #waiting: Call[] = [];
  #sandbox: ChildProcess | null = null;
  #isReady = false;
  #current: { readonly id: number; readonly call: Call } | null = null;
  #timer: NodeJS.Timeout | undefined;
  #calls = 0;
  #closed = false;
  /** Values that the file gives as what it is made for. */
  #examples: readonly string[] = [];
  /** How the first start ends. */
  #started: { resolve(): void; reject(error: Error): void } | null = null;

  private constructor(path: string) {
    let source: string;
    try {
      source = readFileSync(path, "utf8");
    } catch (error) {
      throw new MergeFileError(`The merge function ${path} cannot be read: ${(error as Error).message}.`);
    }
    this.#setup = { source, file: basename(path), callMs };
  }

  /** Throws MergeFileError when the file has no function that could be called. */
  static async load(path: string): Promise<MergeFunction> {
    const loaded = new MergeFunction(path);
    await new Promise<void>((resolve, reject) => {
      loaded.#started = { resolve, reject };
      loaded.#startSandbox();
    });
    return loaded;
  }

  get examples(): readonly string[] {
    return this.#examples;
  }

  get file(): string {
    return this.#setup.file;
  }

  merge(a: string, b: string): Promise<Merged> {
    if (this.#closed) return Promise.resolve({ error: "the node is ending" });
    if (this.#waiting.length >= waitingMax) return Promise.resolve({ error: "too many merges are waiting" });
    return new Promise((done) => {
      this.#waiting.push({ a, b, done });
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    this.#fail("the node is ending");
    for (const { done } of this.#waiting.splice(0)) done({ error: "the node is ending" });
    this.#endSandbox();
  }

  #next(): void {
    if (this.#current !== null || this.#waiting.length === 0) return;
    if (this.#sandbox === null) this.#startSandbox();
    if (!this.#isReady) return;
    const call = this.#waiting.shift()!;
    this.#current = { id: ++this.#calls, call };
    const message: ToSandbox = { id: this.#calls, a: call.a, b: call.b };
    this.#sandbox!.send(message, () => undefined);
    this.#arm(deafMs, `it did not return within ${callMs} ms`);
  }

  #startSandbox(): void {
    const path = entry();
    const sandbox = fork(path, {
      execArgv: [`--max-old-space-size=${heapMb}`, ...(isElectron ? [] : confinement(path))],
      env: isElectron ? { ELECTRON_RUN_AS_NODE: "1" } : {},
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#sandbox = sandbox;
    this.#isReady = false;
    let lastWords = "";
    sandbox.stderr?.on("data", (bytes: Buffer) => (lastWords = (lastWords + bytes.toString()).slice(-4096)));
    sandbox.on("message", (message: FromSandbox) => sandbox === this.#sandbox && this.#heard(message));
    sandbox.on(
      "error",
      (error) => sandbox === this.#sandbox && this.#lost(`its process failed: ${error.message}`),
    );
    sandbox.on("exit", () => sandbox === this.#sandbox && this.#lost(wordsOf(lastWords)));
    sandbox.send(this.#setup, () => undefined);
    this.#arm(startMs, "it did not start");
  }

  #heard(message: FromSandbox): void {
    clearTimeout(this.#timer);
    if (message.kind === "ready") {
      this.#isReady = true;
      this.#examples = message.examples;
      this.#started?.resolve();
      this.#started = null;
    } else if (message.kind === "unusable") this.#lost(message.why);
    else if (message.id === this.#current?.id) {
      const { call } = this.#current;
      this.#current = null;
      call.done(answerOf(message));
    }
    this.#next();
  }

  #arm(ms: number, why: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lost(why), ms);
    this.#timer.unref();
  }

  /** The sandbox is of no more use. */
  #lost(why: string): void {
    this.#endSandbox();
    if (this.#started !== null) {
      this.#started.reject(new MergeFileError(`${this.file} is no merge function: ${why}.`));
      this.#started = null;
      return;
    }
    // Without a call under way the sandbox died while it started: the call that waits longest has to bear it.
    if (this.#current === null) this.#waiting.shift()?.done({ error: why });
    else this.#fail(why);
    if (!this.#closed) this.#next();
  }

  #fail(why: string): void {
    const failed = this.#current;
    this.#current = null;
    failed?.call.done({ error: why });
  }

  #endSandbox(): void {
    clearTimeout(this.#timer);
    const sandbox = this.#sandbox;
    this.#sandbox = null;
    this.#isReady = false;
    sandbox?.kill("SIGKILL");
  }
}

function answerOf(message: Extract<FromSandbox, { kind: "merged" | "failed" }>): Merged {
  if (message.kind === "failed") return { error: message.why };
  const { value } = message;
  const isLong = value.length > valueBytesMax / 3 && Buffer.byteLength(value) > valueBytesMax;
  if (isLong) return { error: `it returned more than ${valueBytesMax} bytes` };
  return value.isWellFormed() ? { value } : { error: "it returned text that is not well-formed Unicode" };
}

const isElectron = process.versions["electron"] !== undefined;

/** No files but its own code, no other process, no thread, nothing native. */
const confinement = (path: string) => ["--permission", `--allow-fs-read=${dirname(path)}`];

/** Why a sandbox has ended: nobody but its own memory ends it. */
const wordsOf = (lastWords: string) =>
  /out of memory|invalid (?:size|array|string)/i.test(lastWords)
    ? `it used more than ${heapMb} MiB`
    : `its process ended (${lastWords.trim().split("\n").at(-1) ?? "without a word"})`;

/** Beside the built program, or in this very folder. */
function entry(): string {
  const built = join(import.meta.dirname, "merge-sandbox.js");
  return existsSync(built) ? built : join(import.meta.dirname, "sandbox.ts");
}
