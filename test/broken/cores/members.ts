/** Membership (P14 to P18), and what an application sends: broadcasts and ids. */
import type { BrokenCore } from "./types.ts";

export const memberCores: readonly BrokenCore[] = [
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
