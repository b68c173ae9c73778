/** Quorums, hints and a ring that moves (P10, P11), and what durable means. */
import type { BrokenCore } from "./types.ts";

export const replicaCores: readonly BrokenCore[] = [
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
    name: "hints-counted",
    rule: "P10: a hint is no acknowledgement, unless the request is sloppy",
    edits: [
      {
        file: "shared/replication/pending.ts",
        find: "if (!isSloppy || standIns.length === 0) return successful.length;",
        put: "if (standIns.length === 0) return successful.length;",
      },
      {
        file: "shared/replication/pending.ts",
        find: "if (!isSloppy) return counted;",
        put: "",
      },
      {
        file: "shared/replication/pending.ts",
        find: "if (!isSloppy || standIns.length === 0) return possible;",
        put: "if (standIns.length === 0) return possible;",
      },
      {
        file: "shared/replication/write-path.ts",
        find: "if (failed.length === 0 || !isSloppy || !config.hints)",
        put: "if (failed.length === 0 || !config.hints)",
      },
    ],
    scenario: "storm-kv",
    within: 100,
  },
  {
    name: "hints-in-memory",
    rule: "a hint is as durable as data",
    edits: [
      {
        file: "shared/replication/hints.ts",
        find: "restored.toSorted((a, b) => a.expires - b.expires)",
        put: "restored.slice(restored.length)",
      },
    ],
    scenario: "hints-alone",
    within: 5,
    isQuick: true,
  },
  {
    name: "hints-sent-once",
    rule: "a hint is kept until its owner has acknowledged it",
    edits: [
      {
        file: "shared/replication/hints.ts",
        find: "queue.batch = { number, to, hints, retryAt };",
        put: "for (const { key } of hints) this.#forget(fx, target, queue, key);",
      },
    ],
    scenario: "hints-alone",
    within: 5,
  },
  {
    name: "pending-owners-left-out",
    rule: "P11: while the ring moves, its owners-to-be get every write",
    edits: [
      {
        file: "shared/replication/moves/placements.ts",
        find: "this.#others = all.filter(isMoving).map((record) => toggled(this.#ring, record));",
        put: "this.#others = [];",
      },
    ],
    scenario: "moving-ring",
    within: 10,
    isQuick: true,
  },
  {
    name: "joiner-counts-early",
    rule: "P11: who joins counts when the owners have brought all they hold",
    edits: [
      {
        file: "shared/replication/moves/driver.ts",
        find: "const isReady = missing.length === 0 ||",
        put: 'const isReady = phase === "joining" || missing.length === 0 ||',
      },
    ],
    scenario: "moving-ring",
    within: 10,
  },
  {
    name: "leaver-goes-early",
    rule: "P11: who leaves goes when others have all it holds",
    edits: [
      {
        file: "shared/replica/replica.ts",
        find: "const isDone = this.#parts.moves.isOut && this.#parts.coordinator.isIdle && this.#parts.hints.isDone;",
        put: "const isDone = this.#parts.coordinator.isIdle;",
      },
    ],
    scenario: "moving-ring",
    within: 10,
  },
  {
    name: "epochs-unfenced",
    rule: "P11: who still goes by the ring before the move is told so, and not served",
    edits: [
      {
        file: "shared/replication/copies.ts",
        find: "if (isSame && !isUnawareOfMove) return false;",
        put: "if (isSame || epoch <= mine.epoch) return false;",
      },
    ],
    scenario: "news-of-the-ring",
    within: 10,
  },
];
