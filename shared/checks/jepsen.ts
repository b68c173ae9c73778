/**
 * Jepsen's histories: `history.edn`, one vector of maps or one map after the other.
 *
 *   {:process 0, :type :invoke, :f :write, :value 3, :time 12345, :index 0}
 *
 * Keywords are read as strings, sets as lists, tagged values as what they tag. Operations of the nemesis are left out,
 * and those behind #_.
 * With independent keys every client value is a tuple [k v]: when all are, the first part becomes the key.
 */
import { type EDNVal, parseEDNString } from "edn-data";
import type { Json } from "../trace/event.ts";
import { EdnForms } from "./edn-forms.ts";
import { HistoryError } from "./history-error.ts";
import { inShort, isList, problemOfValue } from "./json.ts";
import { type HistoryLine, lineTypes, Pairing } from "./pairing.ts";
import type { History, Operation } from "./types.ts";

/** Reads piece by piece: `push` as the file arrives, then `end`. Both throw HistoryError. */
export class JepsenReader {
  readonly #file: string;
  readonly #forms: EdnForms;
  readonly #pairing: Pairing;
  /** False as soon as one invocation carries something else than a tuple [k v]. */
  #hasTuples = true;

  constructor(file: string) {
    this.#file = file;
    this.#forms = new EdnForms(file);
    this.#pairing = new Pairing(file);
  }

  push(chunk: string): void {
    for (const { text, line } of this.#forms.push(chunk)) this.#read(text, line);
  }

  end(): History {
    this.#forms.end();
    const history = this.#pairing.finish();
    return this.#hasTuples ? history.map(byKey) : history;
  }

  #read(text: string, line: number): void {
    if (/^#_[\s,]*#_/.test(text)) throw this.#error(line, "write #_ right before each map it leaves out");
    let form: Json;
    try {
      form = toJson(parseEDNString(text) as EDNVal);
    } catch (error) {
      throw this.#error(line, `this EDN cannot be read (${(error as Error).message})`);
    }
    if (form === null && text.startsWith("#_")) return;
    if (typeof form !== "object" || form === null || isList(form)) {
      throw this.#error(
        line,
        "an operation is a map, such as {:process 0, :type :invoke, :f :read, :value nil}",
      );
    }
    const { process, type, f, value = null, time = null, index = null, key = null } = form;
    // Keywords, such as :nemesis, are no clients.
    if (typeof process === "string") return;
    if (typeof process !== "number" || !Number.isSafeInteger(process))
      throw this.#error(line, ":process must be a whole number or :nemesis");
    const lineType = lineTypes.find((known) => known === type);
    if (lineType === undefined) throw this.#error(line, ":type must be :invoke, :ok, :fail or :info");
    if (typeof f !== "string" || f === "")
      throw this.#error(line, ":f must name the operation, such as :read");
    const problem = problemOfValue(value);
    if (problem !== null) throw this.#error(line, `:value ${problem}`);
    if (lineType === "invoke" && !isTuple(f, value)) this.#hasTuples = false;
    this.#pairing.add({
      line,
      process: String(process),
      type: lineType,
      f,
      key: key === null ? null : asKey(key),
      value,
      time: this.#number(line, ":time", time),
      index: this.#number(line, ":index", index),
    } satisfies HistoryLine);
  }

  #number(line: number, name: string, value: Json): number | null {
    if (value === null) return null;
    if (typeof value === "number" && value >= 0) return value;
    throw this.#error(line, `${name} must be a number from 0 up`);
  }

  #error(line: number, problem: string): HistoryError {
    return new HistoryError(this.#file, line, problem);
  }
}

/** A cas [from to] alone is no tuple, a transaction of two steps neither. */
function isTuple(f: string, value: Json): boolean {
  if (!isList(value) || value.length !== 2 || f === "txn" || typeof value[0] === "object") return false;
  return f !== "cas" || (isList(value[1]!) && value[1].length === 2);
}

const asKey = (value: Json) => (typeof value === "string" ? value : JSON.stringify(value));

function byKey(operation: Operation): Operation {
  const { input, output, outcome } = operation;
  const [key, asked] = input as readonly [Json, Json];
  const answered = outcome === "ok" && isList(output) && output.length === 2 ? output[1]! : output;
  return { ...operation, key: asKey(key), input: asked, output: answered };
}

/** What the parser makes of #inst. Throws RangeError, when it is put in words, if there is no such time. */
const isInstant = (value: object): value is Extract<EDNVal, { toISOString(): string }> =>
  "toISOString" in value;

/** Throws Error when the value cannot be kept in JSON without losing something. */
function toJson(value: EDNVal | undefined): Json {
  if (value === undefined) throw new Error("something is missing after a tag");
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (Array.isArray(value)) return value.map(toJson);
  if (isInstant(value)) return value.toISOString();
  if (value instanceof Map || value instanceof Set) throw new Error("an unexpected collection");
  if ("key" in value) return value.key;
  if ("char" in value) return value.char;
  if ("sym" in value) return value.sym;
  if ("set" in value) return value.set.map(toJson);
  if ("list" in value) return value.list.map(toJson);
  if ("tag" in value) return toJson(value.val);
  return toObject(value.map);
}

function toObject(pairs: readonly (readonly [EDNVal, EDNVal])[]): Json {
  const object = new Map<string, Json>();
  for (const [name, value] of pairs) {
    const key = asKey(toJson(name));
    if (object.has(key)) throw new Error(`${inShort(key)} stands twice in one map`);
    object.set(key, toJson(value));
  }
  return Object.fromEntries(object);
}
