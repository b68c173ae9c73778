/** Keys that follow the ring: the copies a trace tells of are those the replicas hold, also after a join. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { formatDot } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { copiesAt } from "../../../shared/trace/copies.ts";
import { recorded } from "./events.ts";
import { Driver, nodes } from "./simulated.ts";

const keys = ["a", "b", "c", "d", "e", "f"];
const all = [...nodes, "D"];

const put = fc.record({
  node: fc.constantFrom(...nodes),
  key: fc.constantFrom(...keys),
  isBlind: fc.boolean(),
  wait: fc.nat(30),
});

const puts = fc.array(put, { minLength: 1, maxLength: 12 });

it("are what the replicas hold after a node joined while clients wrote", () => {
  let handed = 0;
  const property = fc.property(puts, puts, fc.nat(10_000), (before, during, seed) => {
    const driver = new Driver(nodes, seed, { antiEntropyInterval: "0s", readRepair: "off" });
    let count = 0;
    const write = ({ node, key, isBlind, wait }: (typeof before)[number]) => {
      driver.put(node, key, `v${count++}`, isBlind ? {} : undefined);
      driver.lab.run(wait);
    };
    before.forEach(write);
    driver.lab.begin({ name: "add", value: asNodeId("D") });
    during.forEach(write);
    driver.lab.until(() => driver.lab.settled(all) && driver.lab.world.isReady, 60_000);
    driver.lab.run(1_000);
    const { history } = recorded(driver.lab.events);
    handed += history.all.filter(({ name }) => name === "handover").length;
    for (const key of keys.map(asKey)) {
      const told = copiesAt(history, key, null).copies;
      for (const node of all) {
        const state = driver.lab.world.machines.get(asNodeId(node)).process?.replica.keys.get(key);
        const held = (state?.versions ?? []).map(({ dot }) => formatDot(dot));
        const versions = told.find((copy) => copy.node === node)?.versions ?? [];
        expect(versions.map(({ dot }) => dot).sort(), `${key} on ${node}`).toEqual(held.sort());
      }
    }
  });
  fc.assert(property, { numRuns: 60 });
  expect(handed).toBeGreaterThan(0);
});
