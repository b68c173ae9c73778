/**
 * What a storm and a load come to under a seed: every fault and every operation, fixed in time.
 *
 * Written out, a failing run can be made smaller: one fault taken away leaves all others where they were. Storm and load
 * draw from sources of their own, so a change in one does not move the other. Every fault of the storm also ends within
 * it; what is still wrong then is put right by the interpreter, which knows what became of each fault.
 */
import { withoutAbsent } from "../fields.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import { createRandom } from "../replica/random.ts";
import type { Action, Plan, Scenario } from "./schema.ts";
import { type Draw, drawFrom } from "./plan/draw.ts";
import { stormOf } from "./plan/storm.ts";

const nothing: Plan = { faults: [], operations: [] };

/** The same for the same scenario and seed (0 to 2^53 - 1). A plan that the scenario brings along counts alone. */
export function planOf(scenario: Scenario, seed: number): Plan {
  const { planned, storm, load } = scenario;
  if (planned !== undefined) return planned;
  const random = createRandom(seed);
  const [stormSeed, loadSeed] = [seedFrom(random), seedFrom(random)];
  return {
    ...nothing,
    ...(load === undefined
      ? {}
      : { operations: operationsOf(load, scenario.cluster.nodes, drawFrom(loadSeed)) }),
    ...(storm === undefined ? {} : { faults: stormOf(scenario, drawFrom(stormSeed)), until: storm.for }),
  };
}

const seedFrom = (random: () => number) => Math.floor(random() * 2 ** 32);

/** The same scenario with its storm and load written out for this seed; it runs the same way under any seed. */
export function expand(scenario: Scenario, seed: number): Scenario {
  const { storm: _storm, load: _load, ...others } = scenario;
  return { ...others, planned: planOf(scenario, seed) };
}

/** Operations arrive at random, on average `rate` a second (a Poisson process). Every value is written once. */
function operationsOf(
  load: NonNullable<Scenario["load"]>,
  nodes: readonly NodeId[],
  draw: Draw,
): Plan["operations"] {
  const { clients, rate, keys, mix, stick, n, r, w, sloppy, consistency } = load;
  const asked = withoutAbsent({ n, r, w, sloppy, consistency });
  const written = new Map<number, number>();
  const operations: Plan["operations"] = [];
  const meanMs = 1_000 / rate;
  for (let at = draw.exponential(meanMs); at < load.for; at += draw.exponential(meanMs)) {
    const client = draw.below(clients) + 1;
    const node = stick ? nodes[(client - 1) % nodes.length]! : draw.one(nodes);
    const name = draw.weighted(mix);
    const where = { node, key: `k${draw.below(keys) + 1}`, ...asked };
    operations.push({ at: tenths(at), client: `c${client}`, do: operation(name) });

    function operation(kind: keyof typeof mix): Action {
      if (kind === "mint") return { name: "mint", value: { node } };
      if (kind !== "put") return { name: kind, value: where };
      const number = (written.get(client) ?? 0) + 1;
      written.set(client, number);
      return { name: "put", value: { ...where, value: `c${client}-${number}` } };
    }
  }
  return operations;
}

/** To a tenth of a millisecond: short in a file, and exact when read back. */
const tenths = (ms: TimeMs) => Math.round(ms * 10) / 10;
