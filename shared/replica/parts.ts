/**
 * What a node is made of, and which part a message is for.
 *
 * Each part does one thing and knows others only by what it is handed here; what makes them one node is ./replica. All
 * begin with what is on disk, and none does anything before its first step.
 */
import { createRandom } from "./random.ts";
import type { Outbox } from "./outbox.ts";
import { Topology, viewOf } from "./topology.ts";
import type { ReplicaConfig, Restored } from "./types.ts";
import { noRarePaths } from "../buggify.ts";
import type { TimeMs } from "../ids.ts";
import { Membership } from "../membership/membership.ts";
import { AntiEntropy } from "../replication/anti-entropy.ts";
import { Coordinator } from "../replication/coordinator.ts";
import { Handover } from "../replication/handover.ts";
import { HintKeeper } from "../replication/hints.ts";
import { FormerMembers } from "../replication/housekeeping/former-members.ts";
import { Housekeeping } from "../replication/housekeeping.ts";
import { KeyStore } from "../replication/key-store.ts";
import { Moves } from "../replication/moves/moves.ts";
import { Placements } from "../replication/moves/placements.ts";
import { SetAside } from "../replication/moves/set-aside.ts";
import { Records } from "../replication/moves/records.ts";
import { OperationLog } from "../replication/operation-log.ts";
import { problemOf } from "../replication/quorum.ts";
import { problemOfSettings, replicationDefaults } from "../replication/settings.ts";
import type { ReplicationConfig, ReplicationEffects, ReplicationPart } from "../replication/types.ts";

export class Parts {
  readonly membership: Membership;
  readonly topology: Topology;
  readonly store: KeyStore;
  readonly operations: OperationLog;
  readonly coordinator: Coordinator;
  readonly hints: HintKeeper;
  readonly records: Records;
  readonly placements: Placements;
  readonly handover: Handover;
  readonly moves: Moves;
  readonly housekeeping: Housekeeping;
  readonly formerMembers: FormerMembers;
  readonly antiEntropy: AntiEntropy;
  readonly #ofReplication: readonly ReplicationPart[];
  readonly #byKind = new Map<string, ReplicationPart>();

  /** Throws RangeError when the configuration makes no sense. */
  constructor(config: ReplicaConfig, restored: Restored, { stamps }: Outbox, now: TimeMs) {
    const replication = replicationOf(config);
    const { node, address, seeds, life } = config;
    const { conflicts, tombstones } = replication;
    this.store = new KeyStore(restored.keys, { conflicts, tombstones, wall: now });
    this.operations = new OperationLog(node, restored.operations);
    const members = config.gossip ? restored.members : [];
    this.membership = new Membership({
      config: config.membership,
      node,
      address,
      incarnation: restored.incarnation,
      members,
      seeds,
      random: createRandom(config.seed),
      rare: config.rare ?? noRarePaths,
      now,
    });
    this.topology = new Topology(node);
    this.records = new Records(restored.topology);
    this.placements = new Placements(this.records, config.virtualNodes);
    const view = viewOf(this.membership, this.records, this.placements, (from) => this.moves.behind(from));
    const common = { node, config: replication, view, store: this.store };
    this.hints = new HintKeeper({ ...common, restored: restored.hints });
    this.coordinator = new Coordinator({ ...common, operations: this.operations, hints: this.hints });
    const ring = { ...common, address, records: this.records, placements: this.placements };
    this.handover = new Handover(ring);
    const aside = new SetAside({ ...common, hints: this.hints, restored: restored.setAside ?? null });
    this.moves = new Moves({
      ...ring,
      handover: this.handover,
      aside,
      lastKept: restored.at ?? null,
      isAlone: !config.gossip || (seeds.every((seed) => seed === address) && members.length === 0),
      hasServed: restored.logIndex > 0 || this.store.all.size > 0,
      hasLost: restored.rebuild === true,
      audience: () => this.topology.inReach,
    });
    this.housekeeping = new Housekeeping({ ...common, hasHint: (key) => this.hints.has(key), now });
    this.formerMembers = new FormerMembers({ ...common, stamps, now });
    // A sequence of its own: what membership draws does not depend on what is compared.
    const random = createRandom(config.seed + 1);
    this.antiEntropy = new AntiEntropy({ ...common, life, random, now });
    this.#ofReplication = [
      this.coordinator,
      this.hints,
      this.handover,
      this.moves,
      this.housekeeping,
      this.formerMembers,
      this.antiEntropy,
    ];
    for (const part of this.#ofReplication) for (const kind of part.kinds) this.#byKind.set(kind, part);
  }

  /** The part of replication that messages of this kind are for. */
  for(kind: string): ReplicationPart | undefined {
    return this.#byKind.get(kind);
  }

  /**
   * When the first part of replication is due; Infinity when none is. By name: through a list, engines would look for
   * each property anew, at every step.
   */
  get deadline(): TimeMs {
    return Math.min(
      this.coordinator.deadline ?? Infinity,
      this.hints.deadline ?? Infinity,
      this.handover.deadline ?? Infinity,
      this.moves.deadline ?? Infinity,
      this.housekeeping.deadline ?? Infinity,
      this.formerMembers.deadline ?? Infinity,
      this.antiEntropy.deadline ?? Infinity,
    );
  }

  tick(fx: ReplicationEffects): void {
    for (const part of this.#ofReplication) part.tick(fx);
  }
}

function replicationOf(config: ReplicaConfig): ReplicationConfig {
  const replication = { ...replicationDefaults, ...config.replication };
  const problem =
    problemOf(replication, Infinity) ?? problemOfSettings(replication, replication.requestTimeout);
  if (problem !== null) throw new RangeError(problem);
  return replication;
}
