/** What a person may type for a node, and the sentences about it. */
import { expect, it } from "vitest";
import { membershipOf, OptionsError, parseNodeOptions } from "../../../main/worker/options.ts";
import { storageDefaults } from "../../../shared/contract/storage.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";

const least = { nodeId: "node-1", dataDir: "somewhere", port: 0 };

it("takes single values of the preset", () => {
  const options = parseNodeOptions({ ...least, preset: "lab", membership: '{"probeInterval": 50}' });
  expect(membershipOf(options)).toEqual({ ...membershipPresets.lab, probeInterval: 50 });
  expect(membershipOf(parseNodeOptions({ ...least, preset: "lab" }))).toEqual(membershipPresets.lab);
});

it.each([["probeInterval=50"], ['{"speed": 9}'], ['{"probeInterval": -1}'], ["[1]"]])(
  "refuses %s for membership in a sentence with the names",
  (membership) => {
    const parse = () => parseNodeOptions({ ...least, membership });
    expect(parse).toThrow(OptionsError);
    expect(parse).toThrow(/--membership must be JSON like .* names are probeInterval, /);
  },
);

it.each([["0"], ["soon"]])("refuses a request time-out of %s", (requestTimeout) => {
  expect(() => parseNodeOptions({ ...least, requestTimeout })).toThrow(/--request-timeout must be/);
});

it.each([
  [
    '{"hintLifetime": 5000, "tombstoneLifetime": 5000}',
    /--replication: hintLifetime \(5000 ms\) must be shorter/,
  ],
  [
    '{"hints": false, "tombstoneLifetime": 4000}',
    /must be longer than twice the request time-out \(2000 ms\)/,
  ],
])("P2: refuses %s, which would let a deleted value return", (replication, sentence) => {
  expect(() => parseNodeOptions({ ...least, replication })).toThrow(sentence);
});

it("takes short-lived tombstones with hints that live shorter still", () => {
  const replication = '{"hintLifetime": 4000, "tombstoneLifetime": 5000}';
  expect(parseNodeOptions({ ...least, replication }).replication).toMatchObject({ hintLifetime: 4_000 });
});

it.each([
  [{ log: "tape" }, /--log must be one of sqlite, file, memory\./],
  [{ snapshots: "tape" }, /--snapshots must be one of sqlite, file, memory\./],
  [{ sync: "sometimes" }, /--sync must be one of commit, group, off\./],
  [{ recovery: "hope" }, /--recovery must be one of rebuild, strict, truncate, salvage\./],
  [
    { diskFaults: ["slow"] },
    /--disk-fault must be JSON like .* kinds are fail, full, slow, heal, power-cut\./,
  ],
  [{ diskFaults: ['{"kind": "fail", "nth": 0}'] }, /--disk-fault must be JSON like/],
])("refuses %j with the words there are", (given, sentence) => {
  expect(() => parseNodeOptions({ ...least, ...given })).toThrow(OptionsError);
  expect(() => parseNodeOptions({ ...least, ...given })).toThrow(sentence);
});

it("keeps data in the database, flushes each commit and asks the others after damage unless it is told otherwise", () => {
  expect(parseNodeOptions(least)).toMatchObject({ ...storageDefaults, diskFaults: [] });
  expect(parseNodeOptions({ ...least, diskFaults: ['{"kind":"slow","ms":3}'] }).diskFaults).toEqual([
    { kind: "slow", ms: 3 },
  ]);
});
