/** What has been forgotten by agreement, as clients and comparisons meet it: whole replicas, virtual time. */
import { describe, expect, it } from "vitest";
import { noRarePaths } from "../../../shared/buggify.ts";
import { asKey, asNodeId, type Key } from "../../../shared/ids.ts";
import type { ReplicationSettings } from "../../../shared/replication/settings.ts";
import type { ClientRequest, OperationOutcome, OperationResult } from "../../../shared/replication/types.ts";
import { valuesShown } from "../../../shared/replication/shown.ts";
import { Cluster } from "./cluster.ts";

const lifetime = 5_000;
const key = asKey("k");
const nodes = ["node-1", "node-2", "node-3"];

function started(count = 3, settings: Partial<ReplicationSettings> = {}): Cluster {
  const cluster = new Cluster({ n: 3, r: 2, w: 2 }, "lab", noRarePaths, {
    tombstoneLifetime: lifetime,
    hintLifetime: 2_000,
    antiEntropyInterval: 0,
    ...settings,
  });
  cluster.startAll(count);
  return cluster;
}

function resultOf(outcome: OperationOutcome): OperationResult {
  if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.result;
}

const put = (more: Partial<ClientRequest> = {}) => ({ op: "put", key, value: "red", ...more }) as const;
const causal = (session = {}) => ({ consistency: "causal", session }) as const;

/** Writes and deletes `key` in one session, and waits until nobody knows of it. Returns the session. */
function reaped(cluster: Cluster, value = "red"): OperationResult["session"] & object {
  const written = resultOf(cluster.ask("node-1", put({ value, ...causal() })));
  const gone = resultOf(cluster.ask("node-2", { op: "delete", key, ...causal(written.session) }));
  cluster.runUntil(() => nodes.every((node) => !cluster.replica(node).keys.has(key)), 4 * lifetime);
  return gone.session!;
}

describe("a session that has met what was forgotten since", () => {
  it.each(["siblings", "last-write-wins", "set"] as const)(
    "reads and writes on, through any node (%s)",
    (strategy) => {
      const cluster = started(3, { conflicts: { "": strategy } });
      const value = strategy === "set" ? `["a"]` : "blue";
      const session = reaped(cluster, strategy === "set" ? `["red"]` : "red");
      for (const node of nodes) {
        const read = resultOf(cluster.ask(node, { op: "get", key, ...causal(session) }));
        expect(valuesShown(read), node).toEqual([]);
      }
      const written = resultOf(cluster.ask("node-3", put({ value, ...causal(session) })));
      expect(
        valuesShown(resultOf(cluster.ask("node-1", { op: "get", key, ...causal(written.session) }))),
      ).toEqual([value]);
    },
  );

  it("is told so by another owner when the first has been restarted", () => {
    const cluster = started();
    const session = reaped(cluster);
    for (const node of ["node-1", "node-2"]) {
      cluster.kill(node);
      cluster.start(node, ["node-3"]);
    }
    cluster.settle(3);
    const read = resultOf(cluster.ask("node-1", { op: "get", key, ...causal(session) }));
    expect(valuesShown(read)).toEqual([]);
  });

  it("still waits for what was not forgotten", () => {
    const cluster = started();
    const session = reaped(cluster);
    const ahead = { ...session, [key]: { ...session[key], "node-3": 100_000 } };
    const outcome = cluster.ask("node-1", { op: "get", key, ...causal(ahead), waitFor: 200 });
    expect(outcome).toMatchObject({ ok: false, error: { code: "not_yet", definite: true } });
  });
});

describe("a context with an entry that was taken out since, of a node that left", () => {
  it.each([
    ["set", `["a"]`, `["a","b"]`],
    ["counter", "5", "7"],
    ["map", `{"a":1}`, `{"a":1,"b":2}`],
    ["text", "one", "one\ntwo"],
    ["last-write-wins", "red", "blue"],
  ] as const)("is understood by a %s", (strategy, before, after) => {
    const cluster = started(4, { conflicts: { "": strategy } });
    const owned = keyOwnedBy(cluster, "node-4");
    resultOf(cluster.ask("node-4", put({ key: owned, value: before })));
    const read = resultOf(cluster.ask("node-4", { op: "get", key: owned, ...causal() }));
    expect(read.state.context).toHaveProperty("node-4");
    // Written over, so that no version has a dot of the node that leaves.
    resultOf(cluster.ask("node-4", put({ key: owned, value: before, context: read.state.context })));
    const old = resultOf(cluster.ask("node-4", { op: "get", key: owned, ...causal() }));
    cluster.leave("node-4");
    cluster.runUntil(() => cluster.machines.get(asNodeId("node-4"))!.replica === null, 20_000);
    const [first] = cluster.replica("node-1").owners(owned) as readonly string[];
    resultOf(cluster.ask(first!, put({ key: owned, value: before, context: old.state.context })));
    const isPruned = (node: string) => {
      const state = cluster.replica(node).keys.get(owned);
      return state === undefined || !("node-4" in state.context);
    };
    cluster.runUntil(() => nodes.every(isPruned), 8 * lifetime);
    const now = resultOf(cluster.ask("node-1", { op: "get", key: owned }));
    // As a client has it that has read everything, and before the entry was taken out.
    const context = { ...old.state.context, ...now.state.context };
    expect(context).toHaveProperty("node-4");
    for (const more of [{ context }, causal({ [owned]: context })]) {
      const written = resultOf(cluster.ask("node-2", put({ key: owned, value: after, ...more })));
      const shown = resultOf(
        cluster.ask("node-1", { op: "get", key: owned, ...causal(written.session ?? {}) }),
      );
      expect(valuesShown(shown)).toEqual([after]);
      Object.assign(context, shown.state.context);
    }
  });
});

describe("a tombstone that one member was not told to forget", () => {
  it("comes back by comparison without a value, goes with the next agreement, and that is the end of it", () => {
    const cluster = started(3, { antiEntropyInterval: 1_000 });
    const written = resultOf(cluster.ask("node-1", put()));
    resultOf(cluster.ask("node-2", { op: "delete", key, context: written.state.context }));
    cluster.lose("REAP", "node-3");
    cluster.runUntil(() => !cluster.replica("node-1").keys.has(key), 4 * lifetime);
    expect(cluster.replica("node-3").keys.has(key)).toBe(true);
    cluster.runUntil(() => cluster.replica("node-1").keys.has(key), 2 * lifetime);
    expect(
      Object.values(cluster.values(key))
        .flat()
        .every((value) => value === null),
    ).toBe(true);
    cluster.lose();
    cluster.runUntil(() => nodes.every((node) => !cluster.replica(node).keys.has(key)), 20 * lifetime);
    cluster.run(4 * lifetime);
    expect(nodes.filter((node) => cluster.replica(node).keys.has(key))).toEqual([]);
    const stored = cluster.happenings.filter(({ event }) => event.name === "stored" && "op" in event);
    expect(stored.filter(({ event }) => "op" in event && event.op === "put").length).toBe(3);
  });

  it("takes nothing away from a key that has begun anew meanwhile", () => {
    const cluster = started(3, { antiEntropyInterval: 1_000 });
    const written = resultOf(cluster.ask("node-1", put()));
    resultOf(cluster.ask("node-2", { op: "delete", key, context: written.state.context }));
    cluster.lose("REAP", "node-3");
    cluster.runUntil(() => !cluster.replica("node-1").keys.has(key), 4 * lifetime);
    cluster.lose();
    resultOf(cluster.ask("node-1", put({ value: "anew", context: {} })));
    cluster.run(20 * lifetime);
    for (const node of nodes)
      expect(
        cluster
          .replica(node)
          .keys.get(key)
          ?.versions.map(({ value }) => value),
      ).toContain("anew");
    expect(valuesShown(resultOf(cluster.ask("node-2", { op: "get", key })))).toEqual(["anew"]);
  });
});

function keyOwnedBy(cluster: Cluster, node: string): Key {
  for (let i = 0; ; i++) {
    const candidate = asKey(`key-${i}`);
    if (cluster.replica("node-1").owners(candidate)[0] === node) return candidate;
  }
}
