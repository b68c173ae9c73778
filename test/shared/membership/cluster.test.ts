/** Whole clusters in virtual time, over many seeds. Bounds are of virtual time: they belong to the protocol. */
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import { type Change, Network, type NetworkOptions } from "./driver.ts";

const config = membershipPresets.lab;
const sizes = [5, 32] as const;

/** Runs `body` on a formed cluster for each of the seeds; a failure names its seed. */
function overSeeds(
  count: number,
  size: number,
  body: (network: Network) => void,
  options: Partial<NetworkOptions> = {},
): void {
  for (let seed = 1; seed <= count; seed += 1) {
    try {
      const network = Network.formed(size, { config, seed, ...options });
      network.run(1_000 + network.random() * 2_000);
      body(network);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
}

const countOf = (network: Network, since: number, kinds: readonly string[]) =>
  network.sent.filter(({ at, kind }) => at >= since && kinds.includes(kind)).length;

describe("forming", () => {
  it.each(sizes)("%i nodes that start together see each other within a second", (size) => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const network = new Network({ config, seed });
      for (let index = 1; index <= size; index += 1) network.start(`n${index}`, index === 1 ? [] : ["n1"]);
      expect(
        network.until(() => network.isAllAlive(), 1_000),
        `seed ${seed}`,
      ).toBeLessThan(1_000);
    }
  });

  it("works with seeds that start later, are many, or point in a circle", () => {
    const network = new Network({ config, seed: 2 });
    const all = ["n1", "n2", "n3", "n4", "n5", "n6"];
    for (const name of all.slice(1)) network.start(name, [...all, "nobody", "nobody-else"]);
    network.run(500);
    network.start("n1", ["n6"]);
    network.until(() => network.isAllAlive(), 2_000);
    const begin = network.now;
    network.run(100 * config.reconnectInterval);
    const toNobody = (from: number) =>
      network.sent.filter(({ at, to }) => at >= from && to === "nobody:1").length;
    expect(toNobody(begin), "joined: the other seeds are tried ever more rarely").toBeLessThanOrEqual(6 * 8);
    expect(toNobody(begin), "but they are tried").toBeGreaterThan(0);
    const later = network.now;
    network.run(50 * config.reconnectInterval);
    expect(toNobody(later)).toBeLessThanOrEqual(6 * 2);
  });

  it("leaves no island of two that answered each other first", () => {
    const network = new Network({ config, seed: 2 });
    network.start("n1", ["n2", "n3"]);
    network.start("n2", ["n1", "n3"]);
    network.run(500);
    network.start("n3");
    network.start("n4", ["n3"]);
    network.until(() => network.isAllAlive(), 5_000);
  });

  it("a single node does nothing at all", () => {
    const network = new Network({ config });
    network.start("n1", ["n1"]);
    network.run(20_000);
    expect(network.sent).toEqual([]);
  });

  it("a node that joins by command becomes known to all", () => {
    const network = Network.formed(5, { config });
    network.start("n6");
    network.run(2_000);
    expect(network.belief("n1", "n6")).toBeUndefined();
    network.act("n6", (membership, fx) => membership.join(network.now, ["n3:1"], fx));
    network.until(() => network.isAllAlive(), 1_000);
  });
});

describe("a quiet cluster", () => {
  it.each(sizes)("of %i says PING and ACK, rarely exchanges views, and nothing else", (size) => {
    const network = Network.formed(size, { config });
    network.run(5_000);
    const begin = network.now;
    network.run(10_000);
    expect(countOf(network, begin, ["GOSSIP", "PING_REQ", "NACK"])).toBe(0);
    const probes = countOf(network, begin, ["PING"]);
    expect(probes / size, "one probe an interval for each node, whatever the size").toBeCloseTo(50, -1);
    const exchanges = countOf(network, begin, ["JOIN"]);
    expect(exchanges).toBeGreaterThan(0);
    expect(exchanges / size).toBeLessThanOrEqual(3);
    expect(network.membership("n1").rumours()).toEqual([]);
  });

  it("does not change its version while nothing changes", () => {
    const network = Network.formed(5, { config });
    network.run(2_000);
    const before = network.membership("n1").version;
    const heartbeat = network.membership("n1").member(asNodeId("n2"))!.heartbeat;
    network.run(5_000);
    expect(network.membership("n1").version).toBe(before);
    expect(network.membership("n1").member(asNodeId("n2"))!.heartbeat).toBeGreaterThan(heartbeat);
    expect(network.membership("n1").member(asNodeId("n2"))!.lastSeen).toBeGreaterThan(network.now - 2_000);
    network.kill("n2");
    network.until(() => network.allBelieve("n2", "dead"), 5_000);
    expect(network.membership("n1").version).toBeGreaterThan(before);
  });
});

describe("failure detection", () => {
  it("P22: a killed node of five is dead in every survivor's view within 2 s, 1.6 s typically", () => {
    const times: number[] = [];
    overSeeds(200, 5, (network) => {
      network.kill("n3");
      times.push(network.until(() => network.allBelieve("n3", "dead"), 2_000));
      expect(network.convictions().every(({ about }) => about === "n3")).toBe(true);
    });
    times.sort((a, b) => a - b);
    expect(times[Math.floor(times.length * 0.95)]).toBeLessThan(1_600);
  });

  it.each([2, 3])(
    "a killed node of %i is dead within 3 s: with nobody, or hardly anybody, to help",
    (size) => {
      overSeeds(20, size, (network) => {
        network.kill("n2");
        network.until(() => network.allBelieve("n2", "dead"), 3_000);
      });
    },
  );

  it("a killed node of 32 is dead in every survivor's view within 5 s, and nobody else", () => {
    overSeeds(5, 32, (network) => {
      network.kill("n3");
      network.until(() => network.allBelieve("n3", "dead"), 5_000);
      expect(network.convictions().every(({ about }) => about === "n3")).toBe(true);
    });
  });

  it("each survivor sees alive, suspect, dead, once each and in this order", () => {
    overSeeds(20, 5, (network) => {
      const begin = network.now;
      network.kill("n3");
      network.until(() => network.allBelieve("n3", "dead"), 5_000);
      network.run(5_000);
      for (const observer of ["n1", "n2", "n4", "n5"]) {
        const seen = network.changes.filter((change) => change.observer === observer && change.at > begin);
        expect(seen.map(({ previous, status }) => `${previous} → ${status}`)).toEqual([
          "alive → suspect",
          "suspect → dead",
        ]);
      }
    });
  });

  it("a node that falls silent without a word is dead within 3.5 s", () => {
    overSeeds(50, 5, (network) => {
      network.pause("n3");
      network.until(() => network.allBelieve("n3", "dead"), 3_500);
    });
  });

  it("a cut between two nodes only convicts neither: the others help", () => {
    overSeeds(10, 5, (network) => {
      network.cut("n1", "n2");
      network.cut("n2", "n1");
      network.run(10_000);
      expect(network.convictions()).toEqual([]);
    });
  });

  it("two of five killed at once are both dead within 3 s", () => {
    overSeeds(30, 5, (network) => {
      network.kill("n2");
      network.kill("n4");
      network.until(() => network.allBelieve("n2", "dead") && network.allBelieve("n4", "dead"), 3_000);
    });
  });

  it("P18: event loops that stall for up to 400 ms, all of them at random, convict nobody", () => {
    overSeeds(20, 5, (network) => {
      network.stallAll(400, 1_000);
      network.run(30_000);
      expect(network.convictions()).toEqual([]);
    });
  });

  it.each(["lan", "classroom"] as const)("the %s preset detects a kill too, at its own pace", (preset) => {
    overSeeds(
      3,
      5,
      (network) => {
        network.kill("n3");
        network.until(() => network.allBelieve("n3", "dead"), 40_000);
        expect(network.convictions().every(({ about }) => about === "n3")).toBe(true);
      },
      { config: membershipPresets[preset] },
    );
  });
});

describe("pauses", () => {
  it("a short pause is suspected and refuted: no death, and nobody convicted by the one that slept", () => {
    overSeeds(30, 5, (network) => {
      network.pause("n3");
      network.until(() => network.belief("n1", "n3") === "suspect", 3_000);
      network.resume("n3");
      network.until(() => network.isAllAlive(), 2_000);
      network.run(3_000);
      expect(network.refutations.some((line) => line.startsWith("n3@"))).toBe(true);
      expect(network.convictions()).toEqual([]);
    });
  });

  it("P18: after a long pause the sleeper, called dead by all, returns and convicts nobody", () => {
    overSeeds(30, 5, (network) => {
      network.pause("n3");
      network.until(() => network.allBelieve("n3", "dead"), 5_000);
      network.run(10_000);
      network.resume("n3");
      network.until(() => network.isAllAlive(), 2_000);
      network.run(5_000);
      expect(network.convictions().filter(({ observer }) => observer === "n3")).toEqual([]);
      expect(network.convictions().every(({ about }) => about === "n3")).toBe(true);
      expect(network.isAllAlive()).toBe(true);
    });
  });
});

describe("partitions", () => {
  it.each([
    ["two and three of five", 5, 2],
    ["one and four of five", 5, 1],
    ["halves of 32", 32, 16],
  ] as const)("P17: %s call each other dead, and find each other when it heals", (_, size, cutAt) => {
    overSeeds(size === 5 ? 10 : 2, size, (network) => {
      const left = network.names.slice(0, cutAt);
      const right = network.names.slice(cutAt);
      network.partition(left, right);
      const isSplit = () =>
        left.every((a) =>
          right.every((b) => network.belief(a, b) === "dead" && network.belief(b, a) === "dead"),
        );
      network.until(isSplit, 30_000);
      const isAcross = ({ observer, about }: Change) => left.includes(observer) !== left.includes(about);
      expect(network.convictions().every(isAcross)).toBe(true);
      network.run(20_000);
      network.heal();
      network.until(() => network.isAllAlive(), 10_000);
      network.run(3_000);
      expect(network.isAllAlive()).toBe(true);
    });
  });
});

describe("restarts", () => {
  it("P16: a restarted node is alive again for all, above the rumours of its death, with no seed but its memory", () => {
    overSeeds(20, 5, (network) => {
      network.kill("n3");
      network.until(() => network.allBelieve("n3", "dead"), 5_000);
      const before = network.disk("n3").incarnation;
      network.start("n3");
      network.until(() => network.isAllAlive(), 500);
      expect(network.membership("n3").incarnation).toBeGreaterThan(before);
    });
  });

  it("P16: a node restarted before anybody noticed is never convicted", () => {
    overSeeds(20, 5, (network) => {
      network.kill("n3");
      network.run(100);
      network.start("n3");
      network.run(5_000);
      expect(network.isAllAlive()).toBe(true);
      expect(network.convictions()).toEqual([]);
    });
  });

  it("P16: a node that lost its disk while it was thought dead at a high incarnation outbids that, by seed or without", () => {
    for (const seeds of [["n1"], []]) {
      overSeeds(10, 5, (network) => {
        network.kill("n3");
        network.start("n3", [], { incarnation: 100 });
        network.until(() => network.membership("n1").member(asNodeId("n3"))!.incarnation === 101, 2_000);
        network.kill("n3");
        network.until(() => network.allBelieve("n3", "dead"), 5_000);
        network.start("n3", seeds, { incarnation: 0, members: [] });
        network.until(() => network.isAllAlive(), 5_000);
        expect(network.membership("n3").incarnation).toBeGreaterThan(101);
      });
    }
  });

  it("a node that lost its memory before anybody noticed is taken in again by those who probe it", () => {
    overSeeds(10, 5, (network) => {
      network.kill("n3");
      network.start("n3", [], { incarnation: 0, members: [] });
      network.until(() => network.isAllAlive(), 2_000);
      expect(network.convictions()).toEqual([]);
    });
  });

  it("a node that comes back at another address is found there", () => {
    overSeeds(5, 5, (network) => {
      network.kill("n3");
      network.until(() => network.allBelieve("n3", "dead"), 5_000);
      network.start("n3", [], {}, "elsewhere:3");
      network.until(() => network.isAllAlive(), 1_000);
      for (const observer of ["n1", "n2", "n4", "n5"]) {
        expect(network.membership(observer).member(asNodeId("n3"))?.address).toBe("elsewhere:3");
      }
    });
  });

  it("a whole cluster restarted at once finds itself again", () => {
    overSeeds(5, 5, (network) => {
      for (const name of network.names) network.kill(name);
      network.run(10_000);
      for (const name of network.names) network.start(name);
      network.until(() => network.isAllAlive(), 2_000);
    });
  });
});

describe("leaving", () => {
  it.each(sizes)("is known to all %i at once, never called a death, and forgotten in time (P23)", (size) => {
    overSeeds(size === 5 ? 10 : 2, size, (network) => {
      network.leave("n3");
      network.until(() => network.allBelieve("n3", "left"), 500);
      network.run(500);
      network.kill("n3");
      network.run(10_000);
      expect(network.allBelieve("n3", "left")).toBe(true);
      expect(network.convictions()).toEqual([]);
      network.run(config.forgetLeftAfter);
      const others = network.names.filter((name) => name !== "n3");
      expect(others.map((name) => network.belief(name, "n3"))).toEqual(others.map(() => undefined));
      network.run(30_000);
      expect(
        others.some((name) => network.belief(name, "n3") !== undefined),
        "and not brought back",
      ).toBe(false);
    });
  });

  it("is undone by a restart", () => {
    overSeeds(10, 5, (network) => {
      network.leave("n3");
      network.run(1_000);
      network.kill("n3");
      network.start("n3");
      network.until(() => network.isAllAlive(), 1_000);
    });
  });
});

const evict = (network: Network, by: string, gone: string) =>
  network.act(by, (membership, fx) => membership.evict(network.now, asNodeId(gone), fx));

describe("taking out a member that will not return", () => {
  it("is known to all, and it is forgotten like one that left", () => {
    overSeeds(10, 5, (network) => {
      network.kill("n3");
      network.until(() => network.allBelieve("n3", "dead"), 5_000);
      evict(network, "n1", "n3");
      network.until(() => network.allBelieve("n3", "left"), 1_000);
      network.run(config.forgetLeftAfter + 1_000);
      expect(network.belief("n2", "n3")).toBeUndefined();
    });
  });

  it("is refuted by a member that runs after all", () => {
    overSeeds(10, 5, (network) => {
      evict(network, "n1", "n3");
      network.until(() => network.allBelieve("n3", "left"), 1_000);
      network.until(() => network.isAllAlive(), 3_000);
    });
  });
});

describe("a lossy network", () => {
  it.each(sizes)("that drops 3 of 10 messages still brings a death and a goodbye to all of %i", (size) => {
    overSeeds(size === 5 ? 10 : 2, size, (network) => {
      network.loss = 0.3;
      network.kill("n3");
      network.leave("n4");
      network.until(() => network.allBelieve("n3", "dead") && network.allBelieve("n4", "left"), 20_000);
      network.kill("n4");
      network.start("n3");
      network.start("n4");
      network.loss = 0;
      network.until(() => network.isAllAlive(), 10_000);
    });
  });
});
