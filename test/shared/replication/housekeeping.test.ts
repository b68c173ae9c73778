import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeyState, liveVersions } from "../../../shared/clock/dotted.ts";
import { asKey, type Key, type NodeId } from "../../../shared/ids.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { nodes } from "./effects.ts";
import { Household, lifetime } from "./household.ts";
import { TwinHousehold } from "./household-twin.ts";

const { a, b, c } = nodes;
const key = asKey("colour");
/** Long enough for whoever may ask to have asked. */
const oneRound = 1.2 * lifetime;

/** A key that was written and deleted, and everybody knows. */
function deleted(household = new Household([a, b, c])): Household {
  household.write(a, key, "red");
  household.converge(key);
  household.write(b, key, null);
  household.converge(key);
  return household;
}

const live = (household: Household, node: NodeId, of: Key = key) =>
  liveVersions(household.state(node, of)).map(({ value }) => value);
const isKind =
  (kind: ReplicationMessage["kind"]) =>
  ({ message }: { message: ReplicationMessage }) =>
    message.kind === kind;

describe("a tombstone", () => {
  it("is forgotten by all when all have held it for its lifetime, and not before", () => {
    const household = deleted();
    household.pass(lifetime);
    expect(household.said).toEqual([]);
    household.pass(0.2 * lifetime);
    expect(household.holders(key)).toEqual([]);
    const asker = household.ring.owners(key, 1)[0]!;
    const others = [a, b, c].filter((node) => node !== asker);
    expect(household.said).toEqual([
      ...others.map((node) => `${asker} → ${node} REAP_ASK`),
      ...others.map((node) => `${node} → ${asker} REAP_ANSWER`),
      ...others.map((node) => `${asker} → ${node} REAP`),
    ]);
    for (const { fx } of household.homes.values()) {
      expect(fx.records).toEqual([{ kind: "dropped", key }]);
      expect(fx.events.filter(({ name }) => name === "reaped").map(({ detail }) => detail)).toEqual([
        { keys: [key] },
      ]);
    }
    household.pass(10 * lifetime);
    expect(household.said).toHaveLength(6);
  });

  it("stays while a value stands beside it", () => {
    const household = deleted();
    household.write(c, key, "green", {});
    household.converge(key);
    household.pass(10 * lifetime);
    expect(live(household, a)).toEqual(["green"]);
    expect(household.said).toEqual([]);
  });

  it.each(["dead", "suspect"] as const)(
    "stays while a member is %s, for it cannot say what it holds",
    (status) => {
      const household = deleted();
      household.status.set(c, status);
      household.pass(10 * lifetime);
      expect(household.holders(key)).toEqual([a, b, c]);
      household.status.set(c, "alive");
      household.pass(0.3 * lifetime);
      expect(household.holders(key)).toEqual([]);
    },
  );

  it("stays while a member does not answer", () => {
    const household = deleted();
    household.lose = ({ from }) => from === c;
    household.pass(5 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.lose = () => false;
    household.pass(0.2 * lifetime);
    expect(household.holders(key)).toEqual([]);
  });

  it("stays while somebody keeps a hint of the key, for it may hold the value that was deleted", () => {
    const household = deleted();
    household.home(c).hints.add(key);
    household.pass(5 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.home(c).hints.delete(key);
    household.pass(0.2 * lifetime);
    expect(household.holders(key)).toEqual([]);
  });

  it("is held anew by a node that restarted: how long it was so before is not known", () => {
    const household = deleted();
    household.pass(0.8 * lifetime);
    household.restart(c);
    household.pass(0.8 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.pass(0.5 * lifetime);
    expect(household.holders(key)).toEqual([]);
  });

  it("is not agreed on by who counts other members", () => {
    const household = deleted();
    const before = [...household.ring.nodes];
    household.leave(c);
    household.pass(2 * lifetime);
    expect(household.holders(key)).toEqual([]);
    household.write(a, key, null);
    household.converge(key);
    household.pass(lifetime);
    const { fx } = household.home(b);
    fx.takeSent();
    household.receive(a, b, { kind: "REAP_ASK", batch: 9, members: before, items: [[key, "any"]] });
    expect(fx.takeSent().map(({ message }) => message)).toEqual([
      { kind: "REAP_ANSWER", batch: 9, agreed: [], differing: [key] },
    ]);
  });

  it("that a member kept because the last word was lost goes when that member asks itself", () => {
    const household = deleted();
    household.lose = isKind("REAP");
    household.pass(oneRound);
    expect(household.holders(key)).toHaveLength(2);
    household.lose = () => false;
    household.pass(1.5 * lifetime);
    expect(household.holders(key)).toEqual([]);
  });

  it("goes whatever comes twice or late of the messages", () => {
    const household = deleted();
    const seen: { from: NodeId; to: NodeId; message: ReplicationMessage }[] = [];
    household.lose = (travelling) => (seen.push(travelling), false);
    household.pass(oneRound);
    const after = household.write(a, key, "blue");
    household.converge(key);
    for (const { from, to, message } of seen) household.receive(from, to, message);
    household.carry();
    for (const node of [a, b, c]) expect(household.state(node, key)).toEqual(after);
  });
});

describe("a write between the agreement and its execution", () => {
  it("is kept, with all that the key's copies had seen, and the others learn of it again", () => {
    const household = deleted();
    const writer = household.ring.owners(key, 3)[1]!;
    household.lose = ({ to, message }) => {
      if (message.kind === "REAP" && to === writer) household.write(writer, key, "blue");
      return false;
    };
    household.pass(oneRound);
    expect(household.holders(key)).toEqual([writer]);
    household.converge(key);
    for (const node of [a, b, c]) expect(live(household, node)).toEqual(["blue"]);
    expect(Object.keys(household.state(a, key).context)).toEqual(expect.arrayContaining([a, b]));
  });
});

describe("a second delete between the agreement and its execution", () => {
  it("is kept: a copy of what it deleted may still be on its way", () => {
    const household = deleted();
    const [asker, writer] = household.ring.owners(key, 3) as [NodeId, NodeId];
    let late: KeyState | undefined;
    household.lose = ({ to, message }) => {
      if (message.kind !== "REAP" || to !== writer) return false;
      late = household.write(writer, key, "blue");
      household.write(writer, key, null);
      return false;
    };
    household.pass(oneRound);
    expect(household.holders(key)).toEqual([writer]);
    household.copy(asker, key, late!);
    household.converge(key);
    for (const node of [a, b, c]) expect(live(household, node)).toEqual([]);
  });
});

describe("a copy on a node that owned the key once", () => {
  it("catches up with the asker, and then counts like any other", () => {
    const household = new Household([a, b, c], 2);
    const [owner, other] = household.ring.owners(key, 2) as [NodeId, NodeId];
    const former = [a, b, c].find((node) => node !== owner && node !== other)!;
    household.write(owner, key, "red");
    household.converge(key);
    household.write(owner, key, null);
    household.converge(key, [owner, other]);
    household.pass(oneRound);
    expect(live(household, former)).toEqual([]);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.pass(0.7 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.pass(0.5 * lifetime);
    expect(household.holders(key)).toEqual([]);
  });

  it("that knows a write which the owners do not is kept, and nothing is forgotten", () => {
    const household = deleted();
    household.lose = isKind("CATCH_UP");
    household.write(c, key, "only here");
    household.pass(5 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.lose = () => false;
    household.pass(5 * lifetime);
    expect(live(household, c)).toEqual(["only here"]);
    household.converge(key);
    expect(live(household, a)).toEqual(["only here"]);
  });
});

describe("tombstones that differ", () => {
  it("are not agreed on, whoever asks", () => {
    const household = deleted();
    household.write(c, key, null);
    household.lose = isKind("CATCH_UP");
    household.pass(5 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.lose = () => false;
    household.converge(key);
    household.pass(1.5 * lifetime);
    expect(household.holders(key)).toEqual([]);
  });
});

describe("P2: the deleted thing", () => {
  it("does not return with a replica that missed the delete: nothing is forgotten before it has caught up", () => {
    const household = new Household([a, b, c]);
    household.write(a, key, "red");
    household.converge(key);
    household.status.set(c, "dead");
    household.write(b, key, null);
    household.converge(key, [a, b]);
    household.pass(20 * lifetime);
    household.restart(c);
    household.status.set(c, "alive");
    household.lose = isKind("CATCH_UP");
    household.pass(5 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.converge(key);
    household.pass(0.9 * lifetime);
    expect(household.holders(key)).toEqual([a, b, c]);
    household.pass(lifetime);
    expect(household.holders(key)).toEqual([]);
  });

  it("would return if two of three forgot it by themselves", () => {
    const household = new Household([a, b, c]);
    household.write(a, key, "red");
    household.converge(key);
    household.write(b, key, null);
    household.converge(key, [a, b]);
    for (const node of [a, b]) household.home(node).store.forget(household.home(node).fx, key);
    household.converge(key);
    expect(live(household, a)).toEqual(["red"]);
  });

  const node = fc.constantFrom(a, b, c);
  const command = fc.oneof(
    fc.tuple(node, fc.constantFrom("v", null), fc.boolean()).map(
      ([at, value, isBlind]) =>
        (twins: TwinHousehold) =>
          twins.isUp(at) && twins.write(at, value, isBlind),
    ),
    fc.tuple(node, node, fc.nat(95), fc.boolean()).map(
      ([from, to, percent, isHint]) =>
        (twins: TwinHousehold) =>
          twins.isUp(from) && twins.copy(from, to, (percent * lifetime) / 100, isHint),
    ),
    fc.constant((twins: TwinHousehold) => twins.converge()),
    fc
      .integer({ min: 1, max: 250 })
      .map((percent) => (twins: TwinHousehold) => twins.pass((percent * lifetime) / 100)),
    node.map((at) => (twins: TwinHousehold) => twins.stop(at)),
    node.map((at) => (twins: TwinHousehold) => twins.start(at)),
    fc.nat(5).map((nth) => ({ household }: TwinHousehold) => {
      let left = nth;
      household.lose = () => left-- === 0;
    }),
  );

  it("never returns: all nodes show what they would show if nothing were ever forgotten", () => {
    let reaped = 0;
    fc.assert(
      fc.property(fc.array(command, { minLength: 5, maxLength: 60 }), (commands) => {
        const twins = new TwinHousehold([a, b, c], key);
        for (const perform of commands) perform(twins);
        const { shown, expected } = twins.end();
        expect(shown).toEqual([expected, expected, expected]);
        const homes = [...twins.household.homes.values()];
        if (homes.some(({ fx }) => fx.events.some(({ name }) => name === "reaped"))) reaped += 1;
      }),
      { numRuns: 500 },
    );
    expect(reaped, "runs in which something was forgotten").toBeGreaterThan(10);
  });
});

describe("a key that begins anew", () => {
  it("gets dots that were never given before", () => {
    const household = deleted();
    const before = household.state(a, key).context;
    household.pass(oneRound);
    for (const node of [a, b, c]) {
      const { context, versions } = household.write(node, key, "again");
      expect(context).toEqual({ [node]: versions[0]!.dot.counter });
      expect(versions[0]!.dot.counter).toBeGreaterThan(before[node] ?? 0);
    }
    household.converge(key);
    expect(live(household, c)).toHaveLength(3);
  });
});

describe("many tombstones", () => {
  it("go a hundred at a time, with pauses, whoever owns them", () => {
    const household = new Household([a, b, c], 2);
    const keys = Array.from({ length: 1_500 }, (_, i) => asKey(`k${i}`));
    for (const each of keys) {
      const [owner, other] = household.ring.owners(each, 2);
      household.copy(other!, each, household.write(owner!, each, null));
    }
    let largest = 0;
    household.lose = ({ message }) => {
      if (message.kind === "REAP_ASK") largest = Math.max(largest, message.items.length);
      return false;
    };
    household.pass(oneRound);
    expect(keys.flatMap((each) => household.holders(each))).toEqual([]);
    expect(largest).toBe(100);
    // Each node is the first owner of about a third.
    expect(household.said.filter((line) => line.endsWith("REAP_ASK")).length).toBeLessThan(2 * 20);
  });
});
