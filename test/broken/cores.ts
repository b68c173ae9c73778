/**
 * The broken cores: for each rule the one place where it is kept, and what the source says there without it. Rows P1 to
 * P23 are bugs that real systems had. Rules of parts that do not exist yet (hints, Merkle trees, last-write-wins,
 * consensus, the durable log) come with those parts.
 */
import type { Edit } from "./build.ts";

export interface BrokenCore {
  readonly name: string;
  /** The rule that is broken, and its row. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Of assets/scenarios, without its ending. */
  readonly scenario: string;
  /** Seeds within which it must be found. */
  readonly within: number;
  /** Part of the quick version in `npm test`. */
  readonly isQuick?: boolean;
}

export const brokenCores: readonly BrokenCore[] = [
  {
    name: "counters-reused",
    rule: "P1: a counter is durable before it is used, and never given out twice",
    edits: [
      {
        file: "shared/replica/outbox.ts",
        find: "this.#clock = clock;\n    this.#logIndex",
        put: "this.#clock = {};\n    this.#logIndex",
      },
      {
        file: "shared/replication/coordinator.ts",
        find: "Math.max(known.context[node] ?? 0, context[node] ?? 0)",
        put: "0",
      },
    ],
    scenario: "storm-kv",
    within: 200,
    isQuick: true,
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
    name: "siblings-dropped",
    rule: "P5: of concurrent writes none is thrown away by its time",
    edits: [
      {
        file: "shared/clock/dotted.ts",
        find: "versions: [...kept, ...gained].sort(byDot) }",
        put: "versions: [...kept, ...gained].sort((a, b) => a.at - b.at).slice(-1) }",
      },
    ],
    scenario: "storm-kv",
    within: 200,
    isQuick: true,
  },
  {
    name: "acknowledged-unmerged",
    rule: "a replica acknowledges only what it has stored",
    edits: [
      {
        file: "shared/replication/coordinator.ts",
        find: "const state = sync(known, message.state);\n        if (state !== known) {",
        put: "const state = sync(known, message.state);\n        if (known.versions.length === 0) {",
      },
    ],
    scenario: "storm-kv",
    within: 200,
  },
  {
    name: "quorum-of-one",
    rule: "R + W > N: an operation is done when its quorum has answered, not before",
    edits: [
      {
        file: "shared/replication/coordinator.ts",
        find: "if (successful.length >= needed) this.#succeed(fx, pending);",
        put: "if (successful.length >= 1) this.#succeed(fx, pending);",
      },
    ],
    scenario: "storm-kv",
    within: 500,
  },
  {
    name: "stale-incarnation",
    rule: "P14: the highest incarnation counts, whatever the status",
    edits: [
      {
        file: "shared/membership/claims.ts",
        find: "if (claim.incarnation !== known.incarnation) return claim.incarnation > known.incarnation;",
        put: 'if (known.status === "dead") return claim.status === "alive" && claim.incarnation >= known.incarnation;\n  if (claim.incarnation !== known.incarnation) return claim.incarnation > known.incarnation;',
      },
    ],
    scenario: "storm-membership",
    within: 500,
  },
  {
    name: "no-refutation",
    rule: "P16: a node that hears of its own death says that it lives",
    edits: [
      {
        file: "shared/membership/beliefs.ts",
        find: 'if (status === "left") return;',
        put: "if (incarnation > 0) return;",
      },
    ],
    scenario: "storm-membership",
    within: 200,
    isQuick: true,
  },
  {
    name: "no-suspicion",
    rule: "a member that misses one probe is asked before it is convicted",
    edits: [
      {
        file: "shared/membership/suspicion.ts",
        find: "if (wanted < 1) return min;",
        put: "if (wanted < 1 || wanted >= 1) return 0;",
      },
    ],
    scenario: "storm-membership",
    within: 500,
  },
  {
    name: "late-tick-convicts",
    rule: "P18: a node that was paused does not convict the others",
    edits: [
      {
        file: "shared/membership/membership.ts",
        find: "if (lateness <= this.#config.probeTimeout / 2) return;",
        put: "if (lateness < Infinity) return;",
      },
    ],
    scenario: "storm-membership",
    within: 500,
  },
  {
    name: "never-convicts",
    rule: "a dead node is found dead",
    edits: [
      {
        file: "shared/membership/suspicion.ts",
        find: "due.push(node);",
        put: "",
      },
    ],
    scenario: "storm-membership",
    within: 200,
  },
];
