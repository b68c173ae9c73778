/**
 * Causal consistency and session guarantees: named anomalies as transcripts, then random histories against twins that
 * follow the definitions literally, over matrices and permutations.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCausal } from "../../../shared/checks/causal.ts";
import { checkSession } from "../../../shared/checks/session.ts";
import type { History, Operation } from "../../../shared/checks/types.ts";
import { noLimits, sequential, tell, told } from "./histories.ts";

const causal = (text: string) => checkCausal(told(text), noLimits);
const session = (text: string) => checkSession(told(text), noLimits);
const lines = (text: string) => text.trim().replaceAll(/^ +/gm, "");

describe("causal consistency", () => {
  it.each([
    [
      "an effect seen without its cause",
      "WriteCORead",
      `
      A w x 1
      A w x 2
      A w y 3
      B r y 3
      B r x 1`,
    ],
    [
      "a reply seen without the question",
      "WriteCOInitRead",
      `
      A w x 1
      B r x 1
      B w y 2
      C r y 2
      C r x -`,
    ],
    [
      "a value that nobody wrote",
      "ThinAirRead",
      `
      B r x 7`,
    ],
    [
      "two that each read what the other writes later",
      "CyclicCO",
      `
      A r x 2
      A w y 1
      B r y 1
      B w x 2`,
    ],
    [
      "a process that reads its own future",
      "CyclicCO",
      `
      A r x 1
      A w x 1`,
    ],
    [
      "several versions, all of them outdated",
      "WriteCORead",
      `
      A w x 1
      B w x 2
      C r x 1,2
      C w x 3
      C r x 1,2`,
    ],
    [
      "a deleted value read again",
      "WriteCORead",
      `
      A w x 1
      A d x
      A r x 1`,
    ],
  ])("refuses %s: %s", (_, pattern, text) => {
    const found = causal(text);
    expect(found.verdict).toBe("invalid");
    expect(found.summary).toContain(pattern);
    // Each of these is as small as it can be.
    expect(tell(found.counterExample!.operations)).toBe(lines(text));
    expect(found.counterExample!.events).toHaveLength(found.counterExample!.operations.length);
  });

  it.each([
    [
      "concurrent writes seen in either order",
      `
      A w x 1
      B w x 2
      C r x 1
      C r x 2
      D r x 2
      D r x 1`,
    ],
    [
      "several versions, one of them new",
      `
      A w x 1
      B r x 1
      B w x 2
      C r x 1,2`,
    ],
    [
      "nothing found after a delete",
      `
      A w x 1
      A d x
      A r x -`,
    ],
    [
      "nothing found when somebody may have deleted",
      `
      A w x 1
      B d x ?
      A r x -`,
    ],
    [
      "a write without an answer that takes effect late",
      `
      A w x 1 ?
      A w x 2
      B r x 2
      B r x 1`,
    ],
    [
      "a failed read",
      `
      A w x 1
      A r x - !`,
    ],
  ])("allows %s", (_, text) => {
    expect(causal(text)).toMatchObject({ verdict: "valid" });
    expect(session(text)).toMatchObject({ verdict: "valid" });
  });

  it("leaves out what does not belong to the proof", () => {
    const found = causal(`
      A w z 9
      A w x 1
      B r z 9
      A w x 2
      C w x 5
      A w y 3
      C r x 5
      B r y 3
      B w z 10
      B r x 1
      B r z 10`);
    expect(tell(found.counterExample!.operations)).toBe(
      lines(`
      A w x 1
      A w x 2
      A w y 3
      B r y 3
      B r x 1`),
    );
    expect(found.counterExample!.why).toEqual([
      "Process A wrote 1 to x before it wrote 2 to x.",
      "Process A wrote 2 to x before it wrote 3 to y.",
      "Process B read 3 from y, which process A had written.",
      "Process B read 3 from y before it read 1 from x.",
      'So process B had "write 2 to x" in its past, yet was given what came before.',
    ]);
  });

  it("tells the shortest story where several writes are newer", () => {
    const found = causal(`
      A w x 1
      A w x 2
      B r x 2
      A w x 3
      C r x 3
      C w y 4
      B r y 4
      B r x 1`);
    expect(tell(found.counterExample!.operations)).toBe(
      lines(`
      A w x 1
      A w x 2
      B r x 2
      B r x 1`),
    );
  });

  it("says that a value came from a write that failed for sure", () => {
    const found = causal("A w x 1 !\nB r x 1");
    expect(found.counterExample!.why[1]).toMatch(/failed for sure/);
  });

  it("does not guess which of two equal writes was read", () => {
    const found = causal("A w x 1\nB w x 1\nC r x 1");
    expect(found).toMatchObject({
      verdict: "unknown",
      summary: expect.stringContaining("write every value once") as string,
    });
    expect(session("A w x 1\nB w x 1\nC r x 1")).toMatchObject({ verdict: "unknown", checker: "session" });
  });

  it("reads a list as one value where that list was written", () => {
    const history = sequential([
      { process: "A", f: "write", key: "x", input: [1, 2] },
      { process: "A", f: "read", key: "x", output: [1, 2] },
    ]);
    expect(checkCausal(history, noLimits).verdict).toBe("valid");
  });

  it("keeps to its limits", () => {
    const history = told(Array.from({ length: 300 }, (_, i) => `P${i} w x ${i}`).join("\n"));
    expect(checkCausal(history, { states: 100, isTimeUp: () => false })).toMatchObject({
      verdict: "unknown",
    });
    expect(checkCausal(history, { states: 1e9, isTimeUp: () => true })).toMatchObject({ verdict: "unknown" });
    expect(checkSession(history, { states: 1e9, isTimeUp: () => true })).toMatchObject({
      verdict: "unknown",
    });
  });
});

describe("session guarantees", () => {
  it.each([
    [
      "read your writes",
      `
      A w x 1
      B r x 1
      B w x 2
      B r x 1`,
    ],
    [
      "read your writes",
      `
      A w x 1
      A r x -`,
    ],
    [
      "monotonic reads",
      `
      A w x 1
      A w x 2
      B r x 2
      B r x 1`,
    ],
    [
      "monotonic reads",
      `
      A w x 1
      B r x 1
      B r x -`,
    ],
    [
      "monotonic writes",
      `
      A w x 1
      A w y 2
      B r y 2
      B r x -`,
    ],
    [
      "writes follow reads",
      `
      A w x 1
      B r x 1
      B w y 2
      C r y 2
      C r x -`,
    ],
  ])("names %s", (guarantee, text) => {
    const found = session(text);
    expect(found.verdict).toBe("invalid");
    expect(found.summary).toContain(`breaks ${guarantee}`);
    expect(tell(found.counterExample!.operations)).toBe(lines(text));
    expect(causal(text).verdict).toBe("invalid");
  });

  it("allows what only a longer chain of causes forbids", () => {
    const text = `
      A w x 1
      B r x 1
      B w y 2
      C r y 2
      C w z 3
      D r z 3
      D r x -`;
    // D never saw a write of a session that had read x: the store must be causal to forbid it. Session guarantees do
    // so too, but only together: C's session was owed x = 1, which no read of C shows.
    expect(session(text).verdict).toBe("valid");
    expect(causal(text).verdict).toBe("invalid");
  });
});

// --- Twins -------------------------------------------------------------------------------------------------------

const isRead = ({ f }: Operation) => f === "read";

/** Program order and reads-from, transitively, as a matrix. Null when there is a cycle. */
function closure(history: History): boolean[][] | null {
  const n = history.length;
  const co = history.map((a) =>
    history.map((b) => {
      const isReadsFrom = !isRead(a) && isRead(b) && a.key === b.key && a.input === b.output;
      return inSession(a, b) || isReadsFrom;
    }),
  );
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (co[i]![k]! && co[k]![j]!) co[i]![j] = true;
  }
  return co.some((row, i) => row[i]) ? null : co;
}

/** Whether some order of the read's past, respecting `co`, ends with the value read. Tries every order. */
function isExplained(history: History, co: boolean[][], read: Operation): boolean {
  const past = history.filter((other) => !isRead(other) && co[other.id]![read.id]!);
  const place = (left: readonly Operation[], value: unknown): boolean => {
    if (left.length === 0) return value === read.output;
    return left.some((next) => {
      if (left.some((other) => co[other.id]![next.id]!)) return false;
      const rest = left.filter((other) => other !== next);
      return place(rest, next.key === read.key ? next.input : value);
    });
  };
  return place(past, null);
}

const isCausal = (history: History) => {
  const co = closure(history);
  if (co === null) return false;
  return history.filter(isRead).every((read) => {
    const isWritten =
      read.output === null ||
      history.some((w) => !isRead(w) && w.key === read.key && w.input === read.output);
    return isWritten && isExplained(history, co, read);
  });
};

/** `a` was answered, and the same process did `b` later: what got no answer may still be on its way. */
const inSession = (a: Operation, b: Operation) =>
  a.process === b.process && a.outcome === "ok" && a.invoked < b.invoked;

/** The four guarantees as their definitions say, over all tuples of operations. */
function keepsSessions(history: History): boolean {
  const co = closure(history);
  if (co === null || history.some((r) => isRead(r) && r.output !== null && !history.some((w) => from(w, r))))
    return false;
  const reads = history.filter(isRead);
  const writes = history.filter((operation) => !isRead(operation));
  const isBehind = (read: Operation, write: Operation) =>
    read.key === write.key &&
    (read.output === null || writes.some((source) => from(source, read) && co[source.id]![write.id]!));
  return reads.every((read) =>
    writes.every((write) => {
      const owed =
        inSession(write, read) ||
        reads.some((earlier) => inSession(earlier, read) && from(write, earlier)) ||
        reads.some((seen) =>
          writes.some(
            (later) =>
              inSession(seen, read) &&
              from(later, seen) &&
              (inSession(write, later) ||
                reads.some((known) => from(write, known) && inSession(known, later))),
          ),
        );
      return !(owed && isBehind(read, write));
    }),
  );
}

const from = (write: Operation, read: Operation) =>
  !isRead(write) && isRead(read) && write.key === read.key && write.input === read.output;

/** Reads answer anything that is or will be written, or nothing: mostly nonsense, some of it consistent. */
const anyHistory = fc
  .array(
    fc.record({
      process: fc.constantFrom("A", "B", "C"),
      isWrite: fc.boolean(),
      isAnswered: fc.integer({ min: 0, max: 3 }).map((chance) => chance > 0),
      key: fc.constantFrom("x", "y"),
      pick: fc.nat(5),
    }),
    { maxLength: 9, size: "max" },
  )
  .map((steps) => {
    const written = steps.flatMap(({ isWrite, key }, index) => (isWrite ? [{ key, value: index + 1 }] : []));
    return sequential(
      steps.map(({ process, isWrite, isAnswered, key, pick }, index) => {
        const outcome = isAnswered ? ("ok" as const) : ("unknown" as const);
        if (isWrite) return { process, f: "write", key, input: index + 1, outcome };
        const values = written.filter((write) => write.key === key);
        return { process, f: "read", key, output: values[pick % (values.length + 1)]?.value ?? null };
      }),
    );
  });

/** A store of three replicas that delivers causally: each process writes and reads its own. */
const step = fc.record({
  at: fc.nat(2),
  kind: fc.constantFrom("write", "read", "read", "deliver", "deliver"),
  key: fc.nat(1),
  pick: fc.nat(9),
});
const steps = fc.array(step, { maxLength: 40, size: "max" });

interface Update {
  readonly from: number;
  readonly number: number;
  readonly needs: readonly number[];
  readonly key: string;
  readonly value: number;
}

function causalStore(plan: readonly { at: number; kind: string; key: number; pick: number }[]): History {
  const updates: Update[] = [];
  const replicas = [0, 1, 2].map(() => ({ seen: [0, 0, 0], values: new Map<string, number>() }));
  const operations: Parameters<typeof sequential>[0][number][] = [];
  for (const { at, kind, key: keyIndex, pick } of plan) {
    const replica = replicas[at]!;
    const process = "ABC"[at]!;
    const key = "xy"[keyIndex]!;
    if (kind === "write") {
      const update = {
        from: at,
        number: replica.seen[at]! + 1,
        needs: [...replica.seen],
        key,
        value: updates.length + 1,
      };
      updates.push(update);
      replica.seen[at]! += 1;
      replica.values.set(key, update.value);
      operations.push({ process, f: "write", key, input: update.value });
    } else if (kind === "read") {
      operations.push({ process, f: "read", key, output: replica.values.get(key) ?? null });
    } else {
      const ready = updates.filter(
        ({ from, number, needs }) =>
          from !== at &&
          number === replica.seen[from]! + 1 &&
          needs.every((count, i) => i === from || count <= replica.seen[i]!),
      );
      const update = ready[pick % Math.max(1, ready.length)];
      if (update === undefined) continue;
      replica.seen[update.from] = update.number;
      replica.values.set(update.key, update.value);
    }
  }
  return sequential(operations);
}

/** What a causal store answered, with one read answering any other version of its key: wrong in subtle ways, or not. */
const nearlyCausal = (stepsMax: number) =>
  fc
    .tuple(fc.array(step, { maxLength: stepsMax, size: "max" }), fc.nat(), fc.nat())
    .map(([plan, which, what]): History => {
      const history = causalStore(plan);
      const reads = history.filter(isRead);
      const read = reads[which % Math.max(1, reads.length)];
      if (read === undefined) return history;
      const versions = [null, ...history.filter((w) => !isRead(w) && w.key === read.key).map((w) => w.input)];
      const output = versions[what % versions.length]!;
      return history.map((operation) => (operation === read ? { ...operation, output } : operation));
    });

/** Short ones where every order of the past is tried. */
const short = fc.oneof(anyHistory, nearlyCausal(22));
const long = fc.oneof(anyHistory, nearlyCausal(22), nearlyCausal(80));

describe("against the definitions", () => {
  it("calls the same histories causal", () => {
    fc.assert(
      fc.property(short, (history) => {
        expect(checkCausal(history, noLimits).verdict === "valid").toBe(isCausal(history));
      }),
      { numRuns: 1000 },
    );
  });

  it("finds the same histories to keep the session guarantees", () => {
    fc.assert(
      fc.property(long, (history) => {
        expect(checkSession(history, noLimits).verdict === "valid").toBe(keepsSessions(history));
      }),
      { numRuns: 1000 },
    );
  });

  it("calls a causal store causal, and a read turned back in time not", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (plan, pick) => {
        const history = causalStore(plan);
        expect(checkCausal(history, noLimits).verdict).toBe("valid");
        expect(checkSession(history, noLimits).verdict).toBe("valid");
        // A read after the process's own write of the key that finds nothing at all.
        const late = history.filter(
          (read) =>
            isRead(read) &&
            history.some(
              (w) => !isRead(w) && w.key === read.key && w.process === read.process && w.id < read.id,
            ),
        );
        if (late.length === 0) return;
        const wrong = late[pick % late.length]!;
        const mutated = history.map((operation) =>
          operation === wrong ? { ...operation, output: null } : operation,
        );
        expect(checkCausal(mutated, noLimits).verdict).toBe("invalid");
        expect(checkSession(mutated, noLimits).summary).toMatch(/breaks read your writes/);
      }),
      { numRuns: 300 },
    );
  });

  it("shows a part from which no operation can be taken", () => {
    fc.assert(
      fc.property(long, (history) => {
        for (const check of [checkCausal, checkSession]) {
          const { counterExample } = check(history, noLimits);
          const part = counterExample?.operations ?? [];
          if (part.length > 0) expect(check(part, noLimits).verdict).toBe("invalid");
          for (const left of part.length > 1 ? part : []) {
            const rest = part.filter((operation) => operation !== left);
            const again = check(rest, noLimits);
            // What a read returned may now be unknown; it proves nothing then but that its write was taken away.
            if (again.verdict === "invalid") expect(again.summary).toContain("ThinAirRead");
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
