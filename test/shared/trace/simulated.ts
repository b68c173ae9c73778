/** A simulated cluster that a trace is made of: by hand, or by a story drawn at random. */
import * as fc from "fast-check";
import { asNodeId } from "../../../shared/ids.ts";
import { text } from "../../../shared/trace/detail.ts";
import type { ScenarioSource } from "../../../shared/scenario/schema.ts";
import { SimulatedLab } from "../simulation/lab.ts";

export const nodes = ["A", "B", "C"];

/** Data requests by numbers of their own, as often as wanted. */
export class Driver {
  readonly lab: SimulatedLab;
  readonly #nodes: readonly string[];

  constructor(
    nodes: readonly string[],
    seed: number,
    replication: NonNullable<ScenarioSource["cluster"]>["replication"] = {},
  ) {
    this.#nodes = nodes;
    const cluster = { nodes: [...nodes], replication };
    this.lab = SimulatedLab.ready(nodes, { seed, scenario: { cluster } });
  }

  /** Does not wait for the answer. */
  put(node: string, key: string, value: string, context?: Readonly<Record<string, number>>): void {
    const id = this.lab.calls.length + 1;
    const request = { kind: "data", op: "put", key, value, quorum: {} } as const;
    const withContext = context === undefined ? request : { ...request, context };
    this.lab.send({ id, client: "test", node: asNodeId(node), request: withContext as never });
  }

  partition(...groups: readonly (readonly string[])[]): void {
    const value = { groups: groups.map((group) => group.map(asNodeId)) };
    this.lab.act({ name: "partition", value });
  }

  heal(): void {
    this.lab.act({ name: "heal", value: "cuts" });
    this.lab.until(() => this.lab.settled(this.#nodes), 60_000);
  }
}

/** What happens between two writes, and how long it takes. */
type Step =
  | { readonly kind: "put"; readonly node: string; readonly context: "none" | "blind" | "stale" }
  | { readonly kind: "split"; readonly alone: string }
  | { readonly kind: "heal" }
  | { readonly kind: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      node: fc.constantFrom(...nodes),
      context: fc.constantFrom("none", "none", "blind", "stale"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("split" as const), alone: fc.constantFrom(...nodes) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "heal" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40 }) }),
  },
);

export const story = fc.array(step, { minLength: 4, maxLength: 14 });

/** Plays a story on the key "k" to an end at which everything is healed and was read. */
export function play(steps: readonly Step[], seed: number): Driver {
  const driver = new Driver(nodes, seed);
  driver.lab.run(100);
  let stale: Record<string, number> = {};
  for (const [number, action] of steps.entries()) {
    if (action.kind === "wait") driver.lab.run(action.ms);
    else if (action.kind === "heal") driver.heal();
    else if (action.kind === "split")
      driver.partition(
        [action.alone],
        nodes.filter((node) => node !== action.alone),
      );
    else if (action.context === "none") driver.put(action.node, "k", `v${number}`);
    else driver.put(action.node, "k", `v${number}`, action.context === "blind" ? {} : stale);
    // What a client could have read a few writes ago.
    const known = driver.lab.events.findLast(({ name }) => name === "stored");
    const dot = (text(known?.detail?.["dot"]) ?? "").split(":");
    if (number % 3 === 0 && dot.length === 2) stale = { [dot[0]!]: Number(dot[1]) };
  }
  driver.lab.run(100);
  driver.heal();
  driver.lab.get("A", "k");
  driver.lab.run(200);
  return driver;
}
