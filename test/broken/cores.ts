/**
 * The broken cores: for each rule the one place where it is kept, and what the source says there without it. Rows P1 to
 * P23 are bugs that real systems had. Rules of parts that do not exist yet (hints, Merkle trees, last-write-wins,
 * consensus, the durable log) come with those parts.
 */
export interface Edit {
  /** From the root of the project. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface BrokenCore {
  readonly name: string;
  /** The rule that is broken, and its row. */
  readonly rule: string;
  readonly edits: readonly Edit[];
  /** Of assets/scenarios or ./scenarios, without its ending. */
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
    name: "acknowledged-unmerged",
    rule: "a replica acknowledges only what it has stored",
    edits: [
      {
        file: "shared/replication/copies.ts",
        find: 'if (state === known) fx.rare.reached("a copy known already");',
        put: 'if (state === known || known.versions.length > 0) fx.rare.reached("a copy known already");',
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
        file: "shared/replication/pending.ts",
        find: "if (answered(pending) < needed) return false;",
        put: "if (answered(pending) < 1) return false;",
      },
      {
        file: "shared/replication/read-path.ts",
        find: "if (answered(read) < read.needed ||",
        put: "if (answered(read) < 1 ||",
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
    name: "late-tick-convicts",
    rule: "P18: a node that was paused does not convict the others",
    edits: [
      {
        file: "shared/membership/membership.ts",
        find: "if (lateness <= this.#config.probeTimeout / 2) return;",
        put: "if (lateness < Infinity) return;",
      },
      {
        file: "shared/membership/suspicion.ts",
        find: "suspicion.verdictAt = now + this.#config.probeTimeout / 5;",
        put: "due.push(node);\n        this.#open.delete(node);\n        continue;",
      },
    ],
    scenario: "long-pause",
    within: 50,
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
  {
    name: "dead-never-tried-again",
    rule: "P17: two halves that took each other for dead meet again",
    edits: [
      {
        file: "shared/membership/exchange.ts",
        find: "if (this.#beliefs.table.dead === 0) this.#reconnectAt = Infinity;",
        put: "if (this.#beliefs.table.dead >= 0) this.#reconnectAt = Infinity;",
      },
    ],
    scenario: "halves",
    within: 20,
  },
  {
    name: "acknowledged-before-fsync",
    rule: "the rule of every host: records are durable before messages and replies leave",
    edits: [
      {
        file: "shared/simulation/host.ts",
        find: "this.#inFlight = { outputs, clock };",
        put: "this.#inFlight = { outputs, clock };\n    this.#release(outputs);",
      },
      {
        file: "shared/simulation/host.ts",
        find: "this.#inFlight = null;\n    this.#release(outputs);",
        put: "this.#inFlight = null;",
      },
    ],
    scenario: "slow-disks",
    within: 100,
    isQuick: true,
  },
  {
    name: "repair-replaces",
    rule: "P8: read repair merges what replicas know, and replaces nothing",
    edits: [
      {
        file: "shared/replication/read-repair.ts",
        find: "const merged = store.merge(key, known, state);",
        put: "const merged = state;",
      },
    ],
    scenario: "storm-kv",
    within: 500,
  },
  {
    name: "copies-replace",
    rule: "a copy that arrives late does not undo a newer one",
    edits: [
      {
        file: "shared/replication/copies.ts",
        find: "const state = store.merge(key, known, message.state);",
        put: "const { state } = message;",
      },
    ],
    scenario: "storm-kv",
    within: 100,
  },
  {
    name: "causal-unheld",
    rule: "a broadcast is not delivered before what it depends on",
    edits: [
      {
        file: "shared/broadcast/held.ts",
        find: "if (this.#isWaiting(message)) continue;",
        put: 'if (message.order !== "causal" && this.#isWaiting(message)) continue;',
      },
    ],
    scenario: "storm-broadcast",
    within: 50,
    isQuick: true,
  },
  {
    name: "ids-not-durable",
    rule: "P1: an id that was given out is durable before anybody has it",
    edits: [
      {
        file: "shared/replica/effects.ts",
        find: 'keep: (state) => out.record({ kind: "broadcast", state }),',
        put: "keep: () => {},",
      },
    ],
    scenario: "storm-ids",
    within: 50,
    isQuick: true,
  },
];
