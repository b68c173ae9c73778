/** What every vector-clock store must do. A store of one's own is run through it the same way. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asNodeId } from "../../../../shared/ids.ts";
import {
  type VectorClockStore,
  VectorClockStoreError,
} from "../../../../main/storage/clocks/vector-clock-store.ts";

const node = asNodeId("node-1");
const other = asNodeId("node-2");

export interface ClockStoreUnderTest {
  /** Opens the store; on a durable one, every call opens the same place again. */
  open(): VectorClockStore;
  /** Whether a clock outlives the store object. */
  readonly durable: boolean;
  /** Removes what the test left behind. */
  cleanUp(): void;
}

async function kindOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(VectorClockStoreError);
    expect((error as Error).message).toMatch(/\.$|\)$/);
    return (error as VectorClockStoreError).kind;
  }
  return "no error";
}

export function clockStoreContract(name: string, make: () => ClockStoreUnderTest): void {
  describe(`${name} keeps the vector-clock store's contract`, () => {
    let place: ClockStoreUnderTest;
    let store: VectorClockStore;
    beforeEach(() => {
      place = make();
      store = place.open();
    });
    afterEach(async () => {
      await store.close();
      place.cleanUp();
    });

    it("has nothing at first", async () => {
      expect(await store.load(node)).toBeNull();
      expect(await store.has(node)).toBe(false);
    });

    it("loads what was saved, exactly", async () => {
      const clock = { "node-1": 42, "node-2": 15, "n.3_x": Number.MAX_SAFE_INTEGER };
      await store.save(node, clock);
      expect(await store.load(node)).toEqual(clock);
      expect(await store.has(node)).toBe(true);
    });

    it("keeps the empty clock apart from no clock", async () => {
      await store.save(node, {});
      expect(await store.load(node)).toEqual({});
      expect(await store.has(node)).toBe(true);
    });

    it("replaces, and does not merge", async () => {
      await store.save(node, { "node-1": 1, "node-2": 9 });
      await store.save(node, { "node-1": 2 });
      expect(await store.load(node)).toEqual({ "node-1": 2 });
    });

    it("keeps the clocks of several nodes apart", async () => {
      await store.save(node, { "node-1": 1 });
      await store.save(other, { "node-2": 2 });
      await store.delete(node);
      expect(await store.load(node)).toBeNull();
      expect(await store.load(other)).toEqual({ "node-2": 2 });
    });

    it("is not changed by what happens to the saved object later", async () => {
      const clock: Record<string, number> = { "node-1": 1 };
      await store.save(node, clock);
      clock["node-1"] = 7;
      expect(await store.load(node)).toEqual({ "node-1": 1 });
    });

    it("deletes what is not there without complaint", async () => {
      await store.delete(node);
      expect(await store.has(node)).toBe(false);
    });

    it.each([{ "node-1": 0 }, { "node-1": -1 }, { "node-1": 1.5 }, { "node-1": 2 ** 53 }])(
      "refuses %j and keeps what it had",
      async (bad) => {
        await store.save(node, { "node-1": 3 });
        expect(await kindOf(() => store.save(node, bad))).toBe("invalid");
        expect(await store.load(node)).toEqual({ "node-1": 3 });
      },
    );

    it("refuses a name that is no node id", async () => {
      expect(await kindOf(() => store.save(asNodeId("../node-1"), { a: 1 }))).toBe("invalid");
      expect(await kindOf(() => store.load(asNodeId("../node-1")))).toBe("invalid");
    });

    it("takes the last of many saves", async () => {
      for (let counter = 1; counter <= 20; counter++) await store.save(node, { "node-1": counter });
      expect(await store.load(node)).toEqual({ "node-1": 20 });
    });

    it("says so after it was closed, and may be closed twice", async () => {
      await store.close();
      await store.close();
      expect(await kindOf(() => store.save(node, { "node-1": 1 }))).toBe("closed");
      expect(await kindOf(() => store.load(node))).toBe("closed");
      expect(await kindOf(() => store.has(node))).toBe("closed");
      expect(await kindOf(() => store.delete(node))).toBe("closed");
    });

    it("gives the clock back after it was opened again, if it is durable", async () => {
      await store.save(node, { "node-1": 5 });
      await store.close();
      store = place.open();
      expect(await store.load(node)).toEqual(place.durable ? { "node-1": 5 } : null);
    });
  });
}
