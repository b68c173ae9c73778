/** Random acts on a simulated cluster under load, then calm: everything healed, resumed and restarted. */
import { createRandom } from "../../../shared/replica/random.ts";
import type { FaultAction } from "../../../shared/scenario/run.types.ts";
import { SimulatedLab } from "./lab.ts";

export interface StormOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly stormMs: number;
  readonly buggify: boolean;
}

export function storm({ seed, nodes, stormMs, buggify }: StormOptions): SimulatedLab {
  const lab = SimulatedLab.ready(nodes, { seed, buggify });
  const random = createRandom(seed + 1_000_003);
  const { machines } = lab.world;
  const names = machines.all().map(({ node }) => node);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const end = lab.ms + stormMs;
  let writes = 0;
  while (lab.ms < end) {
    for (let i = 0; i < 3; i += 1) {
      writes += 1;
      // Half of the keys are written once, so that their value must be there at the end.
      const key = random() < 0.5 ? `own-${writes}` : `shared-${Math.floor(random() * 3)}`;
      lab.call(pick(names), { op: random() < 0.7 ? "put" : "get", key, value: `v${writes}` });
    }
    if (random() < 0.5) lab.begin(randomAct());
    lab.run(20 + random() * 120);
  }
  lab.begin({ name: "heal", value: "all" });
  for (const node of names) {
    lab.begin({ name: "disk", value: { node, full: false, tear: false, slow: 0 } });
    if (machines.get(node).status === "paused") lab.begin({ name: "resume", value: node });
  }
  lab.until(() => machines.all().every(({ status }) => status !== "stopping" && status !== "starting"));
  for (const { node, process } of machines.all()) {
    if (process === null) lab.begin({ name: "restart", value: { node, clock: "keep" } });
  }
  lab.until(() => lab.settled(names), 120_000);
  lab.run(9_000);
  return lab;

  function randomAct(): FaultAction {
    const node = pick(names);
    const [from, to] = [node, pick(names.filter((other) => other !== node))];
    return pick<FaultAction>([
      { name: "kill", value: node },
      { name: "kill", value: node },
      { name: "pause", value: node },
      { name: "resume", value: node },
      { name: "stop", value: node },
      { name: "restart", value: { node, clock: random() < 0.5 ? "keep" : "lose" } },
      { name: "restart", value: { node, clock: "keep" } },
      { name: "isolate", value: node },
      { name: "partition", value: { groups: [[from], [to]] } },
      { name: "cut", value: { from, to } },
      { name: "clog", value: { from, to } },
      {
        name: "link",
        value: {
          from,
          to,
          loss: 0.3,
          duplicate: 0.3,
          reorder: 0.3,
          latency: { kind: "exponential", meanMs: 20 },
        },
      },
      {
        name: "rule",
        value: {
          do: pick(["drop", "delay", "duplicate", "hold"]),
          message: "REPLICATE",
          nth: 2,
          by: 50,
          name: "r",
        },
      },
      { name: "end-rule", value: "r" },
      { name: "clock", value: { node, offset: -5_000, drift: 100 } },
      { name: "disk", value: { node, slow: 30 } },
      { name: "disk", value: { node, tear: true } },
      { name: "disk", value: { node, full: random() < 0.3 } },
      { name: "heal", value: "cuts" },
      { name: "heal", value: "all" },
    ]);
  }
}
