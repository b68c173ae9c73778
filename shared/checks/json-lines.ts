/**
 * Histories as JSON Lines, the format of `lightcone run` and the easiest to write from any program:
 *
 *   {"process":0,"type":"invoke","f":"write","key":"x","value":1,"time":1000,"index":0}
 *   {"process":0,"type":"ok","f":"write","key":"x","value":1,"time":2500,"index":1}
 *
 * `type` is invoke, ok, fail (certainly did not happen) or info (may have happened). `time` is nanoseconds since the
 * beginning; `key`, `value`, `time` and `index` may be left out. Two fields more are kept: `node`, the node spoken to,
 * and `events`, where the request stands on the timeline, [{"node","life","seq"}]. Other fields are ignored.
 */
import { isRecord } from "../trace/detail.ts";
import type { Json } from "../trace/event.ts";
import { HistoryError } from "./history-error.ts";
import { isList, problemOfValue } from "./json.ts";
import { type HistoryLine, lineTypes, Pairing } from "./pairing.ts";
import type { EventRef, History, Operation } from "./types.ts";

/** A longer line is no line of a history. */
const lineCharsMax = 64 * 1024 * 1024;

/** Reads piece by piece: `push` as the file arrives, then `end`. Both throw HistoryError. */
export class JsonLinesReader {
  readonly #file: string;
  readonly #pairing: Pairing;
  #rest = "";
  #line = 0;

  constructor(file: string) {
    this.#file = file;
    this.#pairing = new Pairing(file);
  }

  push(chunk: string): void {
    const text = this.#rest + chunk;
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#read(text.slice(start, end), false);
      start = end + 1;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > lineCharsMax) {
      throw new HistoryError(
        this.#file,
        this.#line + 1,
        "the line is longer than 64 MiB, so this is no history",
      );
    }
  }

  end(): History {
    this.#read(this.#rest, true);
    return this.#pairing.finish();
  }

  #read(text: string, isLast: boolean): void {
    this.#line += 1;
    if (text.trim() === "") return;
    const line = this.#parse(text, isLast);
    if (line.process !== "nemesis") this.#pairing.add(line);
  }

  #parse(text: string, isLast: boolean): HistoryLine {
    let value: Json;
    try {
      value = JSON.parse(text) as Json;
    } catch {
      throw this.#error(
        isLast
          ? "the file ends in the middle of this line; record it again, or take the line away to check what came before"
          : 'this is not JSON; each line is one object such as {"process":0,"type":"invoke","f":"read","key":"x"}',
      );
    }
    if (!isRecord(value)) throw this.#error("a line of a history is a JSON object");
    const { process, type, f, node, events } = value;
    const name = typeof process === "number" && Number.isSafeInteger(process) ? String(process) : process;
    if (typeof name !== "string") throw this.#error('"process" must be a whole number or a name');
    const lineType = lineTypes.find((known) => known === type);
    if (lineType === undefined) throw this.#error('"type" must be invoke, ok, fail or info');
    if (typeof f !== "string" || f === "") {
      throw this.#error('"f" must name the operation, such as "read" or "write"');
    }
    const problem = problemOfValue(value["value"] ?? null);
    if (problem !== null) throw this.#error(`"value" ${problem}`);
    return {
      line: this.#line,
      process: name,
      type: lineType,
      f,
      key: this.#key(value["key"]),
      value: value["value"] ?? null,
      time: this.#number(value["time"], "time", Number.isFinite),
      index: this.#number(value["index"], "index", Number.isSafeInteger),
      ...(typeof node === "string" && { node }),
      ...(events !== undefined && { events: this.#events(events) }),
    };
  }

  #key(key: Json | undefined): string | null {
    if (key === undefined || key === null) return null;
    if (typeof key === "string" || typeof key === "number") return String(key);
    throw this.#error('"key" must be a string or a number');
  }

  #number(value: Json | undefined, name: string, isGood: (value: number) => boolean): number | null {
    if (value === undefined || value === null) return null;
    if (typeof value === "number" && isGood(value) && value >= 0) return value;
    throw this.#error(`"${name}" must be a number from 0 up`);
  }

  #events(value: Json): EventRef[] {
    const refs = isList(value) ? value.filter(isEventRef) : [];
    if (!isList(value) || refs.length < value.length) {
      throw this.#error('"events" must be a list of {"node":"node-1","life":1,"seq":1}');
    }
    return refs.map(({ node, life, seq }) => ({ node, life, seq }));
  }

  #error(problem: string): HistoryError {
    return new HistoryError(this.#file, this.#line, problem);
  }
}

function isEventRef(value: Json): value is Json & EventRef {
  return (
    isRecord(value) &&
    typeof value["node"] === "string" &&
    Number.isSafeInteger(value["life"]) &&
    Number.isSafeInteger(value["seq"])
  );
}

interface Written {
  readonly type: "invoke" | "ok" | "fail" | "info";
  readonly operation: Operation;
}

/**
 * The history as JSON Lines, in the order of its positions; read again it is the same history (but for the lines).
 * The info line of an unknown outcome stands before the next invocation of its process, or where its time puts it.
 */
export function historyToJsonLines(history: History): string {
  return [...inOrder(history)]
    .map((written, index) => `${JSON.stringify(lineOf(written, index))}\n`)
    .join("");
}

function lineOf({ type, operation }: Written, index: number) {
  const { process, f, key, input, output, invokedNs, returnedNs, node, events } = operation;
  const isInvoke = type === "invoke";
  const time = isInvoke ? invokedNs : returnedNs;
  return {
    process: /^(0|[1-9]\d{0,14})$/.test(process) ? Number(process) : process,
    type,
    f,
    ...(key !== null && { key }),
    value: isInvoke ? input : type === "ok" ? output : null,
    ...(time !== null && { time }),
    index,
    ...(isInvoke && node !== undefined && { node }),
    ...(isInvoke && events !== undefined && { events }),
  };
}

/** Invocations and returns by position; the returns of unknown outcomes have none and are fitted in. */
function* inOrder(history: History): Generator<Written> {
  const placed: { at: number; written: Written }[] = [];
  const unplaced = new Map<string, Operation>();
  for (const operation of history) {
    placed.push({ at: operation.invoked, written: { type: "invoke", operation } });
    const { outcome, returned } = operation;
    if (outcome !== "unknown") placed.push({ at: returned, written: { type: outcome, operation } });
  }
  placed.sort((a, b) => a.at - b.at);
  for (const { written } of placed) {
    const { operation, type } = written;
    const now = type === "invoke" ? operation.invokedNs : operation.returnedNs;
    const due = [...unplaced.values()].filter((open) => {
      const isPast = open.returnedNs !== null && now !== null && open.returnedNs < now;
      return isPast || (type === "invoke" && open.process === operation.process);
    });
    for (const open of due.sort(byReturn)) {
      unplaced.delete(open.process);
      yield { type: "info", operation: open };
    }
    yield written;
    if (type === "invoke" && operation.outcome === "unknown") unplaced.set(operation.process, operation);
  }
  for (const open of [...unplaced.values()].sort(byReturn)) {
    if (open.returnedNs !== null) yield { type: "info", operation: open };
  }
}

const byReturn = (a: Operation, b: Operation) => (a.returnedNs ?? 0) - (b.returnedNs ?? 0);
