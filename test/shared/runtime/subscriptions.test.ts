import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { checkModules } from "../../../shared/runtime/schema.ts";
import { subscriberMessageSchema } from "../../../shared/runtime/subscription-messages.ts";
import { subscribe, Subscription, type SubscriptionRequest } from "../../../shared/runtime/subscriptions.ts";
import type { Committed } from "../../../shared/runtime/types.ts";

const modules = checkModules(builtInModules);
const open = (request: SubscriptionRequest, last: number) =>
  subscribe(request, modules, { id: "log-1", replaying: false, first: 1, last });

const mutation = fc.record({
  module: fc.constantFrom("bank", "kv"),
  table: fc.constantFrom("accounts", "keys", "hints"),
  key: fc.constantFrom("a", "ab", "b", "c"),
  row: fc.option(fc.nat(9), { nil: undefined }),
});
const logs = fc
  .array(fc.array(mutation, { maxLength: 3 }), { maxLength: 20 })
  .map((list) =>
    list.map((mutations, i): Committed => ({ position: i + 1, at: i, clock: {}, mutations, versions: null })),
  );
const requests = fc.record({
  module: fc.constantFrom("bank", "kv"),
  table: fc.constantFrom("accounts", "keys", undefined),
  keys: fc.constantFrom(undefined, {}, { key: "a" }, { prefix: "a" }, { from: "ab", to: "c" }, { to: "b" }),
});

const at = (position: number): Committed => ({
  position,
  at: 0,
  clock: {},
  mutations: [{ module: "bank", table: "accounts", key: "a", row: null }],
  versions: null,
});

describe("a subscription", () => {
  it("delivers each commit it concerns once and in order, however often it is asked and wherever it resumes", () => {
    fc.assert(
      fc.property(logs, requests, fc.array(fc.nat(20)), (log, wanted, asked) => {
        // The naive twin: one pass over the whole log with the filter written out.
        const inRange = (key: string) => {
          const { key: only, prefix, from, to } = { ...wanted.keys } as Record<string, string | undefined>;
          if (only !== undefined) return key === only;
          if (prefix !== undefined) return key.startsWith(prefix);
          return (from === undefined || key >= from) && (to === undefined || key < to);
        };
        const { table, module } = wanted;
        const expected = log.flatMap(({ position, mutations }) => {
          const keys = mutations
            .filter(
              (each) => each.module === module && (table ?? each.table) === each.table && inRange(each.key),
            )
            .map(({ key }) => key);
          return keys.length > 0 ? [[position, ...keys]] : [];
        });
        const isThere = table === undefined || modules.get(module)!.tables.includes(table);
        let watcher = open({ ...wanted, after: 0 }, log.length);
        if (!(watcher instanceof Subscription)) {
          expect(isThere).toBe(false);
          expect(watcher.code).toBe("no_such_table");
          return;
        }
        const told: unknown[] = [];
        // A host that reads too far back or stops half-way, and clients that come back from where they were.
        for (const end of [...asked, log.length]) {
          for (const committed of log.slice(0, end)) {
            const next = watcher.next(committed);
            if (next.kind === "commit")
              told.push([next.delivery.position, ...next.delivery.changes.map(({ key }) => key)]);
            else expect(next.kind).toBe("nothing");
          }
          watcher = open({ ...wanted, after: watcher.after }, log.length) as Subscription;
        }
        expect(told).toEqual(expected);
        expect(watcher.after).toBe(log.length);
      }),
    );
  });

  it("ends when the log has a hole, and is not told of what comes after", () => {
    const watcher = open({ module: "bank", after: 0 }, 9) as Subscription;
    expect(watcher.next(at(1)).kind).toBe("commit");
    expect(watcher.next(at(4))).toMatchObject({
      kind: "error",
      error: {
        code: "compacted",
        message: expect.stringMatching(/^Transactions 2 to 3 cannot be read/) as string,
      },
    });
    expect(watcher.after).toBe(1);
  });

  it("tells a row that is null from one that is gone, and says who coordinated a replicated one", () => {
    const watcher = open({ module: "kv", after: 0 }, 1) as Subscription;
    const from = { index: 1, term: 0, op: "put", origin: "node-2", replicas: [] } as never;
    const at = { position: 1, at: 3, clock: { "node-1": 4 }, versions: null };
    const next = watcher.next({
      ...at,
      mutations: [
        { module: "kv", table: "keys", key: "a", row: null, from },
        { module: "kv", table: "keys", key: "b", row: undefined },
      ],
    });
    expect(next).toEqual({
      kind: "commit",
      delivery: {
        position: 1,
        at: 3,
        clock: { "node-1": 4 },
        changes: [
          { module: "kv", table: "keys", key: "a", row: null, origin: "node-2" },
          { module: "kv", table: "keys", key: "b", row: null, gone: true },
        ],
      },
    });
  });

  it("goes on only in the log its position is from, though another one reaches as far", () => {
    const wanted = { module: "bank", after: 3 };
    expect(open({ ...wanted, log: "log-1" }, 5)).toBeInstanceOf(Subscription);
    expect(open({ ...wanted, log: "log-0" }, 5)).toEqual({
      code: "another_log",
      message:
        'Position 3 is from log log-0, and this one is log-1. Subscribe from "now", then read the rows.',
    });
    expect(open({ module: "bank", after: "now", log: "log-0" }, 5)).toBeInstanceOf(Subscription);
  });

  it("is refused during a replay (P36)", () => {
    const log = { id: "log-1", replaying: true, first: 1, last: 5 };
    expect(subscribe({ module: "bank", after: "now" }, modules, log)).toMatchObject({ code: "replaying" });
  });
});

describe("what a client may say", () => {
  it.each([
    [{ kind: "subscribe", id: "a", module: "bank", after: 0 }, true],
    [
      { kind: "subscribe", id: "a", module: "bank", table: "accounts", keys: { prefix: "x" }, after: "now" },
      true,
    ],
    [{ kind: "unsubscribe", id: "a" }, true],
    [{ kind: "subscribe", id: "a", module: "bank" }, false],
    [{ kind: "subscribe", id: "", module: "bank", after: 0 }, false],
    [{ kind: "subscribe", id: "a", module: "bank", after: -1 }, false],
    [{ kind: "subscribe", id: "a", module: "bank", after: 1.5 }, false],
    [{ kind: "subscribe", id: "a", module: "bank", after: "then" }, false],
    [{ kind: "subscribe", id: "a", module: "bank", after: 0, keys: { key: "a", prefix: "b" } }, false],
    [{ kind: "subscribe", id: "a", module: "bank", after: 0, key: "a" }, false],
    [{ kind: "publish", id: "a" }, false],
    [null, false],
  ])("%j: %s", (message, isRight) => {
    expect(subscriberMessageSchema.safeParse(message).success).toBe(isRight);
  });
});
