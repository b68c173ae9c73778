/** One file for all nodes of a cluster: what it means, and what is said about mistakes in it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withClusterFile } from "../../../main/worker/cluster-file.ts";
import { OptionsError, parseNodeOptions } from "../../../main/worker/options.ts";
import { TestCluster } from "./cluster.ts";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "lightcone-cluster-file-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const least = { nodeId: "node-1", dataDir: "somewhere", port: 0 };

function optionsOf(yaml: string, flags: Readonly<Record<string, unknown>> = {}) {
  const path = join(folder, "cluster.yaml");
  writeFileSync(path, yaml);
  return parseNodeOptions({ ...least, ...withClusterFile(path, flags) });
}

describe("what it says", () => {
  it("is what flags say", () => {
    const yaml = `
replication:
  factor: 3
  consistency: majority
  async_replication: false
  conflict_resolution: vector_clock
`;
    expect(optionsOf(yaml)).toMatchObject({
      n: 3,
      r: 2,
      w: 2,
      allowStaleReads: false,
      replication: { conflicts: { "": "siblings" } },
    });
  });

  it.each([
    ["factor: 5", { n: 5, r: 3, w: 3 }],
    ["consistency: one", { n: 3, r: 1, w: 1, allowStaleReads: true }],
    ["{factor: 5, consistency: all}", { n: 5, r: 5, w: 5 }],
    ["{factor: 5, async_replication: true}", { n: 5, r: 3, w: 1, allowStaleReads: true }],
    ["{sloppy: true, hintLifetime: 3h}", { replication: { sloppy: true, hintLifetime: 10_800_000 } }],
    ["conflict_resolution: last_write_wins", { replication: { conflicts: { "": "last-write-wins" } } }],
    [
      '{conflict_resolution: {"cart:": set, "": vector_clock}}',
      { replication: { conflicts: { "cart:": "set", "": "siblings" } } },
    ],
  ])("replication: %s", (replication, options) => {
    const yaml = replication.startsWith("{")
      ? `replication: ${replication}`
      : `replication: {${replication}}`;
    expect(optionsOf(yaml)).toMatchObject(options);
  });

  it("may say how each node keeps its data", () => {
    const storage = "{log: file, snapshots: memory, clock_store: file, sync: group, recovery: strict}";
    expect(optionsOf(`replication: {}\nstorage: ${storage}`)).toMatchObject({
      log: "file",
      snapshots: "memory",
      clockStore: "file",
      sync: "group",
      recovery: "strict",
    });
    expect(optionsOf("replication: {}\nstorage: {log: file}", { log: "memory" })).toMatchObject({
      log: "memory",
      snapshots: "sqlite",
    });
  });

  it("names a merge function, which a flag must bring", () => {
    const yaml = "replication: {conflict_resolution: custom:newest-cart}";
    expect(() => optionsOf(yaml)).toThrow(/--merge=newest-cart=/);
    expect(optionsOf(yaml, { merges: ["newest-cart=newest.js"] })).toMatchObject({
      replication: { conflicts: { "": "custom:newest-cart" } },
    });
  });

  it("gives way to flags, which it then follows", () => {
    const yaml = "replication: {factor: 3, consistency: majority, sloppy: true, hints: false}";
    expect(optionsOf(yaml, { n: "5" })).toMatchObject({ n: 5, r: 3, w: 3 });
    expect(optionsOf(yaml, { w: "3", replication: '{"sloppy": false}' })).toMatchObject({
      n: 3,
      r: 2,
      w: 3,
      replication: { sloppy: false, hints: false },
    });
    for (const flag of ["sloppy", "7", "null", "[1]"]) {
      expect(() => optionsOf(yaml, { replication: flag }), flag).toThrow(
        /--replication must be JSON|expected object/,
      );
    }
  });
});

it("is what a node goes by that is started with it", async () => {
  const cluster = new TestCluster();
  try {
    const path = join(folder, "started.yaml");
    writeFileSync(path, "replication: {factor: 5, consistency: all}");
    const node = await cluster.start("node-1", { flags: [`--cluster-file=${path}`, "--r=1"] });
    const { body } = await node.request("GET", "/api/v1/status");
    expect(body["quorum"]).toEqual({ n: 5, r: 1, w: 5 });
    writeFileSync(path, "replication: {factor: none}");
    const refused = cluster.spawn("node-2", 0, { flags: [`--cluster-file=${path}`] });
    expect((await refused.exit).code).toBe(2);
    expect(refused.stderr).toContain("replication.factor must be a whole number from 1 to 999");
  } finally {
    await cluster.end();
  }
});

/** A few lines that stand for millions of values. */
const manyAliases = ["b", "c", "d", "e", "f", "g"].reduce(
  (text, name, i) => `${text}${name}: &${name} [${`*${"abcdefg"[i]!},`.repeat(9)}]\n`,
  "a: &a [1]\n",
);

describe("a mistake in it gets a sentence", () => {
  it.each([
    ["", /must be like "replication: \{factor: 3/],
    ["- 1", /must be like/],
    ["replication: [", /cluster\.yaml:1: this is not well-formed YAML/],
    ["replication: {factor: 3, factor: 4}", /cluster\.yaml:1: "factor" stands twice here/],
    ["replication: *settings", /cluster\.yaml:1: the alias \*settings stands for nothing/],
    [manyAliases, /cluster\.yaml: its aliases \(\*name\) stand for too much/],
    ["replication: {}\n---\nreplication: {}", /cluster\.yaml:2: a second document begins here/],
    ["replication: {conflict_resolution: {__proto__: set}}", /"__proto__" cannot be a name/],
    ["replication: {hintLifetime: soon}", /replication\.hintLifetime must be a duration like/],
    ["{}", /replication is wrong \(/],
    ["replication: {factor: three}", /replication\.factor must be a whole number/],
    ["replication: {factor: 0}", /replication\.factor must be a whole number from 1/],
    ["replication: {sloppy: perhaps}", /replication\.sloppy is wrong/],
    ["replication: {consistency: quorum}", /replication\.consistency must be one, majority or all/],
    ["replication: {async_replication: maybe}", /replication\.async_replication must be true or false/],
    ["replication: {conflict_resolution: custom}", /must be one of vector_clock, last_write_wins, .*counter/],
    [
      "replication: {conflict_resolution: {'a:': newest}}",
      /conflict_resolution\.a: must be one of .*"newest"/,
    ],
    ["replication: {conflict_resolution: 7}", /replication\.conflict_resolution must be a word/],
    ["replication: {factr: 3}", /replication has no "factr"; its names are .*factor, consistency/],
    ["replication: {}\ndisks: {}", /a cluster file has no "disks"; its names are storage, replication/],
    ["replication: {}\nstorage: {log: tape}", /storage\.log must be one of sqlite, file, memory/],
    ["replication: {}\nstorage: {disk: fast}", /storage has no "disk"; its names are log, snapshots, /],
  ])("%j", (yaml, sentence) => {
    expect(() => optionsOf(yaml)).toThrow(OptionsError);
    expect(() => optionsOf(yaml)).toThrow(sentence);
  });

  it("each of several", () => {
    const yaml = "replication: {factor: 0, consistency: two, colour: red}";
    expect(() => optionsOf(yaml)).toThrow(/factor.*\n.*consistency.*\n.*colour/s);
  });

  it("a file that is not there", () => {
    expect(() => withClusterFile(join(folder, "none.yaml"), {})).toThrow(/none\.yaml cannot be read/);
  });
});
