/**
 * Whether a merge function may be used at all: replicas meet their versions in different orders, and some twice.
 *
 * - commutative: merge(a, b) = merge(b, a);
 * - associative: merge(merge(a, b), c) = merge(a, merge(b, c));
 * - idempotent: merge(a, a) = a.
 *
 * A function that breaks one shows different values on different nodes, for ever. Nobody sees that by reading it, so it
 * is tried: on the examples that its file gives, on what becomes of them when they are merged and changed a little, and
 * on texts of many kinds. No number of trials proves a law; a function that passes has withstood some thousand.
 *
 * What a function does with a text that is none of its own kind is its own affair: it may throw, or bring it into a form
 * of its own ("[2, 1]" as "[1,2]"), as which it then must count. The examples and what it has returned are of its kind.
 */
import { createRandom } from "../../../shared/replica/random.ts";
import type { MergeFunction } from "./merge-function.ts";

export type LawVerdict =
  | { readonly verdict: "lawful"; readonly trials: number }
  /** `lines`: the counter-example, one call a line. */
  | { readonly verdict: "broken"; readonly law: string; readonly lines: readonly string[] }
  | { readonly verdict: "unknown"; readonly why: string };

type Tried = Pick<MergeFunction, "merge" | "examples">;

const triplesMax = 200;
const trialsMin = 50;
/** On a slow machine fewer trials are made. */
const timeMs = 20_000;

export async function checkLaws(tried: Tried): Promise<LawVerdict> {
  const { examples } = tried;
  const random = createRandom(1);
  const isOwn = new Set(examples);
  const pool = [...new Set([...examples, ...generated(examples, random)])].sort(
    (a, b) => a.length - b.length,
  );
  const deadline = performance.now() + timeMs;
  const check = new Trials(tried, isOwn);
  for (const a of pool) {
    const broken = await check.alone(a);
    if (broken) return broken;
  }
  const usable = pool.filter((text) => check.isAccepted(text));
  for (let round = 0; round < triplesMax && usable.length > 0; round++) {
    if (performance.now() > deadline) break;
    // Small texts first: the first breach found is then one that a person can follow.
    const bound = Math.max(2, Math.ceil((usable.length * (round + 1)) / triplesMax));
    const pick = () => usable[Math.floor(random() * Math.min(bound, usable.length))]!;
    const broken = await check.together(pick(), pick(), pick());
    if (broken) return broken;
  }
  if (check.count >= trialsMin) return { verdict: "lawful", trials: check.count };
  const why = check.firstError ?? "it took too long";
  return {
    verdict: "unknown",
    why: `Only ${check.count} trials could be made (${why}): export examples, an array of values it is made for.`,
  };
}

type Broken = Extract<LawVerdict, { verdict: "broken" }>;

class Trials {
  /** Equations that were tried and held. */
  count = 0;
  firstError: string | null = null;
  readonly #tried: Tried;
  /** The examples, and whatever the function has returned. */
  readonly #own: Set<string>;
  /** What a text becomes when it is merged with itself. */
  readonly #forms = new Map<string, string>();

  constructor(tried: Tried, own: Set<string>) {
    this.#tried = tried;
    this.#own = own;
  }

  isAccepted(text: string): boolean {
    return this.#forms.has(text);
  }

  async alone(a: string): Promise<Broken | null> {
    const once = await this.#merge(a, a);
    if ("law" in once) return once;
    if ("error" in once) return null;
    this.#forms.set(a, once.value);
    if (this.#own.has(a)) return this.#equal("idempotent", [line(a, a, once.value)], once.value, a);
    const form = once.value;
    const again = await this.#merge(form, form);
    if ("law" in again) return again;
    if ("error" in again) return noAnswer(form, form, again.error);
    const lines = [line(a, a, form), line(form, form, again.value)];
    return this.#equal("idempotent", lines, again.value, form);
  }

  async together(a: string, b: string, c: string): Promise<Broken | null> {
    const ab = await this.#merge(a, b);
    const ba = await this.#merge(b, a);
    for (const each of [ab, ba]) if ("law" in each) return each;
    if ("error" in ab || "error" in ba || "law" in ab || "law" in ba) return null;
    const first = [line(a, b, ab.value), line(b, a, ba.value)];
    const broken = this.#equal("commutative", first, ab.value, ba.value);
    if (broken) return broken;
    const form = this.#forms.get(a) ?? a;
    const formed = await this.#merge(form, b);
    if ("law" in formed) return formed;
    if ("error" in formed) return noAnswer(form, b, formed.error);
    const asForm = [line(a, a, form), line(a, b, ab.value), line(form, b, formed.value)];
    const unlike = this.#equal("idempotent", asForm, ab.value, formed.value);
    if (unlike) return unlike;
    const bc = await this.#merge(b, c);
    if ("law" in bc) return bc;
    if ("error" in bc) return null;
    const left = await this.#merge(ab.value, c);
    const right = await this.#merge(a, bc.value);
    if ("law" in left) return left;
    if ("law" in right) return right;
    if ("error" in left || "error" in right) return null;
    const lines = [
      line(a, b, ab.value),
      line(ab.value, c, left.value),
      line(b, c, bc.value),
      line(a, bc.value, right.value),
    ];
    return this.#equal("associative", lines, left.value, right.value);
  }

  #equal(law: string, lines: readonly string[], left: string, right: string): Broken | null {
    if (left === right) {
      this.count += 1;
      return null;
    }
    return { verdict: "broken", law: `It is not ${law}.`, lines };
  }

  /** An error where it may not fail is a breach by itself. */
  async #merge(a: string, b: string): Promise<{ value: string } | { error: string } | Broken> {
    const merged = await this.#tried.merge(a, b);
    if ("value" in merged) {
      if (this.#own.has(a) && this.#own.has(b)) this.#own.add(merged.value);
      return merged;
    }
    this.firstError ??= merged.error;
    // A text of no kind of its own is refused by throwing; it may not be run away with.
    const isRefusal = merged.error.startsWith("it threw");
    if (isRefusal && !(this.#own.has(a) && this.#own.has(b))) return merged;
    return noAnswer(a, b, merged.error);
  }
}

const noAnswer = (a: string, b: string, error: string): Broken => ({
  verdict: "broken",
  law: "It gives no answer.",
  lines: [`merge(${short(a)}, ${short(b)}): ${error}`],
});

const line = (a: string, b: string, result: string) => `merge(${short(a)}, ${short(b)}) = ${short(result)}`;

function short(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length <= 120 ? quoted : `${quoted.slice(0, 119)}…`;
}

const letters = "abcxyz,;:0123456789".split("");

/** Texts of many kinds, and the examples with small changes. */
function generated(examples: readonly string[], random: () => number): string[] {
  const below = (limit: number) => Math.floor(random() * limit);
  const any = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const texts = [
    "",
    " ",
    "a",
    "b",
    "B",
    "ä",
    "0",
    "1",
    "-1",
    "2.5",
    "10",
    "9",
    "null",
    "true",
    "[]",
    "{}",
    "a\nb",
    "b\na",
  ];
  for (let i = 0; i < 20; i++) {
    const word = Array.from({ length: below(6) }, () => any(letters));
    texts.push(word.join(""), String(below(200) - 100), JSON.stringify(word.sort()));
    const fields = word.map((letter) => [letter, below(5)] as const);
    texts.push(JSON.stringify(Object.fromEntries(fields)));
  }
  for (let i = 0; i < 60 && examples.length > 0; i++) texts.push(changed(any(examples), below, any));
  return texts;
}

/** An example with one thing different: as JSON where it is that, else as text. */
function changed(text: string, below: (limit: number) => number, any: <T>(list: readonly T[]) => T): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const at = below(text.length + 1);
    return any([
      text.slice(0, at) + text.slice(at + 1),
      text.slice(0, at) + any(["a", "0", " "]) + text.slice(at),
    ]);
  }
  if (typeof value === "number") return JSON.stringify(value + below(11) - 5);
  if (Array.isArray(value))
    return JSON.stringify(value.filter((_, index) => index !== below(value.length + 1)));
  if (typeof value !== "object" || value === null) return text;
  const fields = Object.entries(value).filter((_, index, all) => index !== below(2 * all.length));
  return JSON.stringify(
    Object.fromEntries(
      fields.map(([name, each]) => [name, typeof each === "number" ? each + below(3) : each]),
    ),
  );
}
