/** The fast way against the search, on histories too large for a naive twin. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Budget } from "../../../../shared/checks/linearizability/budget.ts";
import { search } from "../../../../shared/checks/linearizability/search.ts";
import { decideUniqueWrites } from "../../../../shared/checks/linearizability/unique-writes.ts";
import { kv } from "../../../../shared/checks/models/register.ts";
import { histories } from "./histories.ts";
import { specs } from "./specs.ts";

/** Every write its own value, in the answers too. */
const unique = fc
  .tuple(
    histories(specs.register, [null], 25, { clients: 4, isSound: true, isLong: true }),
    fc.array(fc.nat(), { maxLength: 2 }),
  )
  .map(([history, spoilt]) => {
    // The values are handed out in the order of invocation; a read answers with a write that began before it returned.
    const writes = history.filter(({ f }) => f === "write");
    return history.map((operation, index) => {
      if (operation.f === "write") return { ...operation, input: `w${operation.id}` };
      const before = writes.filter((write) => write.invoked < operation.returned);
      const last = before.at(spoilt.includes(index) ? 0 : -1);
      return { ...operation, output: operation.outcome === "ok" ? (last ? `w${last.id}` : null) : null };
    });
  });

it("the zones of the values say what the search says", () => {
  const verdicts = { valid: 0, invalid: 0, unknown: 0 };
  fc.assert(
    fc.property(unique, (history) => {
      const operations = history.filter(({ outcome }) => outcome !== "fail");
      const { initial, actions } = kv.compile(
        operations.map((operation) => ({ ...operation, key: "x", f: operation.f })),
      );
      const calls = operations.flatMap(({ invoked, returned, outcome }, index) => {
        const action = actions[index];
        return action ? [{ action, invoked, returned: outcome === "ok" ? returned : Infinity }] : [];
      });
      const fast = decideUniqueWrites(calls, initial);
      const slow = search(calls, initial, false, new Budget({ states: 1e5, isTimeUp: () => false }));
      expect(fast?.verdict).toBe(slow.verdict);
      verdicts[slow.verdict]++;
      if (fast?.verdict !== "invalid") return;
      const witness = fast.witness.map((index) => calls[index]!);
      const alone = search(witness, initial, false, new Budget({ states: 1e5, isTimeUp: () => false }));
      expect(alone.verdict, "the witness alone").toBe("invalid");
      expect(witness.length).toBeLessThanOrEqual(6);
    }),
    { numRuns: 500 },
  );
  expect(verdicts.valid).toBeGreaterThan(20);
  expect(verdicts.invalid).toBeGreaterThan(20);
});
