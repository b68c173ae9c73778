/** Reducers called at a node: what leaves it, what it keeps, and what a restart makes of that. */
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { type Module, reducer } from "../../../shared/runtime/module.ts";
import { Replica } from "../../../shared/replica/replica.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import { nothingRestored } from "../../../shared/replica/types.ts";
import { Cluster } from "./cluster.ts";

const transfer = (amount: number) => ({
  module: "bank",
  reducer: "transfer",
  args: { from: "ann", to: "bob", amount },
});
const open = (account: string, balance: number) => ({
  module: "bank",
  reducer: "open",
  args: { account, balance },
});

describe("a call", () => {
  it("is answered in its step, with its mutations as one record and an event that names it", () => {
    const cluster = new Cluster();
    cluster.start("node-1");
    cluster.call("node-1", open("ann", 100));
    cluster.call("node-1", open("bob", 0));
    cluster.happenings.length = 0;
    expect(cluster.call("node-1", transfer(30))).toEqual({
      ok: true,
      result: { from: 70, to: 30 },
      changed: 2,
    });
    expect(cluster.call("node-1", transfer(71))).toMatchObject({ error: { code: "insufficient_funds" } });
    expect(cluster.happenings.map(({ event }) => event)).toMatchObject([
      {
        type: "local",
        op: "internal",
        name: "reducer",
        detail: { module: "bank", reducer: "transfer", ok: true, changed: 2 },
      },
      {
        name: "reducer",
        detail: { module: "bank", reducer: "transfer", ok: false, error: "insufficient_funds" },
      },
    ]);
  });

  it("has changed what a restart finds, and the call is not repeated", () => {
    const cluster = new Cluster();
    cluster.start("node-1");
    cluster.call("node-1", open("ann", 100));
    cluster.call("node-1", open("bob", 0));
    cluster.call("node-1", transfer(30));
    for (let i = 0; i < 3; i += 1) {
      cluster.kill("node-1");
      cluster.start("node-1");
    }
    expect(cluster.call("node-1", transfer(70))).toMatchObject({ ok: true, result: { from: 0, to: 100 } });
  });

  it("draws the same chance in the same life and another in the next, by the seed", () => {
    const dice: Module = {
      name: "dice",
      version: 1,
      tables: ["rolls"],
      reducers: {
        roll: reducer({}, (tables, _, { now, random, node }) => {
          const rolled = { random: random(), now, node };
          tables.put("rolls", "last", rolled);
          return rolled;
        }),
      },
      queries: {},
      migrations: [],
    };
    const config = {
      node: asNodeId("node-1"),
      address: "node-1:1",
      life: 5,
      seeds: [],
      gossip: false,
      virtualNodes: 10,
      membership: membershipPresets.lab,
      replication: { n: 1, r: 1, w: 1, requestTimeout: 1_000 },
      modules: [dice],
    };
    const roll = (seed: number) => {
      const replica = new Replica({ ...config, seed }, nothingRestored, 5);
      replica.step({ kind: "wall", offset: 100, driftPpm: 0 }, 5);
      const call = { kind: "call", request: "r" as never, module: "dice", reducer: "roll" } as const;
      const { records, calls } = replica.step(call, 6);
      const [answer] = calls;
      const row = answer!.outcome.ok ? answer!.outcome.result : null;
      expect(records).toEqual([
        { kind: "mutations", mutations: [{ module: "dice", table: "rolls", key: "last", row }] },
      ]);
      expect(row).toMatchObject({ now: 106, node: "node-1" });
      return row;
    };
    expect(roll(1)).toEqual(roll(1));
    expect(roll(1)).not.toEqual(roll(2));
  });
});
