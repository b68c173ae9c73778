import { describe, expect, it } from "vitest";
import { liveVersions } from "../../../../shared/clock/dotted.ts";
import { asKey, type NodeId } from "../../../../shared/ids.ts";
import { nodes } from "../effects.ts";
import { Household, lifetime } from "../household.ts";

const { a, b, c } = nodes;
const key = asKey("colour");
/** Long enough for whoever may ask to have asked. */
const oneRound = 1.2 * lifetime;

const live = (household: Household, node: NodeId) =>
  liveVersions(household.state(node, key)).map(({ value }) => value);

/** A key with writes of all three, of which c has left. */
function afterLeaving(): Household {
  const household = new Household([a, b, c]);
  for (const node of [c, a]) {
    household.write(node, key, node);
    household.converge(key);
  }
  household.leave(c);
  return household;
}

describe("an entry of a node that left", () => {
  it("is taken out by all together, and the values stay", () => {
    const household = afterLeaving();
    household.pass(oneRound);
    for (const node of [a, b]) {
      expect(Object.keys(household.state(node, key).context)).toEqual([a]);
      expect(live(household, node)).toEqual(["a"]);
      const { fx } = household.home(node);
      expect(fx.events.filter(({ name }) => name === "pruned").map(({ detail }) => detail)).toEqual([
        { nodes: [c], keys: [key] },
      ]);
      expect(fx.entries.at(-1)).toMatchObject({ op: "prune", key, state: household.state(node, key) });
    }
    const said = household.said.length;
    household.pass(5 * lifetime);
    expect(household.said).toHaveLength(said);
  });

  it("stays for as long as a version has a dot of that node", () => {
    const household = new Household([a, b, c]);
    household.write(c, key, "of c");
    household.converge(key);
    household.leave(c);
    household.pass(5 * lifetime);
    expect(Object.keys(household.state(a, key).context)).toEqual([c]);
    expect(household.said).toEqual([]);
  });

  it("stays while the copies differ or a member is away", () => {
    const household = afterLeaving();
    household.write(b, key, "only here");
    household.pass(2 * lifetime);
    expect(household.state(a, key).context).toHaveProperty(c);
    household.converge(key);
    household.status.set(b, "dead");
    household.pass(5 * lifetime);
    expect(household.state(a, key).context).toHaveProperty(c);
    household.status.set(b, "alive");
    household.pass(1.2 * lifetime);
    expect(household.state(a, key).context).not.toHaveProperty(c);
  });

  it("that one member kept because the last word was lost does no harm, and goes later", () => {
    const household = afterLeaving();
    household.lose = ({ message }) => message.kind === "PRUNE";
    household.pass(oneRound);
    household.lose = () => false;
    household.converge(key);
    expect(live(household, a)).toEqual(["a"]);
    expect(live(household, b)).toEqual(["a"]);
    household.pass(3 * lifetime);
    for (const node of [a, b]) expect(household.state(node, key).context).not.toHaveProperty(c);
  });

  it("takes no mark of a request with it: what was carried out twice would be shown again", () => {
    const household = new Household([a, b, c]);
    const [twiceAtA, twiceAtC] = [household.write(a, key, "twice"), household.write(c, key, "twice")];
    const marks = [twiceAtA, twiceAtC].map(({ versions: [version] }) => ({
      token: "once",
      dot: version!.dot,
      at: version!.at,
    }));
    // Written over by one who had read it at c only; the repetition at a is hidden from then on.
    const state = household.write(c, key, "after");
    const overwritten = { ...state, marks };
    for (const node of [a, b, c]) household.copy(node, key, overwritten);
    household.copy(b, key, household.write(b, key, "last", overwritten.context));
    household.converge(key);
    expect(live(household, a)).toEqual(["last"]);
    household.leave(c);
    household.pass(oneRound);
    expect(household.state(a, key).context).not.toHaveProperty(c);
    expect(household.state(a, key).versions).toHaveLength(2);
    expect(live(household, a)).toEqual(["last"]);
  });

  it("is found in a store of many keys a slice at a time", () => {
    const household = new Household([a, b, c]);
    const keys = Array.from({ length: 2_500 }, (_, i) => asKey(`k${i}`));
    for (const each of keys) {
      const state = household.write(c, each, "x");
      household.copy(a, each, state);
      household.copy(b, each, household.write(a, each, "y"));
    }
    household.leave(c);
    const { part, fx } = household.home(a);
    let slices = 0;
    for (; part.deadline === 0; slices++) part.tick(fx);
    expect(slices).toBe(3);
    household.pass(3 * lifetime);
    for (const each of keys) expect(household.state(a, each).context).not.toHaveProperty(c);
  });
});

describe("P4: a context cut short", () => {
  it("makes an ancestor look concurrent where one replica does it alone, and not where all agree", () => {
    const alone = new Household([a, b, c]);
    const old = alone.write(c, key, "old");
    alone.converge(key);
    alone.write(a, key, "new");
    alone.converge(key, [a, b]);
    const { context, versions } = alone.state(a, key);
    const short = { context: { [a]: context[a]! }, versions };
    const { store } = alone.home(a);
    expect(liveVersions(store.merge(key, short, old)).map(({ value }) => value)).toEqual(["new", "old"]);
    expect(liveVersions(store.merge(key, alone.state(a, key), old)).map(({ value }) => value)).toEqual([
      "new",
    ]);

    // c has the old value still, and is gone; so nobody may hand it on before a and b have both held the new one long.
    alone.leave(c);
    alone.pass(0.9 * lifetime);
    expect(alone.state(a, key).context).toHaveProperty(c);
    alone.copy(b, key, old);
    alone.pass(lifetime);
    for (const node of [a, b]) {
      expect(alone.state(node, key).context).not.toHaveProperty(c);
      expect(live(alone, node)).toEqual(["new"]);
    }
  });
});
