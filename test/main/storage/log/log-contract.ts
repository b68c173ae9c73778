/** What every transaction log must do. A log of one's own is run through it the same way. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Row, Transaction } from "../../../../shared/runtime/types.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import {
  type LogError,
  type LogErrorKind,
  type LogSource,
  type TransactionLog,
} from "../../../../main/storage/log/transaction-log.ts";
import { actionOf, Twin } from "./log-twin.ts";
import { errorOf, put, transactionOf, withoutPlace } from "./transactions.ts";

export interface LogUnderTest {
  readonly source: LogSource;
  /** Removes what the test left behind. */
  cleanUp(): void;
}

const kindOf = (action: () => unknown): LogErrorKind => errorOf(action).kind;

export function logContract(name: string, make: () => LogUnderTest): void {
  describe(`${name} keeps the transaction log's contract`, () => {
    let place: LogUnderTest;
    let log: TransactionLog;
    const reopen = () => {
      const after = log.first - 1;
      log.close();
      log = place.source.open(after).log;
    };
    const all = () => [...log.read(log.first - 1)].map(withoutPlace);

    beforeEach(() => {
      place = make();
      log = place.source.open(0).log;
    });
    afterEach(() => {
      log.close();
      place.cleanUp();
    });

    it("is empty at first", () => {
      expect([log.first, log.last, log.durable, log.count]).toEqual([1, 0, 0, 0]);
      expect([...log.read(0)]).toEqual([]);
      expect(log.versions).toBeNull();
    });

    it("gives back what it took, in order, from any position on", () => {
      const transactions = Array.from({ length: 20 }, (_, n) => transactionOf(n));
      expect(log.append(transactions.slice(0, 5), "synced")).toBe(5);
      expect(log.append(transactions.slice(5), "written")).toBe(20);
      expect([...log.read(0)].map(withoutPlace)).toEqual(transactions);
      expect([...log.read(17)].map(({ position }) => position)).toEqual([18, 19, 20]);
      expect([...log.read(20)]).toEqual([]);
      expect([log.first, log.last, log.count]).toEqual([1, 20, 20]);
    });

    it("keeps every part of a transaction", () => {
      const transaction: Transaction = {
        clock: { "node-1": Number.MAX_SAFE_INTEGER, "n.3_x": 1 },
        at: 1_700_000_000_000.125,
        mutations: [
          put("", null),
          put("ключ 🔑", { text: '\ud800 \0 " ¶', list: [1, -2.5, true, []], nested: { a: {} } }),
          { module: "kv", table: "hints", key: "x".repeat(5_000), row: undefined },
          {
            ...put("k", JSON.parse('{"__proto__":{"a":1}}') as Row),
            from: {
              index: 7,
              term: 2 ** 40,
              op: "repair",
              origin: asNodeId("node-2"),
              replicas: [asNodeId("node-1"), asNodeId("node-3")],
            },
          },
        ],
      };
      log.append([transaction, { ...transaction, mutations: [] }], "synced");
      reopen();
      const [read, empty] = all();
      expect(read).toEqual(transaction);
      expect(JSON.stringify(read!.mutations[3]!.row)).toBe('{"__proto__":{"a":1}}');
      expect(empty).toEqual({ ...transaction, mutations: [] });
    });

    it("is not changed by what happens to the objects later", () => {
      const row = { n: 1 };
      log.append([transactionOf(1, [put("k", row)])], "written");
      row.n = 2;
      expect(all()).toEqual([transactionOf(1, [put("k", { n: 1 })])]);
    });

    it("goes on where it ended when it is opened again", () => {
      log.append([transactionOf(1), transactionOf(2)], "synced");
      reopen();
      expect([log.first, log.last, log.durable]).toEqual([1, 2, 2]);
      expect(log.append([transactionOf(3)], "synced")).toBe(3);
      expect(all()).toEqual([1, 2, 3].map((n) => transactionOf(n)));
    });

    it("says how far it is durable", () => {
      log.append([transactionOf(1)], "synced");
      expect(log.durable).toBe(1);
      log.append([transactionOf(2)], "written");
      expect(log.durable).toBeGreaterThanOrEqual(1);
      expect(log.append([], "synced")).toBe(2);
      expect(log.durable).toBe(2);
      expect(log.append([], "written")).toBe(2);
    });

    it("says under which versions each transaction was written", () => {
      log.append([transactionOf(1)], "written");
      log.setVersions({ kv: 1, bank: 1 });
      expect(log.versions).toEqual({ kv: 1, bank: 1 });
      log.append([transactionOf(2)], "written");
      log.setVersions({ kv: 1, bank: 2 });
      log.setVersions({ kv: 2, bank: 2 });
      reopen();
      expect(log.versions).toEqual({ kv: 2, bank: 2 });
      log.append([transactionOf(3)], "written");
      expect([...log.read(0)].map(({ versions }) => versions)).toEqual([
        null,
        { kv: 1, bank: 1 },
        { kv: 2, bank: 2 },
      ]);
    });

    it("takes none of a list in which one is no transaction, and goes on", () => {
      const bad = transactionOf(2, [{ ...put("k", 1), key: "\ud800" }]);
      expect(kindOf(() => log.append([transactionOf(1), bad], "synced"))).toBe("invalid");
      const wrongClock = { ...transactionOf(2), clock: { "node-1": -1 } };
      expect(kindOf(() => log.append([transactionOf(1), wrongClock], "synced"))).toBe("invalid");
      expect([log.last, log.count]).toEqual([0, 0]);
      log.append([transactionOf(1)], "synced");
      expect(all()).toEqual([transactionOf(1)]);
    });

    it("drops nothing that somebody holds, nor what it was not told to", () => {
      log.append(
        Array.from({ length: 50 }, (_, n) => transactionOf(n)),
        "synced",
      );
      log.hold("lagging", 9);
      expect(log.dropBefore(40)).toBeLessThanOrEqual(10);
      expect([...log.read(9)]).toHaveLength(41);
      log.hold("lagging", 19);
      expect(log.dropBefore(40)).toBeLessThanOrEqual(20);
      log.release("lagging");
      log.release("never held");
      const first = log.dropBefore(40);
      expect(first).toBe(log.first);
      expect(first).toBeLessThanOrEqual(40);
      expect([...log.read(first - 1)]).toHaveLength(51 - first);
      expect(log.count).toBe(51 - first);
      if (first > 1) expect(kindOf(() => log.read(first - 2))).toBe("compacted");
    });

    it("can drop everything and goes on counting", () => {
      log.append([transactionOf(1), transactionOf(2)], "synced");
      log.setVersions({ kv: 3 });
      log.dropBefore(3);
      reopen();
      expect(log.last).toBe(2);
      expect(log.versions).toEqual({ kv: 3 });
      expect(log.append([transactionOf(3)], "synced")).toBe(3);
      expect([...log.read(2)].map(({ position, versions }) => [position, versions])).toEqual([
        [3, { kv: 3 }],
      ]);
    });

    it("reads on while it is appended to", () => {
      log.append([transactionOf(1), transactionOf(2)], "synced");
      const seen: number[] = [];
      for (const { position } of log.read(0)) {
        seen.push(position);
        if (position === 1) log.append([transactionOf(3)], "synced");
      }
      expect(seen.slice(0, 2)).toEqual([1, 2]);
      expect([...log.read(2)].map(withoutPlace)).toEqual([transactionOf(3)]);
    });

    it("tells a reader that what comes next was dropped meanwhile", () => {
      const numbers = Array.from({ length: 400 }, (_, index) => index + 1);
      log.append(
        numbers.map((n) => transactionOf(n)),
        "synced",
      );
      const seen: number[] = [];
      let end: unknown = "all read";
      try {
        for (const { position } of log.read(0)) {
          seen.push(position);
          if (position === 1) log.dropBefore(390);
        }
      } catch (error) {
        end = (error as LogError).kind;
      }
      expect(seen).toEqual(numbers.slice(0, seen.length));
      expect(end).toBe(seen.length === numbers.length ? "all read" : "compacted");
    });

    it("says that it was closed, and may be closed twice", () => {
      log.append([transactionOf(1)], "synced");
      log.close();
      log.close();
      expect(kindOf(() => log.append([transactionOf(2)], "synced"))).toBe("closed");
      expect(kindOf(() => log.read(0))).toBe("closed");
      expect(kindOf(() => log.setVersions({ kv: 1 }))).toBe("closed");
      expect(kindOf(() => log.dropBefore(1))).toBe("closed");
      expect(kindOf(() => log.hold("x", 0))).toBe("closed");
      expect(kindOf(() => log.release("x"))).toBe("closed");
      log = place.source.open(0).log;
      expect(all()).toEqual([transactionOf(1)]);
    });

    it("is what a list of transactions would be, whatever is done to it", () => {
      fc.assert(
        fc.property(fc.array(actionOf, { maxLength: 40 }), (actions) => {
          log.close();
          log = place.source.setAside(0).log;
          const twin = new Twin();
          for (const action of actions) {
            if (action.kind === "reopen") reopen();
            twin.run(action, log);
            expect([log.last, log.count, log.versions]).toEqual([
              twin.last,
              twin.last - log.first + 1,
              twin.versions,
            ]);
            expect(log.first).toBeLessThanOrEqual(twin.firstAllowed);
          }
          expect([...log.read(log.first - 1)]).toEqual(twin.all.slice(log.first - 1));
          expect([...place.source.scan(log.first - 1).sound()]).toEqual(twin.all.slice(log.first - 1));
        }),
        { numRuns: 40 },
      );
    });

    describe("from its source", () => {
      it("begins after the position it is told", () => {
        log.close();
        log = place.source.setAside(41).log;
        expect([log.first, log.last, log.count]).toEqual([42, 41, 0]);
        expect(log.append([transactionOf(1)], "synced")).toBe(42);
        reopen();
        expect([log.first, log.last]).toEqual([42, 42]);
        expect(kindOf(() => log.read(40))).toBe("compacted");
      });

      it("goes on behind a snapshot that is newer than the log", () => {
        log.append([transactionOf(1), transactionOf(2)], "synced");
        log.close();
        const opened = place.source.open(10);
        log = opened.log;
        expect(opened.lines).toHaveLength(1);
        expect([log.first, log.last]).toEqual([11, 10]);
        expect(log.append([transactionOf(3)], "synced")).toBe(11);
      });

      it("refuses to begin before what it holds", () => {
        log.close();
        log = place.source.setAside(41).log;
        log.close();
        expect(kindOf(() => place.source.open(40))).toBe("compacted");
        expect(place.source.scan(40).damage.map(({ kind, after, before }) => [kind, after, before])).toEqual([
          ["missing-segment", 40, 42],
        ]);
        expect(place.source.scan(41).damage).toEqual([]);
      });

      it("is scanned without being changed, open or closed", () => {
        const transactions = Array.from({ length: 30 }, (_, n) => transactionOf(n));
        log.append(transactions, "synced");
        for (const isOpen of [true, false]) {
          if (!isOpen) log.close();
          const scan = place.source.scan(0);
          expect([scan.first, scan.last, scan.damage]).toEqual([1, 30, []]);
          expect([...scan.sound()].map(withoutPlace)).toEqual(transactions);
          expect([...place.source.scan(25).sound()].map(({ position }) => position)).toEqual([
            26, 27, 28, 29, 30,
          ]);
          expect(scan.segments.at(-1)!.last).toBe(30);
        }
      });

      it("is read once by a start, which is told of the same and opens it with that", () => {
        const transactions = Array.from({ length: 30 }, (_, n) => transactionOf(n));
        log.append(transactions, "synced");
        log.close();
        const steps = place.source.scanThrough(25);
        for (const position of [26, 27, 28, 29, 30]) {
          const { value } = steps.next();
          expect(value).toEqual({ ...transactions[position - 1], position, versions: null });
        }
        const end = steps.next();
        if (end.done !== true) throw new Error("more was found than was written");
        const { segments, damage, first, last } = place.source.scan(25);
        expect(end.value).toMatchObject({ segments, damage, first, last });
        log = place.source.open(25, end.value).log;
        expect(log.append([transactionOf(30)], "synced")).toBe(31);
        expect([...log.read(29)].map(({ position }) => position)).toEqual([30, 31]);
      });

      it("finds nothing where there is nothing", () => {
        log.close();
        place.cleanUp();
        place = make();
        const scan = place.source.scan(0);
        expect([scan.segments, scan.damage, [...scan.sound()]]).toEqual([[], [], []]);
      });
    });
  });
}
