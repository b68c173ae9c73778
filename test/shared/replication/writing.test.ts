/** A write becomes a version: dots, stamps, tokens and losses, on single stores without a cluster around them. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDot, type KeyState } from "../../../shared/clock/dotted.ts";
import { emptyClock } from "../../../shared/clock/vector-clock.ts";
import { asKey, asNodeId, type Key, type NodeId } from "../../../shared/ids.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import type { ConflictStrategy } from "../../../shared/replication/settings.ts";
import type { ClientRequest } from "../../../shared/replication/types.ts";
import { writeVersion } from "../../../shared/replication/writing.ts";
import { Effects, request } from "./effects.ts";

const key = asKey("colour");

/** One node that writes and takes in copies. */
class Replica {
  readonly node: NodeId;
  readonly conflicts: Readonly<Record<string, ConflictStrategy>>;
  store: KeyStore;
  fx: Effects;

  constructor(node: string, conflicts: Readonly<Record<string, ConflictStrategy>> = {}) {
    this.node = asNodeId(node);
    this.conflicts = conflicts;
    this.fx = new Effects(this.node);
    this.store = new KeyStore([], { conflicts, wall: 0 });
  }

  write(value: string | null, more: Partial<ClientRequest> = {}): KeyState {
    const op = value === null ? "delete" : "put";
    const asked = request(op, { key, ...(value !== null && { value }), ...more });
    const written = writeVersion(this.fx, this.store, this.node, asked);
    if ("error" in written) throw new Error(written.error.code);
    if (!written.repeated) this.#store(asked.key, written.state, op);
    return written.state;
  }

  take({ store }: Replica, from: Key = key): void {
    const known = this.store.get(from);
    const merged = this.store.merge(from, known, store.get(from));
    if (merged !== known) this.#store(from, merged, "put");
  }

  /** Another life: the keys are there, the clock is not. */
  restartWithoutClock(): void {
    this.fx = new Effects(this.node);
    this.store = new KeyStore([...this.store.all], { conflicts: this.conflicts, wall: 0 });
  }

  events(name: string) {
    return this.fx.events.filter((event) => event.name === name).map(({ detail }) => detail);
  }

  #store(key: Key, state: KeyState, op: "put" | "delete"): void {
    this.store.replace(this.fx, key, state, { op, key }, { op, origin: this.node, replicas: [] });
  }
}

const values = (replica: Replica) => replica.store.behaviour(key).values(replica.store.get(key));

describe("a dot", () => {
  it("P1: is never given out twice for a key, however often the clock is lost, as long as the key is kept", () => {
    const act = fc.record({
      at: fc.nat(2),
      kind: fc.constantFrom("write", "blind", "take", "lose the clock"),
      from: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 50 }), (acts) => {
        const replicas = ["a", "b", "c"].map((node) => new Replica(node));
        const issued = new Set<string>();
        for (const { at, kind, from } of acts) {
          const here = replicas[at]!;
          if (kind === "take") here.take(replicas[from]!);
          else if (kind === "lose the clock") here.restartWithoutClock();
          else {
            here.write("v", kind === "blind" ? { context: emptyClock } : {});
            const dot = `${here.node}:${here.store.get(key).context[here.node]}`;
            expect(issued.has(dot)).toBe(false);
            issued.add(dot);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("P1: written after the clock was lost is not dropped by a replica that knows later counters of that node", () => {
    const [a, b] = [new Replica("a"), new Replica("b")];
    for (let i = 0; i < 5; i++) a.write(`v${i}`);
    b.take(a);
    a.restartWithoutClock();
    a.write("after");
    b.take(a);
    expect(values(b)).toEqual(["after"]);
  });
});

describe("a stamp", () => {
  it("is above every version that the coordinator knows, also after a restart", () => {
    const [a, b] = [new Replica("a"), new Replica("b")];
    a.fx.now = 10_000;
    a.write("ahead");
    b.take(a);
    b.restartWithoutClock();
    const [version] = b.write("behind").versions;
    expect(version).toMatchObject({ at: 10_000, tick: 1 });
  });

  it("of the year 9999 binds only its own key", () => {
    const lww = { "": "last-write-wins" } as const;
    const [forger, b] = [new Replica("forger", lww), new Replica("b", lww)];
    forger.fx.now = 253_370_764_800_000;
    forger.write("forged");
    b.take(forger);
    b.write("mended");
    expect(values(b)).toEqual(["mended"]);
    const other = asKey("other");
    expect(b.write("v", { key: other }).versions[0]).toMatchObject({ at: 0 });
  });
});

describe("a request with a token", () => {
  it("lesson 19: is carried out once, and a retry does not bring back what was removed since", () => {
    const a = new Replica("a");
    const first = a.write("milk", { token: "t1" });
    const removed = a.write(null);
    expect(a.write("milk", { token: "t1" })).toBe(removed);
    expect(values(a)).toEqual([]);
    expect(a.events("repeated")).toEqual([{ token: "t1", dot: formatDot(first.versions[0]!.dot) }]);
  });

  it("is refused when it is another write than the first, as long as that can be seen", () => {
    const a = new Replica("a");
    const first = a.write("milk", { token: "t1" });
    expect(() => a.write("bread", { token: "t1" })).toThrow("bad_value");
    expect(() => a.write(null, { token: "t1" })).toThrow("bad_value");
    expect(a.store.get(key)).toBe(first);
    const removed = a.write(null, { token: "t2" });
    expect(a.write(null, { token: "t2" })).toBe(removed);
  });

  it("is known wherever the key has come, and forgotten after sixteen others", () => {
    const [a, b] = [new Replica("a"), new Replica("b")];
    a.write("milk", { token: "t0" });
    b.take(a);
    const known = b.store.get(key);
    expect(b.write("milk", { token: "t0" })).toBe(known);
    for (let i = 1; i <= 16; i++) b.write(`v${i}`, { token: `t${i}` });
    expect(b.store.get(key).marks).toHaveLength(16);
    expect(b.write("milk", { token: "t0" })).not.toBe(known);
  });

  it("made by two coordinators counts once in a counter", () => {
    const counting = { "": "counter" } as const;
    const [a, b] = [new Replica("a", counting), new Replica("b", counting)];
    a.write("5", { token: "t" });
    b.write("5", { token: "t" });
    a.take(b);
    b.take(a);
    expect([values(a), values(b)]).toEqual([["5"], ["5"]]);
    a.write("6");
    b.take(a);
    expect(values(b)).toEqual(["6"]);
  });
});

describe("last write wins", () => {
  const lww = { "": "last-write-wins" } as const;

  it("P5: with skewed clocks loses the later write, and both nodes list it once", () => {
    const [a, b] = [new Replica("a", lww), new Replica("b", lww)];
    a.fx.now = 5_000;
    a.write("first, by a clock 5 s ahead");
    b.write("second");
    for (let again = 0; again < 2; again++) {
      b.take(a);
      a.take(b);
    }
    expect([values(a), values(b)]).toEqual([
      ["first, by a clock 5 s ahead"],
      ["first, by a clock 5 s ahead"],
    ]);
    const lost = { dot: formatDot({ node: b.node, counter: 1 }), by: "a:1", value: "second" };
    expect(b.events("discarded")).toEqual([lost]);
    expect(a.events("discarded")).toEqual([]);
  });

  it("is found by the node that holds the winner, when the loser comes there", () => {
    const [a, b] = [new Replica("a", lww), new Replica("b", lww)];
    a.fx.now = 5_000;
    a.write("ahead");
    b.write("behind");
    a.take(b);
    a.take(b);
    expect(a.events("discarded")).toEqual([{ dot: "b:1", by: "a:1", value: "behind" }]);
    expect(a.events("conflict")).toEqual([]);
  });

  it("lists what a blind write overwrote, and not what a write with context did", () => {
    const a = new Replica("a", lww);
    a.write("one");
    a.write("two");
    expect(a.events("discarded")).toEqual([]);
    a.write("three", { context: emptyClock });
    expect(a.events("discarded")).toMatchObject([{ value: "two" }]);
  });
});

describe("the strategy of a key", () => {
  const store = new KeyStore([], { conflicts: { "": "set", "cart:": "map", "cart:1": "custom:mine" } });

  it.each([
    ["anything", "set"],
    ["cart:2", "map"],
    ["cart:17", "custom:mine"],
  ])("of %s is that of its longest prefix", (name, strategy) => {
    expect(store.strategyOf(asKey(name))).toBe(strategy);
  });

  it("is siblings where no prefix fits", () => {
    expect(new KeyStore([], { conflicts: { "a:": "set" } }).strategyOf(key)).toBe("siblings");
  });

  it("refuses a value it cannot take, definitely and without a trace", () => {
    const a = new Replica("a", { "": "counter" });
    const written = writeVersion(a.fx, a.store, a.node, request("put", { key, value: "many" }));
    expect(written).toMatchObject({ error: { code: "bad_value", definite: true } });
    expect([a.fx.events, a.fx.entries, a.store.all.size]).toEqual([[], [], 0]);
  });
});
