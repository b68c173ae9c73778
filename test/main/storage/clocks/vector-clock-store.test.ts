/** Every store in every wrapping: the contract, and whatever sequence of calls beside a plain map. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../../shared/ids.ts";
import { clockStoreContract } from "./clock-store-contract.ts";
import { places, wrappings } from "./stores.ts";

const pairs = Object.entries(places).flatMap(([place, make]) =>
  Object.entries(wrappings).map(([wrapping, wrap]) => [`${place}, ${wrapping},`, make, wrap] as const),
);

for (const [name, make, wrap] of pairs) {
  clockStoreContract(name, () => {
    const place = make();
    return { ...place, open: () => wrap(place.open()) };
  });
}

const node = fc.constantFrom("node-1", "node-2", "N.3_x").map(asNodeId);
const counter = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(Number.MAX_SAFE_INTEGER));
const clock = fc.oneof(
  fc.dictionary(fc.constantFrom("node-1", "node-2", "7", "a.b"), counter, { noNullPrototype: true }),
  // More than fits into the short form.
  counter.map((first) => Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`node-${n}`, first]))),
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("save" as const), node, clock }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("load" as const, "has" as const, "delete" as const), node }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const), node }) },
);

describe("every store answers as a map would", () => {
  const some = pairs.filter(([name]) => / (plain|batched|all of them),$/.test(name));
  it.each(some)("%s whatever is done with it", async (_, make, wrap) => {
    const place = make();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const twin = new Map<string, Readonly<Record<string, number>>>();
        let store = wrap(place.open());
        for (const known of ["node-1", "node-2", "N.3_x"]) await store.delete(asNodeId(known));
        for (const one of steps) {
          if (one.kind === "save") {
            await store.save(one.node, one.clock);
            twin.set(one.node, one.clock);
          } else if (one.kind === "delete") {
            await store.delete(one.node);
            twin.delete(one.node);
          } else if (one.kind === "reopen") {
            await store.close();
            store = wrap(place.open());
            if (!place.durable) twin.clear();
          } else if (one.kind === "has") expect(await store.has(one.node)).toBe(twin.has(one.node));
          else expect(await store.load(one.node)).toEqual(twin.get(one.node) ?? null);
        }
        await store.close();
      }),
      { numRuns: 12 },
    );
    place.cleanUp();
  });
});
