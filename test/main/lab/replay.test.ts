/** What a recording says of the network is what the lab says of it, whatever was done in whatever order. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CommandName, CommandParams } from "../../../shared/contract/contract.ts";
import { History } from "../../../shared/trace/history.ts";
import { modelAt } from "../../../shared/trace/model.ts";
import { RunningLab } from "./running-lab.ts";

let lab: RunningLab;
beforeAll(async () => void (lab = await RunningLab.start({ nodes: 4 })));
afterAll(() => lab.close());

const step = <Name extends CommandName>(name: Name, params: CommandParams<Name>) => ({
  name,
  params,
});

async function expectSame(): Promise<void> {
  const history = new History();
  history.append(await lab.recorded());
  const model = modelAt(history, null);
  const { links, partition } = await lab.state();
  const cut = [...(partition?.cut ?? [])].sort();
  expect([...(model.partition?.cut ?? [])].sort()).toEqual(cut);
  const blocked = [...model.links].filter(([, settings]) => settings["blocked"] === true);
  const modelled = new Set([...blocked.map(([name]) => name), ...(model.partition?.cut ?? [])]);
  const real = links.filter(({ settings }) => settings.blocked).map(({ from, to }) => `${from}>${to}`);
  expect([...modelled].sort()).toEqual(real.sort());
}

const link = (blocked: boolean) => step("link.set", { from: "node-1", to: "node-4", settings: { blocked } });
const halves = step("partition.make", { kind: "halves" });
const ring = step("partition.make", { kind: "majorities-ring" });
const heal = step("partition.heal", {});
const undo = step("undo", {});

it.each([
  ["a link cut twice, by itself and by a partition", [link(true), halves, heal]],
  ["and taken back", [link(true), halves, undo, undo]],
  [
    "a link opened in a partition, cut again, partition replaced",
    [halves, link(false), link(true), ring, undo, heal],
  ],
  ["undo through everything", [halves, link(false), ring, link(true), heal, undo, undo, undo, undo, undo]],
])("%s", async (_name, steps) => {
  for (const { name, params } of steps) {
    await lab.call(name, params);
    await expectSame();
  }
  await lab.call("partition.heal", { all: true });
  await expectSame();
});

it("every partition can be taken back, the last one first", async () => {
  await lab.call("node.add", {});
  for (const kind of ["halves", "majorities-ring", "isolate"] as const)
    await lab.call("partition.make", { kind });
  const kinds: (string | undefined)[] = [];
  for (let back = 0; back < 3; back += 1) {
    await lab.call("undo", {});
    kinds.push((await lab.state()).partition?.kind);
  }
  expect(kinds).toEqual(["majorities-ring", "halves", undefined]);
  await expectSame();
});

it("a partition around a node that is removed is none", async () => {
  await lab.call("partition.make", { kind: "isolate", node: "node-3" });
  await lab.call("node.remove", { node: "node-3" });
  expect((await lab.state()).partition).toBeNull();
  await expectSame();
});

it("half a character is refused as a key and as a value", async () => {
  const { connection } = lab;
  for (const params of [
    { node: "node-1", key: "\ud800", value: "x" },
    { node: "node-1", key: "x", value: "\udfff" },
  ]) {
    await expect(connection.call("data.put", params)).rejects.toMatchObject({ code: "bad_input" });
  }
});
