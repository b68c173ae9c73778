/** Small histories for tests: a line an operation, in the order it is written, nothing overlapping unless it says so. */
import type { Json } from "../../../shared/trace/event.ts";
import type { History, Limits, Operation, Outcome } from "../../../shared/checks/types.ts";

export const noLimits: Limits = { states: 10_000_000, isTimeUp: () => false };

interface Told {
  readonly process: string;
  readonly f: string;
  readonly key?: string | null;
  readonly input?: Json;
  readonly output?: Json;
  readonly outcome?: Outcome;
}

/** One after the other: each returns before the next begins. */
export function sequential(told: readonly Told[]): History {
  return told.map(({ process, f, key = null, input = null, output = null, outcome = "ok" }, id) => ({
    id,
    process,
    f,
    key,
    input,
    output,
    outcome,
    invoked: 2 * id,
    returned: outcome === "unknown" ? Number.POSITIVE_INFINITY : 2 * id + 1,
    invokedNs: 2000 * id,
    returnedNs: outcome === "unknown" ? null : 2000 * id + 1000,
    events: [{ node: "node-1", life: 1, seq: id + 1 }],
  }));
}

/**
 * `A w x 1` writes, `A r x 1` reads (`A r x -` finds nothing, `A r x 1,2` several), `A d x` deletes; `?` at the end:
 * no answer came; `!`: it failed.
 */
export function told(text: string): History {
  const lines = text.trim().split("\n");
  return sequential(
    lines.map((line): Told => {
      const [process = "", f = "", key = "", value = "-", mark = ""] = line
        .trim()
        .replace(/([?!])$/, " $1")
        .split(/\s+/);
      const values = value.split(",").map(Number);
      const read = value === "-" ? null : values.length === 1 ? values[0]! : values;
      const ending = [value, mark].includes("?") ? "unknown" : [value, mark].includes("!") ? "fail" : "ok";
      if (f === "d") return { process, f: "delete", key, outcome: ending };
      return f === "w"
        ? { process, f: "write", key, input: values[0]!, outcome: ending }
        : { process, f: "read", key, output: ending === "ok" ? read : null, outcome: ending };
    }),
  );
}

/** The other way round, for transcripts. */
export const tell = (operations: readonly Operation[]) =>
  operations
    .map(({ process, f, key, input, output }) => {
      const value = f === "write" ? input : f === "read" ? (output ?? "-") : "";
      return `${process} ${f.charAt(0)} ${key} ${Array.isArray(value) ? value.join() : JSON.stringify(value)}`;
    })
    .map((line) => line.replaceAll('"', "").trim())
    .join("\n");
