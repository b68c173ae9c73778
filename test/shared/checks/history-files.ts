/** History files as text, read in pieces, and the sentences they are refused with. */
import { expect } from "vitest";
import { HistoryError } from "../../../shared/checks/history-error.ts";
import { HistoryReader } from "../../../shared/checks/read-history.ts";
import type { History } from "../../../shared/checks/types.ts";

export function read(text: string, file = "h.jsonl", pieceLength = text.length): History {
  const reader = new HistoryReader(file);
  for (let at = 0; at < text.length; at += pieceLength) reader.push(text.slice(at, at + pieceLength));
  return reader.end();
}

/** The sentence a file is refused with. */
export function refusal(text: string, file = "h.jsonl"): string {
  try {
    read(text, file);
  } catch (error) {
    expect(error).toBeInstanceOf(HistoryError);
    return (error as HistoryError).message;
  }
  throw new Error("it was accepted");
}

export const jsonLines = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
export const invoke = (process: number, f: string, rest: object = {}) => ({
  process,
  type: "invoke",
  f,
  ...rest,
});
export const ok = (process: number, f: string, rest: object = {}) => ({ process, type: "ok", f, ...rest });
