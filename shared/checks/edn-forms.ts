/**
 * Cuts a stream of EDN into its maps, one at a time, with the line each begins on.
 *
 * A history is one vector of maps, or one map after the other. Cutting first means that no more than one map is in
 * memory as text, that brackets are known to match before anything is interpreted (the parser does not check them), and
 * that an error can name its line.
 */
import { HistoryError } from "./history-error.ts";

/** Nothing in a history is nested deeper. */
const depthMax = 100;
const formCharsMax = 64 * 1024 * 1024;

interface Form {
  readonly text: string;
  /** The line it begins on, from 1. */
  readonly line: number;
}

interface Bracket {
  readonly close: string;
  readonly line: number;
}

const closing: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")" };
const isSpace = (char: string) =>
  char === " " || char === "\n" || char === "," || char === "\t" || char === "\r";

export class EdnForms {
  readonly #file: string;
  #line = 1;
  #mode: "plain" | "string" | "escape" | "comment" | "character" = "plain";
  /** The vector or list around all maps; "none" when the first form showed that there is none. */
  #outer: "undecided" | "none" | "open" | "closed" = "undecided";
  #outerClose = "";
  #open: Bracket[] = [];
  /** The form being read: its finished parts and the line it began on. */
  #parts: string[] = [];
  #chars = 0;
  #formLine = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The forms that end in this chunk. Throws HistoryError. */
  push(chunk: string): Form[] {
    const forms: Form[] = [];
    let start = 0;
    const keep = (end: number) => {
      if (this.#formLine > 0 && end > start) this.#parts.push(chunk.slice(start, end));
      this.#chars += end - start;
      start = end;
    };
    for (let at = 0; at < chunk.length; at++) {
      const char = chunk[at]!;
      if (char === "\n") this.#line += 1;
      if (this.#mode === "plain") {
        if (char === ";") {
          keep(at);
          this.#mode = "comment";
        } else if (this.#formLine === 0) {
          start = at;
          this.#between(char);
        } else if (this.#inside(char)) {
          keep(at + 1);
          forms.push({ text: this.#parts.join(""), line: this.#formLine });
          this.#parts = [];
          this.#chars = 0;
          this.#formLine = 0;
        }
      } else if (this.#mode === "comment") {
        start = at;
        if (char === "\n") this.#mode = "plain";
      } else this.#quoted(char);
    }
    if (this.#mode !== "comment") keep(chunk.length);
    if (this.#chars > formCharsMax) throw this.#error(this.#formLine, "the map is longer than 64 MiB");
    return forms;
  }

  /** The file is over. Throws HistoryError when it ended inside something. */
  end(): void {
    if (this.#formLine > 0) {
      throw this.#error(
        this.#formLine,
        "the file ends in the middle of this operation; record it again, or take it away to check what came before",
      );
    }
    if (this.#outer === "open") {
      throw this.#error(
        this.#line,
        `the file ends before the "${this.#outerClose}" that closes the history: it was cut off`,
      );
    }
  }

  /** A character outside of any form. */
  #between(char: string): void {
    if (isSpace(char)) return;
    if (this.#outer === "open" && char === this.#outerClose) this.#outer = "closed";
    else if (this.#outer === "undecided" && (char === "[" || char === "(")) {
      this.#outer = "open";
      this.#outerClose = closing[char]!;
    } else if (this.#outer !== "closed" && (char === "{" || char === "#")) {
      if (this.#outer === "undecided") this.#outer = "none";
      this.#formLine = this.#line;
      if (char === "{") this.#open.push({ close: "}", line: this.#line });
    } else throw this.#error(this.#line, `"${char}" stands where an operation {…} should`);
  }

  /** A character of a form; true when the form ends with it. */
  #inside(char: string): boolean {
    if (char === '"') this.#mode = "string";
    else if (char === "\\") this.#mode = "character";
    else if (char in closing) {
      if (this.#open.length >= depthMax)
        throw this.#error(this.#line, `a value is nested more than ${depthMax} deep`);
      this.#open.push({ close: closing[char]!, line: this.#line });
    } else if (char === "}" || char === "]" || char === ")") {
      const bracket = this.#open.pop();
      if (bracket?.close !== char) {
        const wanted = bracket
          ? `"${bracket.close}" for the bracket of line ${bracket.line}`
          : "an opening bracket";
        throw this.#error(this.#line, `"${char}" stands where ${wanted} is missing`);
      }
      return this.#open.length === 0;
    }
    return false;
  }

  #quoted(char: string): void {
    if (this.#mode === "escape") this.#mode = "string";
    else if (this.#mode === "string") {
      if (char === '"') this.#mode = "plain";
      else if (char === "\\") this.#mode = "escape";
    } else {
      // The parser takes brackets and quotes after a backslash for what they are elsewhere.
      if (!/[\w+-]/.test(char))
        throw this.#error(this.#line, `the character \\${char} cannot be read; write a string`);
      this.#mode = "plain";
    }
  }

  #error(line: number, problem: string): HistoryError {
    return new HistoryError(this.#file, line, problem);
  }
}
