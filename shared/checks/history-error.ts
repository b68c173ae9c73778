/**
 * The one error of reading a history: the file, the line where there is one, what is wrong there and what to do.
 * A history that cannot be trusted is not judged: half a file read as a whole one would be called valid.
 */
export class HistoryError extends Error {
  readonly file: string;
  /** From 1; null when the whole file is meant. */
  readonly line: number | null;

  /** `problem` is a sentence without its full stop: it goes on after "file line 3: ". What it quotes may hold anything. */
  constructor(file: string, line: number | null, problem: string) {
    super(`${file}${line === null ? "" : ` line ${line}`}: ${problem.replaceAll(/\s+/g, " ")}.`);
    this.name = "HistoryError";
    this.file = file;
    this.line = line;
  }
}
