/**
 * The process in which a user's merge function runs: nothing but texts goes in and out.
 *
 * Three walls. The function lives in a realm of its own, with the language and nothing else: no modules, no timers, no
 * clock, no chance, no memory outside the heap. The process may touch no file and start no other, has a heap with a
 * limit, and ends with it. And whoever started it ends it when it does not answer. A thread would not do: there are sizes
 * that V8 answers by ending the whole process.
 *
 * A realm alone is not a wall: an object of this realm that gets into the other hands over its constructor, and with it
 * everything there is. So only strings are passed, results and errors are made into strings over there, the word
 * `import` is refused (what it throws is one of ours), code from strings is off, stacks are empty, and what there would
 * be to find here is taken away before the function is loaded.
 */
import { constants, createContext, Script } from "node:vm";
import type { FromSandbox, SandboxSetup, ToSandbox } from "./messages.ts";

const parent = process;
const tell = (message: FromSandbox) => void parent.send!(message);

/** What of the language knows the time, waits for others, or takes memory that no limit counts. */
const banned =
  "ArrayBuffer SharedArrayBuffer DataView Atomics WebAssembly Int8Array Uint8Array Uint8ClampedArray Int16Array " +
  "Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array " +
  "Date Intl WeakRef FinalizationRegistry console";

const prologue = `
for (const name of ${JSON.stringify(banned.split(" "))}) delete globalThis[name];
delete Math.random;
Object.defineProperty(Error, "stackTraceLimit", { value: 0 });
Object.defineProperty(Error, "prepareStackTrace", { value: undefined });
var exports = {}, module = { exports };`;

/** The answer's first letter says what it is: "=" a value, "!" why there is none. */
const call = `(() => {
  try {
    const value = merge_(left_, right_);
    if (typeof value === "string") return "=" + value;
    return "!it returned " + (value === null ? "null" : typeof value) + " where a string is due";
  } catch (error) {
    try { return "!it threw " + String(error); } catch { return "!it threw"; }
  }
})()`;

const epilogue = `
var merge_ = typeof merge === "undefined" ? module.exports.merge : merge;
var examples_ = typeof examples === "undefined" ? module.exports.examples : examples;
typeof merge_ !== "function" ? "!" :
  Array.isArray(examples_) && examples_.every((each) => typeof each === "string")
    ? "=" + JSON.stringify(examples_) : examples_ === undefined ? "=[]" : "?";`;

/** Before a declaration, as modules have it. */
const exported = /(^|[;}])(\s*)export\s+(?=(?:async\s+)?(?:function|const|let|var|class)\b)/gm;

const usualForm = "export function merge(a, b) { … }";

const realm = createContext(constants.DONT_CONTEXTIFY, {
  codeGeneration: { strings: false, wasm: false },
  microtaskMode: "afterEvaluate",
}) as Record<string, unknown>;

/** Of a script that the machine gives no time. */
const attemptsMax = 50;

let callMs = 0;

function start({ source, file, ...limits }: SandboxSetup): void {
  ({ callMs } = limits);
  const evaluate = (text: string) => run(new Script(text, { filename: file }));
  if (/\bimport\b/.test(source)) {
    return unusable('it says "import": a merge function has the language and nothing else');
  }
  let found: unknown;
  try {
    evaluate(prologue);
    evaluate(source.replaceAll(exported, "$1$2"));
    found = evaluate(epilogue);
  } catch (error) {
    const isForm = source.replaceAll(exported, "").includes("export ");
    return unusable(
      isForm ? `${inWords(error)}. It may say "${usualForm}", and no other kind of export` : inWords(error),
    );
  }
  if (found === "!") return unusable("it exports no function named merge");
  if (typeof found !== "string" || found === "?") return unusable("its examples are not an array of strings");
  const merging = new Script(call);
  parent.on("message", (message: ToSandbox) => tell(merged(merging, message)));
  tell({ kind: "ready", examples: JSON.parse(found.slice(1)) as string[] });
}

/**
 * Interrupted after `callMs`. On a busy machine a process may have had little of that time for itself: then it is asked
 * again, for what counts is the time it has taken, not the time that has passed.
 */
function run(script: Script): unknown {
  for (let attempt = 1; ; attempt++) {
    const before = parent.cpuUsage();
    try {
      return script.runInContext(realm, { timeout: callMs });
    } catch (error) {
      const { user, system } = parent.cpuUsage(before);
      const isStarved = (user + system) / 1_000 < callMs;
      if (!isTimeOver(error) || !isStarved || attempt === attemptsMax) throw error;
    }
  }
}

const isTimeOver = (error: unknown) => (error as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";

const unusable = (why: string) => tell({ kind: "unusable", why });

function merged(merging: Script, { id, a, b }: ToSandbox): FromSandbox {
  realm["left_"] = a;
  realm["right_"] = b;
  let answer: unknown;
  try {
    answer = run(merging);
  } catch (error) {
    return { kind: "failed", id, why: inWords(error) };
  }
  if (typeof answer === "string" && answer.startsWith("="))
    return { kind: "merged", id, value: answer.slice(1) };
  return { kind: "failed", id, why: typeof answer === "string" ? answer.slice(1) : "it gave nothing" };
}

/** What escapes the function's own realm: that its time was over, or an error while it is loaded. */
function inWords(error: unknown): string {
  const { message } = error as { message?: unknown };
  if (isTimeOver(error)) return `it did not return within ${callMs} ms`;
  return typeof message === "string" ? `it cannot be loaded: ${message}` : "it cannot be loaded";
}

/** Should a way be found from the other realm into this one, there is nothing here to go on with. */
function hideWhatIsHere(): void {
  const functions = [function () {}, async function () {}, function* () {}, async function* () {}];
  for (const each of functions) {
    Object.defineProperty(Object.getPrototypeOf(each), "constructor", { value: undefined });
  }
  for (const name of ["process", "Buffer", "fetch", "WebAssembly", "navigator"]) {
    Object.defineProperty(globalThis, name, { value: undefined });
  }
}

hideWhatIsHere();
parent.once("disconnect", () => parent.exit(0));
parent.once("message", (setup: SandboxSetup) => start(setup));
