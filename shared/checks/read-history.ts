/** A history from a text file of either format, told apart by how it begins. */
import { HistoryError } from "./history-error.ts";
import { JepsenReader } from "./jepsen.ts";
import { JsonLinesReader } from "./json-lines.ts";
import type { History } from "./types.ts";

interface Reader {
  push(chunk: string): void;
  end(): History;
}

/**
 * Reads piece by piece, so that a large file is in memory only as operations: `push` as the text arrives, then `end`.
 * Both throw HistoryError. `file` is the name used in errors.
 */
export class HistoryReader {
  readonly #file: string;
  #reader: Reader | null = null;
  #head = "";

  constructor(file: string) {
    this.#file = file;
  }

  push(chunk: string): void {
    if (this.#reader !== null) return this.#reader.push(chunk);
    this.#head += chunk;
    const kind = formatOf(this.#head);
    if (kind !== "undecided") this.#begin(kind);
  }

  end(): History {
    if (this.#reader === null) this.#begin("jsonl");
    return this.#reader!.end();
  }

  #begin(kind: "jsonl" | "edn" | "array" | "neither"): void {
    if (kind === "array") {
      throw new HistoryError(
        this.#file,
        1,
        "this is a JSON array; write one operation a line, without brackets or commas",
      );
    }
    if (kind === "neither") {
      throw new HistoryError(
        this.#file,
        1,
        "this is no history; it must be JSON Lines, a history of Jepsen in EDN, or a recorded session (.lightcone)",
      );
    }
    this.#reader = kind === "edn" ? new JepsenReader(this.#file) : new JsonLinesReader(this.#file);
    this.#reader.push(this.#head.replace(/^\uFEFF/, ""));
    this.#head = "";
  }
}

/** Decided by the first characters that are no space and no EDN comment. */
function formatOf(head: string): "jsonl" | "edn" | "array" | "neither" | "undecided" {
  const isCommented = /^[\s,]*;/.test(head);
  const start = head
    .replace(/^\uFEFF?([\s,]|;[^\n]*\n)*/, "")
    .slice(0, 100)
    .replaceAll(/\s/g, "");
  if (start === "" || start.startsWith(";") || /^[[({#]$/.test(start) || /^\[[{[]$/.test(start))
    return "undecided";
  if (isCommented || start.startsWith("#") || start.startsWith("(")) return "edn";
  if (/^\[?\{:/.test(start) || /^\[[#;\]]/.test(start)) return "edn";
  if (start.startsWith('[{"')) return "array";
  return start.startsWith("{") ? "jsonl" : "neither";
}
