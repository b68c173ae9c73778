/**
 * Causal consistency and session guarantees on random histories, against twins that follow the definitions literally,
 * over matrices and permutations; and on those of a store that delivers causally, with and without one read changed.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCausal } from "../../../shared/checks/causal.ts";
import { checkSession } from "../../../shared/checks/session.ts";
import type { History, Operation } from "../../../shared/checks/types.ts";
import { noLimits, sequential } from "./histories.ts";

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
