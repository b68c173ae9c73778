/** Deletes, absences and full disks on whole simulated nodes: what was deleted stays deleted, what was acknowledged stays. */
import { describe, expect, it } from "vitest";
import { asKey } from "../../../shared/ids.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";
import { recorded } from "../trace/events.ts";
import { node, SimulatedLab } from "./lab.ts";

const names = ["A", "B", "C"];
const lifetime = 10_000;

function cluster(seed = 1, buggify = false): SimulatedLab {
  const replication = { tombstoneLifetime: lifetime, hintLifetime: lifetime / 2, antiEntropyInterval: 1_000 };
  const lab = SimulatedLab.ready(3, { seed, buggify, scenario: { cluster: { nodes: names, replication } } });
  lab.run(150);
  return lab;
}

const kill = (name: string) => ({ name: "kill", value: node(name) }) as const;
const restart = (name: string) => ({ name: "restart", value: { node: node(name), clock: "keep" } }) as const;
const disk = (name: string, value: object) =>
  ({ name: "disk", value: { node: node(name), ...value } }) as const;

const remove = (lab: SimulatedLab, at: string, key: string) => lab.ask(at, { op: "delete", key });
const holders = (lab: SimulatedLab, key: string) =>
  names.filter((name) => lab.world.machines.get(node(name)).disk.tables.row("kv", "keys", key) !== undefined);
const named = (lab: SimulatedLab, name: string): TraceEvent[] =>
  lab.events.filter((event) => event.name === name);

describe("a key that was deleted", () => {
  it("is gone from every disk in the end, and can be written again", () => {
    const lab = cluster();
    lab.put("A", "k", "v");
    remove(lab, "B", "k");
    lab.run(lifetime);
    expect(holders(lab, "k")).toEqual(names);
    lab.run(0.5 * lifetime);
    expect(holders(lab, "k")).toEqual([]);
    expect(named(lab, "reaped").map((event) => [event.node, event.detail])).toEqual(
      expect.arrayContaining(names.map((name) => [name, { keys: ["k"] }])),
    );
    for (const name of names) {
      lab.act(kill(name));
      lab.act(restart(name));
    }
    lab.until(() => lab.settled(names));
    expect(lab.get("C", "k")).toMatchObject({ ok: true, values: [] });
    expect(lab.put("C", "k", "again")).toMatchObject({ ok: true });
    expect(lab.get("A", "k")).toMatchObject({ ok: true, values: ["again"] });
  });

  it("P2: stays deleted when a replica that missed it returns after many lifetimes", () => {
    const lab = cluster();
    lab.put("A", "k", "v");
    lab.run(100);
    lab.act(kill("C"));
    lab.until(() => lab.belief("A", "C") === "dead");
    remove(lab, "A", "k");
    lab.run(5 * lifetime);
    expect(holders(lab, "k")).toEqual(names);
    lab.act(restart("C"));
    lab.until(() => lab.settled(names));
    lab.run(3 * lifetime);
    expect(holders(lab, "k")).toEqual([]);
    for (const name of names) expect(lab.get(name, "k")).toMatchObject({ ok: true, values: [] });
  });

  it("P2: stays deleted whatever fails meanwhile", () => {
    let reaped = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const lab = cluster(seed, true);
      const deleted: string[] = [];
      for (let round = 0; round < 6; round += 1) {
        const [away, one, other] = [0, 1, 2].map((i) => names[(seed + round + i) % 3]!) as [
          string,
          string,
          string,
        ];
        const key = `k${round}`;
        lab.put(one, key, "v");
        lab.run(50);
        lab.act(round % 2 === 0 ? kill(away) : { name: "isolate", value: node(away) });
        lab.run(round * 300);
        if (remove(lab, other, key).ok) deleted.push(key);
        lab.run(((seed * round) % 3) * lifetime);
        lab.act(round % 2 === 0 ? restart(away) : { name: "heal", value: "all" });
        lab.until(() => lab.settled(names));
      }
      lab.run(4 * lifetime);
      for (const key of deleted) {
        for (const name of names)
          expect(lab.get(name, key), `${key} at ${name}`).toMatchObject({ values: [] });
      }
      reaped += named(lab, "reaped").length;
    }
    expect(reaped).toBeGreaterThan(10);
  });
});

describe("a disk that fills up while hints are kept or keys handed over", () => {
  it("ends its node with nothing said, and no acknowledged write is lost", () => {
    const lab = cluster();
    const written = new Map<string, string>();
    let count = 0;
    const write = (at: string) => {
      const [key, value] = [`k${count}`, `v${(count += 1)}`];
      if (lab.put(at, key, value).ok) written.set(key, value);
    };
    for (let i = 0; i < 30; i += 1) write(names[i % 3]!);
    lab.act(kill("C"));
    lab.until(() => lab.belief("A", "C") === "dead");
    for (let i = 0; i < 30; i += 1) write("A");
    // C is back, and what it missed is on its way to it when its disk has no more room.
    lab.act(restart("C"));
    lab.act(disk("C", { full: true }));
    lab.until(() => lab.world.machines.get(node("C")).status === "failed");
    for (let i = 0; i < 10; i += 1) write("B");
    lab.act(disk("C", { full: false }));
    lab.act(restart("C"));
    lab.until(() => lab.settled(names));
    // Then the one that keeps the hints.
    lab.act(kill("C"));
    lab.until(() => lab.belief("B", "C") === "dead");
    lab.act(disk("B", { full: true }));
    const before = lab.lane("B").length;
    const refused = lab.put("B", "last", "x");
    expect(refused.ok).toBe(false);
    expect(lab.lane("B").length).toBe(before);
    lab.act(disk("B", { full: false }));
    for (const name of ["B", "C"]) lab.act(restart(name));
    lab.until(() => lab.settled(names));
    lab.run(5_000);
    expect(written.size).toBeGreaterThan(60);
    for (const [key, value] of written) {
      for (const name of names)
        expect(lab.get(name, key), `${key} at ${name}`).toMatchObject({ values: [value] });
    }
  });
});

/** C has written, and has been gone for a lifetime. */
const afterLeaving = () => {
  const lab = cluster();
  lab.put("C", "k", "of C");
  lab.run(200);
  lab.put("A", "k", "of A");
  lab.run(200);
  lab.act({ name: "stop", value: node("C") });
  lab.run(2 * lifetime);
  return lab;
};
const stampOf = (lab: SimulatedLab, name: string) => lab.lane(name).at(-1)?.clock ?? {};
const processOf = (lab: SimulatedLab, name: string) => lab.world.machines.get(node(name)).process!;

describe("a node that left for good", () => {
  const others = ["A", "B"];

  it("P4: is in no stamp and no context any more, and no event looks as if its node had forgotten something", () => {
    const lab = afterLeaving();
    for (const name of others) {
      expect(Object.keys(stampOf(lab, name)).sort()).toEqual(others);
      expect(processOf(lab, name).replica.clock).toHaveProperty("C");
      expect(processOf(lab, name).replica.keys.get(asKey("k"))!.context).not.toHaveProperty("C");
    }
    expect(lab.get("B", "k")).toMatchObject({ ok: true, values: ["of A"] });
    const { causality, history } = recorded(lab.events);
    const wrong = history.all.filter(({ id, node }) => node !== "lab" && causality.mismatch(id) !== null);
    expect(wrong).toEqual([]);
  });

  it("P1: that comes back under its name with an empty disk uses no counter twice", () => {
    const lab = afterLeaving();
    const highest = Math.max(...lab.lane("C").map(({ clock }) => clock?.["C"] ?? 0));
    expect(lab.act({ name: "wipe", value: node("C") })).toBeUndefined();
    expect(lab.act(restart("C"))).toBeUndefined();
    lab.until(() => lab.settled(names), 60_000);
    lab.run(5_000);
    expect(stampOf(lab, "A")).toHaveProperty("C");
    const { ok } = lab.put("C", "k", "again");
    expect(ok).toBe(true);
    lab.run(500);
    const dots = processOf(lab, "A")
      .replica.keys.get(asKey("k"))!
      .versions.map(({ dot }) => dot);
    for (const dot of dots) if (dot.node === "C") expect(dot.counter).toBeGreaterThan(highest);
    expect(lab.get("B", "k")).toMatchObject({ ok: true, values: ["again"] });
  });
});
