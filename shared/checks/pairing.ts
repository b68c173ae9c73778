/**
 * Pairs invocations with their returns, whatever the file they were written in.
 *
 * What a history must keep, or no verdict on it means anything: one order of all lines, times that never run backwards,
 * at most one operation under way in a process, and no return without its invocation. An invocation that never returns
 * is no mistake: the client or the file was cut off, the outcome is unknown, and the effect may have come at any time.
 *
 * Source: the shape of a history, and the meaning of ok, fail and info, after Jepsen.
 */
import type { Json } from "../trace/event.ts";
import { HistoryError } from "./history-error.ts";
import type { EventRef, History, Operation } from "./types.ts";

export const lineTypes = ["invoke", "ok", "fail", "info"] as const;
type LineType = (typeof lineTypes)[number];

/** One line of a history: an operation begins, or it comes back. */
export interface HistoryLine {
  /** From 1. */
  readonly line: number;
  readonly process: string;
  readonly type: LineType;
  readonly f: string;
  readonly key: string | null;
  /** What was asked (invoke) or answered (ok). */
  readonly value: Json;
  /** Nanoseconds since the beginning; null when the line does not say. */
  readonly time: number | null;
  readonly index: number | null;
  readonly node?: string;
  readonly events?: readonly EventRef[];
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

export class Pairing {
  readonly #file: string;
  readonly #operations: Mutable<Operation>[] = [];
  readonly #underWay = new Map<string, Mutable<Operation>>();
  #position = 0;
  #time = 0;
  #index = -1;

  /** `file` is named in errors. */
  constructor(file: string) {
    this.#file = file;
  }

  /** Takes the lines in the order of the file. Throws HistoryError on the first that cannot be. */
  add(line: HistoryLine): void {
    this.#checkOrder(line);
    if (line.type === "invoke") this.#invoke(line);
    else this.#return(line);
  }

  /** All operations, in the order of invocation. Throws HistoryError when there is none. */
  finish(): History {
    if (this.#operations.length === 0) {
      throw new HistoryError(this.#file, null, "there is no operation in it, so there is nothing to check");
    }
    return this.#operations;
  }

  #checkOrder({ line, time, index }: HistoryLine): void {
    if (index !== null) {
      if (index === this.#index) throw this.#error(line, `index ${index} is given twice`);
      if (index < this.#index) {
        throw this.#error(
          line,
          `index ${index} comes after ${this.#index}; lines must stand in the order of index`,
        );
      }
      this.#index = index;
    }
    if (time !== null) {
      if (time < this.#time) {
        throw this.#error(
          line,
          `time runs backwards, from ${this.#time} to ${time} ns; record with one clock that only goes forward`,
        );
      }
      this.#time = time;
    }
  }

  #invoke({ line, process, f, key, value, node, events }: HistoryLine): void {
    const open = this.#underWay.get(process);
    if (open) {
      throw this.#error(
        line,
        `process ${process} invokes ${f} while its ${open.f} of line ${open.line} has not returned; give each client that works at the same time a process of its own`,
      );
    }
    const operation: Mutable<Operation> = {
      id: this.#operations.length,
      process,
      f,
      key,
      input: value,
      output: null,
      outcome: "unknown",
      invoked: this.#position++,
      returned: Number.POSITIVE_INFINITY,
      invokedNs: this.#time,
      returnedNs: null,
      line,
    };
    if (node !== undefined) operation.node = node;
    if (events !== undefined) operation.events = events;
    this.#operations.push(operation);
    this.#underWay.set(process, operation);
  }

  #return({ line, process, type, f, key, value, time, node, events }: HistoryLine): void {
    const operation = this.#underWay.get(process);
    if (operation === undefined) {
      throw this.#error(
        line,
        `${type} of ${f} by process ${process}, which has nothing under way; its invocation is missing`,
      );
    }
    const asked = `the ${operation.f} of line ${operation.line}`;
    if (operation.f !== f) throw this.#error(line, `${f} returns, but process ${process} is in ${asked}`);
    if (key !== null && operation.key !== key) {
      throw this.#error(
        line,
        `${f} returns for key ${key}, but ${asked} was for ${operation.key ?? "no key"}`,
      );
    }
    this.#underWay.delete(process);
    operation.returnedNs = time;
    if (node !== undefined) operation.node = node;
    if (events !== undefined) operation.events = [...(operation.events ?? []), ...events];
    if (type !== "ok" && type !== "fail") return;
    operation.outcome = type;
    operation.returned = this.#position++;
    if (type === "ok") operation.output = value;
  }

  #error(line: number, problem: string): HistoryError {
    return new HistoryError(this.#file, line, problem);
  }
}
