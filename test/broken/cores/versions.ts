/** Versions of a key: dots, siblings, tombstones, stamps, and the requests that wrote them (P1 to P5). */
import type { BrokenCore } from "./types.ts";

export const versionCores: readonly BrokenCore[] = [
  {
    name: "counters-reused",
    rule: "P1: a counter is durable before it is used, and never given out twice",
    edits: [
      {
        file: "shared/replica/stamps.ts",
        find: "this.#stamp = clock;\n    this.#all = clock;",
        put: "this.#stamp = {};\n    this.#all = {};",
      },
      {
        file: "shared/replication/writing.ts",
        find: "Math.max(known.context[node] ?? 0, context[node] ?? 0)",
        put: "0",
      },
    ],
    scenario: "storm-kv",
    within: 200,
  },
  {
    name: "tombstones-dropped",
    rule: "P2: what was deleted stays deleted, so a delete is kept like a write",
    edits: [
      {
        file: "shared/replication/key-store.ts",
        find: "this.#keys.set(key, state);",
        put: "if (liveVersions(state).length === 0) this.#keys.delete(key); else this.#keys.set(key, state);",
      },
    ],
    scenario: "storm-kv",
    within: 500,
  },
  {
    name: "reaped-without-the-absent",
    rule: "P2: a tombstone is forgotten when every member agrees, those who are away included",
    edits: [
      {
        file: "shared/replication/housekeeping.ts",
        find: "if (waitingFor.size > 0 && items.length > 0) return;",
        put: "",
      },
      {
        file: "shared/replication/housekeeping.ts",
        find: 'return view.ring.nodes.every((member) => member === node || view.status(member) === "alive");',
        put: "return view.ring.nodes.includes(node);",
      },
    ],
    scenario: "long-absence",
    within: 5,
  },
  {
    name: "sibling-explosion",
    rule: "P3: a write takes the place of all that its context covers",
    edits: [
      {
        file: "shared/clock/dotted.ts",
        find: "const survivors = state.versions.filter((kept) => !isSeen(kept.dot, context));",
        put: "const survivors = state.versions;",
      },
    ],
    scenario: "07-siblings-and-their-repair",
    within: 3,
  },
  {
    name: "siblings-dropped",
    rule: "P5: of concurrent writes none is thrown away by its time",
    edits: [
      {
        file: "shared/clock/dotted.ts",
        find: "[...kept, ...gained].sort(byDot), marks)",
        put: "[...kept, ...gained].sort((a, b) => a.at - b.at).slice(-1), marks)",
      },
    ],
    scenario: "storm-kv",
    within: 200,
    isQuick: true,
  },
  {
    name: "wall-clock-alone",
    rule: "P5: a stamp is above all that its writer has seen, whatever the wall clock shows",
    edits: [
      {
        file: "shared/clock/hybrid.ts",
        find: "if (stamp.at <= wall + stampLeadMax && compareTimes(stamp, this.#last) > 0) this.#last = stamp;",
        put: "",
      },
      {
        file: "shared/replication/key-store.ts",
        find: "if (compareTimes(stampOf(version), stamp) >= 0) stamp = above(stampOf(version));",
        put: "",
      },
      {
        file: "shared/clock/hybrid.ts",
        find: "const isAhead = last >= at && last <= wall + stampLeadMax;",
        put: "const isAhead = last === at;",
      },
    ],
    scenario: "skewed-last-write",
    within: 5,
  },
  {
    name: "ties-by-side",
    rule: "P5: equal stamps are decided alike everywhere",
    edits: [
      {
        file: "shared/clock/hybrid.ts",
        find: 'compareText(a.dot.node, b.dot.node) ||\n    compareText(a.value ?? "", b.value ?? "") ||\n    Number(a.value !== null) - Number(b.value !== null) ||\n    a.dot.counter - b.dot.counter',
        put: "0",
      },
    ],
    scenario: "crossing-writes",
    within: 10,
  },
  {
    name: "requests-repeated",
    rule: "a request that was carried out under its name is not carried out again",
    edits: [
      {
        file: "shared/replication/writing.ts",
        find: "known.marks?.find((mark) => mark.token === token);",
        put: "known.marks?.find(() => false);",
      },
    ],
    scenario: "19-retry-is-not-harmless",
    within: 3,
  },
  {
    name: "session-ignored",
    rule: "a causal read waits until it knows all that its client has met",
    edits: [
      {
        file: "shared/replication/read-path.ts",
        find: "if (!isCausal || sessionAllows(session, key, state, forgotten)) {",
        put: "if (!isCausal || state !== undefined) {",
      },
    ],
    scenario: "wandering-clients",
    within: 10,
  },
];
